package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.users.AccessLevel;
import java.io.IOException;
import java.io.UncheckedIOException;

/// Asks a question about one collection in the state of a batch, on behalf of a request that names
/// both.
///
/// @param collection globally unique id, name or decimal id
record CollectionInBatch(ReplicationLeader leader, String batchId, String collection) {
  /// What is asked; runs while the batch is kept open.
  @FunctionalInterface
  interface Question {
    ApiResponse answer(CollectionView view) throws IOException;
  }

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
  ApiResponse ask(ApiRequest request, Question question) {
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
          view -> {
            try {
              return question.answer(view);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LockstepException(
          ErrorNumber.SHUTTING_DOWN, ErrorNumber.SHUTTING_DOWN.defaultMessage(), e);
    }
  }

  /// As [#ask], but a batch that is gone is answered as [#noContext] says.
  ///
  /// @param command of the request, for the message
  ApiResponse askByBatchId(ApiRequest request, String command, Question question) {
    try {
      return ask(request, question);
    } catch (LockstepException e) {
      if (e.number() == ErrorNumber.CURSOR_NOT_FOUND) {
        return noContext(command, e);
      }
      throw e;
    }
  }

  /// A lost batch where the wire has, unlike elsewhere, the number of a bad parameter: 404/400.
  static ApiResponse noContext(String command, LockstepException lost) {
    return ApiResponse.error(
        404,
        ErrorNumber.HTTP_BAD_PARAMETER.number(),
        "replication " + command + " - no replication context: " + lost.getMessage(),
        members -> {});
  }
}
