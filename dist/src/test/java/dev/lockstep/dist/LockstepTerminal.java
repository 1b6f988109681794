package dev.lockstep.dist;

import com.pty4j.PtyProcess;
import com.pty4j.PtyProcessBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/// The launcher in a real terminal (a pseudo-terminal of the operating system), as a person sits
/// before it: what they type and what they see. One thread types; the output is collected beside.
final class LockstepTerminal implements AutoCloseable {
  private static final Duration ANSWER_MAX = Duration.ofSeconds(60);

  /// Colours, cursor movements, bracketed paste, window titles.
  private static final Pattern CONTROL_SEQUENCE =
      Pattern.compile(
          "\u001b\\[[0-9;?>=]*["
              + " -/]*[@-~]|\u001b\\][^\u0007\u001b]*(\u0007|\u001b\\\\)|\u001b[=>()][A-Z0-9]?");

  private final PtyProcess process;
  private final OutputStream keyboard;
  private final StringBuilder screen = new StringBuilder();
  private int readUpTo;

  private LockstepTerminal(PtyProcess process) {
    this.process = process;
    this.keyboard = process.getOutputStream();
    InputStream output = process.getInputStream();
    Thread reader = new Thread(() -> read(output), "terminal-reader");
    reader.setDaemon(true);
    reader.start();
  }

  static LockstepTerminal open(String... arguments) {
    ProcessBuilder command = Distribution.command(arguments);
    Map<String, String> environment = new HashMap<>(command.environment());
    environment.put("TERM", "xterm");
    try {
      return new LockstepTerminal(
          new PtyProcessBuilder(command.command().toArray(String[]::new))
              .setEnvironment(environment)
              .setInitialColumns(160)
              .setInitialRows(50)
              .start());
    } catch (IOException e) {
      throw new AssertionError("no terminal", e);
    }
  }

  private void read(InputStream output) {
    byte[] buffer = new byte[8192];
    try {
      for (int count = output.read(buffer); count >= 0; count = output.read(buffer)) {
        synchronized (screen) {
          screen.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
        }
      }
    } catch (IOException _) {
      // The terminal is gone with its process.
    }
  }

  /// Types a line and Enter.
  void type(String line) {
    press(line + "\r");
  }

  /// Presses keys as they come: `\u0003` is Ctrl-C, `\u0004` Ctrl-D, `\t` Tab.
  void press(String keys) {
    try {
      keyboard.write(keys.getBytes(StandardCharsets.UTF_8));
      keyboard.flush();
    } catch (IOException e) {
      throw new AssertionError("cannot type; the screen shows:\n" + text(), e);
    }
  }

  /// Waits until something appears that was not waited for before, and returns what stood before
  /// it.
  String awaitText(String text) {
    Awaitility.await("the terminal shows '" + text + "'")
        .atMost(ANSWER_MAX)
        .pollInterval(Duration.ofMillis(20))
        .failFast(
            "the process ended; the screen shows:\n" + text(),
            () -> !process.isAlive() && text().indexOf(text, readUpTo) < 0)
        .conditionEvaluationListener(_ -> {})
        .until(() -> text().indexOf(text, readUpTo) >= 0);
    int found = text().indexOf(text, readUpTo);
    String before = text().substring(readUpTo, found);
    readUpTo = found + text.length();
    return before;
  }

  /// Everything shown so far, without control sequences.
  String text() {
    synchronized (screen) {
      return CONTROL_SEQUENCE.matcher(screen).replaceAll("");
    }
  }

  /// Waits for the end of the process and returns its exit status.
  int awaitEnd() {
    try {
      if (!process.waitFor(ANSWER_MAX.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("the process did not end; the screen shows:\n" + text());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
