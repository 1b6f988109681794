package dev.lockstep.shell.cli;

import dev.lockstep.client.ConnectionSettings;
import dev.lockstep.client.Credentials;
import dev.lockstep.client.PercentEncoding;
import dev.lockstep.client.leader.HttpLeaderConnector;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.DumpForm;
import dev.lockstep.replication.protocol.DumpPage;
import dev.lockstep.replication.protocol.DumpReader;
import dev.lockstep.replication.protocol.DumpRequest;
import dev.lockstep.replication.protocol.LeaderAddress;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderCredentials;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.LeaderVersion;
import dev.lockstep.replication.protocol.RevisionForm;
import dev.lockstep.replication.protocol.RevisionPage;
import dev.lockstep.replication.protocol.RevisionRangesRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One state of one database of a server, through the interface that followers use: every server
/// that can be replicated from can be read this way, without a query language and without blocking
/// writers. Holds a batch on the server until it is closed. One thread.
final class LeaderSnapshot implements AutoCloseable {
  /// A quarter of it may pass between two requests without our asking for more.
  private static final Duration LEASE = Duration.ofMinutes(10);

  private static final long CHUNK_BYTES = 4 << 20;

  private static final RevisionRange EVERYTHING =
      new RevisionRange(new Revision(1), new Revision(-2));

  /// What leaders answer of a collection that has no tree.
  private static final int HTTP_NOT_IMPLEMENTED = 501;

  /// We are no follower that a leader should keep its log for.
  private static final String NO_FOLLOWER = "0";

