package dev.lockstep.shell.cli;

import dev.lockstep.client.TransportException;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.shell.text.Amounts;
import dev.lockstep.shell.text.ApplierReport;
import dev.lockstep.shell.text.SyncReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `lockstep follow`: sets continuous replication up, watches it and ends it; what
/// `setupReplication` and `applier` do in the shell.
@Command(
    name = "follow",
    customSynopsis = {
      "lockstep follow --leader ENDPOINT [--global] [options] [COLLECTION...]",
      "       lockstep follow [--global] [--resume | --stop | --forget] [options]"
    },
    description = {
      "Has a follower copy a database from a leader and then take over every change as it happens;"
          + " with --global all databases, with COLLECTIONs only these. Then shows how it gets on,"
          + " until Ctrl-C: replication goes on without this command, also after a restart of"
          + " either side. Clients' writes to what is followed are refused meanwhile (1004).",
      "",
      "Without --leader shows what is set up already; --resume starts it again where it stopped,"
          + " --stop stops it, --forget stops it for good. To make the follower the leader, use"
          + " 'lockstep promote'.",
      "",
      "--server.* name the follower, --server.database the database. The leader is tcp://HOST:PORT"
          + " or ssl://HOST:PORT as the follower reaches it, also with user"
          + " (tcp://USER@HOST:PORT); its password comes from LOCKSTEP_LEADER_PASSWORD or from a"
          + " file."
    },
    exitCodeList = {
      "0:it follows (--detach), was stopped, or somebody else has stopped it",
      "1:it does not follow: the leader did not answer or refused, or an error has ended it",
      "2:not begun: wrong arguments, no connection to the follower, it follows already"
    })
public final class FollowCommand extends CliCommand {
  @Parameters(
      arity = "0..*",
      paramLabel = "COLLECTION",
      description = "Follow only these; they stay followed when they are renamed.")
  private List<String> collections = new ArrayList<>();

  @Option(names = "--leader", paramLabel = "ENDPOINT", description = "Whom to follow.")
  private @Nullable String leader;

  @Mixin private LeaderOptions options = new LeaderOptions();

  @Option(names = "--global", description = "All databases of the leader.")
  private boolean isGlobal;

  @Option(
      names = "--except",
      paramLabel = "NAME",
      description = "Follow all collections but this one; may be repeated.")
  private List<String> excluded = new ArrayList<>();

  @Option(
      names = "--include-system",
      description = {
        "System collections as well. That includes the accounts: afterwards the follower takes the"
            + " leader's users and passwords."
      })
  private boolean includeSystem;

  @Option(
      names = "--incremental",
      description = {
        "Compare with what is here first, and take over only what differs, instead of copying"
            + " everything."
      })
  private boolean isIncremental;

  @Option(
      names = "--auto-resync",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "true",
      description = {
        "Compare everything and go on by itself when the leader's log does not reach back far"
            + " enough, instead of stopping with error 1414 (default: ${DEFAULT-VALUE})."
      })
  private boolean isResyncing;

  @Option(
      names = "--replace",
      description = "Begin anew also if something is followed here already.")
  private boolean isReplacing;

  @Option(
      names = "--leader-wait",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = {
        "How long to wait at the beginning for a leader that does not answer (default:"
            + " ${DEFAULT-VALUE})."
      })
  private double leaderWait;

  @Option(names = "--detach", description = "End once it follows, instead of watching.")
  private boolean isDetached;

  @Option(names = "--resume", description = "Start again where it stopped.")
  private boolean isResuming;

  @Option(
      names = "--stop",
      description = "Stop following; clients may write then. --resume goes on where it stopped.")
  private boolean isStopping;

  @Option(
      names = "--forget",
      description = "Stop following and forget the leader; the documents stay.")
  private boolean isForgetting;

  @Mixin private ProgressOption progress = new ProgressOption();

  @Mixin private ServerOptions server = new ServerOptions();

  @Override
  int run() throws CommandFailure, IOException, InterruptedException {
    requireSense();
    @Nullable VPackSlice config = leader == null ? null : config(leader);
    try (ServerApi follower = ServerApi.connect(server);
        ProgressLine line = progress.line()) {
      ApplierApi applier =
          isGlobal
              ? ApplierApi.global(follower)
              : new ApplierApi(follower, follower.database(), false);
      if (isStopping || isForgetting) {
        return end(applier);
      }
      if (config != null) {
        begin(applier, config, line);
      } else {
        requireConfigured(applier);
        if (isResuming) {
          applier.start();
          awaitRunning(applier, line);
        }
      }
      if (!isDetached) {
        watch(applier, line);
      }
      return ExitStatus.OK;
    }
  }

