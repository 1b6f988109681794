package dev.lockstep.shell.cli;

import dev.lockstep.shell.text.Amounts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `lockstep verify`: are a leader's collections and their copies on a follower the same? Reads
/// both sides as a follower would; nothing is written. Memory does not grow with the collections.
/// With `--tree`: do a server's revision trees agree with its documents?
@Command(
    name = "verify",
    customSynopsis = {
      "lockstep verify [options] LEADER FOLLOWER",
      "       lockstep verify --tree [--repair] [options] SERVER"
    },
    description = {
      "Compares collections on two servers: number of documents, properties, indexes, revisions and"
          + " contents, and says what differs. Reads one consistent state of each side; changes"
          + " nothing.",
      "",
      "With --tree compares the revision trees of one server with its documents, also of"
          + " ArangoDB from 3.8 on. Followers rely on them: a tree that differs makes them miss"
          + " documents, or ask for the same ones at every synchronization.",
      "",
      "LEADER, FOLLOWER and SERVER are tcp://HOST:PORT or ssl://HOST:PORT, also with user"
          + " (tcp://USER@HOST:PORT); passwords come from the variables LOCKSTEP_LEADER_PASSWORD"
          + " and LOCKSTEP_FOLLOWER_PASSWORD, from files, or are asked for. SERVER's is the"
          + " leader's."
    },
    exitCodeList = {
      "0:everything compared is equal, or is now that trees were repaired",
      "1:something differs",
      "2:could not compare: wrong arguments, no connection, no permission, no such collection on"
          + " either side"
    })
public final class VerifyCommand extends CliCommand {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration SILENCE_MAX = Duration.ofMinutes(10);

