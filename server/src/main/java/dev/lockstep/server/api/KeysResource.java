package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
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
/// Keeps nothing: the id it gives out names batch and collection, and ends with the batch. An
/// answer is of any size, its memory is not: it is spooled. Answers are never compressed, for old
/// followers need their length before them.
final class KeysResource implements Resource {
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
      case DELETE -> end(request, id);
      default -> throw request.verbNotSupported();
    };
  }

  private ApiResponse create(ApiRequest request) {
    CollectionInBatch collection = CollectionInBatch.of(leader, request);
    boolean quick = request.query().bool("quick", false);
    return collection.askByBatchId(
        request,
        "keys",
        view -> {
          long count = view.count();
          String id = collection.batchId() + "-" + Long.toUnsignedString(view.definition().id());
          return ApiResponse.object(
              200,
              members -> {
                if (!quick || count <= leader.quickKeysMax()) {
                  members.member("id", id);
                }
                members.member("count", count);
              });
        });
  }

  private ApiResponse end(ApiRequest request, String id) {
    return named(id)
        .ask(
            request,
            view ->
                ApiResponse.object(
                    202,
                    members ->
                        members.member("id", id).member("error", false).member("code", 202)));
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
          try (SpooledArray chunks = SpooledArray.of(request)) {
            VPackBuilder chunk = new VPackBuilder();
            new KeyChunks(view)
                .chunks(
                    chunkSize,
                    (low, high, hash) -> {
                      chunk.reset();
                      chunk
                          .openObject()
                          .member("low", low)
                          .member("high", high)
                          .member("hash", Long.toUnsignedString(hash))
                          .close();
                      chunks.add(chunk.toSlice());
                    });
            return chunks.toResponse(200).uncompressed();
          }
        });
  }

  private static ApiResponse part(ApiRequest request, CollectionInBatch collection)
      throws IOException {
    Query query = request.query();
    int chunkSize = chunkSize(request);
    int chunk = (int) query.longValue("chunk", 0, 0, Integer.MAX_VALUE);
    String type = query.string("type", "");
    return switch (type) {
      case "keys" -> keys(request, collection, chunk, chunkSize);
      case "docs" -> documents(request, collection, chunk, chunkSize);
      default -> throw Query.bad("type", type, "'keys' or 'docs'");
    };
  }

  private static ApiResponse keys(
      ApiRequest request, CollectionInBatch collection, int chunk, int chunkSize) {
    return collection.ask(
        request,
        view -> {
          try (SpooledArray keys = SpooledArray.of(request)) {
            VPackBuilder pair = new VPackBuilder();
            KeyChunks chunks = new KeyChunks(view);
            chunks.keys(
                chunk,
                chunkSize,
                low(request.query(), chunks),
                (key, revision) -> {
                  pair.reset();
                  pair.openArray().value(key).value(revision.toString()).close();
                  keys.add(pair.toSlice());
                });
            return keys.toResponse(200).uncompressed();
          }
        });
  }

  private static ApiResponse documents(
      ApiRequest request, CollectionInBatch collection, int chunk, int chunkSize)
      throws IOException {
    int[] positions = positions(request.bodyValue());
    int offset =
        request.query().has("offset")
            ? (int) request.query().longValue("offset", 0, 0, Integer.MAX_VALUE)
            : -1;
    return collection.ask(
        request,
        view -> {
          String name = view.definition().name();
          try (SpooledArray documents = SpooledArray.of(request)) {
            KeyChunks chunks = new KeyChunks(view);
            chunks.documents(
                chunk,
                chunkSize,
                low(request.query(), chunks),
                positions,
                offset,
                document -> {
                  if (document == null) {
                    documents.addNull();
                  } else {
                    documents.addDocument(document.slice(), name);
                  }
                });
            return documents.toResponse(200).uncompressed();
          }
        });
  }

  /// The first key of the chunk that is asked for, empty where it is not certain. Followers up to
  /// 3.9 may send it without percent-encoding: a key with a percent sign in it is decoded to
  /// another one, which may exist as well.
  private static String low(Query query, KeyChunks chunks) {
    String sent = query.sent("low");
    String decoded = query.isDecodable("low") ? query.string("low", "") : "";
    if (decoded.equals(sent) || !chunks.hasKey(sent)) {
      return decoded;
    }
    return chunks.hasKey(decoded) ? "" : sent;
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
