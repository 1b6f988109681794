package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.storage.CommitOutcome;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.WriteBatch;
import dev.lockstep.rocksdb.RocksSettings;
import dev.lockstep.rocksdb.RocksStorageEngine;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `lockstep verify --tree` against a running server: nothing differs while documents are written,
/// and what a damaged store lacks is found and repaired.
class VerifyTreeIT {
  private static final int DOCUMENTS = 70_000;

  @TempDir Path folder;

  @Test
  void treesAgreeWhileDocumentsAreWritten() throws InterruptedException {
    try (LockstepServer server = LockstepServer.in(folder, "server").password("geheim").start()) {
      fill(server);
      AtomicBoolean isOver = new AtomicBoolean();
      AtomicInteger written = new AtomicInteger();
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                while (!isOver.get()) {
                  String key = "k" + written.getAndIncrement() % DOCUMENTS;
                  server.send("PUT", "/_api/document/c/" + key, "{}").hasStatus(202);
                  server.send("POST", "/_api/document/c", "{}").hasStatus(202);
                }
              });
      try {
        for (int i = 0; i < 2; i++) {
          int before = written.get();
          LockstepProcess.Outcome verified = verify(server, "--collection", "c").hasStatus(0);
          assertThat(verified.out()).contains("c: tree and documents agree (");
          assertThat(written.get()).as("the writer went on").isGreaterThan(before);
        }
      } finally {
        isOver.set(true);
        writer.join();
      }
      verify(server).hasStatus(0);
    }
  }

  @Test
  void aTreeThatKnowsOfALostDocumentIsFoundAndRepaired() {
    try (LockstepServer server = LockstepServer.in(folder, "server").password("geheim").start()) {
      fill(server);
      server.send("POST", "/_api/collection", "{\"name\":\"other\"}").hasStatus(200);
      verify(server).hasStatus(0);

      assertThat(server.stop()).isZero();
      loseDocument(server.data().resolve("engine"), "k4711");
      server.start();

      assertThat(verify(server).hasStatus(1).out())
          .contains("c: DIFFERS")
          .contains("the tree has 70,000 revisions, the collection 69,999")
          .contains("70,000 in the tree, 69,999 in the collection")
          .contains("other: tree and documents agree (0)");
      assertThat(verify(server, "--repair").hasStatus(0).out())
          .contains("c: built anew", "c: tree and documents agree (69,999)");
      verify(server).hasStatus(0);
    }
  }

  private static void fill(LockstepServer server) {
    server.send("POST", "/_api/collection", "{\"name\":\"c\"}").hasStatus(200);
    for (int from = 0; from < DOCUMENTS; from += 10_000) {
      StringBuilder documents = new StringBuilder("[");
      for (int i = from; i < from + 10_000; i++) {
        documents.append(i == from ? "" : ",").append("{\"_key\":\"k").append(i).append("\"}");
      }
      server.send("POST", "/_api/document/c?silent=true", documents + "]").hasStatus(202);
    }
  }

  private static LockstepProcess.Outcome verify(LockstepServer server, String... more) {
    String[] arguments = new String[3 + more.length];
    arguments[0] = "verify";
    arguments[1] = "--tree";
    arguments[2] = server.endpointWithUser();
    System.arraycopy(more, 0, arguments, 3, more.length);
    return LockstepProcess.run(arguments);
  }

  /// Takes a document out of a store that nobody has open, without telling anybody.
  private static void loseDocument(Path engineFolder, String key) {
    try (RocksStorageEngine engine = RocksStorageEngine.open(engineFolder, RocksSettings.DEFAULT);
        WriteBatch batch = engine.newBatch()) {
      byte[] generation = {};
      try (StorageCursor rows = engine.scan(Keyspace.PRIMARY, KeyRange.all())) {
        while (rows.next()) {
          if (endsWith(rows.key(), key)) {
            generation = Keys.of(Keys.longAt(rows.key(), 0));
            batch.delete(Keyspace.PRIMARY, rows.key());
          }
        }
      }
      assertThat(generation).isNotEmpty();
      int lost = 0;
      try (StorageCursor rows = engine.scan(Keyspace.DOCUMENTS, KeyRange.prefix(generation))) {
        while (rows.next()) {
          String body = new String(rows.value(), StandardCharsets.ISO_8859_1);
          // 0x40 + 5 before it: a text of just these five characters.
          if (body.contains("E" + key)) {
            batch.delete(Keyspace.DOCUMENTS, rows.key());
            lost++;
          }
        }
      }
      assertThat(lost).isEqualTo(1);
      assertThat(engine.commit(batch, Durability.POWER_LOSS))
          .isInstanceOf(CommitOutcome.Done.class);
    }
  }

  private static boolean endsWith(byte[] row, String key) {
    String text = new String(row, StandardCharsets.ISO_8859_1);
    return text.length() == Long.BYTES + key.length() && text.endsWith(key);
  }
}