  @Parameters(
      index = "0",
      paramLabel = "LEADER",
      description = "Endpoint of the one side, or of the only one.")
  private String leader;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "FOLLOWER",
      description = "Endpoint of the other side.")
  private @Nullable String follower;

  @Option(
      names = "--tree",
      description = "Compare the revision trees of one server with its documents.")
  private boolean isTree;

  @Option(
      names = "--repair",
      description = "With --tree: build trees that differ anew, and compare them again.")
  private boolean isRepairing;

  @Option(
      names = "--collection",
      paramLabel = "NAME",
      description = "Only this one; may be repeated. Default: all that are no system collections.")
  private List<String> collections = new ArrayList<>();

  @Option(
      names = "--database",
      paramLabel = "NAME",
      defaultValue = "_system",
      description = "On both sides (default: ${DEFAULT-VALUE}).")
  private String database;

  @Option(
      names = "--leader-database",
      paramLabel = "NAME",
      description = "If the leader's has another name.")
  private @Nullable String leaderDatabase;

  @Option(
      names = "--include-system",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "false",
      description = "Compare system collections as well.")
  private boolean includeSystem;

  @Option(
      names = "--leader-password-file",
      paramLabel = "FILE",
      description = "A file whose first line is the password for the leader.")
  private @Nullable Path leaderPasswordFile;

  @Option(
      names = "--follower-password-file",
      paramLabel = "FILE",
      description = "A file whose first line is the password for the follower.")
  private @Nullable Path followerPasswordFile;

  @Option(
      names = "--show",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "How many differing documents, or ranges of a tree, to name per collection (default:"
              + " ${DEFAULT-VALUE}).")
  private int shownMax;

  @Mixin private ProgressOption progress = new ProgressOption();

  @Override
  int run() throws CommandFailure, IOException, InterruptedException {
    if (shownMax < 0) {
      throw usage("--show must not be negative");
    }
    if (isTree) {
      return verifyTrees();
    }
    if (isRepairing) {
      throw usage("--repair goes with --tree: a follower is repaired by synchronizing");
    }
    if (follower == null) {
      throw usage("give LEADER and FOLLOWER, or --tree and one SERVER");
    }
    PeerAddress leaderAddress = leaderAddress("LEADER");
    PeerAddress followerAddress =
        Passwords.complete(
            PeerAddress.parsed(follower, "FOLLOWER"),
            followerPasswordFile,
            "LOCKSTEP_FOLLOWER_PASSWORD");
    try (ServerApi leaderApi =
            ServerApi.connect(leaderAddress, leaderName(), CONNECT_TIMEOUT, SILENCE_MAX);
        ServerApi followerApi =
            ServerApi.connect(followerAddress, database, CONNECT_TIMEOUT, SILENCE_MAX);
        LeaderSnapshot leaderState = LeaderSnapshot.open(leaderApi);
        LeaderSnapshot followerState = LeaderSnapshot.open(followerApi);
        ProgressLine line = progress.line()) {
      return compare(leaderState, followerState, line) ? ExitStatus.OK : ExitStatus.FAILED;
    }
  }

  private PeerAddress leaderAddress(String argument) throws CommandFailure, IOException {
    return Passwords.complete(
        PeerAddress.parsed(leader, argument), leaderPasswordFile, "LOCKSTEP_LEADER_PASSWORD");
  }

  private String leaderName() {
    return leaderDatabase == null ? database : leaderDatabase;
  }

  private int verifyTrees() throws CommandFailure, IOException, InterruptedException {
    if (follower != null || followerPasswordFile != null) {
      throw usage("--tree compares one server with itself: there is no FOLLOWER");
    }
    try (ServerApi api =
            ServerApi.connect(leaderAddress("SERVER"), leaderName(), CONNECT_TIMEOUT, SILENCE_MAX);
        ProgressLine line = progress.line()) {
      TreeVerification verification = new TreeVerification(api, out(), line, shownMax);
      List<String> differing =
          collections.isEmpty()
              ? verification.runAll(includeSystem)
              : verification.run(collections);
      if (isRepairing && !differing.isEmpty()) {
        verification.rebuild(differing);
        differing = verification.run(differing);
      }
      return differing.isEmpty() ? ExitStatus.OK : ExitStatus.FAILED;
    }
  }

  private boolean compare(
      LeaderSnapshot leaderState, LeaderSnapshot followerState, ProgressLine line)
      throws CommandFailure, IOException, InterruptedException {
    Map<String, CollectionDescription> onLeader = selected(leaderState.collections());
    Map<String, CollectionDescription> onFollower = selected(followerState.collections());
    for (String name : collections) {
      if (!onLeader.containsKey(name) && !onFollower.containsKey(name)) {
        throw CommandFailure.notDone("neither side has a collection '" + name + "'");
      }
    }
    TreeSet<String> names = new TreeSet<>(onLeader.keySet());
    names.addAll(onFollower.keySet());
    if (names.isEmpty()) {
      out()
          .println(
              "nothing to compare: neither side has a collection that is no system collection");
    }
    int differing = 0;
    for (String name : names) {
      CollectionDescription left = onLeader.get(name);
      CollectionDescription right = onFollower.get(name);
      if (left == null || right == null) {
        out()
            .println(
                name
                    + ": DIFFERS\n  "
                    + (left == null ? "only on the follower" : "missing on the follower"));
        differing++;
      } else if (!compare(left, right, leaderState, followerState, line)) {
        differing++;
      }
      out().flush();
    }
    if (names.size() > 1) {
      out()
          .println(
              differing == 0
                  ? "all " + names.size() + " collections are equal"
                  : differing + " of " + names.size() + " collections differ");
    }
    return differing == 0;
  }

  private Map<String, CollectionDescription> selected(Map<String, CollectionDescription> all) {
    Map<String, CollectionDescription> selected = new TreeMap<>(all);
    selected
        .keySet()
        .removeIf(name ->
            collections.isEmpty()
                ? name.startsWith("_") && !includeSystem
                : !collections.contains(name));
    return selected;
  }

  private boolean compare(
      CollectionDescription left,
      CollectionDescription right,
      LeaderSnapshot leaderState,
      LeaderSnapshot followerState,
      ProgressLine line)
      throws CommandFailure, IOException, InterruptedException {
    List<String> differences = left.differences(right);
    DocumentComparison.Result documents =
        new DocumentComparison(
                leaderState.documents(left.name()),
                followerState.documents(right.name()),
                shownMax,
                read ->
                    line.show(
                        () -> left.name() + ": " + Amounts.count(read / 2) + " documents compared"))
            .compare();
    line.clear();
    if (differences.isEmpty() && documents.isEqual()) {
      out()
          .println(
              left.name()
                  + ": equal ("
                  + Amounts.count(documents.leaderCount())
                  + " documents, "
                  + left.indexCount()
                  + " indexes)");
      return true;
    }
    out().println(left.name() + ": DIFFERS");
    differences.forEach(difference -> out().println("  " + difference));
    out()
        .println(
            "  documents: "
                + Amounts.count(documents.leaderCount())
                + " on the leader, "
                + Amounts.count(documents.followerCount())
                + " on the follower; "
                + Amounts.count(documents.missing())
                + " missing, "
                + Amounts.count(documents.surplus())
                + " surplus, "
                + Amounts.count(documents.changed())
                + " different");
    documents.shown().forEach(difference -> out().println("    " + difference));
    return false;
  }
}
