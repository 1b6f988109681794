package dev.lockstep.shell.script;

import java.io.BufferedReader;
import java.io.IOException;

/// Runs what arrives on standard input as if it were typed: statement by statement, values printed,
/// without prompt and without echo. An error does not stop what follows.
public final class PipedInput {
  private final ScriptContext scripts;
  private final ShellOutput output;

  public PipedInput(ScriptContext scripts, ShellOutput output) {
    this.scripts = scripts;
    this.output = output;
  }

  /// Reads to the end of the input, or until a line says `exit` or `quit`.
  ///
  /// @return how the last statement that did not simply finish ended, or [Outcome.Finished]
  public Outcome run(BufferedReader input) throws IOException {
    Outcome worst = new Outcome.Finished();
    StringBuilder pending = new StringBuilder();
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      if (pending.isEmpty() && TypedCommand.isExit(line)) {
        return worst;
      }
      pending.append(line).append('\n');
      String text = pending.toString();
      if (!text.isBlank() && scripts.inputState(text) == InputState.INCOMPLETE) {
        continue;
      }
      pending.setLength(0);
      Outcome outcome = run(text);
      if (!(outcome instanceof Outcome.Finished)) {
        worst = outcome;
      }
      if (outcome instanceof Outcome.Exited || outcome instanceof Outcome.Interrupted) {
        return outcome;
      }
    }
    if (!pending.toString().isBlank()) {
      Outcome outcome = run(pending.toString());
      return outcome instanceof Outcome.Finished ? worst : outcome;
    }
    return worst;
  }

  private Outcome run(String text) {
    if (text.isBlank()) {
      return new Outcome.Finished();
    }
    output.noteCommand(text);
    Outcome outcome = scripts.evaluateAndPrint(TypedCommand.toScript(text));
    if (outcome instanceof Outcome.Failed(String failure)) {
      output.printError(failure);
    }
    return outcome;
  }
}
