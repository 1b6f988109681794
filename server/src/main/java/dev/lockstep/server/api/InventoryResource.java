package dev.lockstep.server.api;

import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.leader.FollowerIdentity;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.protocol.Inventory;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import java.time.InstantSource;
import java.util.SortedMap;

/// `GET /_api/replication/inventory`: the collections in the state of a batch.
final class InventoryResource implements Resource {
  private final ReplicationLeader leader;
  private final DocumentStore store;
  private final InstantSource time;

  InventoryResource(ReplicationLeader leader, DocumentStore store, InstantSource time) {
    this.leader = leader;
    this.store = store;
    this.time = time;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    ReplicationParameters.requireSegments(request, 0);
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    FollowerIdentity follower = ReplicationParameters.follower(request);
    String batchId = request.query().string("batchId", "");
    boolean includeSystem = request.query().bool("includeSystem", true);
    boolean includeFoxxQueues = request.query().bool("includeFoxxQueues", false);
    if (ReplicationParameters.isGlobal(request)) {
      request.access().requireAdmin();
      return ofAll(leader.inventoryOfAll(follower, batchId, includeSystem, includeFoxxQueues));
    }
    Inventory inventory =
        leader.inventory(
            follower,
            batchId,
            request.database(),
            includeSystem,
            includeFoxxQueues,
            request.query().string("collection", ""));
    return ApiResponse.value(200, builder -> inventory.render(builder, time.instant()));
  }

  private ApiResponse ofAll(SortedMap<String, Inventory> inventories) {
    Tick tick =
        inventories.isEmpty()
            ? leader.lastTick()
            : inventories.sequencedValues().getFirst().lastLogTick();
    return ApiResponse.object(
        200,
        members -> {
          members.key("databases").openObject();
          inventories.forEach((name, inventory) -> {
            Database database = store.database(name);
            members.key(name).openObject();
            // Dropped since the batch began: the snapshot has its data, the catalog not its id.
            members.member("id", database == null ? "0" : Long.toUnsignedString(database.id()));
            members.member("name", name);
            inventory.renderMembers(members);
            members.close();
          });
          members.close();
          Inventory.renderState(members, tick, time.instant());
        });
  }
}
