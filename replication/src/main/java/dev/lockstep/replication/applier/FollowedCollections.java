package dev.lockstep.replication.applier;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionHold;
import dev.lockstep.core.collection.CollectionHold.ClientWrites;
import dev.lockstep.core.collection.DocumentCollection;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps clients from writing to the collections that an applier writes to: what they were told is
/// done could be undone by the next change of the leader. System collections stay open; a follower
/// has accounts of its own. One thread.
final class FollowedCollections implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FollowedCollections.class);

  private final String leader;
  private final ClientWrites clientWrites;
  private final Map<DocumentCollection, CollectionHold> holds = new HashMap<>();

  /// @param leader its endpoint, for messages
  FollowedCollections(String leader, ClientWrites clientWrites) {
    this.leader = leader;
    this.clientWrites = clientWrites;
  }

  /// Holds a collection, if it is not held yet and can be.
  void hold(DocumentCollection collection) {
    if (holds.containsKey(collection)) {
      return;
    }
    try {
      if (collection.definition().properties().isSystem()) {
        return;
      }
      holds.put(
          collection,
          collection.hold(
              "follows the leader at "
                  + leader
                  + "; it takes writes again when the applier is"
                  + " stopped",
              clientWrites));
    } catch (LockstepException e) {
      if (e.number() != ErrorNumber.LOCKED && e.number() != ErrorNumber.COLLECTION_NOT_FOUND) {
        throw e;
      }
      LOG.info("collection is not kept from clients' writes: {}", e.getMessage());
    }
  }

  /// Lets a collection go.
  void release(DocumentCollection collection) {
    CollectionHold hold = holds.remove(collection);
    if (hold != null) {
      hold.close();
    }
  }

  @Override
  public void close() {
    holds.values().forEach(CollectionHold::close);
    holds.clear();
  }
}
