package dev.lockstep.shell.cli;

import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// `@NAME@` inside an option's value stands for the environment variable NAME, `@@` for a literal
/// `@`.
final class EnvironmentReferences {
  private static final Pattern REFERENCE = Pattern.compile("@@|@([A-Za-z_][A-Za-z0-9_]*)@");

  private EnvironmentReferences() {}

  /// @param environment value of a variable, or null if it is not set
  /// @throws UsageException naming the variable, if it is not set
  static String resolve(String text, UnaryOperator<String> environment) {
    if (text.indexOf('@') < 0) {
      return text;
    }
    return REFERENCE
        .matcher(text)
        .replaceAll(match -> {
          String name = match.group(1);
          if (name == null) {
            return "@";
          }
          String value = environment.apply(name);
          if (value == null) {
            throw new UsageException(
                "the environment variable "
                    + name
                    + " is not set (in '"
                    + text
                    + "'; write @@ for a literal @)");
          }
          return Matcher.quoteReplacement(value);
        });
  }
}
