package dev.lockstep.core.collection;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.storage.Keys;
import java.nio.charset.StandardCharsets;

/// The small row under a document's key.
///
/// @param revision names the document's row
/// @param length bytes of the document's stored form; decides whether it is chunked
/// @param isOfTransaction whether a transaction wrote it, of which readers of the change log must
///   be able to get everything ([SupersededDocuments])
record PrimaryEntry(long revision, int length, boolean isOfTransaction) {
  private static final byte OF_TRANSACTION = 1;

  static byte[] key(long generation, String documentKey) {
    return Keys.of(generation, documentKey.getBytes(StandardCharsets.ISO_8859_1));
  }

  static String documentKey(byte[] key) {
    return new String(key, Long.BYTES, key.length - Long.BYTES, StandardCharsets.ISO_8859_1);
  }

  static PrimaryEntry decode(byte[] value) {
    int length = (int) Varint.read(value, Long.BYTES);
    int end = Long.BYTES + Varint.length(length);
    return new PrimaryEntry(
        Keys.longAt(value, 0), length, value.length > end && value[end] == OF_TRANSACTION);
  }

  byte[] encode() {
    int end = Long.BYTES + Varint.length(length);
    byte[] value = new byte[isOfTransaction ? end + 1 : end];
    Keys.putLong(value, 0, revision);
    Varint.put(value, Long.BYTES, length);
    if (isOfTransaction) {
      value[end] = OF_TRANSACTION;
    }
    return value;
  }

  Revision asRevision() {
    return new Revision(revision);
  }
}
