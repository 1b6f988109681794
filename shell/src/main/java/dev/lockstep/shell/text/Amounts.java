package dev.lockstep.shell.text;

import java.time.Duration;
import java.util.Locale;

/// Numbers as people read them in a terminal; always in the root locale, so that scripts and tests
/// see the same text everywhere.
public final class Amounts {
  private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB"};

  private Amounts() {}

  /// `171,075`
  public static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /// Decimal units with three digits: `812 B`, `17.3 MB`.
  public static String bytes(double value) {
    int unit = 0;
    double scaled = value;
    while (scaled >= 999.5 && unit < UNITS.length - 1) {
      scaled /= 1000;
      unit++;
    }
    String digits = unit == 0 || scaled >= 99.95 ? "%.0f" : scaled >= 9.995 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, digits + " %s", scaled, UNITS[unit]);
  }

  /// `3.42 s`
  public static String seconds(Duration value) {
    return String.format(Locale.ROOT, "%.2f s", value.toNanos() / 1e9);
  }

  /// `0:07`, `12:40`, `3:05:00`: for what is left to wait.
  public static String clock(Duration value) {
    long seconds = value.toSeconds();
    return seconds < 3600
        ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
        : String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }

  /// How many per second; 0 before any time has passed.
  public static double perSecond(double amount, Duration time) {
    return time.isZero() ? 0 : amount / (time.toNanos() / 1e9);
  }
}
