package dev.lockstep.replication.applier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentCursor;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.storage.Tick;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Everything a leader ever was, to judge a follower by.
final class LeaderHistory {
  private static final String NOTHING = "";
  private static final String INDEX_SEPARATOR = " ";

  /// What something was, by the tick at which it was found to be so. Not before then, that is: the
  /// change itself may have an earlier tick.
  private static final class Timeline {
    private final TreeMap<Long, String> states = new TreeMap<>();

    void note(long tick, String state) {
      if (!now().equals(state)) {
        states.put(tick, state);
      }
    }

    String now() {
      return states.isEmpty() ? NOTHING : states.lastEntry().getValue();
    }

    long changedAt() {
      return states.isEmpty() ? 0 : states.lastKey();
    }

    boolean had(String state) {
      return states.containsValue(state);
    }

    void forgetAfter(long tick) {
      states.tailMap(tick, false).clear();
    }
  }

  private static final class CollectionHistory {
    final Timeline database = new Timeline();
    final Timeline name = new Timeline();
    final Timeline indexes = new Timeline();
    final Map<String, Timeline> documents = new TreeMap<>();

    void forgetAfter(long tick) {
      database.forgetAfter(tick);
      name.forgetAfter(tick);
      indexes.forgetAfter(tick);
      documents.values().forEach(document -> document.forgetAfter(tick));
    }
  }

  /// By globally unique id.
  private final Map<String, CollectionHistory> collections = new TreeMap<>();

  /// By name; the state is the id.
  private final Map<String, Timeline> databases = new TreeMap<>();

  /// Notes what has changed since the last call.
  void observe(DocumentStore leader) {
    long tick = leader.engine().closedTick().value();
    Set<String> present = new HashSet<>();
    Set<String> presentDatabases = new HashSet<>();
    for (Database database : leader.databases()) {
      presentDatabases.add(database.name());
      databases
          .computeIfAbsent(database.name(), _ -> new Timeline())
          .note(tick, Long.toUnsignedString(database.id()));
      for (DocumentCollection collection : followed(database)) {
        present.add(collection.definition().globallyUniqueId());
        observe(tick, database.name(), collection);
      }
    }
    collections.forEach((id, history) -> {
      if (!present.contains(id)) {
        history.database.note(tick, NOTHING);
      }
    });
    databases.forEach((name, history) -> {
      if (!presentDatabases.contains(name)) {
        history.note(tick, NOTHING);
      }
    });
  }

  private void observe(long tick, String database, DocumentCollection collection) {
    CollectionDefinition definition = collection.definition();
    CollectionHistory history =
        collections.computeIfAbsent(definition.globallyUniqueId(), _ -> new CollectionHistory());
    history.database.note(tick, database);
    history.name.note(tick, definition.name());
    history.indexes.note(tick, indexes(definition));
    Map<String, String> documents = contents(collection);
    documents.forEach((key, state) ->
        history.documents.computeIfAbsent(key, _ -> new Timeline()).note(tick, state));
    history.documents.forEach((key, states) -> {
      if (!documents.containsKey(key)) {
        states.note(tick, NOTHING);
      }
    });
  }

  /// The leader has lost what came after a tick.
  void forgetAfter(Tick tick) {
    collections.values().forEach(history -> history.forgetAfter(tick.value()));
    databases.values().forEach(history -> history.forgetAfter(tick.value()));
  }

  /// Without those of the system, which every server has of its own.
  static List<DocumentCollection> followed(Database database) {
    return database.collections().stream()
        .filter(collection -> !collection.name().startsWith("_"))
        .toList();
  }

  private static String indexes(CollectionDefinition definition) {
    return definition.indexes().stream()
        .map(index -> index.name() + index.fields() + index.unique())
        .sorted()
        .collect(Collectors.joining(INDEX_SEPARATOR));
  }

  /// A comparison leaves indexes alone that the leader does not have: they may be the follower's
  /// own.
  private static void assertIndexes(String here, String there, boolean wereCompared, String where) {
    List<String> found = List.of(here.split(INDEX_SEPARATOR));
    List<String> wanted = List.of(there.split(INDEX_SEPARATOR));
    if (wereCompared && !there.isEmpty()) {
      assertThat(found).as(where).containsAll(wanted);
    } else if (!wereCompared) {
      assertThat(found).as(where).isEqualTo(wanted);
    }
  }

