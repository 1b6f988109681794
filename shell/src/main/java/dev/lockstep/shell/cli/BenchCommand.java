package dev.lockstep.shell.cli;

import dev.lockstep.shell.bench.BenchPlan;
import dev.lockstep.shell.bench.BenchScenario;
import dev.lockstep.shell.bench.BenchTable;
import dev.lockstep.shell.bench.ChangeSpread;
import dev.lockstep.shell.bench.Contender;
import dev.lockstep.shell.bench.KeyOrder;
import dev.lockstep.shell.bench.Measurement;
import dev.lockstep.shell.bench.PostgresContender;
import dev.lockstep.shell.bench.RsyncContender;
import dev.lockstep.shell.text.Amounts;
import dev.lockstep.shell.text.NearestName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `lockstep bench`: what the distribution at hand does on this machine, and what others do with
/// the same documents in the same minutes. How it measures: `docs/benchmarks.md`.
@Command(
    name = "bench",
    customSynopsis = "lockstep bench full|incremental|noop|tail|write|read [options]",
    description = {
      "Measures this distribution on this machine: starts servers for itself, fills them with"
          + " documents that are the same every time, times the work, checks the result outside of"
          + " the timed part, and prints a table and the same as tab-separated values. With --vs"
          + " others do the same work in turn, and ratios are printed.",
      "",
      "full: the whole collection to a new follower. incremental: to one that differs in --diff"
          + " percent. noop: to one that differs in nothing. tail: written to the leader one by"
          + " one, while the follower follows. write: into the leader. read: single documents, by"
          + " key."
    },
    exitCodeList = {
      "0:measured, and every result was right",
      "1:a result was wrong",
      "2:could not measure: wrong arguments, a missing program, a failure on the way"
    })
public final class BenchCommand extends CliCommand {
  @Parameters(index = "0", paramLabel = "WHAT", description = "What to measure.")
  private String what;

  @Option(
      names = "--documents",
      paramLabel = "N",
      defaultValue = "100000",
      description = "Documents in the collection (default: ${DEFAULT-VALUE}).")
  private int documents;

  @Option(
      names = "--size",
      paramLabel = "BYTES",
      defaultValue = "257",
      description = "JSON of one document, on average (default: ${DEFAULT-VALUE}).")
  private int size;

  @Option(
      names = "--keys",
      paramLabel = "sequential|uuid",
      defaultValue = "sequential",
      description = "Default: ${DEFAULT-VALUE}.")
  private KeyOrder keys;

  @Option(
      names = "--diff",
      paramLabel = "PERCENT",
      defaultValue = "1",
      description =
          "Of incremental: how many documents differ, a third each replaced, removed and new"
              + " (default: ${DEFAULT-VALUE}).")
  private double diff;

  @ArgGroup(exclusive = true)
  private @Nullable Spread spread;

  /// Two names of one choice.
  static final class Spread {
    @Option(
        names = "--uniform",
        required = true,
        description = "Of incremental: what differs is everywhere; the default.")
    private boolean isUniform;

