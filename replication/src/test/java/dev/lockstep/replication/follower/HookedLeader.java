package dev.lockstep.replication.follower;

import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.replication.protocol.DumpPage;
import dev.lockstep.replication.protocol.DumpRequest;
import dev.lockstep.replication.protocol.Inventory;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LoggerState;
import java.time.Duration;
import java.util.Set;

/// Passes every request on, through [#around]: tests override what they want to disturb or watch.
class HookedLeader implements LeaderClient {
  /// A request, in a form that can be sent several times.
  interface Request<T> {
    T send() throws InterruptedException;
  }

  final LeaderClient leader;

  HookedLeader(LeaderClient leader) {
    this.leader = leader;
  }

  /// @param name `state`, `open`, `extend`, `close`, `inventory` or `dump`
  <T> T around(String name, Request<T> request) throws InterruptedException {
    return request.send();
  }

  @Override
  public String endpoint() {
    return leader.endpoint();
  }

  @Override
  public Set<Capability> capabilities() {
    return leader.capabilities();
  }

  @Override
  public LoggerState loggerState() throws InterruptedException {
    return around("state", leader::loggerState);
  }

  @Override
  public BatchOpened openBatch(Duration lease) throws InterruptedException {
    return around("open", () -> leader.openBatch(lease));
  }

  @Override
  public void extendBatch(String batchId, Duration lease) throws InterruptedException {
    around(
        "extend",
        () -> {
          leader.extendBatch(batchId, lease);
          return true;
        });
  }

  @Override
  public void closeBatch(String batchId) throws InterruptedException {
    around(
        "close",
        () -> {
          leader.closeBatch(batchId);
          return true;
        });
  }

  @Override
  public Inventory inventory(
      String batchId, boolean includeSystem, boolean includeFoxxQueues, String onlyCollection)
      throws InterruptedException {
    return around(
        "inventory",
        () -> leader.inventory(batchId, includeSystem, includeFoxxQueues, onlyCollection));
  }

  @Override
  public DumpPage dump(DumpRequest request) throws InterruptedException {
    return around("dump", () -> leader.dump(request));
  }

  @Override
  public void close() {
    leader.close();
  }
}
