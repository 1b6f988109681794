package dev.lockstep.shell.script;

import org.graalvm.polyglot.HostAccess;
import org.jspecify.annotations.Nullable;

/// Output as a script sees it.
public final class NativeTerminal {
  private final ShellOutput output;
  private final LineSource input;

  /// Reads one line typed by a person, for `console.getline`.
  @FunctionalInterface
  public interface LineSource {
    /// The line, or null where there is none to read.
    @Nullable String readLine();
  }

  NativeTerminal(ShellOutput output, LineSource input) {
    this.output = output;
    this.input = input;
  }

  @HostAccess.Export
  public void print(String text) {
    output.print(text);
  }

  @HostAccess.Export
  public void printError(String text) {
    output.printError(text);
  }

  @HostAccess.Export
  public void printTransient(String text) {
    output.printTransient(text);
  }

  @HostAccess.Export
  public boolean isTerminal() {
    return output.isTerminal();
  }

  @HostAccess.Export
  public int width() {
    return output.width();
  }

  @HostAccess.Export
  public void flush() {
    output.flush();
  }

  @HostAccess.Export
  public @Nullable String readLine() {
    output.flush();
    return input.readLine();
  }
}
