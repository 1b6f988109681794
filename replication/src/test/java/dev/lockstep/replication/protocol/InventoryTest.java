package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.collection.IndexType;
import dev.lockstep.core.collection.KeyGeneratorType;
import dev.lockstep.core.collection.KeyOptions;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Tick;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InventoryTest {
  @ParameterizedTest
  @CsvSource({"rocksdb-3.2.2, 80, 95, 127", "mmfiles-3.2.2, 10215, 10242, 10243"})
  void readsWhatAServerOf2017Sends(String name, String id, long indexId, String tick) {
    Inventory inventory = Inventory.parse(resource(name));

    assertThat(inventory.lastLogTick()).isEqualTo(Tick.parse(tick));
    InventoryCollection test = inventory.collections().getLast();
    assertThat(test.name()).isEqualTo("test");
    assertThat(test.id()).isEqualTo(id);
    assertThat(test.globallyUniqueId()).isEmpty();
    assertThat(test.type()).isEqualTo(CollectionType.DOCUMENT);
    assertThat(test.isDeleted()).isFalse();
    assertThat(test.properties().keyOptions()).isEqualTo(KeyOptions.DEFAULT);
    assertThat(test.properties().syncByRevision()).isFalse();
    assertThat(test.indexes())
        .containsExactly(
            IndexDefinition.of(IndexType.SKIPLIST, List.of("value"), false, false)
                .withIdAndName(indexId, "idx_" + indexId));
    assertThat(test.notes()).isEmpty();
    assertThat(inventory.collections()).extracting(InventoryCollection::name).contains("_users");
  }

  @Test
  void readsWhatALaterServerSends() {
    Inventory inventory = Inventory.parse(resource("rocksdb-3.11"));

    assertThat(inventory.views()).isEqualTo(1);
    InventoryCollection products = inventory.collections().get(0);
    assertThat(products.globallyUniqueId()).isEqualTo("h92B84384354F/68110");
    assertThat(products.lastKeyValue()).isEqualTo(40);
    assertThat(products.properties().keyOptions())
        .isEqualTo(new KeyOptions(KeyGeneratorType.AUTOINCREMENT, false, 5, 10));
    assertThat(products.properties().waitForSync()).isTrue();
    assertThat(products.properties().cacheEnabled()).isTrue();
    byte[] schema = Objects.requireNonNull(products.properties().schema());
    assertThat(VPackSlice.of(schema).toJson())
        .isEqualTo(
            "{\"rule\":{\"properties\":{\"price\":{\"type\":\"number\",\"minimum\":0.5}}},"
                + "\"level\":\"strict\",\"message\":\"no\"}");
    assertThat(products.indexes())
        .extracting(IndexDefinition::id, IndexDefinition::name, IndexDefinition::type)
        .containsExactly(
            Tuple.tuple(68127L, "by_price", IndexType.PERSISTENT),
            Tuple.tuple(68131L, "goes", IndexType.TTL),
            Tuple.tuple(68135L, "place", IndexType.GEO),
            Tuple.tuple(68139L, "inv", IndexType.INVERTED));
    assertThat(products.indexes().get(1).expireAfter()).isEqualTo(3600.5);
    assertThat(extra(products, 0)).isEqualTo("{\"cacheEnabled\":true,\"storedValues\":[\"name\"]}");
    assertThat(extra(products, 2)).isEqualTo("{\"geoJson\":true}");
    assertThat(extra(products, 3))
        .isEqualTo("{\"fields\":[{\"name\":\"text\",\"analyzer\":\"text_en\"}]}");
    assertThat(products.notes()).singleElement().asString().contains("'quantum'");
    assertThat(inventory.collections().get(1).isDeleted()).isTrue();
    InventoryCollection knows = inventory.collections().get(2);
    assertThat(knows.type()).isEqualTo(CollectionType.EDGE);
    assertThat(knows.id()).isEqualTo("68300");
    assertThat(knows.indexes()).isEmpty();
    assertThat(knows.lastKeyValue()).isZero();
  }

  @Test
  void readsWhatItWritesItself() {
    Inventory before = Inventory.parse(resource("rocksdb-3.11"));
    VPackBuilder written = new VPackBuilder();
    before.render(written, Instant.parse("2023-03-29T16:02:03Z"));

    Inventory after = Inventory.parse(JsonToVPack.parse(written.toSlice().toJson()));

    assertThat(after.collections().get(0).properties())
        .isEqualTo(before.collections().get(0).properties());
    assertThat(after.collections().get(0).indexes())
        .isEqualTo(before.collections().get(0).indexes());
    assertThat(after.collections().get(0).lastKeyValue()).isEqualTo(40);
    assertThat(after.lastLogTick()).isEqualTo(before.lastLogTick());
    assertThat(Objects.requireNonNull(written.toSlice().get("state")).toJson())
        .isEqualTo(
            "{\"running\":true,\"lastLogTick\":\"231848833079705\",\"lastUncommittedLogTick\":"
                + "\"231848833079705\",\"totalEvents\":231848833079705,"
                + "\"time\":\"2023-03-29T16:02:03Z\"}");
  }

  @Test
  void ordersVerticesBeforeEdgesThenByName() {
    List<InventoryCollection> collections =
        Inventory.parse(resource("rocksdb-3.11")).collections().reversed();

    assertThat(collections.stream().sorted(Inventory.ORDER))
        .extracting(InventoryCollection::name)
        .containsExactly("going", "products", "knows");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"collections\":[],\"views\":[]}",
        "{\"collections\":{},\"state\":{\"lastLogTick\":\"1\"}}",
        "{\"collections\":[1],\"state\":{\"lastLogTick\":\"1\"}}",
        "{\"collections\":[{\"indexes\":[]}],\"state\":{\"lastLogTick\":\"1\"}}",
        "{\"collections\":[{\"parameters\":{\"id\":\"1\"},\"indexes\":[]}],\"state\":{\"lastLogTick\":\"1\"}}",
        "{\"collections\":[{\"parameters\":{\"name\":\"a\"},\"indexes\":[]}],\"state\":{\"lastLogTick\":\"1\"}}",
        "{\"collections\":[{\"parameters\":{\"name\":\"a\",\"id\":\"1\"}}],\"state\":{\"lastLogTick\":\"1\"}}",
        "{\"collections\":[{\"parameters\":{\"name\":\"a\",\"id\":\"1\",\"type\":9},\"indexes\":[]}],"
            + "\"state\":{\"lastLogTick\":\"1\"}}",
        "{\"collections\":[{\"parameters\":{\"name\":\"a\",\"id\":\"1\",\"type\":2},"
            + "\"indexes\":[{\"type\":\"hash\",\"fields\":[\"a\"]}]}],\"state\":{\"lastLogTick\":\"1\"}}",
        "{\"collections\":[],\"state\":{\"lastLogTick\":\"x\"}}"
      })
  void refusesAnIncompleteInventory(String json) {
    assertThatThrownBy(() -> Inventory.parse(JsonToVPack.parse(json)))
        .isInstanceOf(MessageException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "test,           true,  false, true",
    "test,           false, false, true",
    "_users,         true,  false, true",
    "_users,         false, false, false",
    "_jobs,          true,  false, false",
    "_jobs,          true,  true,  true",
    "_queues,        false, true,  false",
    "_statistics,    true,  true,  false",
    "_statistics15,  true,  true,  false",
    "_statisticsRaw, true,  true,  false",
    "_routing,       true,  true,  false",
    "_frontend,      true,  true,  false",
    "_sessions,      true,  true,  false"
  })
  void knowsWhatNeverTravels(String name, boolean system, boolean queues, boolean travels) {
    assertThat(ReplicatedNames.isReplicated(name, system, queues)).isEqualTo(travels);
  }

  private static String extra(InventoryCollection collection, int index) {
    return VPackSlice.of(Objects.requireNonNull(collection.indexes().get(index).extra())).toJson();
  }

  private static VPackSlice resource(String name) {
    try (InputStream in = InventoryTest.class.getResourceAsStream("/inventory/" + name + ".json")) {
      return JsonToVPack.parse(
          Objects.requireNonNull(in, name).readAllBytes(), JsonToVPack.Limits.DEFAULT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
