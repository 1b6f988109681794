package dev.lockstep.core.document;

import org.jspecify.annotations.Nullable;

/// Encodes values so that the unsigned order of the bytes is the order of the values: null, false,
/// true, numbers, strings, arrays, objects. Numbers that are equal give equal bytes, whatever their
/// type. Encodings of several values follow each other; every one of them ends itself. Not
/// thread-safe.
public final class IndexKeyEncoder {
  /// Appends a value; an absent one (null) counts as null.
  public IndexKeyEncoder add(@Nullable VPackSlice value) {
    throw new UnsupportedOperationException();
  }

  public byte[] toByteArray() {
    throw new UnsupportedOperationException();
  }

  /// Forgets everything, keeps the buffer for reuse.
  public void reset() {}

  /// The encoding of one value.
  public static byte[] encode(@Nullable VPackSlice value) {
    return new IndexKeyEncoder().add(value).toByteArray();
  }
}
