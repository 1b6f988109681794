package dev.lockstep.replication.leader;

import dev.lockstep.replication.protocol.DumpBody;
import dev.lockstep.replication.protocol.TailPosition;

/// One answer to a request for the change log.
///
/// @param body empty if there is nothing to tell
public record TailPart(DumpBody body, TailPosition position) {}
