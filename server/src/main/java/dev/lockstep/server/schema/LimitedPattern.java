package dev.lockstep.server.schema;

import com.networknt.schema.regex.RegularExpression;
import com.networknt.schema.regex.RegularExpressions;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// A regular expression of a rule, in Java's dialect, that gives up at the limit of the judgement:
/// each character it looks at is a step, so that backtracking ends. Matches only within a
/// judgement. Thread-safe.
final class LimitedPattern implements RegularExpression {
  private final Pattern pattern;

  /// @throws PatternSyntaxException if Java does not understand it
  LimitedPattern(String expression) {
    // JSON Schema's dialect is ECMAScript: there `$` is the very end, and \p{Letter} is written
    // out.
    pattern =
        Pattern.compile(
            RegularExpressions.replaceLongformCharacterProperties(
                RegularExpressions.replaceDollarAnchors(expression)));
  }

  @Override
  public boolean matches(String value) {
    JudgementLimit limit = JudgementLimit.CURRENT.get();
    try {
      return pattern.matcher(new CountedCharacters(value, limit)).find();
    } catch (StackOverflowError e) {
      // Java's repetition of groups recurses for each repetition.
      throw new JudgementLimit.Exceeded("the pattern repeats too often within a long text");
    }
  }

  private record CountedCharacters(CharSequence text, JudgementLimit limit)
      implements CharSequence {
    @Override
    public char charAt(int index) {
      limit.step();
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return new CountedCharacters(text.subSequence(start, end), limit);
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }
}
