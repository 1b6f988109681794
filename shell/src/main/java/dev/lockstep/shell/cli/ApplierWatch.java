package dev.lockstep.shell.cli;

import dev.lockstep.client.TransportException;
import dev.lockstep.shell.text.Amounts;
import dev.lockstep.shell.text.ApplierReport;
import java.io.PrintWriter;
import java.time.Duration;

/// Shows how an applier gets on, until it ends or a signal ends this process: a live line on a
/// terminal, and a lasting one whenever it changes what it does. One thread.
final class ApplierWatch {
  static final Duration POLL = Duration.ofMillis(200);

  /// A follower that restarts is back earlier.
  private static final Duration LOST_MAX = Duration.ofSeconds(60);

  /// A server that has just been started answers a moment before it begins to follow.
  private static final Duration START_MAX = Duration.ofSeconds(5);

  private final ApplierApi applier;
  private final ProgressLine line;
  private final PrintWriter out;
  private final ChangeRate rate = new ChangeRate();
  private String lastKind = "";

  ApplierWatch(ApplierApi applier, ProgressLine line, PrintWriter out) {
    this.applier = applier;
    this.line = line;
    this.out = out;
  }

  /// Returns when somebody has stopped it.
  ///
  /// @throws CommandFailure if an error has ended it, or the follower does not answer for
  ///   [#LOST_MAX]
  void run() throws ServerRefusal, CommandFailure, InterruptedException {
    long answeredAt = System.nanoTime();
    long lostAt = answeredAt - START_MAX.toNanos();
    while (true) {
      try {
        ApplierReport report = applier.state();
        answeredAt = System.nanoTime();
        show(report);
        if (!report.isActive() && System.nanoTime() - lostAt >= START_MAX.toNanos()) {
          requireNoError(report);
          return;
        }
      } catch (TransportException e) {
        lostAt = System.nanoTime();
        if (System.nanoTime() - answeredAt > LOST_MAX.toNanos()) {
          throw CommandFailure.notDone(
              "the follower has not answered for "
                  + Amounts.seconds(LOST_MAX)
                  + ": "
                  + e.getMessage()
                  + "; replication goes on when it is back, if it was set up to start with it",
              e);
        }
        line.show(() -> "waiting for the follower: " + e.detail());
      } catch (ServerRefusal e) {
        if (e.httpStatus() == 401) {
          throw CommandFailure.failed(
              "the follower does not accept the credentials any more; with --include-system its"
                  + " accounts are the leader's now. Replication goes on");
        }
        throw e;
      }
      Thread.sleep(POLL);
    }
  }

  private void show(ApplierReport report) {
    String text = report.line(rate.at(System.nanoTime(), report.events()));
    String kind = report.phase() + (report.failedConnects() > 0);
    if (!kind.equals(lastKind)) {
      lastKind = kind;
      line.clear();
      out.println(text);
      out.flush();
    }
    line.show(() -> text);
  }

  /// @throws CommandFailure if an error has ended it
  static void requireNoError(ApplierReport report) throws CommandFailure {
    if (report.errorNumber() != 0) {
      throw CommandFailure.failed(
          report.name()
              + " does not follow any more: "
              + Remedy.sentence(report.errorMessage(), report.errorNumber()));
    }
  }
}
