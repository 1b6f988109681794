package dev.lockstep.replication.leader;

import dev.lockstep.replication.protocol.DumpBody;

/// One answer to a dump request.
///
/// @param body empty at the end of the collection
/// @param hasMore whether documents follow
/// @param number of this part, counted from 1; 0 if it is empty
/// @param collectionCount documents of the whole collection
public record DumpPart(DumpBody body, boolean hasMore, long number, long collectionCount) {}