  private void requireSense() throws CommandFailure {
    long modes =
        Stream.of(leader != null, isResuming, isStopping, isForgetting).filter(is -> is).count();
    if (modes > 1) {
      throw usage("give only one of --leader, --resume, --stop and --forget");
    }
    boolean isAboutLeader =
        !collections.isEmpty()
            || !excluded.isEmpty()
            || includeSystem
            || isIncremental
            || isReplacing
            || options.isAnyGiven();
    if (leader == null && isAboutLeader) {
      throw usage("collections and options about what to follow need --leader");
    }
    if (!collections.isEmpty() && !excluded.isEmpty()) {
      throw usage("give either collections to follow or --except, not both");
    }
    if (isGlobal && options.database() != null) {
      throw usage("--global follows every database under its own name: no --leader-database");
    }
    if (!(leaderWait > 0) || leaderWait > 86_400) {
      throw usage("--leader-wait must be a number of seconds from 0 to 86400, not " + leaderWait);
    }
  }

  private VPackSlice config(String leaderText) throws CommandFailure {
    VPackBuilder config = options.about(leaderText);
    List<String> names = collections.isEmpty() ? excluded : collections;
    if (!names.isEmpty()) {
      config.member("restrictType", collections.isEmpty() ? "exclude" : "include");
      config.key("restrictCollections").openArray();
      names.forEach(config::value);
      config.close();
    }
    // Whoever names a system collection wants it.
    boolean isAnySystem = collections.stream().anyMatch(name -> name.startsWith("_"));
    Map<String, Boolean> flags = new LinkedHashMap<>();
    flags.put("incremental", isIncremental);
    flags.put("includeSystem", includeSystem || isAnySystem);
    flags.put("autoResync", isResyncing);
    flags.put("autoStart", true);
    flags.forEach((name, value) -> {
      if (!options.isSet(name)) {
        config.member(name, value);
      }
    });
    VPackSlice whole = LeaderOptions.whole(config);
    // Here already, so that a wrong option is told before anything is connected to.
    SyncOptions.parse(whole, SyncOptions.UnknownOptions.REFUSE);
    return whole;
  }

  private static void requireConfigured(ApplierApi applier)
      throws CommandFailure, IOException, InterruptedException {
    if (!applier.state().isConfigured()) {
      throw CommandFailure.notDone(applier.subject() + " follows nobody here; --leader sets it up");
    }
  }

  private int end(ApplierApi applier) throws CommandFailure, IOException, InterruptedException {
    requireConfigured(applier);
    ApplierReport before = applier.state();
    if (isForgetting) {
      applier.forget();
    } else {
      applier.stop();
    }
    String tick = before.appliedTick();
    out()
        .println(
            applier.subject()
                + " has stopped following "
                + before.endpoint()
                + (tick.isEmpty() ? "" : " at tick " + tick)
                + (isForgetting
                    ? "; its documents stay, clients may write"
                    : "; clients may write. It goes on with 'lockstep follow --resume"
                        + applier.arguments()
                        + "' and when this server is restarted; --forget ends that"));
    out().flush();
    return ExitStatus.OK;
  }

  private void begin(ApplierApi applier, VPackSlice config, ProgressLine line)
      throws CommandFailure, IOException, InterruptedException {
    ApplierReport before = applier.state();
    VPackSlice endpoint = config.get("endpoint");
    String wanted = endpoint == null ? "" : endpoint.asString();
    // A set-up that never got anywhere is nobody's loss.
    boolean isTaken =
        before.isConfigured() && (before.isActive() || !before.appliedTick().isEmpty());
    if (isTaken && !isReplacing) {
      if (before.isActive() && before.endpoint().equals(wanted)) {
        err()
            .println(
                applier.subject()
                    + " follows "
                    + wanted
                    + " already, with the options it was set up with; --replace begins anew");
        err().flush();
        return;
      }
      throw CommandFailure.notDone(
          applier.subject()
              + (before.isActive() ? " follows " : " is set up to follow ")
              + before.endpoint()
              + " already: --resume goes on with that, --replace begins anew");
    }
    setUp(applier, config, wanted, line);
  }

