package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.CollectionHold.ClientWrites;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.replication.DirectLeaderClient;
import dev.lockstep.replication.TestServer;
import dev.lockstep.replication.leader.LeaderSettings;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.replication.protocol.SyncResult;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// A leader and a follower in one process.
final class SyncWorld implements AutoCloseable {
  static final FollowerSettings SETTINGS = settings(Duration.ofSeconds(60));

  static FollowerSettings settings(Duration lease) {
    return settings(lease, 50);
  }

  static FollowerSettings settings(Duration lease, int surplusMax) {
    return new FollowerSettings(
        2,
        6,
        Duration.ofMillis(1),
        Duration.ofMillis(4),
        3,
        lease,
        4 << 10,
        8 << 10,
        16 << 10,
        8 << 10,
        1 << 10,
        5,
        new ComparisonSettings(
            4, 2 << 10, 8 << 10, 3, 3, surplusMax, 20, 1 << 10, 100, Duration.ofMillis(700), true),
        ClientWrites.REFUSED);
  }

  final TestServer leaderServer;
  final TestServer followerServer;
  final ReplicationLeader leader;

  /// Whether the leader behaves like a stock one.
  boolean asStock;

  UnaryOperator<LeaderClient> disturbance = client -> client;
  FollowerSettings settings = SETTINGS;
  boolean isTailing;

  SyncWorld() {
    this("3.11.9", new MemoryStorageEngine(), new MemoryStorageEngine());
  }

  SyncWorld(String leaderVersion, MemoryStorageEngine ofLeader, MemoryStorageEngine ofFollower) {
    leaderServer = new TestServer(ofLeader);
    followerServer = new TestServer(ofFollower);
    leader =
        new ReplicationLeader(
            leaderServer.store(), InstantSource.system(), LeaderSettings.of(leaderVersion));
  }

  ReplicationFollower follower() {
    ReplicationFollower follower =
        new ReplicationFollower(
            followerServer.store(),
            address ->
                disturbance.apply(new DirectLeaderClient(leader, address.database(), asStock)),
            settings,
            InstantSource.system());
    follower.tailing(_ -> isTailing);
    return follower;
  }

  SyncResult sync(String collection) throws InterruptedException {
    return sync(only(collection), SyncRequest.Caller.LOCKSTEP);
  }

  SyncResult sync(String options, SyncRequest.Caller caller) throws InterruptedException {
    return sync(follower(), options, caller, job -> {});
  }

  static SyncResult sync(
      ReplicationFollower follower,
      String options,
      SyncRequest.Caller caller,
      Consumer<SyncJob> started)
      throws InterruptedException {
    return follower.sync(request(options, caller), started);
  }

  static SyncRequest request(String options, SyncRequest.Caller caller) {
    String config =
        "{\"endpoint\":\"tcp://leader:8529\"" + (options.isEmpty() ? "" : "," + options) + "}";
    SyncOptions.Parsed parsed =
        SyncOptions.parse(JsonToVPack.parse(config), SyncOptions.UnknownOptions.WARN);
    return new SyncRequest("_system", parsed.options(), caller, parsed.warnings(), 0);
  }

  /// @return how often the leader is asked what from now on, by [HookedLeader]'s names
  Map<String, Integer> countRequests() {
    Map<String, Integer> requests = new ConcurrentSkipListMap<>();
    disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                requests.merge(name, 1, Integer::sum);
                return request.send();
              }
            };
    return requests;
  }

  static String only(String collection) {
    return "\"restrictType\":\"include\",\"restrictCollections\":[\"" + collection + "\"]";
  }

  DocumentCollection here(String collection) {
    return followerServer.system().requireCollection(collection);
  }

  DocumentCollection there(String collection) {
    return leaderServer.system().requireCollection(collection);
  }

  void assertEqual(String collection) {
    TestServer.assertSame(there(collection), here(collection));
  }

  @Override
  public void close() {
    leader.close();
    leaderServer.close();
    followerServer.close();
  }
}
