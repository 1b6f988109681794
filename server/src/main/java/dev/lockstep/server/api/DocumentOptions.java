package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.Origin;
import dev.lockstep.core.collection.OverwriteMode;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.server.http.Query;
import java.util.List;
import java.util.Locale;

/// The query parameters of a document operation.
///
/// @param waitForSync as asked for; the collection may demand it on its own
/// @param silent whether successes are not reported
/// @param ignoreRevs whether `_rev` in bodies and selectors means nothing
/// @param keepNull whether null attributes of a patch are stored
/// @param mergeObjects whether a patch merges objects
/// @param overwriteMode what an insert does when its key exists
/// @param restore whether an insert keeps the `_rev` of the body
record DocumentOptions(
    boolean waitForSync,
    boolean returnNew,
    boolean returnOld,
    boolean silent,
    boolean ignoreRevs,
    boolean keepNull,
    boolean mergeObjects,
    OverwriteMode overwriteMode,
    boolean restore) {

  /// @throws LockstepException 400/10 for a value out of range, 501/9 for what would change the
  ///   outcome and is not there
  static DocumentOptions parse(Query query) {
    if (!query.string("versionAttribute", "").isEmpty()) {
      throw new LockstepException(
          ErrorNumber.NOT_IMPLEMENTED, "not implemented: the parameter 'versionAttribute'");
    }
    return new DocumentOptions(
        query.bool("waitForSync", false),
        query.bool("returnNew", false),
        query.bool("returnOld", false),
        query.bool("silent", false),
        query.bool("ignoreRevs", true),
        query.bool("keepNull", true),
        query.bool("mergeObjects", true),
        overwriteMode(query),
        query.bool("isRestore", false));
  }

  private static OverwriteMode overwriteMode(Query query) {
    String mode =
        query.oneOf("overwriteMode", "", List.of("conflict", "ignore", "replace", "update"));
    if (!mode.isEmpty()) {
      return OverwriteMode.valueOf(mode.toUpperCase(Locale.ROOT));
    }
    return query.bool("overwrite", false) ? OverwriteMode.REPLACE : OverwriteMode.CONFLICT;
  }

  Durability durability() {
    return waitForSync ? Durability.POWER_LOSS : Durability.PROCESS_CRASH;
  }

  /// @param durability may be less than asked for when a sync follows anyway
  WriteOptions writeOptions(Durability durability) {
    return new WriteOptions(
        durability, returnOld && !silent, returnNew && !silent, false, Origin.CLIENT);
  }
}
