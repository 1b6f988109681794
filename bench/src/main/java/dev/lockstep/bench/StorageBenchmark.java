package dev.lockstep.bench;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.WriteBatch;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// The engine on a disk: documents in ascending order in, and out again, per document.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(Documents.COUNT)
public class StorageBenchmark {
  private static final long SCANNED_GENERATION = 1;
  private static final long WRITTEN_GENERATION = 2;

  private final TemporaryEngine engine = new TemporaryEngine();
  private Document[] documents = {};
  private long next;

  @Setup
  public void open() throws IOException {
    documents = Documents.stored();
    engine.open();
    ingest(SCANNED_GENERATION, 0);
  }

  @TearDown
  public void close() throws IOException {
    engine.close();
  }

  private void ingest(long generation, long from) {
    try (WriteBatch batch = engine.get().newBatch()) {
      long number = from;
      for (Document document : documents) {
        batch.put(Keyspace.DOCUMENTS, Keys.of(generation, number++), document.body());
      }
      var unused = engine.get().commit(batch, Durability.PROCESS_CRASH);
    }
  }

  @Benchmark
  public void ingest() {
    ingest(WRITTEN_GENERATION, next);
    next += Documents.COUNT;
  }

  @Benchmark
  public long scan() {
    long bytes = 0;
    try (StorageCursor cursor =
        engine.get().scan(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(SCANNED_GENERATION)))) {
      while (cursor.next()) {
        bytes += cursor.value().length;
      }
    }
    return bytes;
  }
}
