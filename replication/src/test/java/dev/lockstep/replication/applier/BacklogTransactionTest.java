package dev.lockstep.replication.applier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.collection.CollectionHold.ClientWrites;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.TestServer;
import dev.lockstep.replication.protocol.Marker;
import dev.lockstep.replication.protocol.SyncOptions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BacklogTransactionTest {
  private static final int TRANSACTION_BYTES_MAX = 10_000;

  private static final ApplierSettings SETTINGS =
      new ApplierSettings(
          Duration.ZERO,
          Duration.ZERO,
          Duration.ofMillis(1),
          Duration.ofMillis(1),
          1000,
          TRANSACTION_BYTES_MAX,
          2,
          Duration.ZERO,
          Duration.ZERO,
          ClientWrites.REFUSED);

  private static final SyncOptions OPTIONS =
      SyncOptions.parse(
              JsonToVPack.parse("{\"endpoint\":\"tcp://leader:8529\"}"),
              SyncOptions.UnknownOptions.REFUSE)
          .options();

  /// #6821: after days of absence the whole backlog of a transaction was held, until memory ended.
  /// A page of the log is a transaction's part here; what is held of it is bounded.
  @Test
  void aTransactionOfTheBacklogWasHeldAsAWhole() throws InterruptedException {
    try (TestServer here = new TestServer();
        FollowedCollections followed =
            new FollowedCollections("tcp://leader:8529", ClientWrites.REFUSED);
        MarkerApplication application =
            new MarkerApplication(
                here.store(),
                here.system(),
                OPTIONS,
                SETTINGS,
                4711,
                true,
                Tick.NONE,
                new CollectionSelection(OPTIONS, Map.of()),
                followed,
                (database, collection) -> {
                  throw new AssertionError("compared");
                },
                ApplierThreads.VIRTUAL.writers())) {
      DocumentCollection local = here.create("test");
      application.apply(new Marker.TransactionBegun(new Tick(1), "_system", "7"));
      long heldMax = 0;
      int size = 0;
      int documents = 0;
      for (int page = 0; page < 20; page++) {
        for (int i = 0; i < 3; i++) {
          Marker.DocumentWritten written = written(local, 2 + documents++);
          size = written.document().body().length;
          application.apply(written);
        }
        application.flush();
        heldMax = Math.max(heldMax, (documents - local.count()) * size);
      }
      application.apply(new Marker.TransactionCommitted(new Tick(100), "_system", "7"));
      application.flush();

      assertThat((long) documents * size).isGreaterThan(5L * TRANSACTION_BYTES_MAX);
      assertThat(heldMax).isBetween(1L, (long) TRANSACTION_BYTES_MAX);
      assertThat(local.count()).isEqualTo(documents);
    }
  }

  private static Marker.DocumentWritten written(DocumentCollection local, int number) {
    Document document =
        StoredDocument.normalize(
            JsonToVPack.parse("{\"text\":\"" + "x".repeat(1000) + "\"}"),
            "k" + number,
            new Revision(Revision.LOWER_BOUND.value() + number));
    return new Marker.DocumentWritten(
        new Tick(number),
        "_system",
        new Marker.CollectionReference(local.definition().globallyUniqueId(), "", ""),
        "7",
        document);
  }
}
