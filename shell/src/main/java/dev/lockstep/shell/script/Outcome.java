package dev.lockstep.shell.script;

/// How running a piece of script ended.
public sealed interface Outcome {
  /// It ran to its end.
  record Finished() implements Outcome {}

  /// It threw; the text is what a person should read, several lines.
  record Failed(String text) implements Outcome {}

  /// Somebody pressed Ctrl-C; the notice says what goes on without us, or is empty.
  record Interrupted(String notice) implements Outcome {}

  /// It asked the whole program to end with this status.
  record Exited(int status) implements Outcome {}
}
