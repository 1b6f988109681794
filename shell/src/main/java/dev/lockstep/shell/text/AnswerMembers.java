package dev.lockstep.shell.text;

import dev.lockstep.core.document.VPackSlice;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Members of a server's answer, for showing: whatever a server leaves out, or has in another type,
/// counts as nothing.
public final class AnswerMembers {
  private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cntrl}\\x80-\\x9f]");

  private AnswerMembers() {}

  /// The text with a blank for each control character: it may come from a leader, and a terminal
  /// would obey.
  public static String printable(String text) {
    return UNPRINTABLE.matcher(text).replaceAll(" ");
  }

  /// Null where there is none.
  public static @Nullable VPackSlice member(@Nullable VPackSlice object, String name) {
    return object != null && object.isObject() ? object.get(name) : null;
  }

  /// As the server has it; empty where there is none.
  public static String text(@Nullable VPackSlice object, String name) {
    VPackSlice value = member(object, name);
    return value != null && value.isString() ? value.asString() : "";
  }

  /// A number that is not negative; 0 where there is none.
  public static double number(@Nullable VPackSlice object, String name) {
    VPackSlice value = member(object, name);
    return value != null && value.isNumber() ? Math.max(0, value.asDouble()) : 0;
  }

  /// As [#number], cut to a whole one.
  public static long count(@Nullable VPackSlice object, String name) {
    return (long) number(object, name);
  }

  /// Whether it is there and true.
  public static boolean isTrue(@Nullable VPackSlice object, String name) {
    VPackSlice value = member(object, name);
    return value != null && value.isBoolean() && value.asBoolean();
  }
}
