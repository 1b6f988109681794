package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.DocumentKey;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackSlice;

/// Reads a document as a leader sends it, whatever the request.
final class LeaderDocument {
  private LeaderDocument() {}

  /// Brings a document into stored form.
  ///
  /// @param incoming validated
  /// @throws MessageException if it is no object with a good `_key` and a readable `_rev`
  static Document read(VPackSlice incoming) {
    if (!incoming.isObject()) {
      throw new MessageException("a document is no object");
    }
    String key = key(incoming);
    VPackSlice revision = incoming.get("_rev");
    if (revision == null || !revision.isString() || revision.asString().isEmpty()) {
      throw new MessageException("document '" + key + "' has no '_rev'");
    }
    Revision parsed = Revision.parse(revision.asString());
    if (!parsed.isValid() || parsed.equals(Revision.NONE)) {
      throw new MessageException(
          "document '" + key + "' has the unreadable '_rev' \"" + revision.asString() + '"');
    }
    return StoredDocument.normalize(incoming, key, parsed);
  }

  /// The key of a document or of the remains of one.
  ///
  /// @throws MessageException if it has none, or a bad one
  static String key(VPackSlice object) {
    VPackSlice key = object.get("_key");
    if (key == null || !key.isString()) {
      throw new MessageException("a document of the leader has no '_key'");
    }
    return checkedKey(key.asString());
  }

  static String checkedKey(String key) {
    String refusal = DocumentKey.validate(key);
    if (refusal != null) {
      throw new MessageException("a document of the leader has a bad '_key': " + refusal);
    }
    return key;
  }
}
