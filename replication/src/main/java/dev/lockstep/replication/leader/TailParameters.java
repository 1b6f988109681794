package dev.lockstep.replication.leader;

import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.MarkerForm;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What a follower wants of one request for the change log.
///
/// @param database the one whose changes are told; null: all
/// @param from exclusive
/// @param to inclusive; null: to the end
/// @param lastScanned up to where an earlier request with the same wishes has looked, [Tick#NONE]
///   in the first one; null: of a follower that does not go by it, which must not get an empty
///   answer before the end of the log
/// @param chunkSize bytes after which the answer may end
/// @param collection globally unique id, name or decimal id of the only one of interest; empty: all
/// @param isLegacy whether to name things as leaders before 3.3 did
/// @param waitMax how long to wait for something to tell
public record TailParameters(
    @Nullable String database,
    Tick from,
    @Nullable Tick to,
    @Nullable Tick lastScanned,
    long chunkSize,
    boolean includeSystem,
    boolean includeFoxxQueues,
    String collection,
    MarkerForm form,
    boolean isLegacy,
    Duration waitMax) {
  /// For followers that do not say.
  public static final long CHUNK_SIZE_DEFAULT = 1 << 20;

  public static final long CHUNK_SIZE_MIN = 16 << 10;
  public static final long CHUNK_SIZE_MAX = 128 << 20;

  /// Longest wait that is granted.
  public static final Duration WAIT_MAX = Duration.ofSeconds(60);

  /// Up to where the follower needs nothing any more: what it was not told of did not concern it.
  Tick done() {
    return lastScanned != null && lastScanned.compareTo(from) > 0 ? lastScanned : from;
  }
}
