package dev.lockstep.core.document;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// What one document adds to the fingerprint of its collection: XXH3 (64 bits) over the key's bytes
/// and the revision's eight, most significant first. The fingerprint of a set of documents is the
/// sum of these, without regard to overflow; so two sets with the same fingerprint and the same
/// count hold the same revisions of the same keys, up to collisions, and nothing has to be read
/// again when one document changes.
///
/// Source: `docs/protocol.md`, "Between two Lockstep servers".
public final class DocumentFingerprint {
  private static final Hasher64 HASHER = Hashing.xxh3_64();

  private DocumentFingerprint() {}

  /// @param revision unsigned
  public static long of(String key, long revision) {
    byte[] keyBytes = key.getBytes(StandardCharsets.ISO_8859_1);
    byte[] bytes = Arrays.copyOf(keyBytes, keyBytes.length + Long.BYTES);
    for (int i = 0; i < Long.BYTES; i++) {
      bytes[keyBytes.length + i] = (byte) (revision >>> Long.SIZE - 8 - 8 * i);
    }
    return HASHER.hashBytesToLong(bytes);
  }
}
