package dev.lockstep.shell.cli;

import dev.lockstep.client.Credentials;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.shell.text.Amounts;
import dev.lockstep.shell.text.SyncReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `lockstep demo`: the product's main job on real data, with what a user would type themselves:
/// two servers, an import, the example script in the shell, changes, the script again. Its servers
/// end with it, also on Ctrl-C, unless they are to be kept.
@Command(
    name = "demo",
    customSynopsis = "lockstep demo [--continuous] [--keep]",
    description = {
      "Starts a leader and a follower on this machine, imports 171,075 cities into the leader,"
          + " synchronizes them to the follower with examples/sync-collection.js in the shell,"
          + " changes some documents, synchronizes only what differs, compares both sides, and ends"
          + " both servers.",
      "",
      "With --continuous shows a follower that takes over changes as they happen: follows, writes"
          + " to the leader all the time, kills the follower meanwhile, compares both sides, and"
          + " promotes the follower."
    },
    exitCodeList = {
      "0:both sides were equal",
      "1:they were not, or a step failed",
      "2:could not begin"
    })
public final class DemoCommand extends CliCommand {
  private static final int LEADER_PORT = 8529;
  private static final int FOLLOWER_PORT = 8530;
  private static final String COLLECTION = "cities";
  private static final Duration SCRIPT_MAX = Duration.ofMinutes(5);

  /// Enough to see, few enough to be quick.
  private static final int CHANGES = 100;

  @Option(
      names = "--keep",
      description = "Leave both servers running, with their data in ./lockstep-demo.")
  private boolean isKept;

  @Option(
      names = "--continuous",
      description = "Show continuous replication instead of synchronizations.")
  private boolean isContinuous;

  @Override
  int run() throws CommandFailure, IOException, InterruptedException {
    long startedNanos = System.nanoTime();
    Path example = Launcher.home().resolve("examples/sync-collection.js");
    Path cities = Launcher.home().resolve("examples/data/cities.json.gz");
    Path folder = isKept ? keptFolder() : Files.createTempDirectory("lockstep-demo-");
    boolean isEqual;
    try {
      int leaderPort = freePort("leader", LEADER_PORT, LEADER_PORT);
      int followerPort =
          freePort("follower", FOLLOWER_PORT, Math.max(FOLLOWER_PORT, leaderPort + 1));
      step("starting a leader and a follower (data in " + folder + ")");
      try (LocalServer leader =
              LocalServer.start("leader", folder.resolve("leader"), leaderPort, Map.of());
          LocalServer follower =
              LocalServer.start("follower", folder.resolve("follower"), followerPort, Map.of())) {
        leader.awaitReady();
        follower.awaitReady();
        out().println("   leader   " + leader.endpoint());
        out().println("   follower " + follower.endpoint());
        try (SignalHook _ =
            SignalHook.install("end-demo", () -> endAndDelete(leader, follower, folder))) {
          isEqual =
              isContinuous
                  ? new ContinuousDemo(leader, follower, out(), err()).run(cities)
                  : work(leader, follower, example, cities);
        }
        if (isKept) {
          leader.leaveRunning();
          follower.leaveRunning();
          sayHowToGoOn(leader, follower, folder);
        }
      }
    } finally {
      if (!isKept) {
        deleteQuietly(folder);
      }
    }
    step(
        (isEqual ? "done in " : "done, but leader and follower DIFFER, in ")
            + Amounts.seconds(Duration.ofNanos(System.nanoTime() - startedNanos)));
    return isEqual ? ExitStatus.OK : ExitStatus.FAILED;
  }

  /// Ctrl-C: nobody will keep what is not finished, but a folder of the user's own stays.
  private void endAndDelete(LocalServer leader, LocalServer follower, Path folder) {
    leader.end();
    follower.end();
    if (!isKept) {
      deleteQuietly(folder);
    }
  }

  private static Path keptFolder() throws IOException {
    return Files.createDirectories(Path.of("lockstep-demo").toAbsolutePath());
  }

  private int freePort(String name, int usual, int from) throws CommandFailure {
    int port = LocalServer.freePort(from);
    if (port != usual) {
      out().println("   port " + usual + " is taken: the " + name + " listens on " + port);
    }
    return port;
  }

