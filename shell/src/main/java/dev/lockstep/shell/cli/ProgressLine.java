package dev.lockstep.shell.cli;

import dev.lockstep.shell.text.Amounts;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One line of a terminal that is written again and again while work goes on, and removed at its
/// end. Where there is no terminal, or the user does not want it, nothing is ever written.
/// Thread-safe.
final class ProgressLine implements AutoCloseable {
  /// Often enough to look alive, rarely enough to cost nothing.
  private static final long NANOS_BETWEEN = 100_000_000;

  /// Narrow terminals wrap longer lines, and a wrapped line cannot be removed.
  private static final int WIDTH = 79;

  private static final int BAR_WIDTH = 22;

  private final @Nullable PrintStream terminal;
  private final LongSupplier nanoTime;
  private long shownAt;
  private boolean isShown;
  private boolean isClosed;

  /// @param terminal null to be silent
  ProgressLine(@Nullable PrintStream terminal, LongSupplier nanoTime) {
    this.terminal = terminal;
    this.nanoTime = nanoTime;
    this.shownAt = nanoTime.getAsLong() - NANOS_BETWEEN;
  }

  /// On standard error, if that is a terminal and progress is wanted. Only the launcher can tell:
  /// Java's console asks for standard input and output, which a command of a pipeline may well have
  /// elsewhere.
  static ProgressLine onTerminal(boolean isWanted) {
    boolean isTerminal = "terminal".equals(System.getProperty("lockstep.stderr"));
    return new ProgressLine(isWanted && isTerminal ? System.err : null, System::nanoTime);
  }

  /// Shows a line unless one was shown just now.
  ///
  /// @param line not asked where nothing is shown
  synchronized void show(Supplier<String> line) {
    long now = nanoTime.getAsLong();
    if (terminal == null || isClosed || now - shownAt < NANOS_BETWEEN) {
      return;
    }
    shownAt = now;
    isShown = true;
    String text = line.get().replaceAll("\\p{Cntrl}", " ");
    terminal.print("\r" + (text.length() > WIDTH ? text.substring(0, WIDTH) : text) + "\u001b[K");
    terminal.flush();
  }

  /// Removes the line, so that other output can follow; a later [#show] brings it back.
  synchronized void clear() {
    if (terminal != null && isShown) {
      terminal.print("\r\u001b[K");
      terminal.flush();
      isShown = false;
    }
  }

  /// A bar with its share: `[=======> ] 42 %`.
  ///
  /// @param done at most `total`
  static String bar(long done, long total) {
    double share = total <= 0 ? 0 : Math.min(1, (double) done / total);
    int filled = (int) (share * BAR_WIDTH);
    String bar = "=".repeat(filled) + (filled < BAR_WIDTH ? ">" : "");
    return String.format(Locale.ROOT, "[%-" + BAR_WIDTH + "s] %3.0f %%", bar, share * 100);
  }

  /// The time left if all goes on as it went so far, or "" while nothing can be said.
  static String remaining(long done, long total, Duration spent) {
    if (done <= 0 || total < done || spent.toMillis() < 500) {
      return "";
    }
    double perUnit = spent.toNanos() / (double) done;
    return Amounts.clock(Duration.ofNanos((long) (perUnit * (total - done)))) + " left";
  }

  /// Removes the line for good: what other threads show from now on is not shown.
  @Override
  public synchronized void close() {
    clear();
    isClosed = true;
  }
}
