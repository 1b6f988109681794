package dev.lockstep.replication.follower;

import dev.lockstep.replication.protocol.SyncOptions;
import java.util.List;

/// One user's wish to have collections of a leader here.
///
/// @param database the local one that receives the data
/// @param caller what the user talks to us with
/// @param warnings to be shown with the job
/// @param jobId of the asynchronous job it runs as, by which it can be found; 0 if there is none
/// @param owner the user whose job that is; empty if there is none
public record SyncRequest(
    String database,
    SyncOptions options,
    Caller caller,
    List<String> warnings,
    long jobId,
    String owner) {
  public SyncRequest {
    warnings = List.copyOf(warnings);
  }

  /// Without owner.
  public SyncRequest(
      String database, SyncOptions options, Caller caller, List<String> warnings, long jobId) {
    this(database, options, caller, warnings, jobId, "");
  }

  /// What a user talks to us with.
  public enum Caller {
    /// Our shell or command line: a collection the leader does not have is an error.
    LOCKSTEP,
    /// Anything else: then it is success with fewer collections, as it has always been on the wire.
    STOCK
  }
}
