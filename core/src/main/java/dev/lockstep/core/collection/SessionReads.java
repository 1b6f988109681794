package dev.lockstep.core.collection;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.DocumentKey;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a [WriteSession] reads of the committed state of its collection: primary rows and
/// documents, those of many operations at once before they are carried out, the others when they
/// are asked for. One thread, while it holds the collection's lock, so that only the session itself
/// changes what was read; it says so with [#forget].
final class SessionReads {
  /// Operations looked ahead at most.
  private static final int OPERATIONS_MAX = 1000;

  /// Bytes of documents read ahead at most; beyond, they are read when they are needed.
  private static final long DOCUMENT_BYTES_MAX = 1 << 20;

  /// Known not to be there.
  private static final PrimaryEntry ABSENT = new PrimaryEntry(0, 0, false);

  private final StorageView view;
  private final DocumentRows rows;
  private final long generation;
  private final boolean needsOld;

  /// The first operation not looked at.
  private int lookedAhead;

  private final Map<String, PrimaryEntry> entries = new HashMap<>();

  /// By revision, none of them chunked.
  private final Map<Long, byte[]> documents = new HashMap<>();

  /// @param needsOld whether every document that is replaced or removed is read
  SessionReads(StorageView view, DocumentRows rows, long generation, boolean needsOld) {
    this.view = view;
    this.rows = rows;
    this.generation = generation;
    this.needsOld = needsOld;
  }

  /// Before an operation is carried out: reads what it and those after it will ask for, unless that
  /// was done already.
  void lookAhead(List<DocumentWrite> writes, int next) {
    if (next < lookedAhead) {
      return;
    }
    entries.clear();
    documents.clear();
    lookedAhead = (int) Math.min(writes.size(), (long) next + OPERATIONS_MAX);
    if (lookedAhead - next > 1) {
      List<DocumentWrite> portion = writes.subList(next, lookedAhead);
      readEntries(portion);
      readDocuments(portion);
    }
  }

  private void readEntries(List<DocumentWrite> writes) {
    List<String> keys = new ArrayList<>(writes.size());
    List<byte[]> primaryKeys = new ArrayList<>(writes.size());
    for (DocumentWrite write : writes) {
      String key = key(write);
      if (key != null && DocumentKey.isValid(key) && entries.putIfAbsent(key, ABSENT) == null) {
        keys.add(key);
        primaryKeys.add(PrimaryEntry.key(generation, key));
      }
    }
    List<byte @Nullable []> values = view.getAll(Keyspace.PRIMARY, primaryKeys);
    for (int i = 0; i < keys.size(); i++) {
      byte[] value = values.get(i);
      if (value != null) {
        entries.put(keys.get(i), PrimaryEntry.decode(value));
      }
    }
  }

  /// Null if no document is expected under it.
  private static @Nullable String key(DocumentWrite write) {
    return switch (write) {
      case DocumentWrite.Insert insert ->
          switch (insert.mode()) {
            // Hardly ever there, which one look-up tells as quickly.
            case CONFLICT, IGNORE -> null;
            case REPLACE, UPDATE -> givenKey(insert.body());
          };
      case DocumentWrite.Replace replace -> replace.key();
      case DocumentWrite.Update update -> update.key();
      case DocumentWrite.Remove remove -> remove.key();
      case DocumentWrite.PutReplicated put -> put.document().key();
      case DocumentWrite.RemoveReplicated remove -> remove.key();
      case DocumentWrite.RemoveOlder remove -> remove.key();
      case DocumentWrite.RemoveRevision _ -> null;
    };
  }

  private static @Nullable String givenKey(VPackSlice body) {
    VPackSlice given = body.isObject() ? body.get("_key") : null;
    return given != null && given.isString() ? given.asString() : null;
  }

  private void readDocuments(List<DocumentWrite> writes) {
    List<Long> revisions = new ArrayList<>();
    List<byte[]> keys = new ArrayList<>();
    long bytes = 0;
    for (DocumentWrite write : writes) {
      String key = key(write);
      PrimaryEntry entry = key == null ? null : entries.get(key);
      if (entry == null
          || entry == ABSENT
          || rows.isChunked(entry.length())
          || bytes + entry.length() > DOCUMENT_BYTES_MAX
          || !isReadFor(write, entry)) {
        continue;
      }
      bytes += entry.length();
      revisions.add(entry.revision());
      keys.add(DocumentRows.key(generation, entry.revision()));
    }
    List<byte @Nullable []> values = view.getAll(Keyspace.DOCUMENTS, keys);
    for (int i = 0; i < keys.size(); i++) {
      byte[] value = values.get(i);
      if (value != null) {
        documents.put(revisions.get(i), value);
      }
    }
  }

  /// Whether an operation reads the document it finds, as far as that can be told before.
  private boolean isReadFor(DocumentWrite write, PrimaryEntry found) {
    boolean isReadToGo = needsOld || found.isOfTransaction();
    return switch (write) {
      case DocumentWrite.Insert insert ->
          switch (insert.mode()) {
            case CONFLICT, IGNORE -> false;
            case REPLACE -> isReadToGo;
            case UPDATE -> true;
          };
      case DocumentWrite.Update _ -> true;
      case DocumentWrite.PutReplicated put ->
          isReadToGo || put.document().revision().value() == found.revision();
      case DocumentWrite.Replace _,
          DocumentWrite.Remove _,
          DocumentWrite.RemoveReplicated _,
          DocumentWrite.RemoveOlder _,
          DocumentWrite.RemoveRevision _ ->
          isReadToGo;
    };
  }

  /// The primary row of a key, null if there is none.
  @Nullable PrimaryEntry entry(String key) {
    PrimaryEntry entry = entries.get(key);
    if (entry != null) {
      return entry == ABSENT ? null : entry;
    }
    if (!DocumentKey.isValid(key)) {
      return null;
    }
    byte[] row = view.get(Keyspace.PRIMARY, PrimaryEntry.key(generation, key));
    return row == null ? null : PrimaryEntry.decode(row);
  }

  /// The document of a revision, null if there is none.
  @Nullable Document document(long revision) {
    byte[] row = documents.get(revision);
    return row == null
        ? rows.read(view, generation, revision)
        : DocumentRows.unchunked(row, revision);
  }

  /// What was read of them is no longer so, once the session's batch is committed.
  void forget(String key, long revision) {
    entries.remove(key);
    documents.remove(revision);
  }
}
