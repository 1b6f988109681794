package dev.lockstep.replication.leader;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.changelog.Change;
import dev.lockstep.core.changelog.ChangeLog;
import dev.lockstep.core.changelog.ChangeRead;
import dev.lockstep.core.changelog.LoggedChange;
import dev.lockstep.core.collection.ChangeLookup;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.DumpBody;
import dev.lockstep.replication.protocol.MarkerForm;
import dev.lockstep.replication.protocol.MarkerWriter;
import dev.lockstep.replication.protocol.MarkerWriter.Place;
import dev.lockstep.replication.protocol.ReplicatedNames;
import dev.lockstep.replication.protocol.TailPosition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads the change log for one request and says in markers what it holds. Used once, by one
/// thread.
///
/// The log names collections and databases by their ids. Of a database that has been dropped since,
/// only the drop is told: it follows in the log, and whoever applies it need not have had the rest.
/// Of a collection that has been dropped since, it is told when it came, went, and had which name,
/// for others may have had the same names in between. A document that has been replaced or removed
/// since is left out. A transaction is told whole or not at all.
final class ChangeTail {
  /// Entries looked at for one answer, told or not: a request shall not take minutes because little
  /// of what happened concerns it.
  private static final int ENTRIES_MAX = 200_000;

  private static final int ENTRIES_PER_READ = 2_000;

  private static final String NO_TRANSACTION = "0";

  private final DocumentStore store;
  private final ChangeLog log;
  private final ChangeLookup lookup;
  private final TailParameters parameters;
  private final MarkerWriter writer;
  private final long chunkSize;

  /// Of the only database of interest; 0 for all.
  private final long databaseId;

  /// By collection.
  private final Map<Long, Optional<Place>> places = new HashMap<>();

  private Tick scanned;
  private Tick lastIncluded = Tick.NONE;
  private boolean isFromPresent = true;

  /// Of the transaction under way, once something of it was told; [#NO_TRANSACTION] outside.
  private String transaction = NO_TRANSACTION;

  /// Where it is; null outside.
  private @Nullable Place transactionPlace;

  /// A transaction of which nothing was told yet.
  private @Nullable LoggedChange begun;

  /// Whether the entry just read is inside a transaction.
  private boolean isInTransaction;

  /// @param bytesMax after which the answer ends in any case, but for what belongs together
  ChangeTail(DocumentStore store, TailParameters parameters, long bytesMax) {
    this.store = store;
    this.log = store.changeLog();
    this.lookup = store.changeLookup();
    this.parameters = parameters;
    this.chunkSize = Math.min(parameters.chunkSize(), bytesMax);
    this.writer = new MarkerWriter(parameters.form(), parameters.isLegacy());
    this.scanned = parameters.done();
    String database = parameters.database();
    this.databaseId = database == null ? 0 : store.requireDatabase(database).id();
  }

  /// Reads on to `last`, or until there is enough.
  ///
  /// @param last survives a power loss already; what was created up to it can be looked up
  /// @param shownLast what the follower is told is the newest tick
  /// @return what was found since the beginning
  TailPart read(Tick last, Tick shownLast) {
    Tick to = parameters.to();
    Tick end = to == null || last.compareTo(to) < 0 ? last : to;
    boolean isFull = false;
    int entries = 0;
    while (!isFull && !isInVain() && (scanned.compareTo(end) < 0 || isInTransaction)) {
      List<LoggedChange> changes = next();
      if (changes.isEmpty()) {
        break;
      }
      for (LoggedChange logged : changes) {
        if (logged.tick().compareTo(end) > 0 && !isInTransaction) {
          return answer(shownLast, false);
        }
        tell(logged);
        scanned = logged.tick();
        entries++;
        isFull =
            !isInTransaction
                && (writer.bytes() >= chunkSize || entries >= ENTRIES_MAX && mayPause());
        if (isFull) {
          break;
        }
      }
    }
    return answer(shownLast, isFull && scanned.compareTo(end) < 0);
  }

  /// Whether the follower can do nothing with the answer.
  private boolean isInVain() {
    return parameters.form() == MarkerForm.DOCUMENTS && !isFromPresent;
  }

  /// Whether the follower will find its way on from here.
  private boolean mayPause() {
    return parameters.lastScanned() != null || !lastIncluded.equals(Tick.NONE);
  }

  boolean isEmpty() {
    return writer.bytes() == 0;
  }

  Tick scanned() {
    return scanned;
  }

