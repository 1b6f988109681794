package dev.lockstep.replication.follower;

import dev.lockstep.replication.protocol.SyncResult;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// An asynchronous synchronization that ended in an earlier process.
///
/// @param jobId as in [SyncRequest]
/// @param owner the user whose job it is
/// @param result null if it failed; then `progress` says why
public record EndedSync(
    long jobId, String owner, Instant ended, SyncProgress progress, @Nullable SyncResult result) {}
