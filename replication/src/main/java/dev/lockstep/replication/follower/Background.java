package dev.lockstep.replication.follower;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// Requests to a leader that are made ahead, each on a virtual thread of its own. How many there
/// are is its user's to bound. Closing interrupts those under way and waits for their end.
final class Background implements AutoCloseable {
  /// Null: requests are made at once, on the caller's thread.
  private final @Nullable ExecutorService threads;

  /// @param isAhead see [ComparisonSettings#isAhead]
  Background(boolean isAhead) {
    threads =
        isAhead
            ? Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("sync-fetch-", 0).factory())
            : null;
  }

  <T> Future<T> start(RetryPolicy.Call<T> request) {
    return threads == null ? performed(request) : threads.submit(request::perform);
  }

  private static <T> Future<T> performed(RetryPolicy.Call<T> request) {
    try {
      return CompletableFuture.completedFuture(request.perform());
    } catch (RuntimeException | InterruptedException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /// The outcome of a request: what it returned or threw.
  static <T> T await(Future<T> request) throws InterruptedException {
    try {
      return request.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case InterruptedException interrupted -> throw interrupted;
        case Error failure -> throw failure;
        case null, default -> throw new IllegalStateException("a request failed strangely", e);
      }
    }
  }

  @Override
  public void close() {
    if (threads != null) {
      threads.shutdownNow();
      threads.close();
    }
  }
}
