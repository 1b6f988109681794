package dev.lockstep.replication.applier;

import dev.lockstep.replication.protocol.TailPage;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// An applier's parts on the thread of its run, in an order that a random number decides: the next
/// page is fetched when it is wanted, or earlier, between two commits; collections are written in
/// any order.
final class OneThread implements ApplierThreads {
  private final Random random;
  private final Supplier<Boolean> goesOn;

  private @Nullable TailLoop loop;

  /// Whether a page, or the end, is there to be taken.
  private boolean isFetched;

  /// @param goesOn called before each page is taken; false: there is none any more
  OneThread(Random random, Supplier<Boolean> goesOn) {
    this.random = random;
    this.goesOn = goesOn;
  }

  /// What the thread that fetches would do meanwhile.
  void fetchAhead() {
    TailLoop fetching = loop;
    if (fetching != null && !isFetched) {
      isFetched = true;
      fetching.step();
    }
  }

  @Override
  public Fetching fetch(String name, TailLoop fetching, PageHandover pages) {
    loop = fetching;
    isFetched = false;
    return new Fetching() {
      @Override
      public @Nullable TailPage take() {
        if (!goesOn.get()) {
          return null;
        }
        fetchAhead();
        isFetched = false;
        return pages.take();
      }

      @Override
      public void close() {
        loop = null;
        fetching.stop();
      }
    };
  }

  @Override
  public ExecutorService writers() {
    return new AnyOrder(random);
  }

  /// Runs what was submitted when the first result is asked for, in any order.
  private static final class AnyOrder extends AbstractExecutorService {
    private final Random random;
    private final List<Runnable> waiting = new ArrayList<>();
    private boolean isShutdown;

    AnyOrder(Random random) {
      this.random = random;
    }

    private void runAll() {
      while (!waiting.isEmpty()) {
        waiting.remove(random.nextInt(waiting.size())).run();
      }
    }

    @Override
    public Future<?> submit(Runnable task) {
      return submit(() -> {
        task.run();
        return true;
      });
    }

    @Override
    public <T> Future<T> submit(Callable<T> task) {
      FutureTask<T> future =
          new FutureTask<>(task) {
            @Override
            public T get() throws InterruptedException, ExecutionException {
              runAll();
              return super.get();
            }
          };
      waiting.add(future);
      return future;
    }

    @Override
    public void execute(Runnable command) {
      command.run();
    }

    @Override
    public void shutdown() {
      isShutdown = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
      shutdown();
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return isShutdown;
    }

    @Override
    public boolean isTerminated() {
      return isShutdown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return isShutdown;
    }
  }
}
