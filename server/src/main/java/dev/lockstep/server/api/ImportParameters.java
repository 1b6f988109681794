package dev.lockstep.server.api;

import dev.lockstep.core.collection.OverwriteMode;
import dev.lockstep.server.http.Query;
import java.util.List;
import java.util.Locale;

/// The query parameters of an import.
///
/// @param onDuplicate what happens to a document whose key exists
/// @param overwrite whether the collection is emptied first
/// @param complete whether one error undoes everything
/// @param details whether the answer lists every error
/// @param fromPrefix collection for `_from` values without one; empty: none
/// @param toPrefix collection for `_to` values without one; empty: none
/// @param overwritePrefix whether the prefixes also replace a collection that is there
/// @param ignoreMissing whether rows may be shorter or longer than the header
record ImportParameters(
    String collection,
    Format format,
    OverwriteMode onDuplicate,
    boolean overwrite,
    boolean waitForSync,
    boolean complete,
    boolean details,
    String fromPrefix,
    String toPrefix,
    boolean overwritePrefix,
    boolean ignoreMissing) {

  /// How the body is laid out.
  enum Format {
    /// A line with an array of names, then lines with arrays of values.
    HEADER,
    /// One object per line.
    LINES,
    /// One array of objects.
    ARRAY,
    /// [#ARRAY] if it begins with `[`, else [#LINES].
    AUTO
  }

  /// @throws dev.lockstep.core.LockstepException 400 for a missing collection or a value out of
  ///   range
  static ImportParameters parse(Query query) {
    Format format =
        switch (query.oneOf("type", "", List.of("documents", "list", "array", "auto"))) {
          case "documents" -> Format.LINES;
          case "list", "array" -> Format.ARRAY;
          case "auto" -> Format.AUTO;
          default -> Format.HEADER;
        };
    String onDuplicate =
        query.oneOf("onDuplicate", "error", List.of("error", "update", "replace", "ignore"));
    return new ImportParameters(
        query.requiredString("collection"),
        format,
        onDuplicate.equals("error")
            ? OverwriteMode.CONFLICT
            : OverwriteMode.valueOf(onDuplicate.toUpperCase(Locale.ROOT)),
        query.bool("overwrite", false),
        query.bool("waitForSync", false),
        query.bool("complete", false),
        query.bool("details", false),
        query.string("fromPrefix", ""),
        query.string("toPrefix", ""),
        query.bool("overwriteCollectionPrefix", false),
        query.bool("ignoreMissing", false));
  }
}
