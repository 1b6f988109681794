package dev.lockstep.core.collection;

import org.jspecify.annotations.Nullable;

/// What a collection holds; never changes but by a full synchronization.
public enum CollectionType {
  DOCUMENT(2),
  /// Documents with `_from` and `_to`.
  EDGE(3);

  private final int number;

  CollectionType(int number) {
    this.number = number;
  }

  /// The wire's `type`.
  public int number() {
    return number;
  }

  /// The type of a wire number, null if there is none.
  public static @Nullable CollectionType ofNumber(long number) {
    return number == 2 ? DOCUMENT : number == 3 ? EDGE : null;
  }
}
