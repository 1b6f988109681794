package dev.lockstep.shell.script;

import java.util.ArrayList;
import java.util.List;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.SourceSection;
import org.graalvm.polyglot.Value;
import org.jspecify.annotations.Nullable;

/// What a person reads when a script throws: the error, the place in *their* source with a caret
/// under it, and the calls that led there. Our own modules' frames are left out.
final class ExceptionText {
  /// Name of the source that holds what was typed; not a file.
  static final String TYPED = "(shell)";

  /// Longer lines (generated code) would only bury the message.
  private static final int SOURCE_LINE_MAX = 200;

  /// Deeper stacks are runaway recursion, whose frames repeat.
  private static final int FRAMES_MAX = 20;

  private ExceptionText() {}

  static String of(PolyglotException failure) {
    String what = describe(failure);
    List<SourceSection> frames = new ArrayList<>();
    List<String> calls = new ArrayList<>();
    if (failure.isSyntaxError() && failure.getSourceLocation() != null) {
      frames.add(failure.getSourceLocation());
    } else {
      for (PolyglotException.StackFrame frame : failure.getPolyglotStackTrace()) {
        SourceSection location = frame.isGuestFrame() ? frame.getSourceLocation() : null;
        if (location != null && !location.getSource().isInternal()) {
          frames.add(location);
          if (calls.size() < FRAMES_MAX) {
            calls.add("    at " + caller(frame.getRootName()) + place(location));
          }
        }
      }
    }
    StringBuilder text = new StringBuilder("JavaScript exception");
    SourceSection first = frames.isEmpty() ? null : frames.getFirst();
    if (first != null && !first.getSource().getName().equals(TYPED)) {
      text.append(" in file '").append(first.getSource().getName()).append('\'');
      if (first.hasLines()) {
        text.append(" at ").append(first.getStartLine()).append(',').append(first.getStartColumn());
      }
    }
    text.append(": ").append(what);
    appendSourceLine(text, first);
    if (calls.size() > 1
        || (first != null && !calls.isEmpty() && !first.getSource().getName().equals(TYPED))) {
      text.append("\nstacktrace: ").append(what);
      calls.forEach(call -> text.append('\n').append(call));
    }
    return text.toString();
  }

  private static String describe(PolyglotException failure) {
    Value thrown = failure.getGuestObject();
    if (failure.isInternalError()) {
      return "internal error: " + failure.getMessage();
    }
    try {
      if (thrown != null
          && thrown.hasMember("isArangoError")
          && thrown.canInvokeMember("toString")) {
        return thrown.invokeMember("toString").asString();
      }
    } catch (PolyglotException | UnsupportedOperationException _) {
      // A thrown value whose toString itself throws is described by the engine below.
    }
    if (failure.isSyntaxError()) {
      // The engine's message repeats place and source line, which follow here in our own form.
      String first = String.valueOf(failure.getMessage()).lines().findFirst().orElse("SyntaxError");
      return first.replaceFirst("^SyntaxError: \\S+?:\\d+:\\d+ ", "SyntaxError: ");
    }
    return String.valueOf(failure.getMessage());
  }

  private static void appendSourceLine(StringBuilder text, @Nullable SourceSection location) {
    if (location == null || !location.hasLines() || !location.getSource().hasCharacters()) {
      return;
    }
    int number = location.getStartLine();
    if (number > location.getSource().getLineCount()) {
      return;
    }
    String line = location.getSource().getCharacters(number).toString();
    if (line.isBlank() || line.length() > SOURCE_LINE_MAX) {
      return;
    }
    text.append("\n!").append(line);
    text.append("\n!").append(" ".repeat(Math.max(0, location.getStartColumn() - 1))).append('^');
  }

  private static String caller(@Nullable String rootName) {
    return rootName == null || rootName.isEmpty() || rootName.startsWith(":") ? "" : rootName + " ";
  }

  private static String place(SourceSection location) {
    return "("
        + location.getSource().getName()
        + (location.hasLines()
            ? ":" + location.getStartLine() + ":" + location.getStartColumn()
            : "")
        + ")";
  }
}
