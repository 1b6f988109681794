package dev.lockstep.core.document;

/// The hash of one revision in a revision tree: FNV-1a, 64 bits, over the 8 little-endian bytes.
public final class RevisionHash {
  private static final long OFFSET_BASIS = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private RevisionHash() {}

  public static long nodeHash(long revision) {
    long hash = OFFSET_BASIS;
    for (int shift = 0; shift < 64; shift += 8) {
      hash = (hash ^ (revision >>> shift & 0xff)) * PRIME;
    }
    return hash;
  }

  public static long nodeHash(Revision revision) {
    return nodeHash(revision.value());
  }
}
