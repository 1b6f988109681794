package dev.lockstep.shell.cli;

import dev.lockstep.client.PercentEncoding;
import dev.lockstep.client.TransportException;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.shell.text.SyncReport;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Has a follower synchronize, as the shell's `syncCollection` does: starts the job, waits for it,
/// shows how it gets on and in the end what it did. If this process is ended by a signal meanwhile,
/// it says that the job goes on. One thread.
final class SyncCall {
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
    AsyncCall.Ended ended;
    try {
      ended =
          new AsyncCall(follower)
              .run(
                  follower
                      .request("PUT", "/_api/replication/sync")
                      .withBody(
                          "application/json", config.toJson().getBytes(StandardCharsets.UTF_8)),
                  new AsyncCall.Waiting() {
                    @Override
                    public void look(String job) {
                      line.show(() -> progress(job));
                    }

                    @Override
                    public void lost(String detail) {
                      line.show(() -> "waiting for the follower: " + detail);
                    }
                  },
                  this::sayThatItGoesOn);
    } finally {
      line.clear();
    }
    String job = ended.job();
    if (job != null) {
      sumUp(job);
    }
    if (ended.response().status() >= 400) {
      throw ServerApi.refusal(ended.response());
    }
    return ServerApi.body(ended.response());
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
