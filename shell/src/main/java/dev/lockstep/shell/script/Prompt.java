package dev.lockstep.shell.script;

import java.time.Duration;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/// The prompt's pattern: `%t` time, `%p` seconds the last command took, `%d` database, `%e`
/// endpoint, `%E` endpoint without protocol, `%u` user, `%%` a percent sign.
final class Prompt {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

  private Prompt() {}

  static String of(
      String pattern, ShellConnection connection, LocalTime now, Duration lastCommand) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c != '%' || i + 1 == pattern.length()) {
        text.append(c);
        continue;
      }
      switch (pattern.charAt(++i)) {
        case 't' -> text.append(TIME.format(now));
        case 'p' -> text.append(String.format(Locale.ROOT, "%.3f", lastCommand.toNanos() / 1e9));
        case 'd' ->
            text.append(connection.isConnected() ? connection.database() : "[disconnected]");
        case 'e' ->
            text.append(
                connection.isConnected()
                    ? connection.settings().endpoint().canonicalText()
                    : "none");
        case 'E' ->
            text.append(
                connection.isConnected() ? connection.settings().endpoint().authority() : "none");
        case 'u' -> text.append(connection.user());
        case '%' -> text.append('%');
        default -> text.append('%').append(pattern.charAt(i));
      }
    }
    return text.toString();
  }

  /// What stands before the second and later lines of one command: as long as the prompt, so that
  /// code stays aligned.
  static String continuation(String prompt) {
    return prompt.length() < 3 ? "> " : ".".repeat(prompt.length() - 2) + "> ";
  }
}
