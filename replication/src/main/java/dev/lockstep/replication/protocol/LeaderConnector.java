package dev.lockstep.replication.protocol;

import dev.lockstep.core.LockstepException;

/// Makes connections to leaders; the one thing that a follower needs of the network. Thread-safe.
@FunctionalInterface
public interface LeaderConnector {
  /// Prepares a connection; nothing is sent yet. The caller closes it.
  ///
  /// @throws LockstepException 400/1410 if the endpoint is no endpoint
  LeaderClient connect(LeaderAddress address);
}
