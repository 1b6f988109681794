/// The leader's side: what followers ask for, answered from frozen states. A [ReplicationLeader]
/// leases snapshots ([ReplicationBatches]), lists collections, serves dumps part by part and
/// remembers who follows ([Followers]). Knows no HTTP; `server.api` translates. Called by many
/// request threads at once; has one thread of its own, which ends leases that ran out. Never
/// imports `replication.follower`.
package dev.lockstep.replication.leader;
