package dev.lockstep.replication.applier;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.CollectionWrites;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.GenerationLoad;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.collection.IndexType;
import dev.lockstep.core.collection.Origin;
import dev.lockstep.core.collection.OverwriteMode;
import dev.lockstep.core.collection.ReplicatedCollection;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// What clients do on a leader, at random. What it refuses is no failure.
final class LeaderStory {
  static final List<String> DATABASES = List.of("_system", "shop", "stock");

  /// Two collections whose documents change together only.
  static final List<String> PAIRED = List.of("paired1", "paired2");

  static final int PAIRS = 4;

  private static final List<String> NAMES = List.of("red", "green", "blue");
  private static final int KEYS = 12;
  private static final int VALUES = 15;

  private static final WriteOptions ATOMIC =
      new WriteOptions(Durability.PROCESS_CRASH, false, false, true, Origin.CLIENT);
  private static final WriteOptions TOGETHER =
      new WriteOptions(Durability.PROCESS_CRASH, false, false, true, Origin.REPLICATION);

  private final Random random;

  /// At the end of the globally unique id of a collection that takes another one's place.
  private static final String TWIN = "T";

  private final boolean replaces;
  private int transactions;

  /// @param replaces whether all documents of a collection are replaced at once now and then, which
  ///   a log does not tell
  LeaderStory(Random random, boolean replaces) {
    this.random = random;
    this.replaces = replaces;
  }

  void begin(DocumentStore leader) {
    Database system = leader.requireDatabase("_system");
    PAIRED.forEach(name -> create(system, name));
    create(system, NAMES.getFirst());
  }

  private static void create(Database database, String name) {
    database.createCollection(CollectionProperties.of(name, CollectionType.DOCUMENT));
  }

  /// Does one thing.
  ///
  /// @param prunable asked for the newest tick that may leave the log
  /// @return what, for people
  String act(DocumentStore leader, LongSupplier prunable) {
    int what = random.nextInt(1000);
    try {
      return act(leader, what, prunable);
    } catch (LockstepException e) {
      return what + " refused: " + e.getMessage();
    }
  }

  private String act(DocumentStore leader, int what, LongSupplier prunable) {
    if (what < 120) {
      return pair(leader);
    }
    if (what < 128) {
      return leader.createDatabase(database()).name() + " made";
    }
    if (what < 132) {
      String name = DATABASES.get(1 + random.nextInt(2));
      leader.dropDatabase(name);
      return name + " dropped";
    }
    if (what < 145) {
      Tick tick = new Tick(prunable.getAsLong());
      leader.pruneChanges(tick);
      return "pruned to " + tick;
    }
    Database database = leader.database(database());
    if (database == null) {
      return "";
    }
    String name = NAMES.get(random.nextInt(NAMES.size()));
    if (what < 200) {
      create(database, name);
      return database.name() + "/" + name + " made";
    }
    DocumentCollection collection = database.collection(name);
    if (collection == null) {
      return "";
    }
    return database.name() + "/" + name + " " + act(leader, database, collection, what);
  }

  private String database() {
    return DATABASES.get(Math.max(0, random.nextInt(6) - 3));
  }

  private String act(
      DocumentStore leader, Database database, DocumentCollection collection, int what) {
    if (what < 500) {
      collection.write(upsert(key()), TestServer.WRITE);
      return "written";
    }
    if (what < 600) {
      collection.write(several(), TestServer.WRITE);
      return "several written";
    }
    if (what < 700) {
      collection.write(several(), ATOMIC);
      return "several written together";
    }
    if (what < 850) {
      collection.write(new DocumentWrite.Remove(key(), null), TestServer.WRITE);
      return "removed";
    }
    if (what < 890) {
      return across(leader, database, collection);
    }
    if (what < 910) {
      collection.truncate(Durability.PROCESS_CRASH);
      return "truncated";
    }
    if (what < 920) {
      database.dropCollection(collection, false);
      return "dropped";
    }
    if (what < 945) {
      String name = NAMES.get(random.nextInt(NAMES.size()));
      database.renameCollection(collection, name);
      return "renamed to " + name;
    }
    if (what < 960) {
      collection.changeProperties(random.nextBoolean(), null, null, false);
      return "properties";
    }
    if (what < 980) {
      collection.ensureIndex(
          IndexDefinition.of(
              IndexType.PERSISTENT,
              List.of(random.nextBoolean() ? "u" : "v"),
              random.nextBoolean(),
              true));
      return "indexed";
    }
    if (what < 990) {
      List<IndexDefinition> indexes = collection.definition().indexes();
      if (!indexes.isEmpty()) {
        collection.dropIndex(indexes.get(random.nextInt(indexes.size())).id());
      }
      return "index dropped";
    }
    return replaces ? replace(leader, database, collection) : "left alone";
  }

