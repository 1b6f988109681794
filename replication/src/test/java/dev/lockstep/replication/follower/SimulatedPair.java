package dev.lockstep.replication.follower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionChecker;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentCursor;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.collection.IndexType;
import dev.lockstep.core.collection.OverwriteMode;
import dev.lockstep.core.collection.StoreSnapshot;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.memory.CommitFault;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.replication.DirectLeaderClient;
import dev.lockstep.replication.Seeds;
import dev.lockstep.replication.TestServer;
import dev.lockstep.replication.leader.LeaderSettings;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.SyncOptions;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A leader and a follower in one thread, on simulated disks and a simulated clock, driven by one
/// seed: random histories on both sides, and faults at requests and commits. Everything that
/// happens is decided by the seed.
final class SimulatedPair implements AutoCloseable {
  /// What goes wrong, in percent of requests, and at which commit or request once.
  ///
  /// @param followerDiesAtCommit 0 = never
  /// @param leaderDiesAtRequest 0 = never
  record Faults(int requestsPercent, int followerDiesAtCommit, int leaderDiesAtRequest) {
    static final Faults NONE = new Faults(0, 0, 0);
  }

  /// The follower's process has ended in the middle of something.
  static final class Died extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  static final String COLLECTION = "test";

  private static final int KEYS = 40;
  private static final int VALUES = 60;

  final Random random;

  /// What happened, for the message of a failure.
  final List<String> story = new ArrayList<>();

  private final AtomicLong millis = new AtomicLong(1_700_000_000_000L);
  private final String version;
  private final boolean asStock;
  private final boolean isTiny;

  /// Whether both servers give out the same revisions.
  private final boolean isColliding;

  private TestServer leader;
  private ReplicationLeader leaderRole;
  private TestServer follower;

  /// Of the follower's process; null before its first synchronization.
  private @Nullable ReplicationFollower followerRole;

  /// What the follower must look like after a success: the leader's documents when the last batch
  /// was opened, or where there was none when it was asked for its state last.
  private Map<String, String> batchContents = Map.of();

  private Faults faults = Faults.NONE;

  /// Synchronizations that another process has gone on with.
  int resumed;

  /// Full ones that have completed a half-built copy.
  int completed;

  /// Those that went through the leader's change log, in a batch and without one.
  int loggedInBatch;

  int loggedWithoutBatch;

  private int requests;
  private int commits;
  private boolean isDead;
  private boolean hasOpenedBatch;

  private Map<String, String> contentsBefore = Map.of();

  /// What readers of the follower must find at every moment of a synchronization.
  private Map<String, String> common = Map.of();

  SimulatedPair(long seed) {
    random = Seeds.random(seed);
    version = List.of("3.11.9", "3.11.9", "3.8.1", "3.7.21").get(random.nextInt(4));
    asStock = !version.equals("3.11.9") || random.nextBoolean();
    isTiny = random.nextInt(3) == 0;
    isColliding = !asStock && random.nextBoolean();
    leader = server(engine(), true);
    leaderRole = role(leader);
    follower = server(engine(), false);
    tell("leader " + version + (asStock ? " as stock" : "") + (isTiny ? ", tiny limits" : ""));
    leader.create(COLLECTION);
    if (random.nextBoolean()) {
      there().ensureIndex(index("u", true));
    }
    if (random.nextBoolean()) {
      there().ensureIndex(index("v", true));
    }
    if (random.nextBoolean()) {
      there().ensureIndex(index("x", false));
    }
  }

  private static IndexDefinition index(String field, boolean unique) {
    return IndexDefinition.of(IndexType.PERSISTENT, List.of(field), unique, true);
  }

  private TestServer server(MemoryStorageEngine engine, boolean isLeader) {
    // Two servers that give out the same revisions are told apart by fingerprints; stock leaders
    // have none, and their revision trees know no keys. See decision 0002.
    int counterFirst = isLeader || isColliding ? 0 : 200_000;
    return new TestServer(
        engine, new HybridLogicalClock(millis::get, counterFirst + 1000 * random.nextInt(3)));
  }

  private MemoryStorageEngine engine() {
    return isTiny ? MemoryStorageEngine.tinyLimits() : new MemoryStorageEngine();
  }

  private MemoryStorageEngine rebooted(MemoryStorageEngine engine) {
    return random.nextBoolean() ? engine.killProcess() : engine.losePower(random);
  }

  private ReplicationLeader role(TestServer server) {
    return new ReplicationLeader(
        server.store(), InstantSource.system(), LeaderSettings.of(version));
  }

  private void tell(String what) {
    story.add(what);
  }

  DocumentCollection there() {
    return leader.system().requireCollection(COLLECTION);
  }

  @Nullable DocumentCollection here() {
    return follower.system().collection(COLLECTION);
  }

