package dev.lockstep.core.storage.memory;

import dev.lockstep.core.storage.KeyRange;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// An immutable sorted map from keys to values. Every change returns a new tree that shares all but
/// the changed path, so a snapshot is a reference and a removed range costs O(log n).
final class SortedTree {
  /*
   * A treap [1]: a search tree by key and a heap by priority. Taking the priority from the key's
   * hash makes the shape a function of the content, whatever the order of the changes, and makes it
   * impossible for a key to hide below a node of smaller priority than its own.
   *
   * [1] R. Seidel, C. Aragon, Randomized Search Trees, 1996
   */
  static final SortedTree EMPTY = new SortedTree(null);

  final @Nullable Node root;

  private SortedTree(@Nullable Node root) {
    this.root = root;
  }

  byte @Nullable [] get(byte[] key) {
    Node node = root;
    while (node != null) {
      int order = Arrays.compareUnsigned(key, node.key);
      if (order == 0) {
        return node.value;
      }
      node = order < 0 ? node.left : node.right;
    }
    return null;
  }

  SortedTree put(byte[] key, byte[] value) {
    return new SortedTree(put(root, key, value, priority(key)));
  }

  SortedTree remove(byte[] key) {
    return get(key) == null ? this : new SortedTree(remove(root, key));
  }

  SortedTree remove(KeyRange range) {
    byte[] to = range.to();
    if (to != null && Arrays.compareUnsigned(range.from(), to) >= 0) {
      return this;
    }
    Parts lower = split(root, range.from());
    Node upper = to == null ? null : split(lower.right, to).right;
    return new SortedTree(join(lower.left, upper));
  }

  private static @Nullable Node remove(@Nullable Node node, byte[] key) {
    if (node == null) {
      return null;
    }
    int order = Arrays.compareUnsigned(key, node.key);
    if (order == 0) {
      return join(node.left, node.right);
    }
    return order < 0
        ? node.with(remove(node.left, key), node.right)
        : node.with(node.left, remove(node.right, key));
  }

  private static Node put(@Nullable Node node, byte[] key, byte[] value, int priority) {
    if (node == null) {
      return new Node(key, value, priority, null, null);
    }
    int order = Arrays.compareUnsigned(key, node.key);
    if (order == 0) {
      return new Node(key, value, priority, node.left, node.right);
    }
    if (priority > node.priority) {
      Parts parts = split(node, key);
      return new Node(key, value, priority, parts.left, parts.right);
    }
    return order < 0
        ? node.with(put(node.left, key, value, priority), node.right)
        : node.with(node.left, put(node.right, key, value, priority));
  }

  /// Everything below `key`, and the rest.
  private static Parts split(@Nullable Node node, byte[] key) {
    if (node == null) {
      return new Parts(null, null);
    }
    if (Arrays.compareUnsigned(node.key, key) < 0) {
      Parts parts = split(node.right, key);
      return new Parts(node.with(node.left, parts.left), parts.right);
    }
    Parts parts = split(node.left, key);
    return new Parts(parts.left, node.with(parts.right, node.right));
  }

  /// Every key of `left` is below every key of `right`.
  private static @Nullable Node join(@Nullable Node left, @Nullable Node right) {
    if (left == null) {
      return right;
    }
    if (right == null) {
      return left;
    }
    return left.priority >= right.priority
        ? left.with(left.left, join(left.right, right))
        : right.with(join(left, right.left), right.right);
  }

  private static int priority(byte[] key) {
    int hash = Arrays.hashCode(key);
    hash = (hash ^ (hash >>> 16)) * 0x7feb352d;
    hash = (hash ^ (hash >>> 15)) * 0x846ca68b;
    return hash ^ (hash >>> 16);
  }

  private record Parts(@Nullable Node left, @Nullable Node right) {}

  static final class Node {
    final byte[] key;
    final byte[] value;
    final int priority;
    final @Nullable Node left;
    final @Nullable Node right;

    Node(byte[] key, byte[] value, int priority, @Nullable Node left, @Nullable Node right) {
      this.key = key;
      this.value = value;
      this.priority = priority;
      this.left = left;
      this.right = right;
    }

    Node with(@Nullable Node newLeft, @Nullable Node newRight) {
      return new Node(key, value, priority, newLeft, newRight);
    }
  }
}
