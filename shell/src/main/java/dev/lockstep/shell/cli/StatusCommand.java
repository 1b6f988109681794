package dev.lockstep.shell.cli;

import static dev.lockstep.shell.text.AnswerMembers.count;
import static dev.lockstep.shell.text.AnswerMembers.member;
import static dev.lockstep.shell.text.AnswerMembers.number;
import static dev.lockstep.shell.text.AnswerMembers.printable;
import static dev.lockstep.shell.text.AnswerMembers.text;

import dev.lockstep.client.TransportException;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.shell.text.Amounts;
import dev.lockstep.shell.text.ApplierReport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `lockstep status`: whom a server follows and who follows it.
@Command(
    name = "status",
    customSynopsis = "lockstep status [options]",
    description = {
      "Shows what part a server has in continuous replication: whom its databases follow, how far"
          + " they are, and what has gone wrong; and who follows it, from where, and how far"
          + " behind they are.",
      "",
      "--server.* name the server."
    },
    exitCodeList = {
      "0:shown, and everything set up is running (or nothing is set up)",
      "1:shown; something was ended by an error, or does not reach its leader",
      "2:not shown: wrong arguments, no connection, no permission"
    })
public final class StatusCommand extends CliCommand {
  private static final String SYSTEM = "_system";
  private static final List<String> APPLIERS =
      List.of("FOLLOWS", "LEADER", "PHASE", "TICK", "CHANGES BEHIND", "SECONDS", "ERROR");
  private static final List<String> FOLLOWERS =
      List.of(
          "FOLLOWER", "HOST", "DATABASE", "TICK", "CHANGES BEHIND", "SECONDS", "LAST SEEN", "INFO");

  /// A server that restarts is back earlier.
  private static final Duration LOST_MAX = Duration.ofSeconds(60);

  @Option(names = "--json", description = "Print what the server tells, as JSON on one line.")
  private boolean isJson;

  @Option(
      names = "--watch",
      paramLabel = "SECONDS",
      arity = "0..1",
      fallbackValue = "1",
      description = "Show it again and again, until Ctrl-C (by default every second).")
  private @Nullable Double watchSeconds;

  @Mixin private ServerOptions server = new ServerOptions();

  /// What the server told.
  ///
  /// @param logger its answer about itself and its followers
  /// @param appliers those that have a leader
  /// @param states their answers, in the same order
  private record Told(VPackSlice logger, List<ApplierApi> appliers, List<VPackSlice> states) {
    List<ApplierReport> reports() {
      List<ApplierReport> reports = new ArrayList<>();
      for (int i = 0; i < appliers.size(); i++) {
        reports.add(new ApplierReport(appliers.get(i).name(), states.get(i)));
      }
      return reports;
    }
  }

  @Override
  int run() throws CommandFailure, IOException, InterruptedException {
    Double seconds = watchSeconds;
    if (seconds != null && (!(seconds >= 0.1) || seconds > 86_400)) {
      throw usage("--watch must be a number of seconds from 0.1 to 86400, not " + seconds);
    }
    try (ServerApi api = ServerApi.connect(server)) {
      if (seconds == null) {
        return show(api, told(api));
      }
      watch(api, Duration.ofMillis(Math.round(seconds * 1000)));
      return ExitStatus.OK;
    }
  }

  /// Ends by a signal, or when the server has been gone for [#LOST_MAX].
  private void watch(ServerApi api, Duration pause)
      throws CommandFailure, IOException, InterruptedException {
    long answeredAt = System.nanoTime();
    while (true) {
      try {
        Told told = told(api);
        answeredAt = System.nanoTime();
        clear();
        show(api, told);
      } catch (TransportException e) {
        if (System.nanoTime() - answeredAt > LOST_MAX.toNanos()) {
          throw e;
        }
        clear();
        err().println("waiting for the server: " + e.detail());
        err().flush();
      }
      Thread.sleep(pause);
    }
  }

  private void clear() {
    if (!isJson && ServerOptions.canAsk()) {
      out().print("\u001b[H\u001b[2J");
    }
  }

  private static Told told(ServerApi api) throws IOException, InterruptedException {
    List<ApplierApi> appliers = ApplierApi.configured(api);
    List<VPackSlice> states = new ArrayList<>();
    for (ApplierApi applier : appliers) {
      states.add(applier.told());
    }
    return new Told(
        ServerApi.body(api.send(api.request("GET", SYSTEM, "/_api/replication/logger-state"))),
        appliers,
        states);
  }