  /// Documents by key: revision and a hash of the rest, which is readable where large ones differ.
  static Map<String, String> contents(@Nullable DocumentCollection collection) {
    Map<String, String> contents = new TreeMap<>();
    if (collection != null) {
      try (DocumentCursor cursor = collection.view().byRevision(Revision.NONE)) {
        while (cursor.next()) {
          contents.put(
              cursor.document().key(),
              cursor.document().revision() + " " + Arrays.hashCode(cursor.document().body()));
        }
      }
    }
    return contents;
  }

  // --- histories

  void writeThere(int operations) {
    for (int i = 0; i < operations; i++) {
      writeRandomly(there(), "k");
    }
  }

  void writeHere(int operations) {
    DocumentCollection local = here();
    if (local != null) {
      // One revision of one key has one content, or nothing but reading it all would tell.
      String prefix = isColliding ? "m" : "k";
      for (int i = 0; i < operations; i++) {
        writeRandomly(local, prefix);
      }
    }
  }

  private void writeRandomly(DocumentCollection collection, String prefix) {
    millis.addAndGet(random.nextInt(3) == 0 ? random.nextInt(100_000_000) : random.nextInt(2));
    String key = prefix + random.nextInt(KEYS);
    switch (random.nextInt(20)) {
      case 0 -> {
        if (random.nextInt(6) == 0) {
          collection.truncate(Durability.PROCESS_CRASH);
        }
      }
      case 1, 2, 3, 4, 5 -> collection.write(new DocumentWrite.Remove(key, null), TestServer.WRITE);
      default -> collection.write(upsert(key), TestServer.WRITE);
    }
  }

  private DocumentWrite upsert(String key) {
    String json =
        "{\"_key\":\"%s\",\"u\":%d,\"v\":%d,\"x\":%d,\"p\":\"%s\"}"
            .formatted(
                key,
                random.nextInt(VALUES),
                random.nextInt(VALUES),
                random.nextInt(3),
                "x".repeat(random.nextInt(30) == 0 ? 5000 : random.nextInt(20)));
    return new DocumentWrite.Insert(
        JsonToVPack.parse(json), OverwriteMode.REPLACE, true, true, null);
  }

  // --- synchronizing

  /// @return null if it succeeded, else why not
  @Nullable RuntimeException sync(boolean isIncremental, Faults during)
      throws InterruptedException {
    faults = during;
    requests = 0;
    commits = 0;
    isDead = false;
    Map<String, String> before = contents(here());
    common = Map.of();
    follower
        .engine()
        .injectFaults(_ -> {
          dieAtCommit();
          return (CommitFault) null;
        });
    SyncOptions.Parsed options =
        SyncOptions.parse(
            JsonToVPack.parse(
                "{\"endpoint\":\"tcp://leader:8529\","
                    + SyncWorld.only(COLLECTION)
                    + ",\"incremental\":"
                    + isIncremental
                    + ",\"useChangeLog\":"
                    + (random.nextInt(3) > 0)
                    + "}"),
            SyncOptions.UnknownOptions.REFUSE);
    SyncRequest request =
        new SyncRequest("_system", options.options(), SyncRequest.Caller.LOCKSTEP, List.of(), 0);
    RuntimeException failure = null;
    try {
      contentsBefore = before;
      ReplicationFollower role = followerRole();
      List<InterruptedSync> interrupted = role.interrupted();
      if (!interrupted.isEmpty() && random.nextBoolean()) {
        tell("going on with what was interrupted");
        role.resume(interrupted.getFirst().id(), job -> {});
        resumed++;
        countCompletion(role);
      }
      // Where the interrupted one had only its end left to note, it did nothing more.
      role.sync(request, job -> {});
      countCompletion(role);
      countLogged(role.jobs().getFirst().statistics());
    } catch (LockstepException | Died e) {
      failure = e;
    }
    tell(
        (isIncremental ? "incremental " : "full ")
            + during
            + " -> "
            + (failure == null ? "done" : failure));
    follower.engine().injectFaults(_ -> null);
    if (isDead) {
      reviveFollower();
    }
    common = Map.of();
    return failure;
  }

  private ReplicationFollower followerRole() {
    ReplicationFollower current = followerRole;
    if (current == null) {
      current =
          new ReplicationFollower(
              follower.store(),
              address -> new Watched(switching(), contentsBefore),
              SimulatedFollower.settings(random),
              InstantSource.system(),
              Backoff.of(random, (_, stop) -> stop.throwIfStopped()));
      followerRole = current;
    }
    return current;
  }

  /// A full synchronization that has compared has gone on with a half-built copy.
  private void countCompletion(ReplicationFollower role) {
    SyncProgress job = role.jobs().getFirst();
    if (job.kind().equals("full") && job.statistics().method() != SyncMethod.FULL) {
      completed++;
    }
  }

