package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.replication.leader.KeyChunks;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Query;
import dev.lockstep.server.http.Resource;
import java.io.IOException;

/// `/_api/replication/keys`: a collection's keys in chunks, for followers that compare them.
///
/// Keeps nothing: the id it gives out names batch and collection, and ends with the batch.
final class KeysResource implements Resource {
  /// A quick answer to a collection larger than this is only its count.
  static final long QUICK_KEYS_MAX = 1_000_000;

  private final ReplicationLeader leader;

  KeysResource(ReplicationLeader leader) {
    this.leader = leader;
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    ReplicationParameters.requireSegments(request, 1);
    String id = ReplicationParameters.segment(request, 0);
    if (request.verb() == HttpVerb.POST && id.isEmpty()) {
      return create(request);
    }
    if (id.isEmpty() || request.verb() == HttpVerb.POST) {
      throw request.verbNotSupported();
    }
    return switch (request.verb()) {
      case GET -> chunks(request, named(id));
      case PUT -> part(request, named(id));
      case DELETE ->
          ApiResponse.object(
              202,
              members -> {
                members.member("id", id);
                members.member("error", false);
                members.member("code", 202);
              });
      default -> throw request.verbNotSupported();
    };
  }

  private ApiResponse create(ApiRequest request) {
    CollectionInBatch collection = CollectionInBatch.of(leader, request);
    boolean quick = request.query().bool("quick", false);
    return collection.ask(
        request,
        view -> {
          long count = view.count();
          String id = collection.batchId() + "-" + Long.toUnsignedString(view.definition().id());
          return ApiResponse.object(
              200,
              members -> {
                if (!quick || count <= QUICK_KEYS_MAX) {
                  members.member("id", id);
                }
                members.member("count", count);
              });
        });
  }

  private CollectionInBatch named(String id) {
    int parting = id.indexOf('-');
    if (parting < 0) {
      throw new LockstepException(ErrorNumber.CURSOR_NOT_FOUND, "no keys with the id '" + id + "'");
    }
    return new CollectionInBatch(leader, id.substring(0, parting), id.substring(parting + 1));
  }

  private static int chunkSize(ApiRequest request) {
    return KeyChunks.chunkSize(request.query().longValue("chunkSize", 0, 0, Long.MAX_VALUE));
  }

  private static ApiResponse chunks(ApiRequest request, CollectionInBatch collection) {
    int chunkSize = chunkSize(request);
    return collection.ask(
        request,
        view -> {
          VPackBuilder out = new VPackBuilder().openArray();
          new KeyChunks(view)
              .chunks(
                  chunkSize,
                  (low, high, hash) -> {
                    out.openObject();
                    out.member("low", low);
                    out.member("high", high);
                    out.member("hash", Long.toUnsignedString(hash));
                    out.close();
                  });
          return ApiResponse.value(200, out.close().toSlice());
        });
  }

  private static ApiResponse part(ApiRequest request, CollectionInBatch collection)
      throws IOException {
    Query query = request.query();
    int chunkSize = chunkSize(request);
    int chunk = (int) query.longValue("chunk", 0, 0, Integer.MAX_VALUE);
    String low = query.string("low", "");
    String type = query.string("type", "");
    VPackBuilder out = new VPackBuilder().openArray();
    switch (type) {
      case "keys" ->
          collection.ask(
              request,
              view -> {
                new KeyChunks(view)
                    .keys(
                        chunk,
                        chunkSize,
                        low,
                        (key, revision) -> {
                          out.openArray();
                          out.value(key);
                          out.value(revision.toString());
                          out.close();
                        });
                return out;
              });
      case "docs" -> {
        int[] positions = positions(request.bodyValue());
        int offset =
            query.has("offset") ? (int) query.longValue("offset", 0, 0, Integer.MAX_VALUE) : -1;
        collection.ask(
            request,
            view -> {
              String name = view.definition().name();
              new KeyChunks(view)
                  .documents(
                      chunk,
                      chunkSize,
                      low,
                      positions,
                      offset,
                      document -> {
                        if (document == null) {
                          out.nullValue();
                        } else {
                          StoredDocument.writeWithId(document.slice(), name, out);
                        }
                      });
              return out;
            });
      }
      default -> throw Query.bad("type", type, "'keys' or 'docs'");
    }
    return ApiResponse.value(200, out.close().toSlice());
  }

  private static int[] positions(VPackSlice body) {
    if (!body.isArray()) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER,
          "the body must be an array of positions inside the chunk");
    }
    int[] positions = new int[body.length()];
    int previous = -1;
    int index = 0;
    for (VPackSlice element : body.elements()) {
      if (!element.isInteger()
          || element.asBigInteger().bitLength() > 31
          || element.asLong() <= previous) {
        throw new LockstepException(
            ErrorNumber.BAD_PARAMETER,
            "positions must be integers from 0, ascending, not " + element.toJson());
      }
      previous = (int) element.asLong();
      positions[index++] = previous;
    }
    return positions;
  }
}
