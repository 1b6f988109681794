package dev.lockstep.shell.cli;

import dev.lockstep.client.PercentEncoding;
import dev.lockstep.client.ServerRequest;
import dev.lockstep.client.ServerResponse;
import dev.lockstep.client.TransportException;
import dev.lockstep.shell.text.Amounts;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A request that takes long: the server does it as a job, and is asked for the end again and
/// again. One thread.
final class AsyncCall {
  /// What is done while one waits.
  interface Waiting {
    /// Called after each look that did not find the end.
    void look(String job)
        throws TransportException, ServerRefusal, CommandFailure, InterruptedException;

    /// Called when the server could not be asked; it is asked again.
    ///
    /// @param detail why not, as a part of a sentence
    default void lost(String detail) {}
  }

  /// Small work is done at once, and a long one may end 80 ms before we notice.
  private static final Duration PAUSE_FIRST = Duration.ofMillis(10);

  private static final Duration PAUSE_MAX = Duration.ofMillis(80);

  /// How long a server may be out of reach while we wait: a restart passes, and what it has
  /// interrupted goes on then.
  private static final Duration LOST_MAX = Duration.ofMinutes(5);

  private static final Duration LOST_PAUSE_MAX = Duration.ofSeconds(1);

  private static final String JOB_HEADER = "x-arango-async-id";
  private static final int HTTP_SERVICE_UNAVAILABLE = 503;

  private final ServerApi server;
  private final Duration lostMax;

  AsyncCall(ServerApi server) {
    this(server, LOST_MAX);
  }

  /// @param lostMax how long the server may be out of reach without a break before we give up
  AsyncCall(ServerApi server, Duration lostMax) {
    this.server = server;
    this.lostMax = lostMax;
  }

  /// The end of a call.
  ///
  /// @param job its id; null if the server answered at once
  record Ended(ServerResponse response, @Nullable String job) {}

  /// Returns when the server is done, with whatever it answered.
  ///
  /// @param interrupted told the job if a signal ends this process meanwhile
  /// @throws ServerRefusal if it was not begun
  /// @throws CommandFailure if the server was out of reach for too long; names the job, which may
  ///   go on
  Ended run(ServerRequest request, Waiting waiting, Consumer<String> interrupted)
      throws TransportException, ServerRefusal, CommandFailure, InterruptedException {
    ServerResponse started = server.send(request.withHeader("x-arango-async", "store"));
    String job = started.header(JOB_HEADER);
    if (job == null) {
      return new Ended(started, null);
    }
    try (SignalHook _ = SignalHook.install("end-wait", () -> interrupted.accept(job))) {
      return new Ended(await(job, waiting), job);
    }
  }

  private ServerResponse await(String job, Waiting waiting)
      throws CommandFailure, ServerRefusal, InterruptedException {
    Duration pause = PAUSE_FIRST;
    Long lostSince = null;
    while (true) {
      Thread.sleep(pause);
      String lost;
      try {
        ServerResponse response =
            server.sendAny(server.request("PUT", "/_api/job/" + PercentEncoding.encode(job)));
        boolean isOfJob = response.header(JOB_HEADER) != null;
        if (isOfJob || response.status() != 204 && response.status() != HTTP_SERVICE_UNAVAILABLE) {
          return response;
        }
        if (response.status() == 204) {
          waiting.look(job);
          lostSince = null;
          pause = next(pause, PAUSE_MAX);
          continue;
        }
        // Not the job's answer: the server is ending or starting, or a proxy has lost it.
        lost = String.valueOf(ServerApi.refusal(response).getMessage());
      } catch (TransportException e) {
        lost = String.valueOf(e.getMessage());
      }
      long now = System.nanoTime();
      lostSince = lostSince == null ? now : lostSince;
      if (now - lostSince >= lostMax.toNanos()) {
        throw CommandFailure.failed(
            "lost the follower for more than "
                + Amounts.seconds(lostMax)
                + " while waiting: "
                + lost
                + "; job "
                + job
                + " may still be running there, or go on when it is back");
      }
      waiting.lost(lost);
      pause = next(pause, LOST_PAUSE_MAX);
    }
  }

  private static Duration next(Duration pause, Duration longest) {
    Duration doubled = pause.multipliedBy(2);
    return doubled.compareTo(longest) < 0 ? doubled : longest;
  }
}