  private final ServerApi api;
  private final LeaderClient leader;
  private final BatchOpened batch;
  private final LeaderVersion version;
  private final ExecutorService fetcher =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().factory());
  private long extendedAtNanos = System.nanoTime();

  private LeaderSnapshot(
      ServerApi api, LeaderClient leader, BatchOpened batch, LeaderVersion version) {
    this.api = api;
    this.leader = leader;
    this.batch = batch;
    this.version = version;
  }

  /// Pins the state of the database that `api` speaks to; `api` stays the caller's.
  ///
  /// @throws CommandFailure if the server is none we know how to read
  static LeaderSnapshot open(ServerApi api) throws CommandFailure, InterruptedException {
    ConnectionSettings settings = api.settings();
    LeaderAddress address =
        new LeaderAddress(
            settings.endpoint().canonicalText(),
            api.database(),
            credentials(settings.credentials()),
            NO_FOLLOWER,
            settings.connectTimeout(),
            settings.idleTimeout(),
            settings.responseBytesMax(),
            0);
    LeaderClient leader = connect(address, settings);
    boolean isOpen = false;
    try {
      String text = leader.loggerState().server().version();
      LeaderVersion version = LeaderVersion.parse(text);
      if (version == null || !version.isSupported()) {
        throw CommandFailure.notDone(
            "the server at " + api.endpoint() + " has an incompatible version '" + text + "'");
      }
      LeaderSnapshot snapshot = new LeaderSnapshot(api, leader, leader.openBatch(LEASE), version);
      isOpen = true;
      return snapshot;
    } finally {
      if (!isOpen) {
        leader.close();
      }
    }
  }

  private static LeaderClient connect(LeaderAddress address, ConnectionSettings settings) {
    try (HttpLeaderConnector connector =
        new HttpLeaderConnector(settings.trust(), settings.addressPolicy())) {
      return connector.connect(address);
    }
  }

  private static LeaderCredentials credentials(Credentials credentials) {
    return switch (credentials) {
      case Credentials.None _ -> new LeaderCredentials.None();
      case Credentials.Basic(String user, String password) ->
          new LeaderCredentials.Basic(user, password);
      case Credentials.Bearer(String jwt) -> new LeaderCredentials.Token(jwt);
    };
  }

  /// What the server says it is.
  LeaderVersion version() {
    return version;
  }

  /// All collections, system collections too, as the server describes them, by name.
  Map<String, CollectionDescription> collections()
      throws CommandFailure, IOException, InterruptedException {
    VPackSlice inventory =
        api.get(
            "/_api/replication/inventory?includeSystem=true&batchId="
                + PercentEncoding.encode(batch.id()));
    return CollectionDescription.ofInventory(inventory, "server at " + api.endpoint());
  }

  /// The documents of a collection in this state, in dump order. While one response is read the
  /// next one is fetched, so at most two of about [#CHUNK_BYTES], or two documents larger than
  /// that, are in memory. Only one at a time may be read.
  DocumentSource documents(String collection) {
    return new Dump(collection);
  }

  /// The revision tree of a collection in this state; null if it has none.
  @Nullable RevisionTree revisionTree(String collection) throws InterruptedException {
    keepLease();
    try {
      return leader.revisionTree(batch.id(), collection);
    } catch (LeaderRefusedException e) {
      if (e.status() == HTTP_NOT_IMPLEMENTED) {
        return null;
      }
      throw e;
    }
  }

  /// Tells all revisions of a collection in this state, ascending.
  void revisions(String collection, Consumer<Revision> sink) throws InterruptedException {
    Revision resume = EVERYTHING.first();
    while (resume != null) {
      keepLease();
      RevisionPage page =
          leader.revisionRanges(
              new RevisionRangesRequest(
                  batch.id(),
                  collection,
                  List.of(EVERYTHING),
                  resume,
                  version.listsHlc(),
                  version.listsVelocyPack() ? RevisionForm.VELOCYPACK : RevisionForm.JSON));
      for (long revision : page.revisions()) {
        sink.accept(new Revision(revision));
      }
      resume = page.resume();
    }
  }

  private void keepLease() throws InterruptedException {
    if (System.nanoTime() - extendedAtNanos > LEASE.toNanos() / 4) {
      leader.extendBatch(batch.id(), LEASE);
      extendedAtNanos = System.nanoTime();
    }
  }

  private DumpPage fetch(String collection, long from) throws InterruptedException {
    keepLease();
    Tick lastTick = batch.lastTick() == null ? new Tick(Long.MAX_VALUE - 1) : batch.lastTick();
    return leader.dump(
        new DumpRequest(
            batch.id(),
            collection,
            DumpForm.VELOCYPACK,
            from,
            LeaderClient.dumpLimit(lastTick),
            CHUNK_BYTES,
            true,
            false));
  }

  private final class Dump implements DocumentSource {
    private final String collection;
    private @Nullable Future<DumpPage> coming;
    private @Nullable DumpReader reader;

    Dump(String collection) {
      this.collection = collection;
      this.coming = fetcher.submit(() -> fetch(collection, 0));
    }

    @Override
    public @Nullable Document next() throws CommandFailure, InterruptedException {
      while (true) {
        DumpReader.Entry entry = reader == null ? null : reader.next();
        switch (entry) {
          case DumpReader.Entry.Put(Document document) -> {
            return document;
          }
          case DumpReader.Entry.Remove _ ->
              throw CommandFailure.notDone(
                  "the server at "
                      + api.endpoint()
                      + " dumps a history, not a state: it cannot be read this way");
          case null -> {
            if (coming == null) {
              return null;
            }
            turnPage(coming);
          }
        }
      }
    }

    private void turnPage(Future<DumpPage> arriving) throws CommandFailure, InterruptedException {
      DumpPage page;
      try {
        page = arriving.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException failure) {
          throw failure;
        }
        throw new IllegalStateException(e.getCause());
      }
      reader = new DumpReader(leader.endpoint(), page);
      coming = page.hasMore() ? fetcher.submit(() -> fetch(collection, page.lastIncluded())) : null;
    }
  }

  /// Gives the batch back.
  @Override
  public void close() {
    fetcher.shutdownNow();
    try {
      leader.closeBatch(batch.id());
    } catch (RuntimeException _) {
      // The lease ends it as well.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      leader.close();
    }
  }
}
