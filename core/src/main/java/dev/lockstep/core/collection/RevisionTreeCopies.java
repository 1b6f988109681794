package dev.lockstep.core.collection;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionSummary;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeEditor;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.core.storage.WriteBatch;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Stored copies of revision trees and blocks. A copy is written part by part; the head, which says
/// what the parts add up to, comes last, so that a copy torn by a crash is recognized and not used.
final class RevisionTreeCopies {
  private static final Logger LOG = LoggerFactory.getLogger(RevisionTreeCopies.class);

  private static final int FORMAT = 2;

  /// Sorts behind every part.
  private static final long HEAD = -1;

  /// The blocks' parts are numbered from here on.
  private static final long BLOCKS = 1L << 32;

  private static final int PART_BYTES_MAX = 64 << 10;
  private static final int LEAF_BYTES = Integer.BYTES + 2 * Long.BYTES;
  private static final int BLOCK_BYTES = 1 + 3 * Long.BYTES;

  private final StorageEngine engine;
  private final CommitGate gate;

  RevisionTreeCopies(StorageEngine engine, CommitGate gate) {
    this.engine = engine;
    this.gate = gate;
  }

  /// @param tick both hold every change up to it and none later
  record Copy(Tick tick, RevisionTree tree, RevisionBlockList blocks) {}

  void write(long generation, Tick tick, RevisionSummary summary) {
    RevisionTree tree = summary.tree();
    int partBytes = Math.min(PART_BYTES_MAX, engine.limits().valueBytesMax() / 2);
    List<byte[]> parts = leaves(tree, partBytes);
    List<byte[]> blockParts = blocks(summary.blocks().all(), partBytes);
    try (WriteBatch batch = engine.newBatch()) {
      batch.deleteRange(Keyspace.TREES, KeyRange.prefix(Keys.of(generation)));
      gate.commitOrThrow(batch, Durability.PROCESS_CRASH);
    }
    for (int part = 0; part < parts.size(); part++) {
      put(generation, part, parts.get(part));
    }
    for (int part = 0; part < blockParts.size(); part++) {
      put(generation, BLOCKS + part, blockParts.get(part));
    }
    ByteBuffer head = ByteBuffer.allocate(1 + 7 * Long.BYTES);
    head.put((byte) FORMAT);
    head.putLong(tick.value());
    head.putLong(tree.rangeMin().value());
    head.putLong(tree.rangeMax().value());
    head.putLong(tree.initialRangeMin().value());
    head.putLong(tree.count());
    head.putLong(tree.hash());
    head.putLong(parts.size());
    put(generation, HEAD, head.array());
  }

  private void put(long generation, long part, byte[] value) {
    try (WriteBatch batch = engine.newBatch()) {
      batch.put(Keyspace.TREES, Keys.of(generation, part), value);
      gate.commitOrThrow(batch, Durability.PROCESS_CRASH);
    }
  }

  private static List<byte[]> leaves(RevisionTree tree, int partBytes) {
    List<byte[]> parts = new ArrayList<>();
    ByteBuffer part = ByteBuffer.allocate(partBytes / LEAF_BYTES * LEAF_BYTES);
    tree.forEachPopulatedLeaf((index, count, hash) -> {
      part.putInt(index).putLong(count).putLong(hash);
      endIfFull(part, parts);
    });
    end(part, parts);
    return parts;
  }

  private static List<byte[]> blocks(RevisionBlockList blocks, int partBytes) {
    List<byte[]> parts = new ArrayList<>();
    ByteBuffer part = ByteBuffer.allocate(partBytes / BLOCK_BYTES * BLOCK_BYTES);
    for (int i = 0; i < blocks.size(); i++) {
      part.put((byte) blocks.bits(i))
          .putLong(blocks.first(i).value())
          .putLong(blocks.count(i))
          .putLong(blocks.hash(i));
      endIfFull(part, parts);
    }
    end(part, parts);
    return parts;
  }

  private static void endIfFull(ByteBuffer part, List<byte[]> parts) {
    if (!part.hasRemaining()) {
      end(part, parts);
    }
  }

  private static void end(ByteBuffer part, List<byte[]> parts) {
    if (part.position() > 0) {
      parts.add(Arrays.copyOf(part.array(), part.position()));
      part.clear();
    }
  }

  /// Null if there is no copy, or none that can be used.
  @Nullable Copy read(long generation) {
    byte[] row = engine.get(Keyspace.TREES, Keys.of(generation, HEAD));
    if (row == null || row.length == 0 || row[0] != FORMAT) {
      return null;
    }
    try {
      ByteBuffer head = ByteBuffer.wrap(row, 1, row.length - 1);
      Tick tick = new Tick(head.getLong());
      RevisionTree tree =
          RevisionTreeEditor.describe(
              new Revision(head.getLong()),
              new Revision(head.getLong()),
              new Revision(head.getLong()),
              head.getLong(),
              head.getLong(),
              sink ->
                  readParts(
                      generation,
                      0,
                      BLOCKS,
                      part -> sink.leaf(part.getInt(), part.getLong(), part.getLong())));
      return new Copy(tick, tree, readBlocks(generation, tree));
    } catch (RevisionTreeException | BufferUnderflowException unusable) {
      LOG.warn(
          "the stored revision tree of a collection cannot be used and is built anew", unusable);
      return null;
    }
  }

  private RevisionBlockList readBlocks(long generation, RevisionTree tree) {
    RevisionBlockList.Builder builder = new RevisionBlockList.Builder();
    readParts(
        generation,
        BLOCKS,
        HEAD,
        part -> {
          int bits = part.get();
          builder.add(part.getLong(), bits, part.getLong(), part.getLong());
        });
    RevisionBlockList blocks = builder.build();
    if (blocks.count() != tree.count() || blocks.hash() != tree.hash()) {
      throw new RevisionTreeException(
          "blocks add up to count " + blocks.count() + ", expected " + tree.count());
    }
    return blocks;
  }

  /// @param sink takes an entry from where the buffer is
  private void readParts(long generation, long from, long to, Consumer<ByteBuffer> sink) {
    KeyRange parts = new KeyRange(Keys.of(generation, from), Keys.of(generation, to));
    try (StorageCursor cursor = engine.scan(Keyspace.TREES, parts)) {
      while (cursor.next()) {
        ByteBuffer part = ByteBuffer.wrap(cursor.value());
        while (part.hasRemaining()) {
          sink.accept(part);
        }
      }
    }
  }
}
