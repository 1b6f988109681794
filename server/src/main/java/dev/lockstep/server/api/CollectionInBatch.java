package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.users.AccessLevel;
import java.util.function.Function;

/// Asks a question about one collection in the state of a batch, on behalf of a request that names
/// both.
///
/// @param collection globally unique id, name or decimal id
record CollectionInBatch(ReplicationLeader leader, String batchId, String collection) {
  /// From the parameters `batchId` and `collection`.
  ///
  /// @throws LockstepException 400 without a collection
  static CollectionInBatch of(ReplicationLeader leader, ApiRequest request) {
    return new CollectionInBatch(
        leader,
        request.query().string("batchId", ""),
        request.query().requiredString("collection"));
  }

  /// @throws LockstepException 404/1203 for an unknown collection, 403/11 without the right to read
  ///   it, and what [ReplicationLeader#inBatch] throws
  <T> T ask(ApiRequest request, Function<CollectionView, T> question) {
    CollectionDefinition definition = leader.collection(batchId, request.database(), collection);
    if (definition != null) {
      request.access().requireCollection(definition.name(), AccessLevel.RO);
    }
    try {
      return leader.inBatch(
          ReplicationParameters.follower(request),
          batchId,
          request.database(),
          collection,
          question);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LockstepException(
          ErrorNumber.SHUTTING_DOWN, ErrorNumber.SHUTTING_DOWN.defaultMessage(), e);
    }
  }
}
