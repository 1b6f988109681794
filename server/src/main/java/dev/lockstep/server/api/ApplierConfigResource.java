package dev.lockstep.server.api;

import dev.lockstep.replication.applier.Applier;
import dev.lockstep.replication.applier.Appliers;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Resource;
import java.io.IOException;

/// `/_api/replication/applier-config`: what an applier is to follow and how; never with password or
/// token. `PUT` changes what it names.
final class ApplierConfigResource implements Resource {
  private final Appliers appliers;

  ApplierConfigResource(Appliers appliers) {
    this.appliers = appliers;
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    Applier applier = ApplierRequests.applier(request, appliers);
    SyncOptions options =
        switch (request.verb()) {
          case GET -> applier.configuration();
          case PUT ->
              applier.configure(
                  request.bodyObject(), ReplicationParameters.unknownOptions(request));
          default -> throw request.verbNotSupported();
        };
    return ApiResponse.object(200, options::render);
  }
}
