package dev.lockstep.shell.bench;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A PostgreSQL server of our own, with its data in a folder of ours, on the loopback interface,
/// open to everybody on this machine. One thread.
final class PostgresServer implements AutoCloseable {
  /// PostgreSQL refuses to run as root: Debian's package brings this account.
  private static final String ACCOUNT = "postgres";

  private static final String PACKAGE = "postgresql";
  private static final long READY_NANOS_MAX = TimeUnit.SECONDS.toNanos(60);
  private static final int POLL_MILLIS = 50;
  private static final int STOP_SECONDS_MAX = 30;

  private final Path folder;
  private final int port;
  private final ExternalProgram psql;
  private final Process process;
  private @Nullable PsqlSession session;

  private PostgresServer(Path folder, int port, ExternalProgram psql, Process process) {
    this.folder = folder;
    this.port = port;
    this.psql = psql;
    this.process = process;
  }

  /// @throws IOException that says what to install, if a program is missing
  static void requirePrograms() throws IOException {
    for (String program : List.of("initdb", "postgres", "psql")) {
      ExternalProgram.find(program, PACKAGE);
    }
  }

  /// Makes a new cluster, starts it and returns when it answers.
  ///
  /// @param folder for it; is made
  static PostgresServer start(Path folder, int port) throws IOException, InterruptedException {
    Files.createDirectory(folder);
    List<String> asAccount = List.of();
    if (isRoot()) {
      asAccount =
          ExternalProgram.find("setpriv", "util-linux")
              .call("--reuid=" + ACCOUNT, "--regid=" + ACCOUNT, "--init-groups");
      Files.setOwner(
          folder,
          FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(ACCOUNT));
      makePassable(folder);
    }
    Path data = folder.resolve("data");
    ExternalProgram.run(
        joined(
            asAccount,
            ExternalProgram.find("initdb", PACKAGE)
                .call(
                    "--pgdata=" + data,
                    "--username=" + ACCOUNT,
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C")),
        log(folder, "initdb"));
    Process process =
        new ProcessBuilder(
                joined(
                    asAccount,
                    ExternalProgram.find("postgres", PACKAGE)
                        .call(
                            "-D",
                            data.toString(),
                            "-c",
                            "port=" + port,
                            "-c",
                            "listen_addresses=127.0.0.1",
                            "-c",
                            "unix_socket_directories=",
                            "-c",
                            "wal_level=logical",
                            "-c",
                            "shared_buffers=256MB",
                            "-c",
                            "max_wal_size=8GB",
                            "-c",
                            "checkpoint_timeout=30min",
                            "-c",
                            "wal_retrieve_retry_interval=100ms")))
            .redirectErrorStream(true)
            .redirectOutput(log(folder, "postgres").toFile())
            .start();
    PostgresServer server =
        new PostgresServer(folder, port, ExternalProgram.find("psql", PACKAGE), process);
    boolean isReady = false;
    try {
      server.awaitReady();
      isReady = true;
      return server;
    } finally {
      if (!isReady) {
        server.close();
      }
    }
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  /// The account has to get through to its folder. Only folders that we have made are touched: the
  /// nearest two above it.
  private static void makePassable(Path folder) throws IOException {
    Path above = folder.getParent();
    for (int i = 0; i < 2 && above != null; i++, above = above.getParent()) {
      Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwx--x--x"));
    }
  }

  private static List<String> joined(List<String> first, List<String> second) {
    List<String> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  /// Beside the folder, which is not ours any more.
  private static Path log(Path folder, String program) {
    return folder.resolveSibling(folder.getFileName() + "-" + program + ".log");
  }

  private void awaitReady() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + READY_NANOS_MAX;
    while (true) {
      try {
        session = new PsqlSession(psqlCall(), log(folder, "psql"));
        return;
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          throw new IOException(
              "PostgreSQL does not start:\n" + ExternalProgram.endOf(log(folder, "postgres")), e);
        }
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  /// A call of psql that connects to it.
  List<String> psqlCall() {
    return psql.call(
        "-h", "127.0.0.1", "-p", Integer.toString(port), "-U", ACCOUNT, "-d", "postgres");
  }

  /// The standing session of its administrator.
  PsqlSession session() {
    if (session == null) {
      throw new IllegalStateException("not started");
    }
    return session;
  }

  int port() {
    return port;
  }

  ProcessHandle process() {
    return process.toHandle();
  }

  /// Ends it, by force if it does not end by itself within [#STOP_SECONDS_MAX].
  @Override
  public void close() {
    if (session != null) {
      session.close();
    }
    List<ProcessHandle> descendants = process.descendants().toList();
    process.destroy();
    try {
      // A smart shutdown waits for clients; the other side's replication is one.
      if (!process.waitFor(1, TimeUnit.SECONDS)) {
        descendants.forEach(ProcessHandle::destroy);
        if (!process.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