  private List<LoggedChange> next() {
    return switch (log.read(store.engine(), scanned, ENTRIES_PER_READ)) {
      case ChangeRead.Page(List<LoggedChange> changes) -> {
        // A reader from the very beginning gets the oldest change there is.
        if (scanned.equals(Tick.NONE)
            && !changes.isEmpty()
            && !changes.getFirst().tick().equals(Tick.NONE.next())) {
          isFromPresent = false;
        }
        yield changes;
      }
      case ChangeRead.Pruned(Tick first) -> {
        isFromPresent = false;
        scanned = new Tick(first.value() - 1);
        yield switch (log.read(store.engine(), scanned, ENTRIES_PER_READ)) {
          case ChangeRead.Page(List<LoggedChange> changes) -> changes;
          // Pruned further in between: the next request finds out.
          case ChangeRead.Pruned _ -> List.of();
        };
      }
    };
  }

  private TailPart answer(Tick last, boolean hasMore) {
    DumpBody body = isEmpty() ? DumpBody.EMPTY : writer.finish();
    return new TailPart(
        body, new TailPosition(hasMore, lastIncluded, scanned, last, isFromPresent));
  }

  private void tell(LoggedChange logged) {
    Tick tick = logged.tick();
    Change change = logged.change();
    switch (change) {
      case Change.DatabaseCreated created -> {
        if (databaseId == 0 && store.databaseById(created.databaseId()) != null) {
          writer.databaseCreated(tick, new Place(created.name(), created.databaseId(), null));
          lastIncluded = tick;
        }
      }
      case Change.DatabaseDropped dropped -> {
        if (databaseId == 0) {
          writer.databaseDropped(tick, new Place(dropped.name(), dropped.databaseId(), null));
          lastIncluded = tick;
        }
      }
      case Change.TransactionBegun _ -> {
        isInTransaction = true;
        begun = logged;
      }
      case Change.TransactionCommitted _ -> {
        isInTransaction = false;
        begun = null;
        Place place = transactionPlace;
        if (place != null) {
          // Also where the database is being dropped: what was begun is ended.
          writer.transactionCommitted(tick, place, transaction);
          lastIncluded = tick;
        }
        transactionPlace = null;
        transaction = NO_TRANSACTION;
      }
      case Change.DocumentWritten written -> {
        Place place = place(written.databaseId(), written.collectionId());
        Document document = place == null ? null : lookup.document(written);
        if (place != null && document != null) {
          beginTransaction(place);
          writer.documentWritten(tick, place, transaction, document);
          lastIncluded = tick;
        }
      }
      case Change.DocumentRemoved removed -> {
        Place place = place(removed.databaseId(), removed.collectionId());
        if (place != null) {
          beginTransaction(place);
          writer.documentRemoved(tick, place, transaction, removed.key(), removed.revision());
          lastIncluded = tick;
        }
      }
      case Change.CollectionDropped dropped -> dropped(tick, dropped);
      case Change.CollectionCreated created -> {
        CollectionDefinition definition = lookup.created(created);
        // Under the name it had: if it has another one now, that follows in the log.
        Place place =
            placeThen(
                created.databaseId(),
                created.collectionId(),
                definition.globallyUniqueId(),
                definition.name());
        if (place != null) {
          writer.collectionCreated(tick, place, definition);
          lastIncluded = tick;
        }
      }
      case Change.CollectionRenamed renamed -> {
        Place place =
            placeThen(
                renamed.databaseId(),
                renamed.collectionId(),
                renamed.globallyUniqueId(),
                renamed.newName());
        if (place != null) {
          writer.collectionRenamed(tick, place, renamed.newName());
          lastIncluded = tick;
        }
      }
      case Change.PropertiesChanged changed -> {
        Place place = place(changed.databaseId(), changed.collectionId());
        if (place != null) {
          writer.propertiesChanged(tick, place, lookup.changed(changed));
          lastIncluded = tick;
        }
      }
      case Change.Truncated truncated -> {
        Place place = place(truncated.databaseId(), truncated.collectionId());
        if (place != null && parameters.form() == MarkerForm.DOCUMENTS) {
          isFromPresent = false;
        } else if (place != null) {
          writer.truncated(tick, place);
          lastIncluded = tick;
        }
      }
      case Change.GenerationSwapped swapped -> {
        Place place = place(swapped.databaseId(), swapped.collectionId());
        if (place != null) {
          replaced(tick, place);
        }
      }
      case Change.IndexCreated created -> {
        Place place = place(created.databaseId(), created.collectionId());
        IndexDefinition index = place == null ? null : index(created);
        if (place != null && index != null) {
          writer.indexCreated(tick, place, index);
          lastIncluded = tick;
        }
      }
      case Change.IndexDropped dropped -> {
        Place place = place(dropped.databaseId(), dropped.collectionId());
        if (place != null) {
          writer.indexDropped(tick, place, dropped.indexId());
          lastIncluded = tick;
        }
      }
    }
  }

