package dev.lockstep.bench;

import dev.lockstep.rocksdb.RocksSettings;
import dev.lockstep.rocksdb.RocksStorageEngine;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// An engine on a disk while it is measured: empty when it is opened, gone when it is closed.
///
/// A member of a benchmark, no `@State` of its own: JMH would hand one engine to the benchmark's
/// setup and another to its methods.
final class TemporaryEngine {
  private final TemporaryFolder folder = new TemporaryFolder();
  private @Nullable RocksStorageEngine engine;

  void open() throws IOException {
    engine = RocksStorageEngine.open(folder.create(), RocksSettings.DEFAULT);
  }

  /// Between [#open] and [#close].
  RocksStorageEngine get() {
    return Objects.requireNonNull(engine);
  }

  void close() throws IOException {
    get().close();
    folder.delete();
  }
}
