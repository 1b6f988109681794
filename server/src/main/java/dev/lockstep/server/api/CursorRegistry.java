package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.StoreSnapshot;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.settings.Limit;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Results that clients fetch in batches. Each open cursor pins a snapshot, so their number and
/// their idle time are bounded; what nobody fetches in time is closed by a thread of this registry.
/// A cursor belongs to one user in one database and is invisible to others. Thread-safe.
public final class CursorRegistry implements AutoCloseable {
  static final Duration TTL_DEFAULT = Duration.ofSeconds(30);

  /// A client that needs longer between two batches fetches too much at once.
  static final Duration TTL_MAX = Duration.ofHours(1);

  static final int BATCH_SIZE_DEFAULT = 1_000;

  /// A batch ends early when it has become this large, whatever its number of results: `hasMore`
  /// says that there are further ones.
  static final long BATCH_BYTES_MAX = 16 << 20;

  private static final long SWEEP_SECONDS = 1;

  /// What a cursor walks over. One thread at a time.
  interface Source extends AutoCloseable {
    /// Moves to the next result; false at the end.
    boolean next();

    /// Adds the current result.
    void addTo(SpooledArray results) throws IOException;

    @Override
    void close();
  }

  /// How a result is to be delivered.
  ///
  /// @param batchSize most results of one answer
  /// @param ttl idle time after which the cursor is closed
  /// @param count number of all results; asked only if they do not fit into the first batch
  record Delivery(int batchSize, Duration ttl, LongSupplier count) {}

  private final class Cursor implements AutoCloseable {
    final String id;
    final String database;
    final String user;
    final Delivery delivery;
    final StoreSnapshot snapshot;
    final Source source;

    /// Whether the source stands on a result that was not delivered yet.
    boolean hasCurrent;

    /// Whether a request is working on it; guarded by the registry.
    boolean busy = true;

    /// Number of all results, known from the first batch on.
    long count;

    /// When it may be closed, in nanoseconds of the registry's clock; guarded by the registry.
    long expires;

    Cursor(
        String id, ApiRequest request, Delivery delivery, StoreSnapshot snapshot, Source source) {
      this.id = id;
      this.database = request.database();
      this.user = request.userName();
      this.delivery = delivery;
      this.snapshot = snapshot;
      this.source = source;
      this.hasCurrent = source.next();
    }

    boolean isVisibleTo(ApiRequest request) {
      return database.equals(request.database()) && user.equals(request.userName());
    }

    SpooledArray nextBatch(ApiRequest request) throws IOException {
      SpooledArray results = SpooledArray.of(request);
      try {
        while (hasCurrent
            && results.count() < delivery.batchSize()
            && results.byteSize() < BATCH_BYTES_MAX) {
          request.cancellation().throwIfCancelled();
          source.addTo(results);
          hasCurrent = source.next();
        }
        return results;
      } catch (IOException | RuntimeException e) {
        results.close();
        throw e;
      }
    }

    @Override
    public void close() {
      try (snapshot) {
        source.close();
      }
    }
  }

  private final int cursorsMax;
  private final LongSupplier newId;
  private final LongSupplier nanoTime;
  private final Map<String, Cursor> cursors = new HashMap<>();
  private final ScheduledExecutorService sweeper;
  private boolean closed;

  /// @param cursorsMax open at once; each pins a snapshot, which keeps the engine from giving back
  ///   space
  /// @param newId gives ids that were never used before
  public CursorRegistry(int cursorsMax, LongSupplier newId) {
    this(cursorsMax, newId, System::nanoTime);
  }

  /// @param nanoTime the clock that idle times are measured with
  CursorRegistry(int cursorsMax, LongSupplier newId, LongSupplier nanoTime) {
    this.cursorsMax = cursorsMax;
    this.newId = newId;
    this.nanoTime = nanoTime;
    this.sweeper =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("cursor-sweeper").daemon().factory());
    var unused =
        sweeper.scheduleWithFixedDelay(this::sweep, SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
  }

