package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.GenerationLoad;
import dev.lockstep.core.document.Document;
import dev.lockstep.replication.protocol.DumpPage;
import dev.lockstep.replication.protocol.DumpReader;
import dev.lockstep.replication.protocol.ProtocolViolationException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Moves all documents of one collection from the leader into a new generation. Three threads work
/// at a time: one fetches the next response while one decodes and the caller's writes, with bounded
/// queues between them; so memory does not grow with the collection, and neither network nor
/// processor waits for the other. Used once.
final class DumpTransfer {
  /// Documents handed to the store at a time at most, however small they are.
  private static final int PORTION_DOCUMENTS_MAX = 2000;

  /// What a document costs on the heap besides its bytes, roughly: array, record, key, list slot.
  private static final int DOCUMENT_OVERHEAD_BYTES = 160;

  /// Follows what happens; called on the job's thread, but for `fetched`.
  interface Observer {
    void fetched(int responses, long documents, long bytes);

    void expecting(long documents);

    void written(long documents);
  }

  /// @param documents received, without removals
  /// @param isHistory whether keys may have come several times, so that counts need not agree
  /// @param leaderCount what the leader says the collection has, if it says
  record Outcome(long documents, boolean isHistory, @Nullable Long leaderCount) {}

  /// Something to write: first the removals, then the documents.
  private record Portion(List<String> removals, List<Document> documents, long weight) {}

  private final LeaderSession leader;
  private final String collection;
  private final boolean includeSystem;
  private final long chunkSizeFirst;
  private final long chunkSizeMax;
  private final FollowerSettings settings;
  private final StopSignal stop;
  private final Observer observer;

  private final WeighedQueue<DumpPage> fetched;
  private final WeighedQueue<Portion> decoded;

  // Each written by one helper, read after it has ended.
  private volatile @Nullable Long leaderCount;
  private volatile boolean isHistory;
  private volatile long documentsReceived;

  /// @param collection as the leader is to be asked for it
  /// @param chunkSize the user's choice; 0 = ours
  DumpTransfer(
      LeaderSession leader,
      String collection,
      boolean includeSystem,
      long chunkSize,
      FollowerSettings settings,
      StopSignal stop,
      Observer observer) {
    this.leader = leader;
    this.collection = collection;
    this.includeSystem = includeSystem;
    this.chunkSizeFirst = chunkSize == 0 ? settings.chunkSizeFirst() : chunkSize;
    this.chunkSizeMax = chunkSize == 0 ? settings.chunkSizeMax() : chunkSize;
    this.settings = settings;
    this.stop = stop;
    this.observer = observer;
    this.fetched = new WeighedQueue<>(settings.fetchedBytesMax());
    this.decoded = new WeighedQueue<>(settings.decodedBytesMax());
  }

  /// Fetches, decodes and writes everything. When it throws, `load` holds an unknown part; all that
  /// came, if it throws [LeaderSession.RestartNeededException].
  Outcome into(GenerationLoad load) throws InterruptedException {
    stop.onStop(() -> {
      var failure = stop.failure();
      if (failure != null) {
        fail(failure);
      }
    });
    Thread fetcher =
        Thread.ofVirtual().name("dump-fetch").start(() -> helper(this::fetch, fetched));
    Thread decoder =
        Thread.ofVirtual().name("dump-decode").start(() -> helper(this::decode, decoded));
    try {
      write(load);
    } catch (RuntimeException | InterruptedException | Error e) {
      fail(
          e instanceof RuntimeException failure
              ? failure
              : new IllegalStateException("the transfer ended early", e));
      fetcher.interrupt();
      decoder.interrupt();
      throw e;
    } finally {
      joinUninterruptibly(fetcher);
      joinUninterruptibly(decoder);
    }
    return new Outcome(documentsReceived, isHistory, leaderCount);
  }

  private void fail(RuntimeException failure) {
    fetched.fail(failure);
    decoded.fail(failure);
  }

  private interface Work {
    void run() throws InterruptedException;
  }

