package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.replication.protocol.ChangedDocuments;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.replication.protocol.TailPage;
import dev.lockstep.replication.protocol.TailPosition;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes over what a leader's change log tells about one collection since the position that the
/// copy here is known to have; the cost is that of the changes. Whether the copy is in the leader's
/// state then is the caller's to find out: the log knows nothing of what was changed here.
///
/// A document that has been replaced or removed on the leader by the time it is asked does not
/// come: what became of it follows in the log. The position is stored page by page, so that a run
/// which is cut off is gone on with. One thread. Decision:
/// `docs/decisions/0015-incremental-from-the-change-log.md`.
final class LoggedChanges {
  private static final Logger LOG = LoggerFactory.getLogger(LoggedChanges.class);

  /// So many entries of the log are read for the smallest collection.
  private static final long ENTRIES_LEAST = 100_000;

  /// Of an answer, unless the user chooses; so much may have to be fetched once more after a run
  /// was cut off.
  private static final long PAGE_BYTES_MAX = 512 << 10;

  private final LeaderSession leader;
  private final Replica replica;
  private final String collectionOnLeader;
  private final SyncOptions options;
  private final ComparisonSettings settings;
  private final StopSignal stop;
  private final JobRecord record;

  /// @param collectionOnLeader how the leader is asked for the collection
  LoggedChanges(
      LeaderSession leader,
      Replica replica,
      String collectionOnLeader,
      SyncOptions options,
      ComparisonSettings settings,
      StopSignal stop,
      JobRecord record) {
    this.leader = leader;
    this.replica = replica;
    this.collectionOnLeader = collectionOnLeader;
    this.options = options;
    this.settings = settings;
    this.stop = stop;
    this.record = record;
  }

  /// Whether the leader can be asked for what lies between the position here and a state of its,
  /// and whether that is likely to cost less than comparing: the log tells every change of every
  /// collection, so where it is longer than the collection it is not read.
  boolean isWorthwhile(Tick state) {
    AppliedPosition position = replica.position();
    return options.useChangeLog()
        && leader.announced().contains(Capability.TAIL_DOCUMENTS)
        && position != null
        && position.leaderId() == leader.server().serverId()
        && position.tick().compareTo(state) < 0
        && state.value() - position.tick().value()
            <= Math.max(ENTRIES_LEAST, replica.totals().count());
  }

  /// Takes over what happened between the position here and `state`.
  ///
  /// @return whether all of that was told; not so if the log does not reach back that far, or if
  ///   something happened that it cannot tell
  boolean takeOver(Tick state) throws InterruptedException {
    AppliedPosition position = replica.position();
    if (position == null) {
      return false;
    }
    Tick here = position.tick();
    record.expecting(state.value() - here.value());
    ReplicaWriter writer = new ReplicaWriter(replica, settings, record);
    try (Background background = new Background(settings.isAhead())) {
      Future<TailPage> upcoming = ask(here, state, background);
      while (here.compareTo(state) < 0) {
        TailPage page = Background.await(upcoming);
        TailPosition told = page.position();
        Tick next = told.lastScanned();
        boolean isAll = next.compareTo(state) >= 0;
        boolean leadsOn = next.compareTo(here) > 0 && (isAll || told.hasMore());
        if (!told.isFromPresent() || !leadsOn) {
          return false;
        }
        if (!isAll) {
          upcoming = ask(next, state, background);
        }
        write(page, writer);
        replica.advance(new AppliedPosition(position.leaderId(), next));
        record.readFurther(next.value() - here.value());
        here = next;
        stop.throwIfStopped();
      }
      return true;
    } catch (LeaderRefusedException e) {
      LOG.info(
          "collection '{}' is compared, its changes are not told: {}",
          collectionOnLeader,
          e.getMessage());
      return false;
    }
  }

  private Future<TailPage> ask(Tick from, Tick to, Background background) {
    long chunkSize =
        options.chunkSize() == 0
            ? Math.min(settings.documentsBytes(), PAGE_BYTES_MAX)
            : options.chunkSize();
    return background.start(() -> leader.changes(collectionOnLeader, from, to, chunkSize));
  }

  private void write(TailPage page, ReplicaWriter writer) {
    ChangedDocuments changes = new ChangedDocuments(leader.endpoint(), page);
    long documents = 0;
    for (ChangedDocuments.Change change = changes.next(); change != null; change = changes.next()) {
      switch (change) {
        case ChangedDocuments.Change.Written(Document document) -> {
          documents++;
          writer.put(document);
        }
        case ChangedDocuments.Change.Removed(String key, Revision revision) ->
            writer.removeOlder(key, revision);
      }
    }
    record.fetched(documents, page.body().length);
    writer.flush();
  }
}
