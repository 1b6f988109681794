package dev.lockstep.shell.bench;

import java.time.Duration;

/// One call of `lockstep bench`, judged.
///
/// @param documents in the collection before the first run
/// @param size of one document's JSON in bytes, on average
/// @param changedPercent of the documents that one incremental run changes
/// @param runs of every contender
/// @param clients that write or read at the same time
/// @param rate documents a second that all clients of [BenchScenario#TAIL] write together; 0: as
///   many as they can
/// @param isBulk whether [BenchScenario#WRITE] writes packages instead of single documents
/// @param isWaitingForSync whether a write counts only when it is on the disk
public record BenchPlan(
    BenchScenario scenario,
    int documents,
    int size,
    KeyOrder keys,
    double changedPercent,
    ChangeSpread spread,
    int runs,
    int clients,
    int rate,
    boolean isBulk,
    boolean isWaitingForSync) {
  /// Two changes of each kind must fit.
  public static final int DOCUMENTS_MIN = 10;

  public static final int DOCUMENTS_MAX = 100_000_000;

  /// The attributes before the text must fit into the shortest document.
  public static final int SIZE_MIN = 200;

  public static final int SIZE_MAX = 1_000_000;
  public static final int RUNS_MAX = 1000;
  public static final int CLIENTS_MAX = 64;
  public static final int RATE_MAX = 1_000_000;

  /// Of each change a third removes: all runs together must leave most of the documents in place.
  private static final double CHANGED_PERCENT_SUM_MAX = 150;

  /// @throws IllegalArgumentException with the option, its value and what it may be
  public BenchPlan {
    requireBetween("--documents", documents, DOCUMENTS_MIN, DOCUMENTS_MAX);
    requireBetween("--size", size, SIZE_MIN, SIZE_MAX);
    requireBetween("--runs", runs, 1, RUNS_MAX);
    requireBetween("--clients", clients, 1, CLIENTS_MAX);
    requireBetween("--rate", rate, 0, RATE_MAX);
    if (!(changedPercent > 0 && changedPercent <= 50)) {
      throw new IllegalArgumentException(
          "--diff must be above 0 and at most 50 percent, not " + changedPercent);
    }
    if (scenario == BenchScenario.INCREMENTAL && changedPercent * runs > CHANGED_PERCENT_SUM_MAX) {
      throw new IllegalArgumentException(
          "--diff times --runs must be at most "
              + (int) CHANGED_PERCENT_SUM_MAX
              + " percent, for every run changes other documents; here it is "
              + changedPercent * runs);
    }
  }

  /// How long one client has for one document.
  public Duration interval() {
    return rate == 0 ? Duration.ZERO : Duration.ofNanos(1_000_000_000L * clients / rate);
  }

  private static void requireBetween(String option, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          option + " must be between " + min + " and " + max + ", not " + value);
    }
  }
}
