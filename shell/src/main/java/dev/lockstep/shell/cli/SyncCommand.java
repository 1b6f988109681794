package dev.lockstep.shell.cli;

import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.shell.text.Amounts;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `lockstep sync`: what `require("@arangodb/replication").syncCollection` does, for scripts and
/// cron.
@Command(
    name = "sync",
    customSynopsis = "lockstep sync --leader ENDPOINT [options] COLLECTION...",
    description = {
      "Has a follower copy collections from a leader, as syncCollection does in the shell: the"
          + " follower's old data stay readable until the new copy is complete, then are replaced"
          + " at once. With --incremental, takes over only what differs, in the living collection."
          + " Ends when that is done; what it took, and every warning, goes to standard error.",
      "",
      "--server.* name the follower. The leader is tcp://HOST:PORT or ssl://HOST:PORT as the"
          + " follower reaches it, also with user (tcp://USER@HOST:PORT); its password comes from"
          + " LOCKSTEP_LEADER_PASSWORD or from a file."
    },
    exitCodeList = {
      "0:synchronized",
      "1:the synchronization failed; the follower's old data are as they were, or, with"
          + " --incremental, what was taken over stays and the next one goes on from there",
      "2:not begun: wrong arguments, no connection to the follower"
    })
public final class SyncCommand extends CliCommand {
  @Parameters(
      arity = "0..*",
      paramLabel = "COLLECTION",
      description = "What to copy; several one after the other.")
  private List<String> collections = new ArrayList<>();

  @Option(names = "--all", description = "Copy everything the leader's database has, instead.")
  private boolean isAll;

  @Option(
      names = "--leader",
      paramLabel = "ENDPOINT",
      required = true,
      description = "Where to copy from.")
  private String leader;

  @Mixin private LeaderOptions options = new LeaderOptions();

  @Option(
      names = "--incremental",
      description = {
        "Compare first, and take over only the documents that differ. A collection that is missing"
            + " or empty here, or is another one than the leader's, is copied as a whole. The"
            + " follower refuses clients' writes to the collection meanwhile (error 1004)."
      })
  private boolean isIncremental;

  @Option(
      names = "--ignore-missing",
      description = "A collection that the leader does not have is no failure.")
  private boolean isIgnoringMissing;

  @Option(
      names = "--progress",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "true",
      description = {
        "Show progress on a terminal, and at the end, on standard error, what was done and the"
            + " warnings (default: ${DEFAULT-VALUE})."
      })
  private boolean progress;

  @Mixin private ServerOptions server = new ServerOptions();

  @Override
  int run() throws CommandFailure, IOException, InterruptedException {
    if (isAll != collections.isEmpty()) {
      throw usage(
          isAll
              ? "give either collections or --all"
              : "which collections? Name them, or give --all");
    }
    VPackSlice config = config();
    // Here already, so that a wrong option is told before anything is connected to.
    SyncOptions.parse(config, SyncOptions.UnknownOptions.REFUSE);
    try (ServerApi follower = ServerApi.connect(server);
        ProgressLine line = ProgressLine.onTerminal(progress)) {
      long startedNanos = System.nanoTime();
      VPackSlice result;
      try {
        result = new SyncCall(follower, line, progress ? err() : null).run(config);
      } catch (ServerRefusal e) {
        throw CommandFailure.failed(String.valueOf(e.getMessage()));
      }
      return report(result, Duration.ofNanos(System.nanoTime() - startedNanos));
    }
  }

  private VPackSlice config() throws CommandFailure {
    VPackBuilder config = options.about(leader);
    if (isIncremental) {
      config.member("incremental", true);
    }
    if (!isAll) {
      config.member("restrictType", "include");
      config.key("restrictCollections").openArray();
      collections.forEach(config::value);
      config.close();
      config.member("includeSystem", true);
    }
    return LeaderOptions.whole(config);
  }

  private int report(VPackSlice result, Duration took) throws CommandFailure {
    VPackSlice done = result.isObject() ? result.get("collections") : null;
    VPackSlice tick = result.isObject() ? result.get("lastLogTick") : null;
    if (done == null || !done.isArray() || tick == null || !tick.isString()) {
      throw CommandFailure.failed(
          "the follower's answer is no result of a synchronization: " + result.toJson());
    }
    Set<String> names = new HashSet<>();
    for (VPackSlice one : done.elements()) {
      VPackSlice name = one.isObject() ? one.get("name") : null;
      if (name != null && name.isString()) {
        names.add(name.asString());
        out().println(name.asString());
      }
    }
    out()
        .println(
            "synchronized "
                + names.size()
                + " collections in "
                + Amounts.seconds(took)
                + ", tick "
                + tick.asString());
    out().flush();
    List<String> missing = collections.stream().filter(name -> !names.contains(name)).toList();
    if (!missing.isEmpty() && !isIgnoringMissing) {
      throw CommandFailure.failed(
          "collection or view not found on the leader: "
              + String.join(", ", missing)
              + " (error 1203)");
    }
    return ExitStatus.OK;
  }
}
