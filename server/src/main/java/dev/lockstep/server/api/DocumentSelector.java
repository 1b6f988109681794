package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackSlice;
import org.jspecify.annotations.Nullable;

/// How a request names one document of a collection: by key, by `_id`, or by an object with either.
///
/// @param expected the revision named beside it, null if none; [Revision#INVALID] if unreadable,
///   which no document has
record DocumentSelector(String key, @Nullable Revision expected) {

  /// @throws LockstepException 1205 if this names no document, 1213 if it names one of another
  ///   collection, 1221 if its key is no string
  static DocumentSelector parse(VPackSlice value, String collection) {
    if (value.isString()) {
      return new DocumentSelector(keyOf(value.asString(), collection), null);
    }
    if (!value.isObject()) {
      throw bad("expecting a key, an _id, or an object with _key");
    }
    return new DocumentSelector(keyOfObject(value, collection), expectedIn(value));
  }

  /// The key in an object's `_key`, or in its `_id` if it has no `_key`.
  static String keyOfObject(VPackSlice object, String collection) {
    VPackSlice key = object.get("_key");
    if (key != null) {
      if (!key.isString()) {
        throw new LockstepException(
            ErrorNumber.DOCUMENT_KEY_BAD, "illegal document key: _key is not a string");
      }
      if (key.asString().isEmpty()) {
        throw bad("_key is empty");
      }
      return key.asString();
    }
    VPackSlice id = object.get("_id");
    if (id == null || !id.isString()) {
      throw bad("there is no _key");
    }
    return keyOf(id.asString(), collection);
  }

  private static String keyOf(String keyOrId, String collection) {
    int slash = keyOrId.indexOf('/');
    if (keyOrId.isEmpty()
        || slash == 0
        || slash == keyOrId.length() - 1
        || keyOrId.indexOf('/', slash + 1) > 0) {
      throw bad("'" + keyOrId + "' is neither a key nor an _id");
    }
    if (slash > 0 && !keyOrId.substring(0, slash).equals(collection)) {
      throw new LockstepException(
          ErrorNumber.CROSS_COLLECTION_REQUEST,
          "cross collection request not allowed: '"
              + keyOrId
              + "' is not in collection '"
              + collection
              + "'");
    }
    return keyOrId.substring(slash + 1);
  }

  /// What an object's `_rev` demands, null if it has none.
  static @Nullable Revision expectedIn(VPackSlice object) {
    VPackSlice revision = object.get("_rev");
    if (revision == null || revision.isNull()) {
      return null;
    }
    return revision.isString() ? exactly(revision.asString()) : Revision.INVALID;
  }

  /// What a precondition header demands, with or without quotes; null if the header is missing or
  /// empty.
  static @Nullable Revision expectedIn(@Nullable String header) {
    if (header == null || header.isBlank()) {
      return null;
    }
    String text = header.strip();
    if (text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"")) {
      text = text.substring(1, text.length() - 1);
    }
    return exactly(text);
  }

  /// The revision of that very text: what does not print the same again matches no document.
  private static Revision exactly(String text) {
    Revision revision = Revision.parse(text);
    return revision.toString().equals(text) ? revision : Revision.INVALID;
  }

  private static LockstepException bad(String reason) {
    return new LockstepException(
        ErrorNumber.DOCUMENT_HANDLE_BAD, "illegal document identifier: " + reason);
  }
}
