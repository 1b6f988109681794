package dev.lockstep.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.StoreSettings;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.JsonToVPack;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A store with its threads: some seconds after a load nothing of it is in the log any more.
class SettlingTest {
  @TempDir private Path directory;

  /// So many that the last copy of the tree may come before the quiet time, or in it.
  @Test
  void aLoadIsWrittenOutWhenItIsOver() throws IOException {
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, RocksSettings.DEFAULT);
        DocumentStore store =
            DocumentStore.open(
                engine, new HybridLogicalClock(System::currentTimeMillis), StoreSettings.DEFAULT)) {
      store.start();
      DocumentCollection collection =
          store
              .requireDatabase(DocumentStore.SYSTEM)
              .createCollection(CollectionProperties.of("docs", CollectionType.DOCUMENT));
      for (int thousand = 0; thousand < 120; thousand++) {
        List<DocumentWrite> writes = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
          writes.add(DocumentWrite.Insert.of(JsonToVPack.parse("{\"a\":1}")));
        }
        collection.write(writes, WriteOptions.DEFAULT);
      }
      assertThat(LogFiles.bytes(directory)).isGreaterThan(1 << 20);

      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(LogFiles.bytes(directory)).isLessThan(64 << 10));
    }
  }
}
