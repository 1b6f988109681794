package dev.lockstep.shell.cli;

import dev.lockstep.client.ServerRequest;
import dev.lockstep.client.TransportException;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.shell.text.ApplierReport;
import java.util.ArrayList;
import java.util.List;

/// One applier of a follower over HTTP: that of a database, or the one for all databases.
///
/// @param follower not closed by this
/// @param database that it writes to; of the one for all `_system`
record ApplierApi(ServerApi follower, String database, boolean isGlobal) {
  private static final String SYSTEM = "_system";

  /// How the one for all databases is shown.
  static final String ALL = "all databases";

  static ApplierApi global(ServerApi follower) {
    return new ApplierApi(follower, SYSTEM, true);
  }

  /// All that have a leader, running or not; the one for all databases first.
  static List<ApplierApi> configured(ServerApi follower)
      throws TransportException, ServerRefusal, InterruptedException {
    List<ApplierApi> found = new ArrayList<>();
    ApplierApi all = global(follower);
    if (all.state().isConfigured()) {
      found.add(all);
    }
    VPackSlice states =
        ServerApi.body(
            follower.send(follower.request("GET", SYSTEM, "/_api/replication/applier-state-all")));
    if (states.isObject()) {
      for (VPackMember state : states.members()) {
        if (new ApplierReport(state.name(), state.value()).isConfigured()) {
          found.add(new ApplierApi(follower, state.name(), false));
        }
      }
    }
    return found;
  }

  /// For tables and lines of progress.
  String name() {
    return isGlobal ? ALL : database;
  }

  /// As the subject of a sentence, in the singular.
  String subject() {
    return isGlobal ? "the whole server" : database;
  }

  /// Arguments of a command of ours that mean this one.
  String arguments() {
    String endpoint = " --server.endpoint " + follower.endpoint().shortText();
    return isGlobal
        ? " --global" + endpoint
        : (database.equals(SYSTEM) ? "" : " --server.database " + database) + endpoint;
  }

  /// A request to one of its commands, which take `global` all alike.
  ///
  /// @param query without `?`; may be empty
  ServerRequest request(String method, String command, String query) {
    String all = isGlobal ? (query.isEmpty() ? "global=true" : "global=true&" + query) : query;
    return follower.request(
        method, database, "/_api/replication/" + command + (all.isEmpty() ? "" : "?" + all));
  }

  VPackSlice told() throws TransportException, ServerRefusal, InterruptedException {
    return ServerApi.body(follower.send(request("GET", "applier-state", "")));
  }

  ApplierReport state() throws TransportException, ServerRefusal, InterruptedException {
    return new ApplierReport(name(), told());
  }

  /// The state, with what the leader says when the follower asks it now.
  ApplierReport check() throws TransportException, ServerRefusal, InterruptedException {
    return report(request("GET", "applier-state", "checkLeader=true"));
  }

  ApplierReport start() throws TransportException, ServerRefusal, InterruptedException {
    return report(request("PUT", "applier-start", ""));
  }

  ApplierReport stop() throws TransportException, ServerRefusal, InterruptedException {
    return report(request("PUT", "applier-stop", ""));
  }

  ApplierReport forget() throws TransportException, ServerRefusal, InterruptedException {
    return report(request("DELETE", "applier-state", ""));
  }

  private ApplierReport report(ServerRequest request)
      throws TransportException, ServerRefusal, InterruptedException {
    return new ApplierReport(name(), ServerApi.body(follower.send(request)));
  }
}
