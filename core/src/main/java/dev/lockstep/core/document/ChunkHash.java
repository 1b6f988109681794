package dev.lockstep.core.document;

/// The hash of one chunk of the keys protocol, over keys and revisions in any order. Not
/// thread-safe.
public final class ChunkHash {
  private long value = 0x12345678L;
  private final VPackBuilder text = new VPackBuilder();

  public ChunkHash add(String key, Revision revision) {
    return add(key, revision.toString());
  }

  /// @param revision the printed form, as the peer sent it
  public ChunkHash add(String key, String revision) {
    value ^= hash(key) ^ hash(revision);
    return this;
  }

  /// The hash is over the text as a VelocyPack value.
  private long hash(String string) {
    text.reset();
    text.value(string);
    return text.hash(DocumentChecksum.STRING_HASHER);
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
