/// What leader and follower say to each other, as records, and how it is written and read: logger
/// state, inventory, dumps (JSON lines and VelocyPack), the options of a synchronization, versions
/// and capabilities of a peer, and the failures with their numbers and sentences. No transport: a
/// follower asks a [LeaderClient], whoever implements it. Everything here is a value or free of
/// state, except the readers and writers of dumps, which belong to one thread. The wire itself is
/// described in `docs/protocol.md`.
package dev.lockstep.replication.protocol;
