package dev.lockstep.replication.follower;

import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.replication.protocol.SyncResult;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What must be known of a synchronization after a restart. Stored in the catalog. While it is
/// under way the leader's password is part of it, as the leader wants it in clear; the folder of
/// the data belongs to the server's account alone. When it is over nothing secret is left.
///
/// @param started when it was asked for
/// @param restarts of this server that it has outlived
/// @param done collections that are brought over already
/// @param batchId of the batch it has open on the leader, to be ended there if this process dies;
///   empty before the first
/// @param lastLogTick of its first batch, from where tailing misses nothing; [Tick#NONE] before
/// @param end null while it is under way
record StoredSync(
    SyncRequest request,
    Instant started,
    int restarts,
    List<SyncResult.Collection> done,
    String batchId,
    Tick lastLogTick,
    @Nullable End end) {
  StoredSync {
    done = List.copyOf(done);
  }

  /// @param progress the last one
  record End(Instant time, SyncProgress progress) {}

  static StoredSync begun(SyncRequest request, Instant now) {
    return new StoredSync(request, now, 0, List.of(), "", Tick.NONE, null);
  }

  StoredSync restarted() {
    return new StoredSync(request, started, restarts + 1, done, batchId, lastLogTick, end);
  }

  /// @param tick the batch's; only the first one's is kept
  StoredSync inBatch(String id, Tick tick) {
    Tick first = lastLogTick.equals(Tick.NONE) ? tick : lastLogTick;
    return new StoredSync(request, started, restarts, done, id, first, end);
  }

  StoredSync with(SyncResult.Collection collection) {
    List<SyncResult.Collection> all = new ArrayList<>(done);
    all.add(collection);
    return new StoredSync(request, started, restarts, all, batchId, lastLogTick, end);
  }

  /// @param result null if it failed; what it names may be more than was noted on the way: without
  ///   a batch nothing is
  StoredSync ended(Instant time, SyncProgress progress, @Nullable SyncResult result) {
    return new StoredSync(
        request,
        started,
        restarts,
        result == null ? done : result.collections(),
        batchId,
        result == null ? lastLogTick : result.lastLogTick(),
        new End(time, progress));
  }

  boolean isDone(SyncResult.Collection collection) {
    return done.contains(collection);
  }

  /// Null if it is not over, or has failed.
  @Nullable SyncResult result() {
    if (end == null || end.progress().phase() != SyncPhase.DONE) {
      return null;
    }
    return new SyncResult(SyncResult.Collection.inOrder(done), lastLogTick);
  }

  byte[] encode() {
    VPackBuilder target = new VPackBuilder().openObject();
    target.member("database", request.database());
    target.key("options").openObject();
    if (end == null) {
      request.options().renderWithSecrets(target);
    } else {
      // Whatever the user gave as endpoint is in the progress if it has been one.
      target.member("incremental", request.options().incremental());
    }
    target.close();
    target.member("caller", request.caller().name());
    target.key("warnings").openArray();
    request.warnings().forEach(target::value);
    target.close();
    target.member("jobId", Long.toUnsignedString(request.jobId()));
    target.member("owner", request.owner());
    target.member("started", started.toString());
    target.member("restarts", restarts);
    target.key("done").openArray();
    for (SyncResult.Collection collection : done) {
      target.openObject().member("id", collection.id()).member("name", collection.name()).close();
    }
    target.close();
    target.member("batchId", batchId);
    target.member("lastLogTick", lastLogTick.toString());
    End ended = end;
    if (ended != null) {
      target.member("ended", ended.time().toString());
      target.key("progress");
      ended.progress().render(target);
    }
    return target.close().toByteArray();
  }

  /// @throws RuntimeException if these bytes were not made by [#encode]
  static StoredSync decode(byte[] stored) {
    VPackSlice object = VPackSlice.of(stored);
    List<String> warnings = new ArrayList<>();
    member(object, "warnings").elements().forEach(warning -> warnings.add(warning.asString()));
    VPackSlice ended = object.get("ended");
    SyncOptions options =
        ended == null
            ? SyncOptions.parse(member(object, "options"), SyncOptions.UnknownOptions.WARN)
                .options()
            : SyncOptions.forgotten(member(member(object, "options"), "incremental").asBoolean());
    List<SyncResult.Collection> done = new ArrayList<>();
    for (VPackSlice collection : member(object, "done").elements()) {
      done.add(new SyncResult.Collection(text(collection, "id"), text(collection, "name")));
    }
    // Earlier releases did not store it.
    VPackSlice batchId = object.get("batchId");
    return new StoredSync(
        new SyncRequest(
            text(object, "database"),
            options,
            SyncRequest.Caller.valueOf(text(object, "caller")),
            warnings,
            Long.parseUnsignedLong(text(object, "jobId")),
            text(object, "owner")),
        Instant.parse(text(object, "started")),
        (int) member(object, "restarts").asLong(),
        done,
        batchId == null ? "" : batchId.asString(),
        new Tick(Long.parseUnsignedLong(text(object, "lastLogTick"))),
        ended == null
            ? null
            : new End(
                Instant.parse(ended.asString()), SyncProgress.read(member(object, "progress"))));
  }

  private static String text(VPackSlice object, String name) {
    return member(object, name).asString();
  }

  static VPackSlice member(VPackSlice object, String name) {
    VPackSlice value = object.get(name);
    if (value == null) {
      throw new StorageException("the stored record of a synchronization has no '" + name + "'");
    }
    return value;
  }
}