  /// Answers the first batch (201) and keeps the rest, if there is any, for later requests.
  ///
  /// @param snapshot what the source reads; this registry closes both, whatever happens
  /// @throws LockstepException 503/503 if too many cursors are open
  ApiResponse open(ApiRequest request, Delivery delivery, StoreSnapshot snapshot, Source source)
      throws IOException {
    Cursor cursor =
        new Cursor(Long.toUnsignedString(newId.getAsLong()), request, delivery, snapshot, source);
    boolean kept = false;
    try (SpooledArray batch = cursor.nextBatch(request)) {
      cursor.count = cursor.hasCurrent ? delivery.count().getAsLong() : batch.count();
      if (cursor.hasCurrent) {
        keep(cursor);
        kept = true;
      }
      return answer(201, cursor, batch, kept);
    } finally {
      if (!kept) {
        cursor.close();
      }
    }
  }

  private synchronized void keep(Cursor cursor) {
    if (closed) {
      throw new LockstepException(ErrorNumber.SHUTTING_DOWN);
    }
    sweep();
    if (cursors.size() >= cursorsMax) {
      throw Limit.CURSORS.exceeded(
          ErrorNumber.HTTP_SERVICE_UNAVAILABLE,
          cursorsMax,
          "service unavailable: as many cursors as are allowed are open already; try again, and"
              + " delete those no longer used");
    }
    release(cursor);
    cursors.put(cursor.id, cursor);
  }

  private synchronized void release(Cursor cursor) {
    cursor.busy = false;
    cursor.expires = nanoTime.getAsLong() + cursor.delivery.ttl().toNanos();
  }

  /// Answers the next batch (200).
  ///
  /// @throws LockstepException 404/1600, or 409/1601 while another request reads the same cursor
  ApiResponse next(ApiRequest request, String id) throws IOException {
    Cursor cursor = take(request, id);
    boolean kept = false;
    try (SpooledArray batch = cursor.nextBatch(request)) {
      kept = cursor.hasCurrent;
      return answer(200, cursor, batch, kept);
    } finally {
      // After a failure the cursor may have lost results: nobody may go on with it.
      if (kept) {
        release(cursor);
      } else {
        forget(cursor);
      }
    }
  }

  private synchronized Cursor take(ApiRequest request, String id) {
    sweep();
    Cursor cursor = cursors.get(id);
    if (cursor == null || !cursor.isVisibleTo(request)) {
      throw new LockstepException(ErrorNumber.CURSOR_NOT_FOUND);
    }
    if (cursor.busy) {
      throw new LockstepException(ErrorNumber.CURSOR_BUSY);
    }
    cursor.busy = true;
    return cursor;
  }

  private void forget(Cursor cursor) {
    synchronized (this) {
      cursors.remove(cursor.id);
    }
    cursor.close();
  }

  /// Closes a cursor before its end.
  ///
  /// @throws LockstepException 404/1600, or 409/1601 while another request reads it
  void remove(ApiRequest request, String id) {
    forget(take(request, id));
  }

  synchronized int size() {
    return cursors.size();
  }

  /// Closes what nobody asked for in time.
  final synchronized void sweep() {
    long now = nanoTime.getAsLong();
    for (Iterator<Cursor> all = cursors.values().iterator(); all.hasNext(); ) {
      Cursor cursor = all.next();
      if (!cursor.busy && now - cursor.expires >= 0) {
        all.remove();
        cursor.close();
      }
    }
  }

  private static ApiResponse answer(
      int status, Cursor cursor, SpooledArray batch, boolean hasMore) {
    return batch.toResponse(
        status,
        "result",
        members -> {
          members.member("hasMore", hasMore);
          if (hasMore) {
            members.member("id", cursor.id);
          }
          members.member("count", cursor.count).member("cached", false);
          writeExtra(members);
          members.member("error", false).member("code", status);
        });
  }

  /// Statistics of queries are those of a query engine, which is not there: zeros that clients can
  /// read.
  private static void writeExtra(VPackBuilder members) {
    members.key("extra").openObject();
    members.key("stats").openObject();
    members
        .member("writesExecuted", 0)
        .member("writesIgnored", 0)
        .member("scannedFull", 0)
        .member("scannedIndex", 0)
        .member("filtered", 0)
        .member("httpRequests", 0)
        .member("executionTime", 0.0);
    members.close();
    members.key("warnings").openArray().close();
    members.close();
  }

  /// Closes all cursors that no request is reading; those end with their request.
  @Override
  public void close() {
    sweeper.shutdownNow();
    synchronized (this) {
      closed = true;
      for (Iterator<Cursor> all = cursors.values().iterator(); all.hasNext(); ) {
        Cursor cursor = all.next();
        if (!cursor.busy) {
          all.remove();
          cursor.close();
        }
      }
    }
  }
}