  private boolean work(LocalServer leader, LocalServer follower, Path example, Path cities)
      throws CommandFailure, IOException, InterruptedException {
    step(
        "importing "
            + cities.getFileName()
            + " into collection '"
            + COLLECTION
            + "' on the leader");
    run(
        List.of(
            "import",
            cities.toString(),
            "--collection",
            COLLECTION,
            "--create-collection",
            "--overwrite",
            "--server.endpoint",
            leader.endpoint()));
    try (ServerApi leaderApi =
            new ServerApi(leader.address(), new Credentials.Basic("root", ""), "_system");
        ServerApi followerApi =
            new ServerApi(follower.address(), new Credentials.Basic("root", ""), "_system")) {
      List<Row> rows = new ArrayList<>();
      step("synchronizing: lockstep shell examples/sync-collection.js on the follower");
      rows.add(synchronize(false, leader, follower, leaderApi, followerApi, example));
      step(
          "changing documents on the leader: "
              + CHANGES
              + " inserted, "
              + CHANGES
              + " updated, "
              + CHANGES
              + " removed");
      change(leaderApi);
      step("synchronizing again, only what differs: the script with LOCKSTEP_INCREMENTAL=true");
      rows.add(synchronize(true, leader, follower, leaderApi, followerApi, example));
      table(rows);
      boolean isEqual = rows.stream().allMatch(Row::isEqual);
      step(
          "comparing every document: lockstep verify "
              + leader.endpoint()
              + " "
              + follower.endpoint());
      return run(
                  List.of(
                      "verify", leader.endpoint(), follower.endpoint(), "--collection", COLLECTION))
              == ExitStatus.OK
          && isEqual;
    }
  }

  /// One synchronization and what both sides then hold.
  ///
  /// @param documents on the follower
  /// @param report what it took to bring them there
  /// @param took from the follower's first request to the end, as the follower tells it
  private record Row(
      String name,
      long documents,
      SyncReport report,
      Duration took,
      String leaderChecksum,
      String followerChecksum) {
    boolean isEqual() {
      return leaderChecksum.equals(followerChecksum);
    }
  }

  private Row synchronize(
      boolean isIncremental,
      LocalServer leader,
      LocalServer follower,
      ServerApi leaderApi,
      ServerApi followerApi,
      Path example)
      throws CommandFailure, IOException, InterruptedException {
    ProcessBuilder shell =
        Launcher.command(
            List.of(
                "shell",
                "--quiet",
                "--server.endpoint",
                follower.endpoint(),
                "--server.password",
                "",
                example.toString(),
                "--",
                COLLECTION,
                leader.endpoint()));
    shell.environment().put("LOCKSTEP_INCREMENTAL", String.valueOf(isIncremental));
    out().flush();
    Process process = shell.inheritIO().start();
    try (SignalHook _ = SignalHook.install("end-shell", process::destroyForcibly)) {
      if (!process.waitFor(SCRIPT_MAX.toSeconds(), TimeUnit.SECONDS)) {
        throw CommandFailure.failed("the script did not end within " + Amounts.seconds(SCRIPT_MAX));
      }
      if (process.exitValue() != 0) {
        throw CommandFailure.failed("the script failed (exit status " + process.exitValue() + ")");
      }
    } finally {
      process.destroyForcibly();
    }
    VPackSlice jobs = followerApi.get("/_api/replication/jobs");
    if (!jobs.isArray() || jobs.length() == 0) {
      throw CommandFailure.failed("the follower does not know of a synchronization");
    }
    VPackSlice latest = jobs.at(0);
    return new Row(
        isIncremental ? "differences" : "full copy",
        number(followerApi.get("/_api/collection/" + COLLECTION + "/count"), "count"),
        SyncReport.of(latest),
        Duration.between(
            Instant.parse(member(latest, "started").asString()),
            Instant.parse(member(latest, "changed").asString())),
        checksum(leaderApi),
        checksum(followerApi));
  }

  private static String checksum(ServerApi api)
      throws CommandFailure, IOException, InterruptedException {
    VPackSlice answer =
        api.get("/_api/collection/" + COLLECTION + "/checksum?withRevisions=true&withData=true");
    return member(answer, "checksum").asString();
  }