  /// Both collections are the same, but for indexes as far as a comparison leaves them.
  static void assertSame(DocumentCollection there, DocumentCollection here, boolean wereCompared) {
    assertIndexes(
        indexes(here.definition()), indexes(there.definition()), wereCompared, there.name());
    assertThat(contents(here)).as(there.name()).isEqualTo(contents(there));
    assertThat(here.count()).as(there.name()).isEqualTo(there.count());
    assertThat(here.definition().properties()).isEqualTo(there.definition().properties());
    assertThat(here.definition().globallyUniqueId())
        .isEqualTo(there.definition().globallyUniqueId());
    assertThat(here.checksum(true, true)).isEqualTo(there.checksum(true, true));
  }

  /// Documents by key: revision, and a hash of the rest.
  static Map<String, String> contents(DocumentCollection collection) {
    Map<String, String> contents = new TreeMap<>();
    try (DocumentCursor cursor = collection.view().byRevision(Revision.NONE)) {
      while (cursor.next()) {
        contents.put(
            cursor.document().key(),
            cursor.document().revision() + " " + Arrays.hashCode(cursor.document().body()));
      }
    }
    return contents;
  }

  /// Every document is one that the leader once had, under this key, in this collection.
  void assertOnlyTheLeaders(DocumentStore follower) {
    for (Database database : follower.databases()) {
      for (DocumentCollection collection : followed(database)) {
        String id = collection.definition().globallyUniqueId();
        CollectionHistory history = collections.get(id);
        assertThat(history).as("collection %s was never the leader's", id).isNotNull();
        contents(collection)
            .forEach((key, state) -> {
              Timeline states = history == null ? null : history.documents.get(key);
              assertThat(states != null && states.had(state))
                  .as(
                      "%s/%s = %s was never the leader's: %s",
                      collection.name(), key, state, states)
                  .isTrue();
            });
      }
    }
  }

  /// What has not changed on the leader after `upTo` is so on the follower, which has applied
  /// everything up to there.
  ///
  /// @param wereCompared whether collections were compared since the log began to be followed
  void assertNoGap(
      DocumentStore follower, Tick upTo, @Nullable String onlyDatabase, boolean wereCompared) {
    collections.forEach((id, history) -> {
      String database = history.database.now();
      boolean isSettled = history.database.changedAt() <= upTo.value();
      boolean isFollowed = onlyDatabase == null || history.database.had(onlyDatabase);
      if (isFollowed && isSettled) {
        DocumentCollection found = find(follower, id);
        boolean isLeftAlone =
            wereCompared
                && found != null
                && databases.get(found.database().name()) instanceof Timeline states
                && states.now().equals(NOTHING);
        if (database.equals(NOTHING) && isLeftAlone) {
          // A database that only a follower has when everything is compared stays.
          return;
        }
        if (database.equals(NOTHING)) {
          assertThat(found).as("collection %s was dropped before %s", id, upTo).isNull();
        } else {
          assertThat(found).as("collection %s was created before %s", id, upTo).isNotNull();
          if (found != null) {
            assertNoGap(found, history, upTo, wereCompared);
          }
        }
      }
    });
  }

  private static @Nullable DocumentCollection find(DocumentStore store, String id) {
    for (Database database : store.databases()) {
      DocumentCollection found = database.collection(id);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static void assertNoGap(
      DocumentCollection here, CollectionHistory history, Tick upTo, boolean wereCompared) {
    String where = history.name.now() + " up to " + upTo;
    if (history.name.changedAt() <= upTo.value()) {
      assertThat(here.name()).as(where).isEqualTo(history.name.now());
    }
    if (history.indexes.changedAt() <= upTo.value()) {
      assertIndexes(indexes(here.definition()), history.indexes.now(), wereCompared, where);
    }
    Map<String, String> contents = contents(here);
    history.documents.forEach((key, states) -> {
      if (states.changedAt() <= upTo.value()) {
        assertThat(contents.getOrDefault(key, NOTHING))
            .as("%s, key %s", where, key)
            .isEqualTo(states.now());
      }
    });
  }
}
