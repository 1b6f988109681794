package dev.lockstep.shell.script;

import java.util.regex.Pattern;
import org.jline.reader.History;
import org.jline.reader.impl.history.DefaultHistory;

/// The typed lines of this and earlier sessions. Lines that may hold a secret can be recalled in
/// the session they were typed in, and are never written to the file.
final class ShellHistory extends DefaultHistory {
  /// As many as arangosh keeps.
  static final int LINES_MAX = 1_000;

  /// What the file is cut to. It grows by a quarter before it is cut again, so it never holds more
  /// than [#LINES_MAX].
  static final int FILE_LINES_KEPT = 800;

  /// Words that come with secrets, and the calls whose arguments are secrets without saying so.
  private static final Pattern SECRET =
      Pattern.compile(
          "passw|secret|jwt|bearer|reconnect\\s*\\(|isValid\\s*\\(|users[\"']?\\s*\\)?\\s*\\.\\s*(save|update|replace)|"
              + "_createDatabase",
          Pattern.CASE_INSENSITIVE);

  static boolean mayHoldSecret(String line) {
    return SECRET.matcher(line).find();
  }

  @Override
  public boolean isPersistable(History.Entry entry) {
    return !mayHoldSecret(entry.line());
  }
}
