package dev.lockstep.core.document;

/// The checksum of a collection: the exclusive or of one value per document, so order does not
/// matter. Not thread-safe.
public final class DocumentChecksum {
  private final boolean withRevisions;
  private final boolean withData;
  private long value;

  public DocumentChecksum(boolean withRevisions, boolean withData) {
    this.withRevisions = withRevisions;
    this.withData = withData;
  }

  /// Adds a document in stored form (see [StoredDocument]); adding it again takes it out.
  public DocumentChecksum add(VPackSlice stored) {
    value ^= of(stored, withRevisions, withData);
    return this;
  }

  /// The value of one document in stored form.
  public static long of(VPackSlice stored, boolean withRevisions, boolean withData) {
    throw new UnsupportedOperationException();
  }

  /// Unsigned 64 bits.
  public long value() {
    return value;
  }

  /// As on the wire: unsigned decimal.
  @Override
  public String toString() {
    return Long.toUnsignedString(value);
  }
}
