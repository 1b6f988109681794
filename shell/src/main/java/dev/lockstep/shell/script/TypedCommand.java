package dev.lockstep.shell.script;

/// The few words that mean something at the prompt without being JavaScript.
final class TypedCommand {
  private TypedCommand() {}

  private static String word(String line) {
    String word = line.strip();
    return word.endsWith(";") ? word.substring(0, word.length() - 1).strip() : word;
  }

  static boolean isExit(String line) {
    return switch (word(line)) {
      case "exit", "quit", "exit()", "quit()" -> true;
      default -> false;
    };
  }

  /// The script that a line stands for: mostly itself.
  static String toScript(String line) {
    return switch (word(line)) {
      case "help" -> "help()";
      case "tutorial" -> "tutorial()";
      case "more" -> "require('internal').more()";
      default -> line;
    };
  }
}
