package dev.lockstep.bench;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.DocumentReader;
import dev.lockstep.core.document.ValidationLimits;
import dev.lockstep.replication.protocol.DumpBody;
import dev.lockstep.replication.protocol.DumpForm;
import dev.lockstep.replication.protocol.DumpWriter;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/// A page of a dump in each form that followers ask for, per document.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(Documents.COUNT)
public class DumpBenchmark {
  private Document[] documents = {};
  private byte[] page = {};

  @Setup
  public void makePage() {
    documents = Documents.stored();
    page = write(DumpForm.STORED).toByteArray();
  }

  private DumpBody write(DumpForm form) {
    DumpWriter writer = new DumpWriter(form, form == DumpForm.JSON, false, "c");
    for (Document document : documents) {
      writer.add(document);
    }
    return writer.finish();
  }

  @Benchmark
  public DumpBody writeStored() {
    return write(DumpForm.STORED);
  }

  @Benchmark
  public DumpBody writeVelocyPack() {
    return write(DumpForm.VELOCYPACK);
  }

  @Benchmark
  public DumpBody writeJson() {
    return write(DumpForm.JSON);
  }

  @Benchmark
  public void readStored(Blackhole hole) {
    DocumentReader reader = new DocumentReader(page, 0, page.length, ValidationLimits.DUMP);
    for (Document next = reader.next(); next != null; next = reader.next()) {
      hole.consume(next);
    }
  }
}
