package dev.lockstep.replication.follower;

/// How one collection is brought over.
public enum SyncMethod {
  FULL("full"),
  /// Number and fingerprint of the documents agree: nothing had to be compared.
  FINGERPRINT("fingerprint"),
  /// The leader's change log told what has happened since the last time.
  CHANGE_LOG("change-log"),
  /// Taking over what is newer than everything here led to the leader's totals.
  NEWER_REVISIONS("newer-revisions"),
  REVISION_BLOCKS("revision-blocks"),
  REVISION_TREE("revision-tree"),
  KEYS("keys");

  private final String wireName;

  SyncMethod(String wireName) {
    this.wireName = wireName;
  }

  static SyncMethod ofWireName(String name) {
    for (SyncMethod method : values()) {
      if (method.wireName.equals(name)) {
        return method;
      }
    }
    throw new IllegalArgumentException("no way of comparing is called " + name);
  }

  /// The wire's spelling, in a job's progress.
  public String wireName() {
    return wireName;
  }
}
