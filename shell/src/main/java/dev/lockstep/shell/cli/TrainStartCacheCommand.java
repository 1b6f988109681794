package dev.lockstep.shell.cli;

import dev.lockstep.client.Credentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `lockstep train-start-cache SERVER_CACHE SHELL_CACHE`, called by the launcher: a short real run
/// of server and shell whose loaded and linked classes the JVM writes into the two files (JEP 483,
/// 514, 515). A file appears under its name only when it is complete.
@Command(
    name = "train-start-cache",
    hidden = true,
    description = "Used by the launcher: makes the caches that shorten starts.")
public final class TrainStartCacheCommand extends CliCommand {
  /// Tells the launcher to record instead of to use a cache.
  private static final String RECORD = "LOCKSTEP_START_CACHE_RECORD";

  private static final Duration SHELL_MAX = Duration.ofSeconds(120);
  private static final int PORT_FIRST = 38_529;

  /// What most sessions do first; it makes the server work as leader, as follower and as store.
  private static final String SESSION =
      """
      const c = db._create('training', {keyOptions: {type: 'autoincrement'}});
      c.ensureIndex({type: 'persistent', fields: ['a'], unique: true});
      for (let i = 0; i < 50; ++i) { c.insert({a: i, b: {c: ['x', 1.5, null]}}); }
      c.insert([{a: 100}, {a: 101}]);
      c.update('1', {d: true}); c.replace('2', {a: 2000}); c.remove('3');
      print(c.document('1'), c.count(), c.properties(), db._collections());
      c.checksum(true, true);
      require('@arangodb/users').all();
      try { c.document('none'); } catch (e) { print(String(e)); }
      const r = require('@arangodb/replication');
      print(r.syncCollection('followed', {endpoint: ARGUMENTS[0], username: 'root', password: ''}));
      r.getSyncResult(r.syncCollection('followed', {endpoint: ARGUMENTS[0], username: 'root', password: '', async: true}));
      """;

  @Parameters(index = "0", paramLabel = "SERVER_CACHE", description = "File to write.")
  private Path serverCache;

  @Parameters(index = "1", paramLabel = "SHELL_CACHE", description = "File to write.")
  private Path shellCache;

  @Option(
      names = "--client",
      hidden = true,
      arity = "2",
      description = "Used by itself: do what a client does.")
  private List<String> endpoints = List.of();

  @Override
  int run() throws CommandFailure, IOException, InterruptedException {
    if (!endpoints.isEmpty()) {
      return work(endpoints.get(0), endpoints.get(1));
    }
    Path folder = Files.createTempDirectory("lockstep-training-");
    try {
      record(folder);
      return ExitStatus.OK;
    } finally {
      DemoCommand.deleteQuietly(folder);
    }
  }

  private void record(Path folder) throws CommandFailure, IOException, InterruptedException {
    Path serverRecord = folder.resolve("server.aot");
    Path shellRecord = folder.resolve("shell.aot");
    int port = LocalServer.freePort(PORT_FIRST);
    try (LocalServer other =
            LocalServer.start(
                "other", folder.resolve("other"), LocalServer.freePort(port + 1), Map.of());
        LocalServer server =
            LocalServer.start(
                "server",
                folder.resolve("server"),
                port,
                Map.of(RECORD, serverRecord.toString()))) {
      server.awaitReady();
      other.awaitReady();
      ProcessBuilder client =
          Launcher.command(
              List.of(
                  "train-start-cache",
                  serverCache.toString(),
                  shellCache.toString(),
                  "--client",
                  server.endpoint(),
                  other.endpoint()));
      client.environment().put(RECORD, shellRecord.toString());
      Process process = client.inheritIO().start();
      try {
        if (!process.waitFor(SHELL_MAX.toSeconds(), TimeUnit.SECONDS)
            || process.exitValue() != ExitStatus.OK) {
          throw CommandFailure.failed("the training session failed");
        }
      } finally {
        process.destroyForcibly();
      }
    }
    Files.createDirectories(serverCache.toAbsolutePath().getParent());
    // Rename within the folder, so that no start sees half a file.
    publish(shellRecord, shellCache);
    publish(serverRecord, serverCache);
  }

  private static void publish(Path record, Path cache) throws IOException {
    Path beside = cache.resolveSibling(cache.getFileName() + ".new");
    Files.copy(record, beside, StandardCopyOption.REPLACE_EXISTING);
    Files.move(beside, cache, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /// What a client does, in this process, which the JVM watches.
  private static int work(String server, String other)
      throws CommandFailure, IOException, InterruptedException {
    Path input = Files.createTempFile("lockstep-training-", ".jsonl");
    try (ServerApi api =
        new ServerApi(
            PeerAddress.parsed(other, "endpoint").endpoint(),
            new Credentials.Basic("root", ""),
            "_system")) {
      Files.writeString(input, "{\"_key\":\"1\",\"x\":1}\n{\"_key\":\"2\",\"y\":[\"a\"]}\n");
      execute(
          "import",
          input.toString(),
          "--collection",
          "followed",
          "--create-collection",
          "--server.endpoint",
          other);
      execute(
          "shell",
          "--quiet",
          "--server.endpoint",
          server,
          "--server.password",
          "",
          "--javascript.execute-string",
          SESSION,
          "--",
          other);
      execute("verify", other, server, "--collection", "followed");
      execute(
          "export",
          input.toString(),
          "--overwrite",
          "--collection",
          "training",
          "--server.endpoint",
          server);
      api.send(api.request("GET", "/_admin/metrics"));
      return ExitStatus.OK;
    } finally {
      Files.deleteIfExists(input);
    }
  }

  private static void execute(String... arguments) throws CommandFailure {
    int status = LockstepCommand.execute(arguments);
    if (status != ExitStatus.OK) {
      throw CommandFailure.failed(
          "'" + arguments[0] + "' ended with status " + status + " in the training session");
    }
  }
}