    @Option(
        names = "--clustered",
        required = true,
        description = "Of incremental: what differs is side by side.")
    private boolean isClustered;
  }

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "4",
      description =
          "Of each contender; the first one meets cold processes and has a row of its own"
              + " (default: ${DEFAULT-VALUE}).")
  private int runs;

  @Option(
      names = "--clients",
      paramLabel = "N",
      defaultValue = "8",
      description =
          "Of tail, write and read: how many ask at the same time (default: ${DEFAULT-VALUE}).")
  private int clients;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Of tail: documents a second that all clients write together; 0, the default: as many as"
              + " they can.")
  private int rate;

  @Option(
      names = "--bulk",
      description = "Of write: packages of 1 MB by one client instead of single documents.")
  private boolean isBulk;

  @Option(
      names = "--wait-for-sync",
      description = "Of write: every write waits for the disk, at the peers as well.")
  private boolean isWaitingForSync;

  @Option(
      names = "--vs",
      paramLabel = "postgresql|rsync",
      split = ",",
      description = "Let this one do the same in turn; may be repeated.")
  private List<String> peers = new ArrayList<>();

  @Option(
      names = "--set",
      paramLabel = "OPTION=VALUE",
      description =
          "An option of the synchronization, of tail also of following, as with lockstep sync; may"
              + " be repeated.")
  private Map<String, String> syncOptions = new LinkedHashMap<>();

  @Option(
      names = "--java-options",
      paramLabel = "OPTIONS",
      description = "For the servers' Java: --java-options=-Xmx128m.")
  private @Nullable String javaOptions;

  @Option(
      names = "--folder",
      paramLabel = "FOLDER",
      description =
          "An existing folder on the disk to measure; data goes into a new one below it and is"
              + " removed in the end. Default: the system's temporary folder.")
  private @Nullable Path parent;

  @Option(
      names = "--tsv",
      paramLabel = "FILE",
      description = "Write the tab-separated values there instead of below the table.")
  private @Nullable Path tsv;

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description = "Draw medians and spread of the seconds there, as SVG.")
  private @Nullable Path plot;

  @Override
  int run() throws CommandFailure, IOException, InterruptedException {
    BenchPlan plan = plan();
    List<String> peerNames = peerNames(plan);
    Path folder =
        parent == null
            ? Files.createTempDirectory("lockstep-bench-")
            : Files.createTempDirectory(parent, "lockstep-bench-");
    List<Contender> contenders = new CopyOnWriteArrayList<>();
    BenchTable table = new BenchTable(plan);
    try (SignalHook _ = SignalHook.install("end-bench", () -> end(contenders, folder))) {
      // First those that may be missing on this machine: nobody wants to hear it after minutes.
      for (String peer : peerNames) {
        Path own = Files.createDirectory(folder.resolve(peer));
        contenders.add(
            peer.equals("rsync")
                ? new RsyncContender(plan, own)
                : new PostgresContender(plan, own));
      }
      contenders.addFirst(
          new LockstepContender(
              plan,
              syncOptions,
              javaOptions == null ? Map.of() : Map.of("LOCKSTEP_JAVA_OPTIONS", javaOptions),
              Files.createDirectory(folder.resolve("lockstep"))));
      for (Contender contender : contenders) {
        step(contender.name() + ": preparing " + Amounts.count(documents) + " documents");
        contender.prepare();
      }
      for (int run = 1; run <= plan.runs(); run++) {
        for (Contender contender : contenders) {
          measure(contender, run, table);
        }
      }
    } finally {
      end(contenders, folder);
    }
    report(table);
    return ExitStatus.OK;
  }

  private void measure(Contender contender, int run, BenchTable table)
      throws CommandFailure, IOException, InterruptedException {
    Measurement measurement = contender.run(run);
    try {
      contender.check();
    } catch (IOException e) {
      throw CommandFailure.failed(
          contender.name() + ", run " + run + ", gave a wrong result: " + e.getMessage());
    }
    table.add(contender.name(), measurement);
    step(
        String.format(
            Locale.ROOT,
            "%s, run %d of %d: %.3f s, CPU %.2f s, checked",
            contender.name(),
            run,
            runs,
            measurement.wall().toNanos() / 1e9,
            measurement.cpu().toNanos() / 1e9));
  }

  private void report(BenchTable table) throws IOException {
    out().println();
    out().print(table.text());
    String ratios = table.ratios();
    if (!ratios.isEmpty()) {
      out().println();
      out().print(ratios);
    }
    if (tsv == null) {
      out().println();
      out().print(table.tsv());
    } else {
      Files.writeString(tsv, table.tsv(), StandardCharsets.UTF_8);
    }
    if (plot != null) {
      Files.writeString(plot, table.svg(), StandardCharsets.UTF_8);
    }
    out().flush();
  }

  /// What the arguments ask for, judged.
  BenchPlan plan() throws CommandFailure {
    ChangeSpread where =
        spread != null && spread.isClustered ? ChangeSpread.CLUSTERED : ChangeSpread.UNIFORM;
    BenchScenario scenario = scenario();
    if (rate != 0 && scenario != BenchScenario.TAIL) {
      throw usage("--rate is for 'tail' only");
    }
    if (isBulk && scenario != BenchScenario.WRITE) {
      throw usage("--bulk is for 'write' only");
    }
    try {
      return new BenchPlan(
          scenario,
          documents,
          size,
          keys,
          diff,
          where,
          runs,
          clients,
          rate,
          isBulk,
          isWaitingForSync);
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  private BenchScenario scenario() throws CommandFailure {
    return Arrays.stream(BenchScenario.values())
        .filter(scenario -> scenario.commandName().equals(what))
        .findFirst()
        .orElseThrow(() ->
            usage(
                "cannot measure '"
                    + what
                    + "'"
                    + NearestName.of(what, scenarioNames())
                        .map(nearest -> "; did you mean '" + nearest + "'?")
                        .orElse("; there are " + scenarioNames())));
  }

  private static List<String> scenarioNames() {
    return Arrays.stream(BenchScenario.values()).map(BenchScenario::commandName).toList();
  }

  private List<String> peerNames(BenchPlan plan) throws CommandFailure {
    Set<String> names = new LinkedHashSet<>(peers);
    for (String name : names) {
      boolean isKnown =
          switch (name) {
            case "postgresql" -> plan.scenario() != BenchScenario.READ;
            case "rsync" -> plan.scenario().hasFollower() && plan.scenario() != BenchScenario.TAIL;
            default -> throw usage("--vs must be postgresql or rsync, not '" + name + "'");
          };
      if (!isKnown) {
        throw usage("--vs " + name + " cannot do '" + plan.scenario().commandName() + "'");
      }
    }
    return List.copyOf(names);
  }

  private static void end(List<Contender> contenders, Path folder) {
    contenders.forEach(Contender::close);
    DemoCommand.deleteQuietly(folder);
  }

  private void step(String text) {
    out().println("-- " + text);
    out().flush();
  }
}