  private void setUp(ApplierApi applier, VPackSlice config, String wanted, ProgressLine line)
      throws CommandFailure, IOException, InterruptedException {
    long startedNanos = System.nanoTime();
    AsyncCall.Ended ended;
    try {
      ended =
          new AsyncCall(applier.follower())
              .run(
                  applier
                      .request("PUT", "make-follower", "")
                      .withBody(
                          "application/json", config.toJson().getBytes(StandardCharsets.UTF_8)),
                  _ -> {
                    ApplierReport report = applier.state();
                    requireLeaderSoon(applier, report, startedNanos);
                    line.show(() -> initialProgress(applier, report));
                  },
                  _ -> sayThatItGoesOn(applier, line));
    } finally {
      line.clear();
    }
    if (ended.response().status() >= 400) {
      throw CommandFailure.failed(String.valueOf(ServerApi.refusal(ended.response()).getMessage()));
    }
    ApplierReport report = new ApplierReport(applier.name(), ServerApi.body(ended.response()));
    if (report.errorNumber() != 0) {
      applier.forget();
      throw CommandFailure.failed(
          applier.subject()
              + " does not follow "
              + wanted
              + ": "
              + Remedy.sentence(report.errorMessage(), report.errorNumber()));
    }
    if (!report.isActive()) {
      throw CommandFailure.failed(applier.subject() + " was stopped while it was set up");
    }
    out()
        .println(
            applier.subject()
                + " follows "
                + report.endpoint()
                + ": synchronized in "
                + Amounts.seconds(Duration.ofNanos(System.nanoTime() - startedNanos))
                + ", tick "
                + report.appliedTick());
    out().flush();
  }

  /// The follower would go on trying for half an hour.
  private void requireLeaderSoon(ApplierApi applier, ApplierReport report, long sinceNanos)
      throws CommandFailure, TransportException, ServerRefusal, InterruptedException {
    boolean isLate = System.nanoTime() - sinceNanos > (long) (leaderWait * 1e9);
    if (report.failedConnects() == 0 || !isLate) {
      return;
    }
    if (isResuming) {
      applier.stop();
    } else {
      applier.forget();
    }
    throw CommandFailure.failed(
        "the leader at "
            + report.endpoint()
            + " does not answer: "
            + report.message()
            + "\n  "
            + applier.subject()
            + " does not follow; what to do: "
            + Remedy.of(1400));
  }

  /// What is copied at the moment, which the synchronization on the applier's behalf tells.
  private static String initialProgress(ApplierApi applier, ApplierReport report) {
    String text = report.line(0);
    if (report.failedConnects() > 0 || !report.phase().equals("initial")) {
      return text;
    }
    try {
      VPackSlice jobs = applier.follower().get("/_api/replication/jobs");
      VPackSlice latest = jobs.isArray() && jobs.length() > 0 ? jobs.at(0) : null;
      return latest == null || JobTable.isOver(latest)
          ? text
          : report.name() + ": " + SyncReport.of(latest).progress();
    } catch (TransportException | ServerRefusal _) {
      return text;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return text;
    }
  }

  private void awaitRunning(ApplierApi applier, ProgressLine line)
      throws CommandFailure, IOException, InterruptedException {
    long startedNanos = System.nanoTime();
    ApplierReport report = applier.state();
    while (report.isActive() && !report.isRunning()) {
      requireLeaderSoon(applier, report, startedNanos);
      ApplierReport seen = report;
      line.show(() -> initialProgress(applier, seen));
      Thread.sleep(ApplierWatch.POLL);
      report = applier.state();
    }
    line.clear();
    ApplierWatch.requireNoError(report);
    if (!report.isRunning()) {
      throw CommandFailure.failed(applier.subject() + " was stopped again");
    }
    out()
        .println(
            applier.subject()
                + " follows "
                + report.endpoint()
                + " again, from tick "
                + report.appliedTick());
    out().flush();
  }

  private void watch(ApplierApi applier, ProgressLine line)
      throws CommandFailure, IOException, InterruptedException {
    try (SignalHook _ = SignalHook.install("end-watching", () -> sayThatItGoesOn(applier, line))) {
      new ApplierWatch(applier, line, out()).run();
    } finally {
      line.clear();
    }
    out().println(applier.subject() + " was stopped");
    out().flush();
  }

  /// The process is ending, and its thread that waits or watches does not know it.
  private static void sayThatItGoesOn(ApplierApi applier, ProgressLine line) {
    line.close();
    System.err.println(
        "lockstep follow: no longer watching; "
            + applier.subject()
            + " goes on following. To look: lockstep status. To stop: lockstep follow --stop"
            + applier.arguments());
    System.err.flush();
  }
}
