package dev.lockstep.shell.script;

import java.io.PrintStream;
import java.io.PrintWriter;

/// Where the shell's text goes. Written by the thread that runs scripts.
public interface ShellOutput {
  /// Writes text as it stands, no line end added.
  void print(String text);

  /// Writes a complaint, one or more whole lines without the last line end.
  void printError(String text);

  /// Whether a person watches, so that a line may be overwritten and coloured.
  boolean isTerminal();

  /// Columns of the terminal, 80 where there is none.
  int width();

  void flush();

  /// Takes note of a command that is about to run. It is on the screen already, if there is one:
  /// only a transcript needs it.
  default void noteCommand(String text) {}

  /// Overwrites the current line with a passing notice; an empty text removes it. Only for
  /// terminals.
  default void printTransient(String text) {
    String shown = text.length() < width() ? text : text.substring(0, Math.max(0, width() - 1));
    print("\r" + shown + "\u001b[K");
    flush();
  }

  /// Standard output and standard error.
  static ShellOutput streams(PrintStream out, PrintStream err, boolean terminal) {
    return new ShellOutput() {
      @Override
      public void print(String text) {
        out.print(text);
        if (terminal) {
          out.flush();
        }
      }

      @Override
      public void printError(String text) {
        out.flush();
        err.println(text);
        err.flush();
      }

      @Override
      public boolean isTerminal() {
        return terminal;
      }

      @Override
      public int width() {
        return 80;
      }

      @Override
      public void flush() {
        out.flush();
      }
    };
  }

  /// A terminal driven by the line editor.
  static ShellOutput terminal(org.jline.terminal.Terminal terminal) {
    PrintWriter writer = terminal.writer();
    return new ShellOutput() {
      @Override
      public void print(String text) {
        writer.print(text);
        writer.flush();
      }

      @Override
      public void printError(String text) {
        writer.println(text);
        writer.flush();
      }

      @Override
      public boolean isTerminal() {
        return true;
      }

      @Override
      public int width() {
        return terminal.getWidth() > 0 ? terminal.getWidth() : 80;
      }

      @Override
      public void flush() {
        writer.flush();
      }
    };
  }

  /// Everything written here, transient lines aside, goes to a transcript as well.
  static ShellOutput audited(ShellOutput output, PrintStream transcript) {
    return new ShellOutput() {
      @Override
      public void print(String text) {
        output.print(text);
        transcript.print(text);
      }

      @Override
      public void printError(String text) {
        output.printError(text);
        transcript.println(text);
      }

      @Override
      public void noteCommand(String text) {
        output.noteCommand(text);
        transcript.println(text.stripTrailing());
      }

      @Override
      public void printTransient(String text) {
        output.printTransient(text);
      }

      @Override
      public boolean isTerminal() {
        return output.isTerminal();
      }

      @Override
      public int width() {
        return output.width();
      }

      @Override
      public void flush() {
        output.flush();
        transcript.flush();
      }
    };
  }
}
