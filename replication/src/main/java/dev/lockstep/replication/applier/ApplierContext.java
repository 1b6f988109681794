package dev.lockstep.replication.applier;

import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.replication.follower.ReplicationFollower;
import dev.lockstep.replication.protocol.LeaderConnector;
import dev.lockstep.replication.protocol.ServerIdentity;
import java.time.InstantSource;

/// What all appliers of a server work with.
///
/// @param server this one, as it shows itself
/// @param threads on which they work
record ApplierContext(
    DocumentStore store,
    LeaderConnector connector,
    ReplicationFollower follower,
    ServerIdentity server,
    InstantSource time,
    ApplierSettings settings,
    ApplierThreads threads) {}
