package dev.lockstep.replication.follower;

/// A synchronization that ended with its process and will be gone on with by this one.
///
/// @param id of the job, decimal
/// @param request as it was asked for
public record InterruptedSync(String id, SyncRequest request) {}
