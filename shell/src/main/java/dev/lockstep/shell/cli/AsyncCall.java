package dev.lockstep.shell.cli;

import dev.lockstep.client.PercentEncoding;
import dev.lockstep.client.ServerRequest;
import dev.lockstep.client.ServerResponse;
import dev.lockstep.client.TransportException;
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
  }

  /// Small work is done at once, and a long one may end 80 ms before we notice.
  private static final Duration PAUSE_FIRST = Duration.ofMillis(10);

  private static final Duration PAUSE_MAX = Duration.ofMillis(80);

  /// Requests that may fail in a row while we wait, before we give up: the job goes on without us.
  private static final int LOST_MAX = 5;

  private static final String JOB_HEADER = "x-arango-async-id";

  private final ServerApi server;

  AsyncCall(ServerApi server) {
    this.server = server;
  }

  /// The end of a call.
  ///
  /// @param job its id; null if the server answered at once
  record Ended(ServerResponse response, @Nullable String job) {}

  /// Returns when the server is done, with whatever it answered.
  ///
  /// @param interrupted told the job if a signal ends this process meanwhile
  /// @throws ServerRefusal if it was not begun
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
    int lost = 0;
    while (true) {
      Thread.sleep(pause);
      try {
        ServerResponse response =
            server.sendAny(server.request("PUT", "/_api/job/" + PercentEncoding.encode(job)));
        boolean isPending = response.status() == 204 && response.header(JOB_HEADER) == null;
        if (!isPending) {
          return response;
        }
        waiting.look(job);
        lost = 0;
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
}
