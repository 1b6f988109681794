package dev.lockstep.shell.cli;

import dev.lockstep.client.PercentEncoding;
import dev.lockstep.client.ServerResponse;
import dev.lockstep.client.TransportException;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.shell.text.SyncReport;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Has a follower synchronize, as the shell's `syncCollection` does: starts the job, waits for it,
/// shows how it gets on and in the end what it did. If this process is ended by a signal meanwhile,
/// it says that the job goes on. One thread.
final class SyncCall {
  /// Small collections are done at once, and a long one may end 80 ms before we notice.
  private static final Duration PAUSE_FIRST = Duration.ofMillis(10);

  private static final Duration PAUSE_MAX = Duration.ofMillis(80);

  /// Requests that may fail in a row while we wait, before we give up: the job goes on without us.
  private static final int LOST_MAX = 5;

  private static final String JOB_HEADER = "x-arango-async-id";

  private final ServerApi follower;
  private final ProgressLine line;
  private final @Nullable PrintWriter notes;
  private boolean isProgressTold = true;

  /// @param line where progress is shown
  /// @param notes for what was done and the job's warnings; null to leave them out
  SyncCall(ServerApi follower, ProgressLine line, @Nullable PrintWriter notes) {
    this.follower = follower;
    this.line = line;
    this.notes = notes;
  }

  /// Returns when the synchronization is done.
  ///
  /// @param config the wire's options
  /// @return `{"collections": [...], "lastLogTick": "..."}`
  /// @throws ServerRefusal with its true number, if it failed
  VPackSlice run(VPackSlice config)
      throws TransportException, ServerRefusal, CommandFailure, InterruptedException {
    ServerResponse started =
        follower.send(
            follower
                .request("PUT", "/_api/replication/sync")
                .withHeader("x-arango-async", "store")
                .withBody("application/json", config.toJson().getBytes(StandardCharsets.UTF_8)));
    String job = started.header(JOB_HEADER);
    if (job == null) {
      return ServerApi.body(started);
    }
    ServerResponse ended;
    try (SignalHook _ = SignalHook.install("end-sync", () -> sayThatItGoesOn(job))) {
      ended = await(job);
    } finally {
      line.clear();
    }
    sumUp(job);
    if (ended.status() >= 400) {
      throw ServerApi.refusal(ended);
    }
    return ServerApi.body(ended);
  }

  /// The process is ending, and its thread that waits here does not know it.
  private void sayThatItGoesOn(String job) {
    line.close();
    System.err.println(
        "lockstep sync: interrupted; job "
            + job
            + " goes on at the follower: GET /_api/replication/jobs/"
            + job
            + " tells how far it is, PUT /_api/job/"
            + job
            + "/cancel ends it");
    System.err.flush();
  }

  /// Returns the answer that holds the job's result or failure.
  private ServerResponse await(String job) throws CommandFailure, InterruptedException {
    Duration pause = PAUSE_FIRST;
    int lost = 0;
    while (true) {
      Thread.sleep(pause);
      try {
        ServerResponse response =
            follower.sendAny(follower.request("PUT", "/_api/job/" + PercentEncoding.encode(job)));
        lost = 0;
        boolean isPending = response.status() == 204 && response.header(JOB_HEADER) == null;
        if (!isPending) {
          return response;
        }
        line.show(() -> progress(job));
      } catch (TransportException e) {
        if (++lost >= LOST_MAX) {
          throw CommandFailure.failed(
              "lost the follower while waiting: "
                  + e.getMessage()
                  + "; job "
                  + job
                  + " may still be running there");
        }
      }
      pause = pause.compareTo(PAUSE_MAX) < 0 ? pause.multipliedBy(2) : PAUSE_MAX;
    }
  }

  /// Servers that do not tell how a job gets on are asked once.
  private String progress(String job) {
    if (!isProgressTold) {
      return "synchronizing (job " + job + ")";
    }
    try {
      return report(job).progress();
    } catch (ServerRefusal e) {
      isProgressTold = false;
      return "synchronizing (job " + job + ")";
    } catch (TransportException e) {
      return "waiting for the follower: " + e.detail();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  /// Never a reason to fail: what matters is the job's result.
  private void sumUp(String job) throws InterruptedException {
    if (notes == null || !isProgressTold) {
      return;
    }
    try {
      report(job).end().forEach(notes::println);
      notes.flush();
    } catch (ServerRefusal | TransportException _) {
      // A server that does not tell, or is gone by now.
    }
  }

  private SyncReport report(String job)
      throws TransportException, ServerRefusal, InterruptedException {
    return SyncReport.of(follower.get("/_api/replication/jobs/" + PercentEncoding.encode(job)));
  }
}
