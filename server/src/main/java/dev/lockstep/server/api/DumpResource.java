package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.replication.leader.DumpParameters;
import dev.lockstep.replication.leader.DumpPart;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.replication.protocol.DumpForm;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.users.AccessLevel;
import org.jspecify.annotations.Nullable;

/// `GET /_api/replication/dump`: the next part of a collection in the state of a batch.
final class DumpResource implements Resource {
  private final ReplicationLeader leader;

  DumpResource(ReplicationLeader leader) {
    this.leader = leader;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    ReplicationParameters.requireSegments(request, 0);
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    String collection = request.query().string("collection", "");
    if (collection.isEmpty()) {
      throw new LockstepException(
          ErrorNumber.COLLECTION_NOT_FOUND, "collection or view not found: no name was given");
    }
    String batchId = request.query().string("batchId", "");
    DumpParameters parameters = parameters(request);
    ReplicationLeader.InFlight<DumpPart> dump;
    try {
      CollectionDefinition definition = leader.collection(batchId, request.database(), collection);
      if (definition != null) {
        request.access().requireCollection(definition.name(), AccessLevel.RO);
      }
      dump =
          leader.dump(
              ReplicationParameters.follower(request),
              batchId,
              request.database(),
              collection,
              parameters);
    } catch (LockstepException e) {
      if (e.number() == ErrorNumber.CURSOR_NOT_FOUND) {
        return CollectionInBatch.noContext("dump", e);
      }
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LockstepException(
          ErrorNumber.SHUTTING_DOWN, ErrorNumber.SHUTTING_DOWN.defaultMessage(), e);
    }
    return answer(request, dump, parameters.form());
  }

  private static DumpParameters parameters(ApiRequest request) {
    Long from = request.query().unsignedLong("from");
    long chunkSize =
        request
            .query()
            .longValue("chunkSize", DumpParameters.CHUNK_SIZE_DEFAULT, 0, Long.MAX_VALUE);
    return new DumpParameters(
        form(request),
        from == null ? 0 : from,
        chunkSize == 0 ? DumpParameters.CHUNK_SIZE_DEFAULT : chunkSize,
        request.query().bool("useEnvelope", true),
        request.query().bool("array", false));
  }

  private static DumpForm form(ApiRequest request) {
    @Nullable String accept = request.header("accept");
    if (accept != null && accept.contains(DumpForm.STORED.mediaType())) {
      return DumpForm.STORED;
    }
    return request.wantsVelocyPack() ? DumpForm.VELOCYPACK : DumpForm.JSON;
  }

  private static ApiResponse answer(
      ApiRequest request, ReplicationLeader.InFlight<DumpPart> dump, DumpForm form) {
    DumpPart part = dump.part();
    ApiResponse response =
        ReplicationAnswers.of(part.body(), form == DumpForm.JSON ? null : form.mediaType(), dump);
    response
        .header("x-arango-replication-checkmore", Boolean.toString(part.hasMore()))
        .header("x-arango-replication-lastincluded", Long.toString(part.number()));
    if (request.isLockstepPeer()) {
      response.header(Capability.COUNT_HEADER, Long.toString(part.collectionCount()));
    }
    return response;
  }
}
