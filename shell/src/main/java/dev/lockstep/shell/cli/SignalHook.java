package dev.lockstep.shell.cli;

/// Work for the case that a signal ends this process while the hook is installed; in all other
/// cases it is not done. It runs on a thread of its own, beside whatever else the process is doing.
final class SignalHook implements AutoCloseable {
  private final Thread thread;

  private SignalHook(Thread thread) {
    this.thread = thread;
  }

  /// @param name of the thread
  /// @param work must end within seconds and must not fail
  static SignalHook install(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    Runtime.getRuntime().addShutdownHook(thread);
    return new SignalHook(thread);
  }

  /// From here on there is nothing to do. Has no effect when the process is already ending.
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(thread);
    } catch (IllegalStateException _) {
      // The Java process is ending: the hook is at work, or has been.
    }
  }
}