  private String key() {
    return "k" + random.nextInt(KEYS);
  }

  private DocumentWrite upsert(String key) {
    return put(
        "{\"_key\":\"%s\",\"u\":%d,\"v\":%d,\"p\":\"%s\"}"
            .formatted(
                key,
                random.nextInt(VALUES),
                random.nextInt(VALUES),
                "x".repeat(random.nextInt(30) == 0 ? 3000 : random.nextInt(20))));
  }

  private static DocumentWrite put(String json) {
    return new DocumentWrite.Insert(
        JsonToVPack.parse(json), OverwriteMode.REPLACE, true, true, null);
  }

  private List<DocumentWrite> several() {
    List<DocumentWrite> several = new ArrayList<>();
    int first = random.nextInt(KEYS);
    for (int i = 0; i < 2 + random.nextInt(4); i++) {
      String key = "k" + (first + i);
      several.add(random.nextInt(4) == 0 ? new DocumentWrite.RemoveReplicated(key) : upsert(key));
    }
    return several;
  }

  /// A transaction over the two collections; the documents of one pair name the same one, always.
  private String pair(DocumentStore leader) {
    Database system = leader.requireDatabase("_system");
    int transaction = ++transactions;
    boolean isRemoval = random.nextInt(5) == 0;
    List<Integer> pairs = new ArrayList<>();
    for (int pair = 0; pair < PAIRS; pair++) {
      if (random.nextInt(3) == 0) {
        pairs.add(pair);
      }
    }
    if (pairs.isEmpty()) {
      return "";
    }
    List<CollectionWrites> parts = new ArrayList<>();
    for (String name : PAIRED) {
      List<DocumentWrite> writes = new ArrayList<>();
      for (int pair : pairs) {
        String json = "{\"_key\":\"g%d\",\"transaction\":%d}".formatted(pair, transaction);
        writes.add(isRemoval ? new DocumentWrite.RemoveReplicated("g" + pair) : put(json));
      }
      parts.add(new CollectionWrites(system.requireCollection(name), writes));
    }
    leader.writeTogether(parts, TOGETHER);
    return "transaction " + transaction + " of " + pairs + (isRemoval ? " removes" : "");
  }

  /// The number of the transaction that a pair's document in one collection is of; null if it is
  /// not there.
  static @Nullable Long transactionOf(DocumentStore store, String collection, int pair) {
    DocumentCollection found = store.requireDatabase("_system").collection(collection);
    var document = found == null ? null : found.document("g" + pair);
    var number = document == null ? null : document.slice().get("transaction");
    return number == null ? null : number.asLong();
  }

  /// A transaction over this collection and any other one.
  private String across(DocumentStore leader, Database database, DocumentCollection collection) {
    List<DocumentCollection> all = LeaderHistory.followed(database);
    DocumentCollection other = all.get(random.nextInt(all.size()));
    if (other == collection || PAIRED.contains(other.name())) {
      return "alone";
    }
    leader.writeTogether(
        List.of(
            new CollectionWrites(collection, several()), new CollectionWrites(other, several())),
        TOGETHER);
    return "written together with " + other.name();
  }

  /// All documents at once, as a synchronization does it on a server in the middle: by a later
  /// state of the collection, or by another one of the same name, which may have been here before.
  private String replace(DocumentStore leader, Database database, DocumentCollection collection) {
    var definition = collection.definition();
    boolean isAnother = random.nextBoolean();
    String id = definition.globallyUniqueId();
    String twin = id.endsWith(TWIN) ? id.substring(0, id.length() - TWIN.length()) : id + TWIN;
    try (GenerationLoad load =
        database.beginLoad(
            new ReplicatedCollection(
                definition.properties(), isAnother ? twin : id, definition.indexes()))) {
      if (random.nextBoolean()) {
        load.append(
            List.of(
                StoredDocument.normalize(JsonToVPack.parse("{}"), key(), leader.clock().next())));
      }
      load.swap(Durability.PROCESS_CRASH);
    }
    return isAnother ? "replaced by another" : "replaced";
  }
}
