package dev.lockstep.shell.cli;

import dev.lockstep.shell.text.Amounts;
import dev.lockstep.shell.text.ApplierReport;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `lockstep promote`: makes a follower a server of its own, to be written to.
@Command(
    name = "promote",
    customSynopsis = "lockstep promote [options]",
    description = {
      "Ends following on a follower and opens its collections for clients' writes. While the leader"
          + " lives, waits until everything that it has is here, and changes nothing if that does"
          + " not come about: stop the writes to the leader first. Of a leader that does not answer"
          + " it tells what was taken over last.",
      "",
      "--server.* name the follower. What follows, and how the former leader becomes a follower:"
          + " see docs/operating.md, 'Switching roles'."
    },
    exitCodeList = {
      "0:the follower takes writes now",
      "1:it still follows: it lacks changes of its leader, or cannot find out",
      "2:not begun: wrong arguments, no connection, it follows nobody"
    })
public final class PromoteCommand extends CliCommand {
  private static final Duration POLL = Duration.ofMillis(100);

  /// A leader that restarts, or a short interruption of the network, is no dead leader.
  private static final Duration SILENCE_OF_THE_DEAD = Duration.ofSeconds(5);

  @Option(
      names = "--database",
      paramLabel = "NAME",
      description = "Only this database; may be repeated. Default: all that follow.")
  private List<String> databases = new ArrayList<>();

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = {
        "How long to wait for the rest of the leader's changes (default: ${DEFAULT-VALUE})."
      })
  private double timeout;

  @Option(
      names = "--force",
      description = {
        "Promote also if not everything is here, or nobody can tell: changes of the leader may be"
            + " lost."
      })
  private boolean isForced;

  @Mixin private ProgressOption progress = new ProgressOption();

  @Mixin private ServerOptions server = new ServerOptions();

  @Override
  int run() throws CommandFailure, IOException, InterruptedException {
    if (!(timeout >= 0) || timeout > 86_400) {
      throw usage("--timeout must be a number of seconds from 0 to 86400, not " + timeout);
    }
    try (ServerApi follower = ServerApi.connect(server);
        ProgressLine line = progress.line()) {
      for (ApplierApi applier : selected(follower)) {
        try {
          promote(applier, line);
        } finally {
          line.clear();
        }
      }
      return ExitStatus.OK;
    }
  }

  private List<ApplierApi> selected(ServerApi follower)
      throws CommandFailure, IOException, InterruptedException {
    List<ApplierApi> all = ApplierApi.configured(follower);
    List<ApplierApi> selected =
        databases.isEmpty()
            ? all
            : all.stream()
                .filter(applier -> !applier.isGlobal() && databases.contains(applier.database()))
                .toList();
    List<String> missing = new ArrayList<>(databases);
    selected.forEach(applier -> missing.remove(applier.database()));
    if (!missing.isEmpty()) {
      throw CommandFailure.notDone(
          "no leader is set up for database "
              + String.join(", ", missing)
              + (all.stream().anyMatch(ApplierApi::isGlobal)
                  ? "; all databases follow together: leave --database out"
                  : ""));
    }
    if (selected.isEmpty()) {
      throw CommandFailure.notDone(
          follower.endpoint().shortText() + " follows nobody: clients may write to it already");
    }
    return selected;
  }

  /// How the wait for the leader's last change has ended.
  ///
  /// @param isStopped whether the applier was stopped for it
  /// @param unmet why it is not to be promoted; null if it may be
  /// @param done what is to be said about a promotion
  private record Verdict(boolean isStopped, @Nullable String unmet, String done) {
    static Verdict complete(ApplierReport report) {
      return new Verdict(
          true,
          null,
          "everything the leader has is here"
              + (report.appliedTick().isEmpty() ? "" : ", up to tick " + report.appliedTick()));
    }

    static Verdict refused(String reason) {
      return new Verdict(false, reason, "");
    }
  }

  private void promote(ApplierApi applier, ProgressLine line)
      throws CommandFailure, IOException, InterruptedException {
    ApplierReport before = applier.state();
    Verdict verdict = verdict(applier, line);
    line.clear();
    if (verdict.unmet() != null && !isForced) {
      throw CommandFailure.failed(
          applier.subject()
              + " is not promoted: "
              + verdict.unmet()
              + "\n  --force promotes it all the same; what is not here is lost then");
    }
    if (!verdict.isStopped()) {
      applier.stop();
    }
    applier.forget();
    if (verdict.unmet() != null) {
      err().println("warning: promoted by force although " + verdict.unmet());
      err().flush();
    }
    out()
        .println(
            applier.subject()
                + " does not follow "
                + before.endpoint()
                + " any more and takes writes"
                + (verdict.done().isEmpty() ? "" : ": " + verdict.done()));
    out().flush();
  }

  private Verdict verdict(ApplierApi applier, ProgressLine line)
      throws CommandFailure, IOException, InterruptedException {
    long start = System.nanoTime();
    long deadline = start + (long) (timeout * 1e9);
    long silentSince = 0;
    boolean isSilent = false;
    String firstTick = "";
    while (true) {
      ApplierReport report = applier.check();
      boolean isOver = System.nanoTime() > deadline;
      if (!report.isLeaderAsked()) {
        return Verdict.refused("this follower's version cannot ask its leader");
      }
      if (report.appliedTick().isEmpty() && (isOver || !report.isActive())) {
        return Verdict.refused("its first synchronization was never completed");
      }
      if (report.isLeaderReachable()) {
        isSilent = false;
        if (!report.leaderError().isEmpty()) {
          return Verdict.refused("the leader cannot be asked: " + report.leaderError());
        }
        firstTick = firstTick.isEmpty() ? report.leaderTick() : firstTick;
        if (report.isComplete() && stopsComplete(applier, report)) {
          return Verdict.complete(report);
        }
        if (!report.isActive() && !report.isComplete()) {
          return Verdict.refused(
              "it is stopped and lacks changes: it has tick "
                  + report.appliedTick()
                  + ", the leader "
                  + report.leaderTick()
                  + ". 'lockstep follow --resume"
                  + applier.arguments()
                  + "' goes on");
        }
        if (isOver) {
          return Verdict.refused(lacking(report, firstTick));
        }
      } else {
        silentSince = isSilent ? silentSince : System.nanoTime();
        isSilent = true;
        boolean isDead = System.nanoTime() - silentSince >= SILENCE_OF_THE_DEAD.toNanos();
        if (isDead && !report.appliedTick().isEmpty()) {
          return new Verdict(false, null, ofTheDead(report));
        }
      }
      line.show(() -> waiting(report));
      Thread.sleep(POLL);
    }
  }

  /// Stops it and looks once more: what the leader took between the first look and the stop would
  /// be lost. If there was something, it follows again.
  private static boolean stopsComplete(ApplierApi applier, ApplierReport report)
      throws IOException, InterruptedException {
    if (!report.isActive()) {
      return true;
    }
    applier.stop();
    ApplierReport again = applier.check();
    // A leader that has died since the first look had nothing more then.
    if (again.isComplete() || !again.isLeaderReachable()) {
      return true;
    }
    applier.start();
    return false;
  }

  private String lacking(ApplierReport report, String firstTick) {
    return "after "
        + Amounts.seconds(Duration.ofMillis(Math.round(timeout * 1000)))
        + " the leader still has changes that are not here: it is at tick "
        + report.leaderTick()
        + ", this follower at "
        + report.appliedTick()
        + (report.leaderTick().equals(firstTick)
            ? ""
            : ". The leader takes writes (it was at tick "
                + firstTick
                + " when this began): stop them first");
  }

  private static String ofTheDead(ApplierReport report) {
    Instant now = report.toldAt();
    Instant applied = report.appliedAt();
    Instant contact = report.contactAt();
    return "the leader does not answer ("
        + report.leaderError()
        + "). Here is everything up to tick "
        + report.appliedTick()
        + "; "
        + (applied == null
            ? "no changes came since this server's start"
            : "changes came last " + ApplierReport.ago(applied, now))
        + ", the leader "
        + (contact == null
            ? "has not answered since"
            : "answered last " + ApplierReport.ago(contact, now))
        + (report.ticksBehind() > 0
            ? ". It had told of " + Amounts.count(report.ticksBehind()) + " more, which are lost"
            : ". What it took after that is lost");
  }

  private static String waiting(ApplierReport report) {
    return report.isLeaderReachable()
        ? report.name()
            + ": waiting for the rest | tick "
            + report.appliedTick()
            + " of "
            + report.leaderTick()
            + " | "
            + report.lag()
        : report.name() + ": the leader does not answer | " + report.leaderError();
  }
}
