package dev.lockstep.core.collection;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.storage.Keys;
import java.nio.charset.StandardCharsets;

/// The small row under a document's key.
///
/// @param revision names the document's row
/// @param length bytes of the document's stored form; decides whether it is chunked
record PrimaryEntry(long revision, int length) {
  static byte[] key(long generation, String documentKey) {
    return Keys.of(generation, documentKey.getBytes(StandardCharsets.ISO_8859_1));
  }

  static String documentKey(byte[] key) {
    return new String(key, Long.BYTES, key.length - Long.BYTES, StandardCharsets.ISO_8859_1);
  }

  static PrimaryEntry decode(byte[] value) {
    return new PrimaryEntry(Keys.longAt(value, 0), (int) Varint.read(value, Long.BYTES));
  }

  byte[] encode() {
    byte[] value = new byte[Long.BYTES + Varint.length(length)];
    Keys.putLong(value, 0, revision);
    Varint.put(value, Long.BYTES, length);
    return value;
  }

  Revision asRevision() {
    return new Revision(revision);
  }
}
