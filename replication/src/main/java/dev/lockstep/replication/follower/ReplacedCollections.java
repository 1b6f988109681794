package dev.lockstep.replication.follower;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionHold;
import dev.lockstep.core.collection.CollectionHold.ClientWrites;
import dev.lockstep.core.collection.DocumentCollection;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/// The local collections that a copy will replace: the one of the leader's name and the one of its
/// globally unique id, each as far as it is there. Held while this is open, so that no acknowledged
/// write vanishes when the copy takes their place.
final class ReplacedCollections implements AutoCloseable {
  private final CollectionTask task;
  private final List<CollectionHold> holds = new ArrayList<>();

  private ReplacedCollections(CollectionTask task) {
    this.task = task;
  }

  /// @throws LockstepException 28 if one of them is held by somebody else; none is held by us then
  static ReplacedCollections hold(CollectionTask task) {
    ReplacedCollections replaced = new ReplacedCollections(task);
    try {
      Stream.of(task.source().name(), task.globallyUniqueId())
          .filter(name -> !name.isEmpty())
          .map(task.database()::collection)
          .filter(Objects::nonNull)
          .distinct()
          .forEach(replaced::add);
      return replaced;
    } catch (LockstepException e) {
      replaced.close();
      throw e;
    }
  }

  private void add(DocumentCollection collection) {
    try {
      holds.add(task.hold(collection));
    } catch (LockstepException e) {
      if (e.number() != ErrorNumber.COLLECTION_NOT_FOUND) {
        throw e;
      }
      // Dropped between the look-up and now: there is nothing to lose.
    }
  }

  /// Whether a collection may give way to the copy: it was held all the time, or holds nothing, or
  /// the settings accept that something is lost. Called while nobody can write to it.
  boolean mayReplace(DocumentCollection collection) {
    return task.settings().clientWrites() == ClientWrites.ALLOWED
        || collection.count() == 0
        || holds.stream().anyMatch(hold -> hold.collection() == collection);
  }

  @Override
  public void close() {
    holds.forEach(CollectionHold::close);
  }
}
