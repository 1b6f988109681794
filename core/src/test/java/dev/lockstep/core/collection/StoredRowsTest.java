package dev.lockstep.core.collection;

import static dev.lockstep.core.collection.DocumentStoreContract.json;
import static dev.lockstep.core.collection.DocumentStoreContract.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.EngineLimits;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The bytes that `docs/storage-format.md` promises. A failure here is a new format.
class StoredRowsTest {
  private final MemoryStorageEngine engine =
      new MemoryStorageEngine(
          new EngineLimits(1024, 512, 1 << 20, 10_000, 1 << 20, Duration.ofMinutes(1)));

  private final DocumentStore store =
      DocumentStore.open(
          engine,
          new HybridLogicalClock(() -> DocumentStoreContract.NOW),
          new StoreSettings(
              () -> DocumentStoreContract.NOW,
              new Random(7),
              Duration.ofSeconds(1),
              Duration.ofSeconds(1),
              1,
              collection -> true,
              RuleCompiler.NONE,
              DocumentSizeLimit.NONE));

  @Test
  void areByteForByteWhatTheFormatSays() throws IOException {
    DocumentCollection collection =
        store
            .requireDatabase(DocumentStore.SYSTEM)
            .createCollection(CollectionProperties.of("c", CollectionType.EDGE));
    collection.ensureIndex(
        IndexDefinition.of(IndexType.PERSISTENT, List.of("u"), true, true)
            .withIdAndName(900, "values"));
    collection.ensureIndex(
        IndexDefinition.of(IndexType.HASH, List.of("t[*]", "u"), false, false)
            .withIdAndName(901, "tags"));
    collection.ensureIndex(
        new IndexDefinition(
            902,
            "expiry",
            IndexType.TTL,
            List.of("at"),
            false,
            true,
            true,
            false,
            60.0,
            json("{'x':1}").toByteArray()));
    put(
        collection,
        "{'_key':'a','_from':'v/1','_to':'v/2','u':1.5,'t':['x',7,null],'at':1704067200}");
    put(collection, "{'_key':'b','_from':'v/1','_to':'v/2','p':'" + "p".repeat(1500) + "'}");
    put(
        collection,
        "{'_key':'1000000','_from':'v/1','_to':'v/2','u':'long " + "0".repeat(500) + "'}");
    collection.write(new DocumentWrite.Remove("1000000", null), WriteOptions.DEFAULT);
    put(collection, "{'_key':'c','_from':'v/1','_to':'v/2','u':'long " + "0".repeat(500) + "'}");
    collection.write(
        List.of(
            new DocumentWrite.Insert(
                json("{'_key':'d','_from':'v/1','_to':'v/2'}"),
                OverwriteMode.CONFLICT,
                true,
                true,
                null),
            new DocumentWrite.Insert(
                json("{'_key':'e','_from':'v/1','_to':'v/2'}"),
                OverwriteMode.CONFLICT,
                true,
                true,
                null)),
        new WriteOptions(Durability.PROCESS_CRASH, false, false, true, Origin.CLIENT));
    collection.write(new DocumentWrite.Remove("e", null), WriteOptions.DEFAULT);
    long generation = collection.definition().generation();
    store.newId();
    StringBuilder rows = new StringBuilder();
    rows(rows, Keyspace.CATALOG, CatalogKey.of(CatalogKey.IDENTITY), false);
    rows(rows, Keyspace.CATALOG, CatalogKey.of(CatalogKey.NEXT_ID), false);
    rows(rows, Keyspace.CATALOG, CatalogKey.of(CatalogKey.DATABASE), true);
    rows(rows, Keyspace.CATALOG, CatalogKey.of(CatalogKey.COLLECTION, collection.id()), true);
    rows(rows, Keyspace.CATALOG, CatalogKey.of(CatalogKey.PROGRESS, collection.id()), false);
    rows(rows, Keyspace.CATALOG, CatalogKey.of(CatalogKey.INDEX, generation), true);
    rows(rows, Keyspace.COUNTERS, Keys.of(generation), false);
    rows(rows, Keyspace.PRIMARY, Keys.of(generation), false);
    rows(rows, Keyspace.DOCUMENTS, Keys.of(generation), false);
    rows(rows, Keyspace.SUPERSEDED, new byte[0], false);
    for (StoredIndex index : collection.state().indexes()) {
      rows(rows, Keyspace.INDEXES, Keys.of(index.objectId()), false);
    }
    collection.truncate(Durability.PROCESS_CRASH);
    rows(rows, Keyspace.CATALOG, CatalogKey.of(CatalogKey.UNREACHABLE), false);
    assertThat(rows.toString()).isEqualTo(golden());
  }

  private static String golden() throws IOException {
    try (InputStream in = StoredRowsTest.class.getResourceAsStream("stored-rows.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private void rows(StringBuilder rows, Keyspace keyspace, byte[] prefix, boolean velocyPack) {
    try (StorageCursor cursor = engine.scan(keyspace, KeyRange.prefix(prefix))) {
      while (cursor.next()) {
        if (velocyPack) {
          rows.append("# ").append(VPackSlice.of(cursor.value()).toJson()).append('\n');
        }
        rows.append(keyspace)
            .append(' ')
            .append(shortened(HEX.formatHex(cursor.key())))
            .append(" = ")
            .append(shortened(HEX.formatHex(cursor.value())))
            .append('\n');
      }
    }
  }

  /// Runs of one byte tell nothing.
  private static String shortened(String hex) {
    Matcher run = RUN.matcher(hex);
    return run.replaceAll(found -> found.group(1) + "*" + found.group().length() / 2);
  }

  private static final HexFormat HEX = HexFormat.of();
  private static final Pattern RUN = Pattern.compile("(7070|3030)(?:\\1){50,}");
}
