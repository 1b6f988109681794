package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeEditor;
import dev.lockstep.core.revision.RevisionTreeException;

/// The wire form of a revision tree, version 1, as stock servers from 3.8 on write and read it.
///
/// Source: `docs/protocol.md`, "Revision trees".
public final class RevisionTreeCodec {
  private static final int VERSION = 1;

  private RevisionTreeCodec() {}

  /// Writes `tree` as one object value.
  ///
  /// @param onlyPopulated leave runs of empty leaves out; otherwise all [RevisionTree#LEAVES]
  ///   leaves are written
  public static void write(RevisionTree tree, boolean onlyPopulated, VPackBuilder out) {
    out.openObject();
    out.member("version", VERSION);
    out.member("maxDepth", RevisionTree.DEPTH);
    out.member("rangeMax", tree.rangeMax().toHlcString());
    out.member("rangeMin", tree.rangeMin().toHlcString());
    out.member("initialRangeMin", tree.initialRangeMin().toHlcString());
    out.key("count").unsigned(tree.count());
    out.key("hash").unsigned(tree.hash());
    out.key("nodes").openArray();
    LeafWriter writer = new LeafWriter(out, onlyPopulated);
    tree.forEachPopulatedLeaf(writer::leaf);
    writer.finish();
    out.close();
    out.close();
  }

  /// Reads a tree a peer sent.
  ///
  /// @throws RevisionTreeException when it is not a valid tree; the message says what is wrong with
  ///   it
  public static RevisionTree read(VPackSlice tree) {
    if (!tree.isObject()) {
      throw new RevisionTreeException("the tree is no object");
    }
    long version = integer(tree, "version");
    if (version != VERSION) {
      throw new RevisionTreeException("version is " + version + ", expected " + VERSION);
    }
    long depth = integer(tree, "maxDepth");
    if (depth != RevisionTree.DEPTH) {
      throw new RevisionTreeException("maxDepth is " + depth + ", expected " + RevisionTree.DEPTH);
    }
    VPackSlice nodes = tree.get("nodes");
    if (nodes == null || !nodes.isArray()) {
      throw new RevisionTreeException("nodes is missing or no array");
    }
    return RevisionTreeEditor.describe(
        revision(tree, "rangeMin"),
        revision(tree, "rangeMax"),
        revision(tree, "initialRangeMin"),
        integer(tree, "count"),
        integer(tree, "hash"),
        sink -> readLeaves(nodes, sink));
  }

  private static void readLeaves(VPackSlice nodes, RevisionTree.LeafVisitor sink) {
    if (nodes.length() > RevisionTree.LEAVES) {
      throw new RevisionTreeException(
          "nodes has " + nodes.length() + " entries, at most " + RevisionTree.LEAVES);
    }
    long index = 0;
    for (VPackSlice node : nodes.elements()) {
      if (!node.isObject()) {
        throw new RevisionTreeException("node " + index + " is no object");
      }
      VPackSlice skip = node.get("skip");
      VPackSlice count = node.get("count");
      VPackSlice hash = node.get("hash");
      if (skip != null) {
        long skipped = integer(node, "skip");
        if (skipped < 1 || skipped > RevisionTree.LEAVES) {
          throw new RevisionTreeException("node " + index + " skips " + skipped + " leaves");
        }
        index += skipped;
        continue;
      }
      if (count == null != (hash == null)) {
        throw new RevisionTreeException("node " + index + " has only one of count and hash");
      }
      if (count != null) {
        if (index >= RevisionTree.LEAVES) {
          throw new RevisionTreeException("more than " + RevisionTree.LEAVES + " leaves");
        }
        sink.leaf((int) index, integer(node, "count"), integer(node, "hash"));
      }
      index++;
    }
    if (index > RevisionTree.LEAVES) {
      throw new RevisionTreeException("more than " + RevisionTree.LEAVES + " leaves");
    }
  }

  /// Any unsigned 64-bit integer. A double is refused: it has lost digits of a hash.
  private static long integer(VPackSlice object, String name) {
    VPackSlice value = object.get(name);
    if (value == null || !value.isInteger()) {
      throw new RevisionTreeException(name + " is missing or no integer");
    }
    try {
      return value.asUnsignedLong();
    } catch (ArithmeticException | IllegalStateException | IllegalArgumentException negative) {
      throw new RevisionTreeException(
          name + " is not an unsigned 64-bit integer: " + value.toJson());
    }
  }

  private static Revision revision(VPackSlice tree, String name) {
    VPackSlice value = tree.get(name);
    if (value == null || !value.isString()) {
      throw new RevisionTreeException(name + " is missing or no string");
    }
    Revision revision = Revision.parseHlc(value.asString());
    if (!revision.isValid()) {
      throw new RevisionTreeException(name + " is no revision: " + value.asString());
    }
    return revision;
  }

  /// Fills the gaps between populated leaves: `{}` for one, `{"skip":n}` for more, nothing at the
  /// end.
  private static final class LeafWriter {
    private final VPackBuilder out;
    private final boolean onlyPopulated;
    private int next;

    LeafWriter(VPackBuilder out, boolean onlyPopulated) {
      this.out = out;
      this.onlyPopulated = onlyPopulated;
    }

    void leaf(int index, long count, long hash) {
      gap(index - next);
      write(count, hash);
      next = index + 1;
    }

    void finish() {
      if (!onlyPopulated) {
        gap(RevisionTree.LEAVES - next);
      }
    }

    private void gap(int leaves) {
      if (!onlyPopulated) {
        for (int leaf = 0; leaf < leaves; leaf++) {
          write(0, 0);
        }
      } else if (leaves == 1) {
        out.openObject();
        out.close();
      } else if (leaves > 1) {
        out.openObject();
        out.member("skip", leaves);
        out.close();
      }
    }

    private void write(long count, long hash) {
      out.openObject();
      out.key("count").unsigned(count);
      out.key("hash").unsigned(hash);
      out.close();
    }
  }
}
