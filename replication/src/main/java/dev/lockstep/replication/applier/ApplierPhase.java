package dev.lockstep.replication.applier;

/// What an applier is doing, in the wire's words.
public enum ApplierPhase {
  /// Not running.
  INACTIVE("inactive"),

  /// Copying or comparing before tailing begins.
  INITIAL("initial"),

  /// Tailing.
  RUNNING("running"),

  /// Ending.
  SHUTDOWN("shutdown");

  private final String wireName;

  ApplierPhase(String wireName) {
    this.wireName = wireName;
  }

  public String wireName() {
    return wireName;
  }
}
