package dev.lockstep.shell.script;

/// Whether typed text can be run.
public enum InputState {
  /// It can.
  COMPLETE,
  /// More lines are needed: something is still open at its end.
  INCOMPLETE,
  /// It never can, whatever follows; running it reports why.
  INVALID
}
