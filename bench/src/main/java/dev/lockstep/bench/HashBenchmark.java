package dev.lockstep.bench;

import dev.lockstep.core.document.ChunkHash;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.DocumentFingerprint;
import dev.lockstep.core.document.RevisionHash;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// What identifies a document in each way of comparing, per document.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(Documents.COUNT)
public class HashBenchmark {
  private Document[] documents = {};

  @Setup
  public void makeDocuments() {
    documents = Documents.stored();
  }

  /// Keys and revisions of one chunk of the keys protocol.
  @Benchmark
  public long chunkHash() {
    ChunkHash hash = new ChunkHash();
    for (Document document : documents) {
      hash.add(document.key(), document.revision());
    }
    return hash.value();
  }

  @Benchmark
  public long keyFingerprint() {
    long all = 0;
    for (Document document : documents) {
      all ^= DocumentFingerprint.of(document.key(), document.revision().value());
    }
    return all;
  }

  @Benchmark
  public long revisionHash() {
    long all = 0;
    for (Document document : documents) {
      all ^= RevisionHash.nodeHash(document.revision());
    }
    return all;
  }
}
