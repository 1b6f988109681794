package dev.lockstep.shell.script;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.EOFError;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;

/// Tells the line editor when a command is complete, and which part of it Tab completes.
final class TypedTextParser implements Parser {
  /// A chain of names right before the cursor: `db.users.ins`.
  private static final Pattern CHAIN =
      Pattern.compile("[\\p{L}_$][\\p{L}\\p{N}_$]*(\\.[\\p{L}\\p{N}_$-]*)*$");

  private final ScriptContext scripts;

  TypedTextParser(ScriptContext scripts) {
    this.scripts = scripts;
  }

  @Override
  public ParsedLine parse(String line, int cursor, ParseContext parseContext) {
    if (parseContext == ParseContext.ACCEPT_LINE
        && !line.isBlank()
        && scripts.inputState(line) == InputState.INCOMPLETE) {
      throw new EOFError(-1, cursor, "more lines are needed");
    }
    String before = line.substring(0, Math.min(cursor, line.length()));
    Matcher chain = CHAIN.matcher(before);
    String word = chain.find() ? chain.group() : "";
    return new Typed(line, cursor, word);
  }

  private record Typed(String line, int cursor, String word) implements CompletingParsedLine {
    @Override
    public CharSequence escape(CharSequence candidate, boolean complete) {
      return candidate;
    }

    @Override
    public int rawWordCursor() {
      return word.length();
    }

    @Override
    public int rawWordLength() {
      return word.length();
    }

    @Override
    public int wordCursor() {
      return word.length();
    }

    @Override
    public int wordIndex() {
      return 0;
    }

    @Override
    public List<String> words() {
      return List.of(word);
    }
  }
}
