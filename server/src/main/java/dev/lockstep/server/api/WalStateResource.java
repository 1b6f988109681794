package dev.lockstep.server.api;

import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import java.io.IOException;
import java.time.InstantSource;

/// `/_api/wal/range`, `lastTick` and `open-transactions`: where the change log begins and ends. The
/// log itself is read with `tail`. For administrators only.
final class WalStateResource implements Resource {
  private final ReplicationLeader leader;
  private final DocumentStore store;
  private final InstantSource time;
  private final TailResource tail;

  WalStateResource(ReplicationLeader leader, DocumentStore store, InstantSource time) {
    this.leader = leader;
    this.store = store;
    this.time = time;
    this.tail = new TailResource(leader, false);
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    request.access().requireAdmin();
    ReplicationParameters.requireSegments(request, 1);
    String command = ReplicationParameters.segment(request, 0);
    if (command.equals("tail")) {
      return tail.handle(request);
    }
    if (!command.equals("range")
        && !command.equals("lastTick")
        && !command.equals("open-transactions")) {
      throw request.unknownPath();
    }
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    return switch (command) {
      case "range" -> {
        Tick first = store.changeLog().firstAvailable();
        Tick last = leader.lastTick();
        yield ApiResponse.object(
            200,
            members -> {
              members
                  .member("time", LoggerState.wireTime(time.instant()))
                  .member("tickMin", first.toString())
                  .member("tickMax", last.toString());
              server(members);
            });
      }
      case "lastTick" -> {
        Tick last = leader.lastTick();
        yield ApiResponse.object(
            200,
            members -> {
              members
                  .member("time", LoggerState.wireTime(time.instant()))
                  .member("tick", last.toString());
              server(members);
            });
      }
      // Only committed transactions are in our log.
      default ->
          ApiResponse.empty(204)
              .header("x-arango-replication-frompresent", "true")
              .header("x-arango-replication-lasttick", "0")
              .header("x-arango-replication-lastincluded", "0");
    };
  }

  private void server(VPackBuilder members) {
    members
        .key("server")
        .openObject()
        .member("version", leader.identity().version())
        .member("serverId", leader.identity().serverIdText())
        .close();
  }
}
