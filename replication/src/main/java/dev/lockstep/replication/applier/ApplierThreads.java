package dev.lockstep.replication.applier;

import dev.lockstep.replication.protocol.TailPage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/// On which threads an applier's parts work. Exchangeable, so that a simulation does everything on
/// one thread, in an order that it decides.
interface ApplierThreads {
  /// Each part on a virtual thread of its own.
  ApplierThreads VIRTUAL = new VirtualThreads();

  /// Pages on their way from the leader.
  interface Fetching extends AutoCloseable {
    /// See [PageHandover#take].
    @Nullable TailPage take();

    /// Ends the loop, and waits until it has ended.
    @Override
    void close() throws InterruptedException;
  }

  /// Begins to fetch.
  ///
  /// @param name of the thread
  /// @param pages where `loop` puts them
  Fetching fetch(String name, TailLoop loop, PageHandover pages);

  /// For writing into several collections at a time; whoever asks closes it.
  ExecutorService writers();

  /// See [#VIRTUAL].
  final class VirtualThreads implements ApplierThreads {
    private VirtualThreads() {}

    @Override
    public Fetching fetch(String name, TailLoop loop, PageHandover pages) {
      Thread fetcher = Thread.ofVirtual().name(name).start(loop::run);
      return new Fetching() {
        @Override
        public @Nullable TailPage take() {
          return pages.take();
        }

        @Override
        public void close() throws InterruptedException {
          loop.stop();
          fetcher.interrupt();
          fetcher.join();
        }
      };
    }

    @Override
    public ExecutorService writers() {
      return Executors.newThreadPerTaskExecutor(
          Thread.ofVirtual().name("applier-writer-", 0).factory());
    }
  }
}