  /// @param fed what the work puts into
  private void helper(Work work, WeighedQueue<?> fed) {
    try {
      work.run();
    } catch (LeaderSession.RestartNeededException e) {
      // What has come so far is written: it need not come again.
      fed.endWith(e);
    } catch (RuntimeException e) {
      fail(e);
    } catch (InterruptedException _) {
      // Only the writing side interrupts, and it has failed the queues already.
      fail(new IllegalStateException("a helper of the transfer was interrupted"));
    } catch (Error e) {
      fail(new IllegalStateException("a helper of the transfer failed: " + e, e));
      throw e;
    }
  }

  private static void joinUninterruptibly(Thread thread) {
    boolean wasInterrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException _) {
        wasInterrupted = true;
      }
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void fetch() throws InterruptedException {
    long from = 0;
    long chunkSize = chunkSizeFirst;
    while (true) {
      DumpPage page = leader.dump(collection, from, chunkSize, includeSystem);
      if (page.leaderCount() != null) {
        leaderCount = page.leaderCount();
      }
      boolean isAdvancing = Long.compareUnsigned(page.lastIncluded(), from) > 0;
      if (page.hasMore() && !isAdvancing && page.body().length > 0) {
        throw ProtocolViolationException.inResponse(
            leader.endpoint(),
            page.url(),
            "the dump says that more follows, but its number does not grow: "
                + Long.toUnsignedString(page.lastIncluded()));
      }
      if (page.body().length > 0) {
        fetched.put(page, page.body().length);
      }
      if (!page.hasMore() || !isAdvancing) {
        break;
      }
      from = page.lastIncluded();
      chunkSize = Math.min(chunkSizeMax, chunkSize + chunkSize / 4);
    }
    fetched.end();
  }

  private void decode() throws InterruptedException {
    int responses = 0;
    long bytes = 0;
    while (true) {
      DumpPage page = fetched.take();
      if (page == null) {
        break;
      }
      responses++;
      bytes += page.body().length;
      decode(page);
      observer.fetched(responses, documentsReceived, bytes);
    }
    decoded.end();
  }

  private void decode(DumpPage page) throws InterruptedException {
    DumpReader reader = new DumpReader(leader.endpoint(), page);
    List<Document> documents = new ArrayList<>();
    Map<String, @Nullable Document> latest = new LinkedHashMap<>();
    long received = documentsReceived;
    long weight = 0;
    while (true) {
      DumpReader.Entry entry = reader.next();
      if (entry == null) {
        break;
      }
      switch (entry) {
        case DumpReader.Entry.Put(Document document) -> {
          received++;
          weight += document.body().length + DOCUMENT_OVERHEAD_BYTES;
          if (reader.isHistory()) {
            latest.put(document.key(), document);
          } else {
            documents.add(document);
          }
        }
        case DumpReader.Entry.Remove(String key) -> {
          weight += key.length() + DOCUMENT_OVERHEAD_BYTES;
          latest.put(key, null);
        }
      }
      if (weight >= settings.portionBytes()
          || documents.size() + latest.size() >= PORTION_DOCUMENTS_MAX) {
        documentsReceived = received;
        hand(documents, latest, weight);
        documents = new ArrayList<>();
        latest = new LinkedHashMap<>();
        weight = 0;
      }
    }
    isHistory |= reader.isHistory();
    documentsReceived = received;
    hand(documents, latest, weight);
  }

  /// In a history the last line of a key wins, whatever the revisions say: everything the portion
  /// speaks of is removed first, then written in its final state.
  private void hand(List<Document> documents, Map<String, @Nullable Document> latest, long weight)
      throws InterruptedException {
    List<Document> all = documents;
    if (!latest.isEmpty()) {
      all = new ArrayList<>(documents);
      for (Document document : latest.values()) {
        if (document != null) {
          all.add(document);
        }
      }
    }
    if (!all.isEmpty() || !latest.isEmpty()) {
      decoded.put(new Portion(List.copyOf(latest.keySet()), all, weight), weight);
    }
  }

  private void write(GenerationLoad load) throws InterruptedException {
    boolean isCountTold = false;
    while (true) {
      Portion portion = decoded.take();
      Long count = leaderCount;
      if (count != null && !isCountTold) {
        observer.expecting(count);
        isCountTold = true;
      }
      if (portion == null) {
        return;
      }
      portion.removals().forEach(load::remove);
      if (!portion.documents().isEmpty()) {
        load.append(portion.documents());
      }
      observer.written(portion.documents().size());
    }
  }
}
