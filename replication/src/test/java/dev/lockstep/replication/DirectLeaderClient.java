package dev.lockstep.replication;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.replication.leader.DumpParameters;
import dev.lockstep.replication.leader.DumpPart;
import dev.lockstep.replication.leader.FollowerIdentity;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.replication.protocol.DumpForm;
import dev.lockstep.replication.protocol.DumpPage;
import dev.lockstep.replication.protocol.DumpRequest;
import dev.lockstep.replication.protocol.Inventory;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.Messages;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// A leader in the same process. Messages go through their written form, as on a wire. With
/// `asStock` it behaves like a stock leader: no capabilities, and a dump position that it keeps
/// itself and moves with each answer, lost or not.
public final class DirectLeaderClient implements LeaderClient {
  private final ReplicationLeader leader;
  private final String database;
  private final boolean asStock;
  private final Map<String, Long> stockPositions = new HashMap<>();

  public DirectLeaderClient(ReplicationLeader leader, String database, boolean asStock) {
    this.leader = leader;
    this.database = database;
    this.asStock = asStock;
  }

  @Override
  public String endpoint() {
    return "tcp://leader:8529";
  }

  @Override
  public Set<Capability> capabilities() {
    return asStock ? Set.of() : EnumSet.allOf(Capability.class);
  }

  @Override
  public LoggerState loggerState() {
    VPackBuilder message = new VPackBuilder();
    leader.loggerState(follower()).render(message);
    return LoggerState.parse(message.toSlice());
  }

  @Override
  public BatchOpened openBatch(Duration lease) {
    VPackBuilder message = new VPackBuilder();
    translate("batch", () -> leader.openBatch(follower(), lease, true)).render(message);
    return BatchOpened.parse(message.toSlice());
  }

  @Override
  public void extendBatch(String batchId, Duration lease) {
    translate(
        "batch/" + batchId,
        () -> {
          leader.extendBatch(follower(), batchId, lease);
          return true;
        });
  }

  @Override
  public void closeBatch(String batchId) {
    try {
      leader.deleteBatch(follower(), batchId);
    } catch (LockstepException e) {
      if (e.number() != ErrorNumber.CURSOR_NOT_FOUND) {
        throw e;
      }
    }
  }

  @Override
  public Inventory inventory(
      String batchId, boolean includeSystem, boolean includeFoxxQueues, String onlyCollection) {
    Inventory inventory =
        translate(
            "inventory",
            () ->
                leader.inventory(
                    follower(),
                    batchId,
                    database,
                    includeSystem,
                    includeFoxxQueues,
                    onlyCollection));
    VPackBuilder message = new VPackBuilder();
    inventory.render(message, Instant.EPOCH);
    return Inventory.parse(
        Messages.object(
            "application/json", message.toSlice().toJson().getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public DumpPage dump(DumpRequest request) throws InterruptedException {
    long from = request.from();
    String position = request.batchId() + "/" + request.collection();
    if (asStock) {
      from = stockPositions.getOrDefault(position, 0L);
    }
    long number = from;
    DumpPart part =
        translate(
            "dump",
            () -> {
              try (var dump =
                  leader.dump(
                      follower(),
                      request.batchId(),
                      database,
                      request.collection(),
                      new DumpParameters(
                          request.form(), number, request.chunkSize(), false, false))) {
                return dump.part();
              }
            });
    if (asStock && part.number() > 0) {
      stockPositions.put(position, part.number());
    }
    return new DumpPage(
        request.form(),
        part.body().toByteArray(),
        part.hasMore(),
        part.number(),
        request.form() == DumpForm.STORED ? part.collectionCount() : null,
        "/_api/replication/dump");
  }

  private interface Call<T> {
    T perform() throws InterruptedException;
  }

  private <T> T translate(String url, Call<T> call) {
    try {
      return call.perform();
    } catch (LockstepException e) {
      throw new LeaderRefusedException(
          endpoint(),
          "/_api/replication/" + url,
          e.number().httpStatus(),
          "",
          String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private FollowerIdentity follower() {
    return new FollowerIdentity("4711", "", "", database);
  }

  @Override
  public void close() {}
}
