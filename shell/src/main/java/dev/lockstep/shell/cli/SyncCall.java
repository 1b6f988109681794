package dev.lockstep.shell.cli;

import dev.lockstep.client.PercentEncoding;
import dev.lockstep.client.ServerResponse;
import dev.lockstep.client.TransportException;
import dev.lockstep.core.document.VPackSlice;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Has a follower synchronize, as the shell's `syncCollection` does: starts the job, waits for it,
/// shows how it gets on. One thread.
final class SyncCall {
  /// Small collections are done at once, and a long one may end 80 ms before we notice.
  private static final Duration PAUSE_FIRST = Duration.ofMillis(10);

  private static final Duration PAUSE_MAX = Duration.ofMillis(80);

  /// Requests that may fail in a row while we wait, before we give up: the job goes on without us.
  private static final int LOST_MAX = 5;

  private static final String JOB_HEADER = "x-arango-async-id";

  private final ServerApi follower;
  private final ProgressLine line;
  private boolean isProgressTold = true;

  /// @param line where progress is shown
  SyncCall(ServerApi follower, ProgressLine line) {
    this.follower = follower;
    this.line = line;
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
                .withBody(
                    "application/json",
                    config.toJson().getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    String job = started.header(JOB_HEADER);
    return job == null ? ServerApi.body(started) : await(job);
  }

  private VPackSlice await(String job)
      throws TransportException, ServerRefusal, CommandFailure, InterruptedException {
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
          line.clear();
          if (response.status() >= 400) {
            throw ServerApi.refusal(response);
          }
          return ServerApi.body(response);
        }
        line.show(() -> progress(job));
      } catch (TransportException e) {
        if (++lost >= LOST_MAX) {
          line.clear();
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
      VPackSlice told = follower.get("/_api/replication/jobs/" + PercentEncoding.encode(job));
      return text(told);
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

  /// One line about a job, from what the server tells of it.
  static String text(VPackSlice job) {
    long done = number(job, "documentsDone");
    long expected = number(job, "documentsExpected");
    String collection = string(job, "collection");
    String counts =
        expected > 0
            ? ProgressLine.bar(done, expected) + "  " + Amounts.count(done) + " documents"
            : done > 0 ? Amounts.count(done) + " documents" : string(job, "message");
    long rate = number(job, "ratePerSecond");
    return String.format(
        Locale.ROOT,
        "%s%s%s",
        collection.isEmpty() ? "" : collection + " ",
        counts,
        rate > 0 ? ", " + Amounts.count(rate) + "/s" : "");
  }

  private static long number(VPackSlice object, String member) {
    @Nullable VPackSlice value = object.isObject() ? object.get(member) : null;
    return value != null && value.isInteger() ? value.asLong() : 0;
  }

  private static String string(VPackSlice object, String member) {
    @Nullable VPackSlice value = object.isObject() ? object.get(member) : null;
    return value != null && value.isString() ? value.asString() : "";
  }
}
