package dev.lockstep.replication.protocol;

import dev.lockstep.core.storage.Tick;
import java.time.Duration;
import java.util.Set;

/// A follower's connection to one database of one leader. Every call is one request: nothing is
/// repeated here, so that whoever waits and repeats is the only one who does. Safe for use by
/// several threads. After [#close] every call, also one under way, fails with
/// [LeaderUnavailableException].
///
/// All calls throw [LeaderUnavailableException], [LeaderRefusedException] or
/// [ProtocolViolationException]; the sentences name endpoint and URL.
public interface LeaderClient extends AutoCloseable {
  /// The leader's address as the user gave it, for messages.
  String endpoint();

  /// What the leader has announced so far; empty before the first answer.
  Set<Capability> capabilities();

  /// Works in every version; the first thing to ask.
  LoggerState loggerState() throws InterruptedException;

  /// Pins a snapshot. Not idempotent: a repetition after a lost answer leaves a second batch, which
  /// ends with its lease.
  BatchOpened openBatch(Duration lease) throws InterruptedException;

  /// Prolongs the lease to at least `lease` from now.
  ///
  /// @throws LeaderRefusedException with status 404 if the batch is gone
  void extendBatch(String batchId, Duration lease) throws InterruptedException;

  /// Ends a batch; a batch that is gone is fine. Waits a few seconds at most.
  void closeBatch(String batchId) throws InterruptedException;

  /// @param onlyCollection restricts the answer where the leader can do that; empty = everything
  Inventory inventory(
      String batchId, boolean includeSystem, boolean includeFoxxQueues, String onlyCollection)
      throws InterruptedException;

  /// Reads one part, completely.
  DumpPage dump(DumpRequest request) throws InterruptedException;

  /// An upper limit for dumps with a history.
  static Tick dumpLimit(Tick lastLogTick) {
    return lastLogTick.next();
  }

  @Override
  void close();
}
