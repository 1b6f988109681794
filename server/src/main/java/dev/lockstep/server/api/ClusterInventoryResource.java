package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Resource;

/// `GET /_api/replication/clusterInventory`: refused on a single server, with the status that tools
/// know (403, not the number's usual 501).
final class ClusterInventoryResource implements Resource {
  @Override
  public ApiResponse handle(ApiRequest request) {
    return ApiResponse.error(
        403,
        ErrorNumber.CLUSTER_ONLY_ON_COORDINATOR.number(),
        "only allowed in a cluster; this is a single server",
        members -> {});
  }
}
