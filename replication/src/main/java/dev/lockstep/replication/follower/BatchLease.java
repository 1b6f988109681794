package dev.lockstep.replication.follower;

import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.ReplicationException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps a leader's batch alive, on a thread of its own, whatever the job is doing meanwhile:
/// copying, building indexes, waiting. A quarter of the lease passes between two renewals, so that
/// three may fail in a row. Closing ends the thread, not the batch.
final class BatchLease implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BatchLease.class);

  private final LeaderClient leader;
  private final String batchId;
  private final Duration lease;
  private final Thread thread;
  private volatile boolean isLost;

  BatchLease(LeaderClient leader, String batchId, Duration lease) {
    this.leader = leader;
    this.batchId = batchId;
    this.lease = lease;
    this.thread = Thread.ofVirtual().name("batch-lease-" + batchId).start(this::renew);
  }

  private void renew() {
    try {
      while (true) {
        Thread.sleep(lease.dividedBy(4));
        try {
          leader.extendBatch(batchId, lease);
        } catch (LeaderRefusedException e) {
          // Whoever needs the batch next is told by the leader itself.
          LOG.warn("the leader does not renew batch {}: {}", batchId, e.getMessage());
          isLost = true;
          return;
        } catch (ReplicationException e) {
          LOG.info("batch {} was not renewed, trying again: {}", batchId, e.getMessage());
        }
      }
    } catch (InterruptedException _) {
      // Closed.
    }
  }

  String batchId() {
    return batchId;
  }

  /// Whether the leader said that the batch is gone.
  boolean isLost() {
    return isLost;
  }

  @Override
  public void close() {
    thread.interrupt();
    boolean wasInterrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException _) {
        wasInterrupted = true;
      }
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
