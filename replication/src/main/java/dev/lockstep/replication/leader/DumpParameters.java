package dev.lockstep.replication.leader;

import dev.lockstep.replication.protocol.DumpForm;

/// What a follower wants of one dump request.
///
/// @param from number of the last part it received; 0 = from the beginning
/// @param chunkSize bytes after which the part may end
/// @param isEnveloped each document in an envelope
/// @param isArray all documents in one array
public record DumpParameters(
    DumpForm form, long from, long chunkSize, boolean isEnveloped, boolean isArray) {
  /// For followers that do not say.
  public static final long CHUNK_SIZE_DEFAULT = 128 << 10;
}
