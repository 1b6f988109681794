/// Continuous replication on the follower: an applier per database, or one for all of them, reads a
/// leader's change log and carries out what it says. Built on the client protocol and, where states
/// have to be compared, on the synchronizations of `follower`. Decision:
/// `docs/decisions/0012-applier.md`.
@NullMarked
package dev.lockstep.replication.applier;

import org.jspecify.annotations.NullMarked;
