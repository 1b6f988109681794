/// The client's side of an HTTP conversation with a server that speaks ArangoDB's interface: where
/// it listens ([Endpoint]), who we are ([Credentials]), and one pooled connection to it
/// ([ServerConnection]). Knows nothing of documents, replication or JSON; the follower and the
/// shell put those on top.
@NullMarked
package dev.lockstep.client;

import org.jspecify.annotations.NullMarked;
