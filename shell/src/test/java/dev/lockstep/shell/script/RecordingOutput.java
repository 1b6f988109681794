package dev.lockstep.shell.script;

/// Keeps what a shell writes.
final class RecordingOutput implements ShellOutput {
  private final StringBuffer text = new StringBuffer();
  private final StringBuffer errors = new StringBuffer();
  private final StringBuffer passing = new StringBuffer();
  private volatile boolean terminal;

  @Override
  public void print(String more) {
    text.append(more);
  }

  @Override
  public void printError(String more) {
    errors.append(more).append('\n');
  }

  @Override
  public void printTransient(String more) {
    passing.append(more).append('\n');
  }

  @Override
  public boolean isTerminal() {
    return terminal;
  }

  @Override
  public int width() {
    return 120;
  }

  @Override
  public void flush() {}

  void pretendTerminal(boolean value) {
    terminal = value;
  }

  /// What was printed since the last call.
  String take() {
    String all = text.toString();
    text.setLength(0);
    return all;
  }

  String takeErrors() {
    String all = errors.toString();
    errors.setLength(0);
    return all;
  }

  String takePassing() {
    String all = passing.toString();
    passing.setLength(0);
    return all;
  }
}
