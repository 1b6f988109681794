/// A follower's way to its leader: [dev.lockstep.replication.protocol.LeaderClient] over HTTP.
/// Builds the URLs, reads the answers, and turns whatever goes wrong into the protocol's failures
/// with endpoint and URL in the sentence. Repeats nothing; the follower decides that.
@NullMarked
package dev.lockstep.client.leader;

import org.jspecify.annotations.NullMarked;
