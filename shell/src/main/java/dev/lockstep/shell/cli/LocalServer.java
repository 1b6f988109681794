package dev.lockstep.shell.cli;

import dev.lockstep.client.Credentials;
import dev.lockstep.client.Endpoint;
import dev.lockstep.client.TransportException;
import dev.lockstep.shell.text.Amounts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A server process that a command starts for itself, on the loopback interface, with an empty
/// password for `root`. It ends with [#close()], and also when this process ends by a signal,
/// unless [#leaveRunning()] was called.
final class LocalServer implements AutoCloseable {
  /// A first start on a slow machine without a start cache.
  private static final Duration READY_MAX = Duration.ofSeconds(60);

  private static final Duration POLL = Duration.ofMillis(20);

  /// A server that flushes its memory to a slow disk.
  private static final Duration STOP_MAX = Duration.ofSeconds(30);

  private static final int LOG_LINES_SHOWN = 15;
  private static final int PORT_MAX = 65_535;

  private final String name;
  private final Endpoint endpoint;
  private final Path log;
  private volatile Process process;
  private final Map<String, String> environment;
  private final Path data;
  private final SignalHook killer;
  private boolean isLeftRunning;

  private LocalServer(
      String name,
      Endpoint endpoint,
      Path data,
      Path log,
      Map<String, String> environment,
      Process process) {
    this.name = name;
    this.endpoint = endpoint;
    this.data = data;
    this.log = log;
    this.environment = environment;
    this.process = process;
    this.killer = SignalHook.install("end-" + name, this::end);
  }

  /// Starts it and returns at once; [#awaitReady()] waits.
  ///
  /// @param data its data folder; its output goes to a file of that name with `.log`
  static LocalServer start(String name, Path data, int port, Map<String, String> environment)
      throws CommandFailure, IOException {
    Files.createDirectories(data);
    Path log = data.resolveSibling(name + ".log");
    Endpoint endpoint = new Endpoint(false, "127.0.0.1", port);
    return new LocalServer(
        name, endpoint, data, log, environment, started(endpoint, data, log, environment));
  }

  private static Process started(
      Endpoint endpoint, Path data, Path log, Map<String, String> environment)
      throws CommandFailure, IOException {
    ProcessBuilder command =
        Launcher.command(
            List.of(
                "server",
                "--server.endpoint",
                "tcp://" + endpoint.authority(),
                "--database.directory",
                data.toString()));
    command.environment().remove("ARANGO_ROOT_PASSWORD");
    command.environment().putAll(environment);
    return command
        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
  }

  /// Ends it as a power failure would, and starts it again with its data; [#awaitReady()] waits.
  void killAndRestart() throws CommandFailure, IOException, InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(STOP_MAX.toSeconds(), TimeUnit.SECONDS)) {
      throw CommandFailure.failed("the " + name + " does not end");
    }
    process = started(endpoint, data, log, environment);
  }

  /// The first port from `wanted` on that nobody listens on.
  static int freePort(int wanted) throws CommandFailure {
    for (int port = wanted; port <= PORT_MAX; port++) {
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (IOException _) {
        // Taken, or not ours to take: the next one.
      }
    }
    throw CommandFailure.notDone("no free port from " + wanted + " on");
  }

  /// Returns when it answers.
  ///
  /// @throws CommandFailure with the end of its output, if it ends or does not answer within
  ///   [#READY_MAX]
  void awaitReady() throws CommandFailure, InterruptedException {
    long deadline = System.nanoTime() + READY_MAX.toNanos();
    try (ServerApi api = new ServerApi(endpoint, new Credentials.None(), "_system")) {
      while (true) {
        if (process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
          throw CommandFailure.notDone("the " + name + " ended while starting:\n" + endOfLog());
        }
        String answer;
        try {
          int status = api.sendAny(api.request("GET", "/_admin/server/availability")).status();
          if (status == 200) {
            return;
          }
          answer = "HTTP " + status;
        } catch (TransportException e) {
          answer = String.valueOf(e.getMessage());
        }
        if (System.nanoTime() > deadline) {
          throw CommandFailure.notDone(
              "the "
                  + name
                  + " is not ready after "
                  + Amounts.seconds(READY_MAX)
                  + " ("
                  + answer
                  + "):\n"
                  + endOfLog());
        }
      }
    }
  }

  private String endOfLog() {
    try {
      List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
      return String.join(
          "\n", lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()));
    } catch (IOException e) {
      return "(its output cannot be read: " + e.getMessage() + ")";
    }
  }

  /// As `--server.endpoint` takes it.
  String endpoint() {
    return "tcp://" + endpoint.authority();
  }

  Endpoint address() {
    return endpoint;
  }

  long pid() {
    return process.pid();
  }

  Path log() {
    return log;
  }

  /// Lets it live on when this process ends.
  void leaveRunning() {
    isLeftRunning = true;
    killer.close();
  }

  /// Ends it, by force if it does not end by itself within [#STOP_MAX].
  @Override
  public void close() {
    if (isLeftRunning) {
      return;
    }
    end();
    killer.close();
  }

  /// As [#close()], also for a server that is left running; may be called by several threads.
  void end() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_MAX.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
