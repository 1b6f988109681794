package dev.lockstep.server.api;

import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import java.util.List;

/// `GET /_api/engine`: the engine whose behaviour clients may count on, and the index types that
/// are used.
public final class EngineResource implements Resource {
  private static final List<String> INDEXES =
      List.of("primary", "edge", "hash", "skiplist", "ttl", "persistent");

  @Override
  public ApiResponse handle(ApiRequest request) {
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    if (!request.segments().isEmpty()) {
      throw request.unknownPath();
    }
    return ApiResponse.object(
        200,
        builder -> {
          builder.member("name", "rocksdb").key("supports").openObject().member("dfdb", false);
          builder.key("indexes").openArray();
          INDEXES.forEach(builder::value);
          builder.close();
          builder
              .key("aliases")
              .openObject()
              .key("indexes")
              .openObject()
              .member("skiplist", "persistent")
              .member("hash", "persistent")
              .close()
              .close()
              .close();
        });
  }
}
