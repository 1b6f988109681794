package dev.lockstep.replication.applier;

import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.replication.protocol.Marker.CollectionReference;
import dev.lockstep.replication.protocol.ReplicatedNames;
import dev.lockstep.replication.protocol.SyncOptions;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Which collections an applier follows: those that its configuration selects by name, whatever
/// they are renamed to later. One thread.
final class CollectionSelection {
  private final SyncOptions options;

  /// By globally unique id, where the present name would decide otherwise.
  private final Map<String, Boolean> decided;

  CollectionSelection(SyncOptions options, Map<String, Boolean> decided) {
    this.options = options;
    this.decided = new HashMap<>(decided);
  }

  Map<String, Boolean> decided() {
    return decided;
  }

  /// Whether a collection that has this name, and perhaps had another one before, is followed.
  boolean includes(String globallyUniqueId, String name) {
    if (ReplicatedNames.isNeverReplicated(name)) {
      return false;
    }
    Boolean earlier = globallyUniqueId.isEmpty() ? null : decided.get(globallyUniqueId);
    return earlier == null ? includesName(name) : earlier;
  }

  private boolean includesName(String name) {
    return options.restriction().includes(name)
        && ReplicatedNames.isReplicated(name, options.includeSystem(), options.includeFoxxQueues());
  }

  /// Whether a marker's collection is followed.
  ///
  /// @param local the collection here; null if there is none
  /// @return null if nothing says so: it is not here, and nothing tells its name
  @Nullable Boolean includes(CollectionReference collection, @Nullable DocumentCollection local) {
    if (!collection.name().isEmpty()) {
      return includes(collection.globallyUniqueId(), collection.name());
    }
    String id = collection.globallyUniqueId();
    if (local != null) {
      return includes(id, local.name());
    }
    Boolean earlier = decided.get(id);
    if (earlier != null) {
      return earlier;
    }
    // Those of the system have their name as id.
    return id.startsWith("_") ? includes(id, id) : null;
  }

  /// A collection was renamed; it stays what it was.
  ///
  /// @return whether there is something new to remember
  boolean renamed(String globallyUniqueId, boolean isFollowed, String newName) {
    if (globallyUniqueId.isEmpty()) {
      return false;
    }
    Boolean before =
        includesName(newName) == isFollowed
            ? decided.remove(globallyUniqueId)
            : decided.put(globallyUniqueId, isFollowed);
    return before == null || before != isFollowed;
  }

  /// A collection is gone for good.
  void dropped(String globallyUniqueId) {
    decided.remove(globallyUniqueId);
  }
}
