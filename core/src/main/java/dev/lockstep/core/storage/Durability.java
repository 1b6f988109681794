package dev.lockstep.core.storage;

/// What a commit has survived when it is answered.
public enum Durability {
  /// In the operating system's hands: survives `kill -9` of this process, not a power loss.
  PROCESS_CRASH,
  /// On the disk: survives power loss (the wire's `waitForSync`).
  POWER_LOSS
}
