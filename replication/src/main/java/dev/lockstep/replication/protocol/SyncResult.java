package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.storage.Tick;
import java.util.Comparator;
import java.util.List;

/// What a finished synchronization tells its caller.
///
/// @param collections what was processed, in the order of the leader's ids
/// @param lastLogTick the leader's tick of the snapshot; continue from here
public record SyncResult(List<Collection> collections, Tick lastLogTick) {
  public SyncResult {
    collections = List.copyOf(collections);
  }

  /// @param id the collection's id on the leader, decimal
  public record Collection(String id, String name) {
    /// In the order of the leader's ids.
    public static List<Collection> inOrder(List<Collection> collections) {
      return collections.stream()
          .sorted(
              Comparator.comparing(
                  collection -> Long.parseUnsignedLong(collection.id()), Long::compareUnsigned))
          .toList();
    }
  }

  /// Writes the object: exactly two members, no `error` or `code`.
  public void render(VPackBuilder target) {
    target.openObject().key("collections").openArray();
    for (Collection collection : collections) {
      target.openObject().member("id", collection.id()).member("name", collection.name()).close();
    }
    target.close().member("lastLogTick", lastLogTick.toString()).close();
  }
}
