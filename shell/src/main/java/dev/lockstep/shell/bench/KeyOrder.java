package dev.lockstep.shell.bench;

/// How the keys of consecutive documents follow each other.
public enum KeyOrder {
  /// Ten decimal digits, ascending.
  SEQUENTIAL,
  /// 36 characters in the form of a random UUID: no order, no neighbours.
  UUID
}
