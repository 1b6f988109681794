package dev.lockstep.bench;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackToJson;
import dev.lockstep.core.document.VPackValidator;
import dev.lockstep.core.document.ValidationLimits;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// One document from text to what is stored, and back.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class VelocyPackBenchmark {
  private byte[][] json = {};
  private Document[] documents = {};
  private VPackSlice[] incoming = {};
  private int next;

  @Setup
  public void makeDocuments() {
    json = Documents.json();
    documents = Documents.stored();
    incoming = new VPackSlice[json.length];
    for (int i = 0; i < json.length; i++) {
      incoming[i] = JsonToVPack.parse(json[i], JsonToVPack.Limits.DEFAULT);
    }
  }

  private int next() {
    return next++ & Documents.COUNT - 1;
  }

  @Benchmark
  public VPackSlice encode() {
    return JsonToVPack.parse(json[next()], JsonToVPack.Limits.DEFAULT);
  }

  @Benchmark
  public byte[] decode() {
    return VPackToJson.toBytes(documents[next()].slice());
  }

  @Benchmark
  public int validate() {
    byte[] body = documents[next()].body();
    return VPackValidator.validate(body, 0, body.length, ValidationLimits.DUMP);
  }

  @Benchmark
  public Document normalize() {
    int i = next();
    return StoredDocument.normalize(incoming[i], documents[i].key(), documents[i].revision());
  }
}
