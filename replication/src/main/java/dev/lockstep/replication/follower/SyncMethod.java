package dev.lockstep.replication.follower;

/// How one collection is brought over.
public enum SyncMethod {
  FULL("full"),
  REVISION_TREE("revision-tree"),
  KEYS("keys");

  private final String wireName;

  SyncMethod(String wireName) {
    this.wireName = wireName;
  }

  /// The wire's spelling, in a job's progress.
  public String wireName() {
    return wireName;
  }
}
