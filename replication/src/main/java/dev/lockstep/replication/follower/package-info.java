/// The follower's side: brings collections to the leader's state. A [SyncJob] asks the leader for a
/// batch and an inventory, decides what to do ([SyncPlan]) and lets a [CollectionSync] do it for
/// one collection after the other; a [BatchLease] keeps the batch alive meanwhile. A job runs on
/// its caller's thread and has three helpers: one renews the lease, one fetches, one decodes.
/// Others only read [SyncProgress] or cancel. Imports core and `replication.protocol`; never
/// `replication.leader`, and knows no HTTP: the leader is a
/// [dev.lockstep.replication.protocol.LeaderClient].
package dev.lockstep.replication.follower;