  /// The index, with its id; null if it is gone and the entry does not tell the id.
  private @Nullable IndexDefinition index(Change.IndexCreated created) {
    IndexDefinition index = lookup.created(created);
    if (index.id() != 0) {
      return index;
    }
    DocumentCollection collection = collection(created.databaseId(), created.collectionId());
    return collection == null
        ? null
        : collection.definition().indexes().stream()
            .filter(present -> present.name().equals(index.name()))
            .findFirst()
            .orElse(null);
  }

  private void beginTransaction(Place place) {
    LoggedChange begin = begun;
    if (begin == null) {
      return;
    }
    begun = null;
    transaction = Long.toUnsignedString(((Change.TransactionBegun) begin.change()).transactionId());
    Place database = new Place(place.database(), place.databaseId(), null);
    transactionPlace = database;
    writer.transactionBegun(begin.tick(), database, transaction);
  }

  private void dropped(Tick tick, Change.CollectionDropped dropped) {
    Database database = database(dropped.databaseId());
    if (database == null) {
      return;
    }
    // Also of a collection that came back since: its name may have been another's in between.
    String guid = dropped.globallyUniqueId();
    // Only those of the system have a name for an id.
    String name = guid.startsWith("_") ? guid : "";
    if (isWanted(dropped.collectionId(), guid, name)) {
      writer.collectionDropped(
          tick,
          new Place(
              database.name(),
              database.id(),
              new Place.Followed(dropped.collectionId(), guid, name)));
      lastIncluded = tick;
    }
  }

  /// The documents are not in the log. Our followers compare the collection; others, and those that
  /// are told documents only, must not go on as if nothing were missing.
  private void replaced(Tick tick, Place place) {
    if (parameters.form() == MarkerForm.STORED) {
      writer.collectionReplaced(tick, place);
      lastIncluded = tick;
    } else {
      isFromPresent = false;
    }
  }

  /// How a collection was named when something happened to it, whether it is still here or not;
  /// null if its database is gone, or it is of no interest to the follower.
  ///
  /// @param guid empty if the log does not tell it: then only one that is still here is found
  private @Nullable Place placeThen(long inDatabase, long id, String guid, String name) {
    Database database = database(inDatabase);
    Place now = database == null ? null : place(inDatabase, id);
    Place.Followed known = now == null ? null : now.collection();
    String told = known == null ? guid : known.globallyUniqueId();
    boolean isGoneAndWanted = known == null && !guid.isEmpty() && isWanted(id, guid, name);
    return database != null && (known != null || isGoneAndWanted)
        ? new Place(database.name(), database.id(), new Place.Followed(id, told, name))
        : null;
  }

  /// Null if it is of no interest, or gone.
  private @Nullable Database database(long id) {
    return databaseId == 0 || databaseId == id ? store.databaseById(id) : null;
  }

  private @Nullable DocumentCollection collection(long inDatabase, long id) {
    Database database = database(inDatabase);
    DocumentCollection found =
        database == null ? null : database.collection(Long.toUnsignedString(id));
    // A name may look like an id.
    return found == null || found.id() != id ? null : found;
  }

  /// How a collection is named; null if it is gone, or of no interest to the follower. Looked up
  /// once per request.
  private @Nullable Place place(long inDatabase, long id) {
    return places
        .computeIfAbsent(id, _ -> Optional.ofNullable(lookUp(inDatabase, id)))
        .orElse(null);
  }

  private @Nullable Place lookUp(long inDatabase, long id) {
    DocumentCollection collection = collection(inDatabase, id);
    if (collection == null) {
      return null;
    }
    CollectionDefinition definition;
    try {
      definition = collection.definition();
    } catch (LockstepException _) {
      // Dropped this very moment.
      return null;
    }
    if (definition.id() != id) {
      // Another one has taken its place this very moment.
      return null;
    }
    String name = definition.name();
    return isWanted(id, definition.globallyUniqueId(), name)
        ? new Place(
            collection.database().name(),
            inDatabase,
            new Place.Followed(id, definition.globallyUniqueId(), name))
        : null;
  }

  private boolean isWanted(long id, String guid, String name) {
    String wanted = parameters.collection();
    boolean isOfInterest =
        wanted.isEmpty()
            || wanted.equals(name)
            || wanted.equals(guid)
            || wanted.equals(Long.toUnsignedString(id));
    return isOfInterest
        && ReplicatedNames.isReplicated(
            name, parameters.includeSystem(), parameters.includeFoxxQueues());
  }
}
