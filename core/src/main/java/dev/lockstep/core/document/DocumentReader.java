package dev.lockstep.core.document;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Reads documents that follow each other in VelocyPack, as in a dump: validates each, takes its
/// key and revision and brings it into stored form. Documents in stored form already, such as those
/// of another Lockstep server, take one pass and one copy. Not thread-safe.
public final class DocumentReader {
  private final byte[] b;
  private final int end;
  private final VPackValidator validator;
  private int at;

  /// @param buffer must not change while this reader is in use; the documents do not refer to it
  public DocumentReader(byte[] buffer, int offset, int length, ValidationLimits limits) {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    this.b = buffer;
    this.at = offset;
    this.end = offset + length;
    this.validator = new VPackValidator(buffer, limits);
  }

  /// The next document, or null after the last.
  ///
  /// @throws InvalidVPackException if the next value is malformed, or no object with a string
  ///   `_key` and a readable string `_rev`; the reader is of no use any more, but still knows where
  ///   the value starts
  public @Nullable Document next() {
    if (at == end) {
      return null;
    }
    int size = validator.check(at, end);
    boolean stored = validator.isStoredLayout() && StoredDocument.beginsAsStored(b, at);
    Document document = stored ? stored(size) : null;
    if (document == null) {
      document = normalized();
    }
    at += size;
    return document;
  }

  /// Where in the buffer the next document starts.
  public int offset() {
    return at;
  }

  /// The document at hand, which is in stored form; null if its revision needs a closer look.
  private @Nullable Document stored(int size) {
    int key = StoredDocument.keyValue(b, at);
    int revision = StoredDocument.revisionValue(b, key);
    long value =
        Revision.parseCurrent(
            b, VPackLayout.textOffset(b, revision), VPackLayout.textLength(b, revision));
    if (value == Revision.INVALID.value()) {
      return null;
    }
    String keyText =
        new String(
            b,
            VPackLayout.textOffset(b, key),
            VPackLayout.textLength(b, key),
            StandardCharsets.UTF_8);
    return new Document(keyText, new Revision(value), Arrays.copyOfRange(b, at, at + size));
  }

  private Document normalized() {
    VPackSlice incoming = new VPackSlice(b, at);
    int key = incoming.isObject() ? VPackLayout.find(b, at, StoredDocument.KEY) : -1;
    int revision = key < 0 ? -1 : VPackLayout.find(b, at, StoredDocument.REV);
    if (revision < 0 || !VPackLayout.isString(b, key) || !VPackLayout.isString(b, revision)) {
      throw new InvalidVPackException(at, "a document needs a string _key and a string _rev");
    }
    Revision value = StoredDocument.revision(incoming);
    if (!value.isValid()) {
      throw new InvalidVPackException(revision, "_rev is unreadable");
    }
    return StoredDocument.normalize(incoming, StoredDocument.key(incoming), value);
  }
}
