package dev.lockstep.bench;

import dev.lockstep.core.changelog.Change;
import dev.lockstep.core.changelog.ChangeCodec;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.WriteBatch;
import dev.lockstep.rocksdb.RocksStorageEngine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// The commit of one inserted document, with and without its change: what the change log costs.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CommitBenchmark {
  private static final long GENERATION = 1;
  private static final byte[] COUNT = Keys.of(GENERATION);
  private static final byte[] FINGERPRINT = Keys.of(GENERATION, 1);

  private final TemporaryEngine engine = new TemporaryEngine();
  private Document[] documents = {};
  private long next;

  @Setup
  public void open() throws IOException {
    documents = Documents.stored();
    engine.open();
  }

  @TearDown
  public void close() throws IOException {
    engine.close();
  }

  /// Everything an insert into a collection without further indexes writes.
  @Benchmark
  public void withChange() {
    commit(true);
  }

  /// The same rows, but no change.
  @Benchmark
  public void withoutChange() {
    commit(false);
  }

  private void commit(boolean isLogged) {
    RocksStorageEngine opened = engine.get();
    long revision = ++next;
    String key = Long.toString(revision);
    try (WriteBatch batch = opened.newBatch()) {
      byte[] body = documents[(int) revision & Documents.COUNT - 1].body();
      batch.put(Keyspace.DOCUMENTS, Keys.of(GENERATION, revision), body);
      batch.put(
          Keyspace.PRIMARY,
          Keys.of(GENERATION, key.getBytes(StandardCharsets.ISO_8859_1)),
          Keys.of(revision, body.length));
      batch.add(COUNT, 1);
      batch.add(FINGERPRINT, revision);
      if (isLogged) {
        batch.appendChange(
            ChangeCodec.encode(
                new Change.DocumentWritten(
                    1, 2, GENERATION, new Revision(revision), Revision.NONE, key)));
      }
      var unused = opened.commit(batch, Durability.PROCESS_CRASH);
    }
  }
}
