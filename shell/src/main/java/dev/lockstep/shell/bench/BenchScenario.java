package dev.lockstep.shell.bench;

import java.util.Locale;

/// What is measured.
public enum BenchScenario {
  /// All documents to a follower that does not have the collection.
  FULL,
  /// What differs, to a follower that has everything else.
  INCREMENTAL,
  /// A follower that has everything asks whether there is something to do.
  NOOP,
  /// Documents into the leader, one by one, while a follower follows: how far behind it is, and
  /// until it has the last one.
  TAIL,
  /// Documents into the leader.
  WRITE,
  /// Documents out of the leader, by key.
  READ;

  /// As on the command line.
  public String commandName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Whether a follower takes part.
  public boolean hasFollower() {
    return this == FULL || this == INCREMENTAL || this == NOOP || this == TAIL;
  }
}