  /// Inserts, updates and removes through the same interface as any client.
  private static void change(ServerApi api)
      throws CommandFailure, IOException, InterruptedException {
    StringBuilder inserted = new StringBuilder("[");
    for (int i = 0; i < CHANGES; i++) {
      inserted
          .append(i == 0 ? "" : ",")
          .append("{\"name\":\"New City ")
          .append(i)
          .append("\",\"country\":\"XX\"}");
    }
    api.send("POST", "/_api/document/" + COLLECTION, inserted.append(']').toString());
    List<String> keys = new ArrayList<>();
    VPackSlice all =
        api.send(
            "PUT",
            "/_api/simple/all-keys",
            "{\"collection\":\"" + COLLECTION + "\",\"type\":\"key\"}");
    for (VPackSlice key : member(all, "result").elements()) {
      if (keys.size() == 2 * CHANGES) {
        break;
      }
      keys.add("\"" + key.asString() + "\"");
    }
    StringBuilder updated = new StringBuilder("[");
    for (String key : keys.subList(0, keys.size() / 2)) {
      updated
          .append(updated.length() == 1 ? "" : ",")
          .append("{\"_key\":")
          .append(key)
          .append(",\"visited\":true}");
    }
    api.send("PATCH", "/_api/document/" + COLLECTION, updated.append(']').toString());
    api.send(
        "DELETE",
        "/_api/document/" + COLLECTION,
        "[" + String.join(",", keys.subList(keys.size() / 2, keys.size())) + "]");
  }

  private void table(List<Row> rows) {
    String format = "   %-12s %10s %8s %8s %9s %8s %12s %21s %21s %6s";
    out().println();
    out()
        .println(
            String.format(
                Locale.ROOT,
                format,
                "",
                "documents",
                "fetched",
                "removed",
                "received",
                "seconds",
                "documents/s",
                "checksum leader",
                "checksum follower",
                "equal"));
    for (Row row : rows) {
      out()
          .println(
              String.format(
                  Locale.ROOT,
                  format,
                  row.name(),
                  Amounts.count(row.documents()),
                  Amounts.count(row.report().documentsFetched()),
                  Amounts.count(row.report().documentsRemoved()),
                  Amounts.bytes(row.report().bytesReceived()),
                  String.format(Locale.ROOT, "%.2f", row.took().toNanos() / 1e9),
                  Amounts.count((long) Amounts.perSecond(row.documents(), row.took())),
                  row.leaderChecksum(),
                  row.followerChecksum(),
                  row.isEqual() ? "yes" : "NO"));
    }
    out().println();
  }

  private void sayHowToGoOn(LocalServer leader, LocalServer follower, Path folder) {
    out().println("Both servers keep running, with user root and an empty password:");
    out()
        .println(
            "   lockstep shell --server.endpoint "
                + leader.endpoint()
                + "     # leader, process "
                + leader.pid());
    out()
        .println(
            "   lockstep shell --server.endpoint "
                + follower.endpoint()
                + "     # follower, process "
                + follower.pid());
    out().println("Their data and logs are in " + folder + ". To end them:");
    out().println("   kill " + leader.pid() + " " + follower.pid());
  }

  /// Runs another command of ours with our own output.
  private int run(List<String> arguments) throws CommandFailure {
    return run(arguments, out(), err());
  }

  /// Runs another command of ours.
  ///
  /// @throws CommandFailure if it did not even begin; it has said why
  static int run(List<String> arguments, PrintWriter out, PrintWriter err) throws CommandFailure {
    CommandLine line = LockstepCommand.create();
    line.setOut(out).setErr(err);
    int status = line.execute(arguments.toArray(String[]::new));
    if (status == ExitStatus.USAGE) {
      throw CommandFailure.failed(
          "'lockstep " + arguments.getFirst() + "' did not work, see above");
    }
    return status;
  }

  private void step(String what) {
    out().println("-- " + what);
    out().flush();
  }

  private static VPackSlice member(VPackSlice object, String name) throws CommandFailure {
    VPackSlice value = object.isObject() ? object.get(name) : null;
    if (value == null) {
      throw CommandFailure.failed("the server's answer has no '" + name + "': " + object.toJson());
    }
    return value;
  }

  private static long number(VPackSlice object, String name) throws CommandFailure {
    VPackSlice value = member(object, name);
    if (!value.isInteger()) {
      throw CommandFailure.failed(
          "'" + name + "' of the server's answer is no number: " + object.toJson());
    }
    return value.asLong();
  }

  static void deleteQuietly(Path folder) {
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.deleteIfExists(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, java.io.IOException failure)
                throws IOException {
              Files.deleteIfExists(directory);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException _) {
      // A temporary folder: the system removes what we cannot.
    }
  }
}
