package dev.lockstep.core.collection;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.DocumentWrite.Remove;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Removes documents whose ttl index says their time is over, now and then, through the write path
/// like any client. Not in read-only mode, and not where [StoreSettings#expires] says no.
/// Thread-safe.
final class DocumentExpiry {
  private static final Logger LOG = LoggerFactory.getLogger(DocumentExpiry.class);

  /// Documents removed per write: keeps the collection's lock for milliseconds only.
  private static final int REMOVALS_PER_WRITE = 1000;

  private static final WriteOptions OPTIONS =
      new WriteOptions(Durability.PROCESS_CRASH, false, false, false, Origin.CLIENT);

  private final DocumentStore store;
  private @Nullable Thread thread;

  DocumentExpiry(DocumentStore store) {
    this.store = store;
  }

  /// Removes what has expired by now, up to the settings' limit per collection.
  ///
  /// @return documents removed
  long sweep() {
    long removed = 0;
    for (Database database : store.databases()) {
      for (DocumentCollection collection : database.collections()) {
        try {
          removed += sweep(collection);
        } catch (LockstepException | StorageException e) {
          LOG.warn(
              "expired documents of collection {} in database {} stay for now: {}",
              collection.id(),
              database.name(),
              e.getMessage());
        }
      }
    }
    return removed;
  }

  private long sweep(DocumentCollection collection) {
    StoredIndex index = null;
    for (StoredIndex candidate : collection.state().indexes()) {
      if (candidate.definition().type() == IndexType.TTL) {
        index = candidate;
      }
    }
    if (index == null
        || store.isReadOnly()
        || collection.isHeld()
        || !store.settings().expires().test(collection.definition())) {
      return 0;
    }
    Double expireAfter = index.definition().expireAfter();
    double before =
        store.settings().millis().getAsLong() / 1000.0 - (expireAfter == null ? 0 : expireAfter);
    long removed = 0;
    while (removed < store.settings().expiryDocumentsMax()) {
      long wanted = store.settings().expiryDocumentsMax() - removed;
      List<DocumentWrite> removals =
          expired(collection, index, before, (int) Math.min(wanted, REMOVALS_PER_WRITE));
      if (removals.isEmpty()) {
        break;
      }
      long written =
          collection.write(removals, OPTIONS).stream()
              .filter(WriteResult.Written.class::isInstance)
              .count();
      removed += written;
      if (written == 0) {
        // Changed meanwhile, or refused: the next sweep sees it anew.
        break;
      }
    }
    return removed;
  }

  /// Removals that demand the revision found, so that a document renewed meanwhile stays.
  private List<DocumentWrite> expired(
      DocumentCollection collection, StoredIndex index, double before, int documentsMax) {
    List<DocumentWrite> removals = new ArrayList<>();
    long generation = collection.state().generation();
    try (StorageCursor cursor =
        store.engine().scan(Keyspace.INDEXES, index.expiredBefore(before))) {
      while (removals.size() < documentsMax && cursor.next()) {
        byte[] entry = cursor.key();
        long revision = Keys.longAt(entry, entry.length - Long.BYTES);
        String key = DocumentRows.keyOf(store.engine(), generation, revision);
        if (key != null) {
          removals.add(new Remove(key, new Revision(revision)));
        }
      }
    }
    return removals;
  }

  synchronized void start() {
    if (thread == null) {
      thread = Thread.ofPlatform().daemon().name("document-expiry").start(this::sweepUntilStopped);
    }
  }

  private void sweepUntilStopped() {
    try {
      while (true) {
        Thread.sleep(store.settings().expiryInterval());
        sweep();
      }
    } catch (InterruptedException e) {
      // stop() asks for the end that way.
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("expired documents are not removed any more until the next start", e);
    }
  }

  synchronized void stop() throws InterruptedException {
    Thread running = thread;
    if (running != null) {
      running.interrupt();
      running.join();
      thread = null;
    }
  }
}
