package dev.lockstep.shell.script;

/// Looks at JavaScript text for what is still open at its end: brackets, template strings, block
/// comments. The engine's parser recognizes only some of these as "to be continued", and parsing a
/// growing text again with every line is quadratic; this walk is cheap. It guesses where a `/`
/// begins a regular expression (from the character before it), so its word is not final: the caller
/// lets the parser decide on what looks closed.
final class OpenConstructs {
  private static final String REGEX_MAY_FOLLOW = "(,=:[!&|?{};+-*%~^<>";

  private final String text;
  private int position;
  private int depth;
  private boolean unterminated;

  private OpenConstructs(String text) {
    this.text = text;
  }

  /// True if a bracket, template string or block comment is open at the end.
  static boolean anyIn(String text) {
    OpenConstructs walk = new OpenConstructs(text);
    walk.code(false);
    return walk.unterminated || walk.depth > 0;
  }

  /// Walks code up to the end of the text or, inside a template's `${ }`, to the brace that closes
  /// it.
  private void code(boolean insideTemplate) {
    int braces = 0;
    char previous = ';';
    while (position < text.length()) {
      char c = text.charAt(position++);
      switch (c) {
        case '(', '[' -> depth++;
        case ')', ']' -> depth--;
        case '{' -> {
          depth++;
          braces++;
        }
        case '}' -> {
          if (insideTemplate && braces == 0) {
            return;
          }
          depth--;
          braces--;
        }
        case '"', '\'' -> quoted(c);
        case '`' -> template();
        case '/' -> slash(previous);
        default -> {}
      }
      if (!Character.isWhitespace(c)) {
        previous = c;
      }
    }
    unterminated |= insideTemplate;
  }

  private void slash(char previous) {
    char next = position < text.length() ? text.charAt(position) : ' ';
    if (next == '/') {
      int end = text.indexOf('\n', position);
      position = end < 0 ? text.length() : end;
    } else if (next == '*') {
      int end = text.indexOf("*/", position + 1);
      unterminated |= end < 0;
      position = end < 0 ? text.length() : end + 2;
    } else if (REGEX_MAY_FOLLOW.indexOf(previous) >= 0) {
      regex();
    }
  }

  private void regex() {
    boolean inClass = false;
    for (int i = position; i < text.length() && text.charAt(i) != '\n'; i++) {
      switch (text.charAt(i)) {
        case '\\' -> i++;
        case '[' -> inClass = true;
        case ']' -> inClass = false;
        case '/' -> {
          if (!inClass) {
            position = i + 1;
            return;
          }
        }
        default -> {}
      }
    }
  }

  private void quoted(char quote) {
    while (position < text.length()) {
      char c = text.charAt(position++);
      if (c == '\\') {
        position++;
        unterminated |= position >= text.length();
      } else if (c == quote || c == '\n') {
        return;
      }
    }
  }

  private void template() {
    while (position < text.length()) {
      char c = text.charAt(position++);
      if (c == '\\') {
        position++;
      } else if (c == '`') {
        return;
      } else if (c == '$' && position < text.length() && text.charAt(position) == '{') {
        position++;
        code(true);
      }
    }
    unterminated = true;
  }
}
