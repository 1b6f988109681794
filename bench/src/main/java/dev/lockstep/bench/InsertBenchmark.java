package dev.lockstep.bench;

import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.StoreSettings;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.collection.WriteResult;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// One document into a collection without further indexes: judged, given a key and a revision,
/// committed with its change and counted in the tree; without HTTP.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class InsertBenchmark {
  private final TemporaryEngine engine = new TemporaryEngine();
  private VPackSlice[] bodies = {};
  private @Nullable DocumentStore store;
  private @Nullable DocumentCollection collection;
  private int next;

  @Setup
  public void open() throws IOException {
    byte[][] json = Documents.json();
    bodies = new VPackSlice[json.length];
    for (int i = 0; i < json.length; i++) {
      bodies[i] = withoutKey(JsonToVPack.parse(json[i], JsonToVPack.Limits.DEFAULT));
    }
    engine.open();
    DocumentStore started =
        DocumentStore.open(
            engine.get(), new HybridLogicalClock(System::currentTimeMillis), StoreSettings.DEFAULT);
    store = started;
    started.start();
    collection =
        started
            .requireDatabase("_system")
            .createCollection(CollectionProperties.of("c", CollectionType.DOCUMENT));
  }

  /// Keys are generated: a given one could be inserted only once.
  private static VPackSlice withoutKey(VPackSlice document) {
    VPackBuilder rest = new VPackBuilder().openObject();
    for (VPackMember member : document.members()) {
      if (!member.name().equals("_key")) {
        rest.member(member.name(), member.value());
      }
    }
    return rest.close().toSlice();
  }

  @TearDown
  public void close() throws IOException {
    Objects.requireNonNull(store).close();
    engine.close();
  }

  @Benchmark
  public WriteResult insert() {
    VPackSlice body = bodies[next++ & Documents.COUNT - 1];
    return Objects.requireNonNull(collection)
        .write(DocumentWrite.Insert.of(body), WriteOptions.DEFAULT);
  }
}
