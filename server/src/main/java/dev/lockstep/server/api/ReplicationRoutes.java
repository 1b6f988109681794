package dev.lockstep.server.api;

import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.replication.applier.Appliers;
import dev.lockstep.replication.follower.ReplicationFollower;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.server.api.ApplierCommandResource.Command;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.http.Router;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;

/// Which resource answers which path below `/_api/replication` and `/_api/wal`.
public final class ReplicationRoutes {
  /// Commands that only clusters have.
  private static final List<String> CLUSTER_COMMANDS =
      List.of(
          "sync-collection",
          "holdReadLockCollection",
          "addFollower",
          "removeFollower",
          "set-the-leader",
          "sync-shard");

  /// Commands that ArangoDB has and we do not, yet.
  private static final List<String> MISSING_COMMANDS =
      List.of("restore-collection", "restore-indexes", "restore-data", "restore-view");

  private ReplicationRoutes() {}

  /// Registers everything.
  public static void register(
      Router router,
      DocumentStore store,
      ReplicationLeader leader,
      ReplicationFollower follower,
      Appliers appliers,
      InstantSource time) {
    route(router, "logger-state", new LoggerStateResource(leader));
    route(router, "logger-first-tick", new LoggerFirstTickResource(store));
    route(router, "logger-tick-ranges", new LoggerTickRangesResource(store));
    route(router, "logger-follow", new TailResource(leader, true));
    route(router, "determine-open-transactions", new OpenTransactionsResource());
    route(router, "server-id", new ReplicationServerIdResource(leader));
    route(router, "batch", new ReplicationBatchResource(leader));
    route(router, "barrier", new BarrierResource(leader));
    route(router, "inventory", new InventoryResource(leader, store, time));
    route(router, "dump", new DumpResource(leader));
    route(router, "keys", new KeysResource(leader));
    route(router, "revisions", new RevisionsResource(leader, store));
    route(router, "clusterInventory", new ClusterInventoryResource());
    route(router, "sync", new SyncResource(follower, appliers));
    route(router, "jobs", new SyncJobsResource(follower));
    route(router, "applier-state", new ApplierStateResource(appliers));
    route(router, "applier-state-all", new ApplierStateAllResource(appliers));
    route(router, "applier-config", new ApplierConfigResource(appliers));
    route(router, "applier-start", new ApplierCommandResource(appliers, Command.START));
    route(router, "applier-stop", new ApplierCommandResource(appliers, Command.STOP));
    for (String name : List.of("make-follower", "make-slave")) {
      route(router, name, new ApplierCommandResource(appliers, Command.SET_UP));
    }
    for (String command : CLUSTER_COMMANDS) {
      route(router, command, NotThereResource.ofCluster());
    }
    for (String command : MISSING_COMMANDS) {
      route(router, command, NotThereResource.of("/_api/replication/" + command + " yet"));
    }
    router.route("/_api/replication", new UnknownReplicationCommandResource());
    router.route("/_api/wal", announcing(new WalStateResource(leader, store, time)));
  }

  private static void route(Router router, String command, Resource resource) {
    router.route("/_api/replication/" + command, announcing(resource));
  }

  /// Tells Lockstep peers what we can do; stock ones ignore it.
  private static Resource announcing(Resource resource) {
    return new Resource() {
      @Override
      public ApiResponse handle(ApiRequest request) throws IOException {
        return resource.handle(request).header(Capability.HEADER, Capability.announcement());
      }

      @Override
      public boolean keepsAsyncAnswer() {
        return resource.keepsAsyncAnswer();
      }
    };
  }
}