  private void countLogged(SyncStatistics statistics) {
    if (statistics.method() == SyncMethod.CHANGE_LOG) {
      if (hasOpenedBatch) {
        loggedInBatch++;
      } else {
        loggedWithoutBatch++;
      }
    }
  }

  private void dieAtCommit() {
    commits++;
    if (faults.followerDiesAtCommit() > 0 && commits >= faults.followerDiesAtCommit()) {
      isDead = true;
      throw new Died();
    }
  }

  private void reviveFollower() {
    MemoryStorageEngine engine = follower.engine();
    follower.store().close();
    follower = server(rebooted(engine), false);
    followerRole = null;
    tell("follower started again");
  }

  private void restartLeader() {
    MemoryStorageEngine engine = leader.engine();
    leaderRole.close();
    leader.store().close();
    leader = server(rebooted(engine), true);
    leaderRole = role(leader);
    tell("leader started again");
  }

  /// Speaks to whatever process is the leader at the moment.
  private LeaderClient switching() {
    DirectLeaderClient[] client = {null};
    ReplicationLeader[] of = {null};
    return (LeaderClient)
        Proxy.newProxyInstance(
            LeaderClient.class.getClassLoader(),
            new Class<?>[] {LeaderClient.class},
            (proxy, method, arguments) -> {
              if (of[0] != leaderRole) {
                of[0] = leaderRole;
                client[0] = new DirectLeaderClient(leaderRole, "_system", asStock);
              }
              try {
                return method.invoke(client[0], arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /// Disturbs requests, lets the leader go on writing, and looks at the follower as its readers do.
  private final class Watched extends HookedLeader {
    private final Map<String, String> before;

    Watched(LeaderClient leader, Map<String, String> before) {
      super(leader);
      this.before = before;
    }

    /// Without a collection the answer only tells who the leader is.
    @Override
    public LoggerState loggerState(String collection) throws InterruptedException {
      return around(
          collection.isEmpty() ? "identity" : "state", () -> leader.loggerState(collection));
    }

    @Override
    <T> T around(String name, Request<T> request) throws InterruptedException {
      synchronized (SimulatedPair.this) {
        checkReaders();
        requests++;
        if (requests == faults.leaderDiesAtRequest()) {
          restartLeader();
        }
        T answer = disturbed(name, request);
        if (random.nextInt(4) == 0) {
          writeThere(1 + random.nextInt(3));
        }
        return answer;
      }
    }

    private <T> T disturbed(String name, Request<T> request) throws InterruptedException {
      // A stock leader that gets a request for a dump twice is ahead of its follower.
      boolean mayRepeat = !(asStock && name.equals("dump"));
      if (random.nextInt(100) >= faults.requestsPercent()) {
        return sent(name, request);
      }
      switch (random.nextInt(mayRepeat ? 4 : 2)) {
        case 0 -> throw lost(true);
        case 1 -> {
          sent(name, request);
          throw lost(false);
        }
        case 2 -> {
          sent(name, request);
          return sent(name, request);
        }
        default -> {
          sent(name, request);
          sent(name, request);
          throw lost(false);
        }
      }
    }

    private <T> T sent(String name, Request<T> request) throws InterruptedException {
      if (!name.equals("open") && !name.equals("state")) {
        return request.send();
      }
      hasOpenedBatch = name.equals("open");
      batchContents = contents(there());
      common = new TreeMap<>(before);
      common.entrySet().removeIf(one -> !one.getValue().equals(batchContents.get(one.getKey())));
      return request.send();
    }

    private LeaderUnavailableException lost(boolean unseen) {
      IOException cause = new IOException("cut");
      return unseen
          ? LeaderUnavailableException.notConnected(endpoint(), "/x", "refused", cause)
          : LeaderUnavailableException.answerLost(endpoint(), "/x", "cut", cause);
    }
  }

  // --- invariants

  /// Nobody misses a document that is the same in the old and in the new state.
  private void checkReaders() {
    if (!common.isEmpty()) {
      Map<String, String> now = contents(here());
      common.forEach((key, json) -> assertThat(now.get(key)).as(key).isEqualTo(json));
    }
  }

  /// What is stored agrees with itself, whatever has happened.
  void assertConsistent() {
    for (TestServer server : List.of(leader, follower)) {
      try (StoreSnapshot snapshot = server.store().snapshot()) {
        assertThat(CollectionChecker.check(snapshot)).isEmpty();
      }
    }
  }

  void assertIsTheBatch() {
    DocumentCollection local = follower.system().requireCollection(COLLECTION);
    assertThat(contents(local)).isEqualTo(batchContents);
    assertThat(local.count()).isEqualTo(batchContents.size());
    assertThat(local.definition().indexes()).containsAll(there().definition().indexes());
  }

  @Override
  public void close() {
    leaderRole.close();
    leader.close();
    follower.close();
  }
}