  private int show(ServerApi api, Told told) {
    if (isJson) {
      out().println(json(api, told).toJson());
    } else {
      lines(api, told).forEach(out()::println);
    }
    out().flush();
    return told.reports().stream().anyMatch(ApplierReport::isTroubled)
        ? ExitStatus.FAILED
        : ExitStatus.OK;
  }

  private static VPackSlice json(ServerApi api, Told told) {
    VPackBuilder whole =
        new VPackBuilder()
            .openObject()
            .member("endpoint", api.endpoint().shortText())
            .member("logger", told.logger());
    whole.key("appliers").openArray();
    for (int i = 0; i < told.appliers().size(); i++) {
      ApplierApi applier = told.appliers().get(i);
      whole
          .openObject()
          .member("database", applier.database())
          .member("global", applier.isGlobal())
          .member("applier", told.states().get(i))
          .close();
    }
    return whole.close().close().toSlice();
  }

  private static List<String> lines(ServerApi api, Told told) {
    List<ApplierReport> reports = told.reports();
    List<VPackSlice> followers = followers(told.logger());
    VPackSlice server = member(told.logger(), "server");
    List<String> lines = new ArrayList<>();
    lines.add(
        api.endpoint().shortText()
            + ": "
            + role(!reports.isEmpty(), !followers.isEmpty())
            + ", server "
            + printable(text(server, "serverId"))
            + ", version "
            + printable(text(server, "version"))
            + ", tick "
            + printable(text(member(told.logger(), "state"), "lastLogTick")));
    if (!reports.isEmpty()) {
      List<List<String>> rows = new ArrayList<>();
      rows.add(APPLIERS);
      reports.forEach(report -> rows.add(row(report)));
      lines.add("");
      lines.addAll(TextTable.lines(rows));
      reports.forEach(report -> addTroubles(lines, report));
    }
    if (!followers.isEmpty()) {
      List<List<String>> rows = new ArrayList<>();
      rows.add(FOLLOWERS);
      followers.forEach(follower -> rows.add(row(follower)));
      lines.add("");
      lines.addAll(TextTable.lines(rows));
    }
    return lines;
  }

  private static String role(boolean isFollowing, boolean isFollowed) {
    if (isFollowing) {
      return isFollowed ? "follower and leader" : "follower";
    }
    return isFollowed ? "leader" : "follows nobody, and nobody follows it";
  }

  private static List<VPackSlice> followers(VPackSlice logger) {
    List<VPackSlice> followers = new ArrayList<>();
    VPackSlice clients = member(logger, "clients");
    if (clients != null && clients.isArray()) {
      clients.elements().forEach(followers::add);
    }
    return followers;
  }

  private static List<String> row(ApplierReport report) {
    return List.of(
        report.name(),
        report.endpoint(),
        report.phase() + (report.failedConnects() > 0 ? ", no answer" : ""),
        report.appliedTick(),
        report.isRunning() ? Amounts.count(report.ticksBehind()) : "",
        report.isRunning() ? seconds(report.secondsBehind()) : "",
        report.errorNumber() == 0 ? "" : String.valueOf(report.errorNumber()));
  }

  private static void addTroubles(List<String> lines, ApplierReport report) {
    if (report.errorNumber() != 0) {
      lines.add("");
      lines.add(
          report.name()
              + " stopped at "
              + report.errorTime()
              + ": "
              + Remedy.sentence(report.errorMessage(), report.errorNumber()));
    } else if (report.failedConnects() > 0) {
      lines.add("");
      lines.add(report.name() + ": " + report.message() + "\n  what to do: " + Remedy.of(1400));
    }
  }

  private static List<String> row(VPackSlice follower) {
    return List.of(
        printable(text(follower, "serverId")),
        printable(text(follower, "address")),
        printable(text(follower, "database")),
        printable(text(follower, "lastServedTick")),
        Amounts.count(count(follower, "ticksBehind")),
        seconds(number(follower, "secondsBehind")),
        printable(text(follower, "time")),
        printable(text(follower, "clientInfo")));
  }

  private static String seconds(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
