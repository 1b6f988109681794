package dev.lockstep.server.jobs;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import java.util.ArrayList;
import java.util.List;

/// Tells long work that it is no longer wanted: its job was cancelled or the server ends. Goes from
/// quiet to cancelled once and stays there. Thread-safe.
public final class CancellationSignal {
  private final long jobId;
  private final List<Runnable> actions = new ArrayList<>();
  private volatile boolean cancelled;

  /// Of work that is no stored job.
  public CancellationSignal() {
    this(0);
  }

  CancellationSignal(long jobId) {
    this.jobId = jobId;
  }

  /// The id under which the job's answer is stored; 0 if the work is no stored job.
  public long jobId() {
    return jobId;
  }

  public boolean isCancelled() {
    return cancelled;
  }

  /// Runs `action` once on cancellation: at once if it has happened already, otherwise on the
  /// cancelling thread. Actions are short and do not throw.
  public void onCancel(Runnable action) {
    synchronized (actions) {
      if (!cancelled) {
        actions.add(action);
        return;
      }
    }
    action.run();
  }

  /// @throws LockstepException 410/21 if cancelled
  public void throwIfCancelled() {
    if (cancelled) {
      throw new LockstepException(ErrorNumber.REQUEST_CANCELED);
    }
  }

  /// Repeating is harmless.
  public void cancel() {
    List<Runnable> pending;
    synchronized (actions) {
      if (cancelled) {
        return;
      }
      cancelled = true;
      pending = List.copyOf(actions);
      actions.clear();
    }
    pending.forEach(Runnable::run);
  }
}
