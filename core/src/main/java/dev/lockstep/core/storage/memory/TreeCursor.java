package dev.lockstep.core.storage.memory;

import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.memory.SortedTree.Node;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Walks one immutable tree, so it sees one state whatever is committed meanwhile.
final class TreeCursor implements StorageCursor {
  private final MemoryStorageEngine engine;
  private final SortedTree tree;
  private final KeyRange range;
  private final boolean ascending;

  /// The nodes still to visit whose one subtree is still to visit after them; the next one on top.
  private final ArrayDeque<Node> path = new ArrayDeque<>();

  private @Nullable Node current;
  private boolean closed;

  TreeCursor(MemoryStorageEngine engine, SortedTree tree, KeyRange range, boolean ascending) {
    this.engine = engine;
    this.tree = tree;
    this.range = range;
    this.ascending = ascending;
    byte[] to = range.to();
    if (ascending) {
      descendFrom(range.from(), true);
    } else if (to != null) {
      descendFrom(to, false);
    } else {
      descend(tree.root);
    }
  }

  @Override
  public synchronized boolean next() {
    checkOpen();
    Node node = path.poll();
    if (node == null || !range.contains(node.key)) {
      path.clear();
      current = null;
      return false;
    }
    current = node;
    descend(ascending ? node.right : node.left);
    return true;
  }

  @Override
  public synchronized void seek(byte[] key) {
    checkOpen();
    current = null;
    byte[] to = range.to();
    if (ascending) {
      descendFrom(Arrays.compareUnsigned(key, range.from()) < 0 ? range.from() : key, true);
    } else if (to != null && Arrays.compareUnsigned(key, to) >= 0) {
      descendFrom(to, false);
    } else {
      descendFrom(key, true);
    }
  }

  private void descendFrom(byte[] key, boolean included) {
    path.clear();
    Node node = tree.root;
    while (node != null) {
      int order = Arrays.compareUnsigned(node.key, key);
      if (order == 0 && included) {
        path.push(node);
        return;
      }
      boolean ahead = ascending ? order > 0 : order < 0;
      if (ahead) {
        path.push(node);
      }
      node = ahead == ascending ? node.left : node.right;
    }
  }

  private void descend(@Nullable Node subtree) {
    for (Node node = subtree; node != null; node = ascending ? node.left : node.right) {
      path.push(node);
    }
  }

  @Override
  public synchronized byte[] key() {
    return current().key.clone();
  }

  @Override
  public synchronized byte[] value() {
    return current().value.clone();
  }

  @Override
  public synchronized int valueLength() {
    return current().value.length;
  }

  private Node current() {
    checkOpen();
    Node node = current;
    if (node == null) {
      throw new IllegalStateException("the cursor is not on an entry: next() did not return true");
    }
    return node;
  }

  private void checkOpen() {
    engine.checkOpen();
    if (closed) {
      throw new StorageException("the cursor is closed");
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    path.clear();
    current = null;
  }
}
