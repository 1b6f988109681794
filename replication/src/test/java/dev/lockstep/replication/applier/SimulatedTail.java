package dev.lockstep.replication.applier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.collection.CollectionChecker;
import dev.lockstep.core.collection.CollectionHold.ClientWrites;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.StoreSnapshot;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.core.storage.memory.CommitFault;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.replication.DirectLeaderClient;
import dev.lockstep.replication.Seeds;
import dev.lockstep.replication.TestServer;
import dev.lockstep.replication.follower.SimulatedFollower;
import dev.lockstep.replication.leader.LeaderSettings;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.ServerIdentity;
import dev.lockstep.replication.protocol.SyncOptions;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A leader that clients change all the time and a follower that follows it, with the real code of
/// both, on simulated disks and on one thread but for dumps, which change nothing. Everything that
/// happens is decided by the seed: what clients do and when, which requests are lost or repeated,
/// when either process dies, what its disk forgets, how far the fetching is ahead of the applying.
final class SimulatedTail implements AutoCloseable {
  /// What goes wrong during a run.
  ///
  /// @param requestsPercent of requests that are lost or repeated
  /// @param followerDiesAtCommit 0 = never
  /// @param leaderDiesAtRequest 0 = never
  record Faults(int requestsPercent, int followerDiesAtCommit, int leaderDiesAtRequest) {
    static final Faults NONE = new Faults(0, 0, 0);
  }

  /// The follower's process has ended in the middle of something.
  private static final class Died extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /// More than any run that comes to an end.
  private static final int REQUESTS_MAX = 20_000;

  private static final Set<String> NO_REQUESTS =
      Set.of("endpoint", "capabilities", "warnings", "transferred", "close", "toString");

  final Random random;

  /// What happened, for the message of a failure.
  final List<String> story = new ArrayList<>();

  private final long seed;
  private final AtomicLong millis = new AtomicLong(1_700_000_000_000L);
  private final String version;
  private final boolean asStock;
  private final boolean isTiny;

  /// Whether changes are pruned that the follower has yet to read.
  private final boolean prunesTooEarly;

  final boolean autoResync;
  private final ApplierScope scope;
  private final LeaderStory clients;
  private final LeaderHistory history = new LeaderHistory();

  private TestServer leader;
  private ReplicationLeader leaderRole;
  private TestServer follower;

  // Of the run under way.
  private @Nullable ApplierRun run;
  private ApplierProgress progress = newProgress();
  private Faults faults = Faults.NONE;
  private int stepsLeft;
  private boolean untilCaughtUp;
  private int synchronizations;
  private int requests;
  private int dumps;
  private int commits;
  private boolean isDead;
  private Tick lastApplied = Tick.NONE;

  /// Whether a synchronization was begun since the last page: then it has the leader to itself.
  private boolean isSynchronizing;

  /// From where on the follower has been brought to one state by nothing but the log.
  private Tick wholeFrom = Tick.NONE;

  private final Map<DocumentCollection, Tick> positions = new HashMap<>();

  // For what a series of seeds is to have seen.
  int deaths;
  int leaderDeaths;
  int resyncs;
  int pages;
  int failures;

  SimulatedTail(long seed) {
    this.seed = seed;
    random = Seeds.random(seed);
    version = List.of("3.11.9", "3.11.9", "3.8.1", "3.7.21").get(random.nextInt(4));
    asStock = !version.equals("3.11.9") || random.nextBoolean();
    isTiny = random.nextInt(4) == 0;
    prunesTooEarly = random.nextInt(3) == 0;
    boolean replaces = random.nextInt(3) == 0;
    autoResync = prunesTooEarly ? random.nextInt(4) > 0 : random.nextBoolean();
    scope = random.nextInt(3) == 0 ? new ApplierScope("_system") : ApplierScope.GLOBAL;
    clients = new LeaderStory(random, replaces);
    leader = server(engine(), 0);
    leaderRole = role(leader);
    follower = server(engine(), 200_000);
    clients.begin(leader.store());
    history.observe(leader.store());
    tell(
        "leader "
            + version
            + (asStock ? " as stock" : "")
            + (isTiny ? ", tiny limits" : "")
            + (prunesTooEarly ? ", prunes too early" : "")
            + (autoResync ? ", autoResync" : "")
            + ", "
            + scope);
  }

  private static ApplierProgress newProgress() {
    return new ApplierProgress(InstantSource.system(), "");
  }

  private MemoryStorageEngine engine() {
    return isTiny ? MemoryStorageEngine.tinyLimits() : new MemoryStorageEngine();
  }

  private TestServer server(MemoryStorageEngine engine, int counterFirst) {
    return new TestServer(
        engine, new HybridLogicalClock(millis::get, counterFirst + 1000 * random.nextInt(3)));
  }

  private ReplicationLeader role(TestServer server) {
    return new ReplicationLeader(
        server.store(), InstantSource.system(), LeaderSettings.of(version));
  }

  private void tell(String what) {
    story.add(what);
  }

  // --- the leader

  void writeThere(int operations) {
    for (int i = 0; i < operations; i++) {
      millis.addAndGet(random.nextInt(3) == 0 ? random.nextInt(100_000) : random.nextInt(2));
      String done = clients.act(leader.store(), this::prunable);
      history.observe(leader.store());
      if (!done.isEmpty()) {
        tell(leader.engine().closedTick() + ": " + done);
      }
    }
  }

  private long prunable() {
    long newest = leader.engine().closedTick().value();
    ApplierRecord record = record();
    long needed = record == null ? 0 : record.safeResume().value();
    return random.nextLong((prunesTooEarly ? newest : Math.min(newest, needed)) + 1);
  }

  private MemoryStorageEngine rebooted(MemoryStorageEngine engine) {
    return random.nextBoolean() ? engine.killProcess() : engine.losePower(random);
  }

  void restartLeader() {
    MemoryStorageEngine engine = leader.engine();
    leaderRole.close();
    leader.store().close();
    leader = server(rebooted(engine), 0);
    leaderRole = role(leader);
    history.forgetAfter(leader.engine().closedTick());
    history.observe(leader.store());
    leaderDeaths++;
    tell("leader started again at " + leader.engine().closedTick());
  }

  // --- the follower

  private @Nullable ApplierRecord record() {
    byte[] stored = follower.store().applierRecords().get(scope.recordId(follower.store()));
    return stored == null ? null : ApplierRecord.decode(stored);
  }

  /// As a user does it who begins, or begins again.
  @Nullable RuntimeException setUp(boolean isIncremental, Faults during)
      throws InterruptedException {
    SyncOptions options =
        SyncOptions.parse(
                JsonToVPack.parse(
                    """
                    {"endpoint":"tcp://leader:8529","includeSystem":false,"incremental":%s,\
                    "autoResync":%s,"autoResyncRetries":5,"maxConnectRetries":2,\
                    "connectionRetryWaitTime":0.001,"idleMinWaitTime":0.001,\
                    "idleMaxWaitTime":0.001}\
                    """
                        .formatted(isIncremental, autoResync)),
                SyncOptions.UnknownOptions.REFUSE)
            .options();
    follower
        .store()
        .applierRecords()
        .put(
            scope.recordId(follower.store()),
            ApplierRecord.configured(options).encode(),
            Durability.POWER_LOSS);
    return follow(new ApplierRun.Start.Initial(), during, random.nextInt(10));
  }

  /// Whether the follower knows whom it follows, and from where on.
  boolean isSetUp() {
    ApplierRecord record = record();
    return record != null && record.leaderId() != 0;
  }

  @Nullable RuntimeException goOn(Faults during, int steps) throws InterruptedException {
    return follow(new ApplierRun.Start.Resume(), during, steps);
  }

  /// Follows, without faults and without further changes, until there is nothing more.
  @Nullable RuntimeException catchUp() throws InterruptedException {
    untilCaughtUp = true;
    try {
      return follow(new ApplierRun.Start.Resume(), Faults.NONE, REQUESTS_MAX);
    } finally {
      untilCaughtUp = false;
    }
  }

  /// @param steps pages after which it is stopped
  /// @return what ended it; null if it was stopped
  private @Nullable RuntimeException follow(ApplierRun.Start start, Faults during, int steps)
      throws InterruptedException {
    faults = during;
    stepsLeft = steps;
    requests = 0;
    dumps = 0;
    commits = 0;
    isDead = false;
    isSynchronizing = false;
    lastApplied = Tick.NONE;
    synchronizations += start instanceof ApplierRun.Start.Initial ? 1 : 0;
    progress = newProgress();
    progress.started();
    OneThread thread = new OneThread(random, this::goesOn);
    ApplierRecord record = record();
    if (record == null) {
      throw new IllegalStateException("not configured");
    }
    progress.at(record);
    tell(start + " from " + record.safeResume() + " " + during);
    follower
        .engine()
        .injectFaults(_ -> {
          beforeCommit(thread);
          return (CommitFault) null;
        });
    RuntimeException failure = null;
    try {
      run = new ApplierRun(context(thread), scope, record, progress);
      run.run(start);
    } catch (LockstepException | Died e) {
      failure = e;
      failures++;
    }
    resyncs += (int) progress.state(identity(), "", "").counts().resyncs();
    tell("-> " + (failure == null ? "stopped" : failure));
    follower.engine().injectFaults(_ -> null);
    if (isDead) {
      reviveFollower();
    }
    return failure;
  }

  private ServerIdentity identity() {
    return new ServerIdentity(version, follower.store().serverId(), ServerIdentity.ENGINE);
  }

  private ApplierContext context(OneThread thread) {
    ApplierSettings settings =
        new ApplierSettings(
            Duration.ZERO,
            Duration.ZERO,
            Duration.ofMillis(1),
            Duration.ofMillis(1),
            200 + random.nextInt(4000),
            1 << 20,
            8,
            random.nextBoolean() ? Duration.ZERO : Duration.ofHours(1),
            Duration.ZERO,
            ClientWrites.REFUSED);
    return new ApplierContext(
        follower.store(),
        address -> connect(address.database()),
        SimulatedFollower.of(follower.store(), address -> connect(address.database()), random),
        identity(),
        InstantSource.system(),
        settings,
        thread);
  }

  void reviveFollower() {
    MemoryStorageEngine engine = follower.engine();
    follower.store().close();
    follower = server(rebooted(engine), 200_000);
    positions.clear();
    deaths++;
    tell("follower started again");
  }

  // --- steps

  /// Before each page.
  private boolean goesOn() {
    isSynchronizing = false;
    pages++;
    checkFollower();
    ApplierState state = progress.state(identity(), "", "");
    history.assertNoGap(follower.store(), state.processed(), scope.name(), wereCompared());
    boolean isOver =
        untilCaughtUp
            ? state.processed().compareTo(leader.engine().closedTick()) >= 0
            : --stepsLeft < 0;
    if (isOver) {
      if (untilCaughtUp) {
        assertThat(state.ticksBehind()).as("lag").isZero();
      }
      stop();
      return false;
    }
    if (!untilCaughtUp) {
      writeThere(random.nextInt(4));
    }
    return true;
  }

  private boolean wereCompared() {
    return synchronizations > 1
        || resyncs > 0
        || progress.state(identity(), "", "").counts().resyncs() > 0;
  }

  private void stop() {
    ApplierRun running = run;
    if (running != null) {
      running.stop();
    }
  }

  private void beforeCommit(OneThread thread) {
    if (isDead) {
      throw new Died();
    }
    checkFollower();
    commits++;
    if (faults.followerDiesAtCommit() > 0 && commits >= faults.followerDiesAtCommit()) {
      isDead = true;
      throw new Died();
    }
    boolean isApplying = progress.phase() == ApplierPhase.RUNNING && !isSynchronizing;
    if (isApplying && random.nextInt(6) == 0) {
      thread.fetchAhead();
    }
  }

  // --- the wire

  private LeaderClient connect(String database) {
    DirectLeaderClient[] client = {null};
    ReplicationLeader[] of = {null};
    return (LeaderClient)
        Proxy.newProxyInstance(
            LeaderClient.class.getClassLoader(),
            new Class<?>[] {LeaderClient.class},
            (proxy, method, arguments) -> {
              Request request =
                  () -> {
                    if (of[0] != leaderRole) {
                      of[0] = leaderRole;
                      client[0] = new DirectLeaderClient(leaderRole, database, asStock);
                    }
                    return answer(client[0], method, arguments);
                  };
              return NO_REQUESTS.contains(method.getName())
                  ? request.send()
                  : around(method.getName(), request);
            });
  }

  private Object answer(LeaderClient client, Method method, Object[] arguments) throws Throwable {
    if (method.getName().equals("databases")) {
      return leader.store().databases().stream().map(Database::name).toList();
    }
    try {
      return method.invoke(client, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private interface Request {
    Object send() throws Throwable;
  }

  private Object around(String name, Request request) throws Throwable {
    if (name.equals("dump")) {
      // On a thread of its own: what it meets must not depend on when the others do what they do.
      return disturbed(Seeds.random(seed * 1_000_003 + ++dumps), name, request);
    }
    requests++;
    if (requests > REQUESTS_MAX) {
      throw new AssertionError("a run that makes " + requests + " requests does not end");
    }
    if (requests == faults.leaderDiesAtRequest()) {
      restartLeader();
    }
    if (name.equals("openBatch")) {
      isSynchronizing = true;
      wholeFrom = leader.engine().closedTick();
    }
    Object answer = disturbed(random, name, request);
    if (!untilCaughtUp && random.nextInt(4) == 0) {
      writeThere(1 + random.nextInt(3));
    }
    return answer;
  }

  private Object disturbed(Random by, String name, Request request) throws Throwable {
    if (by.nextInt(100) >= faults.requestsPercent()) {
      return request.send();
    }
    // A stock leader that gets a request for a dump twice is ahead of its follower.
    boolean mayRepeat = !(asStock && name.equals("dump"));
    int fault = by.nextInt(mayRepeat ? 4 : 2);
    if (fault == 0) {
      throw LeaderUnavailableException.notConnected(
          "tcp://leader:8529", "/x", "refused", new IOException("cut"));
    }
    Object answer = request.send();
    if (fault >= 2) {
      answer = request.send();
    }
    if (fault != 2) {
      throw LeaderUnavailableException.answerLost(
          "tcp://leader:8529", "/x", "cut", new IOException("cut"));
    }
    return answer;
  }

  // --- invariants

  private void checkFollower() {
    history.assertOnlyTheLeaders(follower.store());
    checkPositions();
    Tick applied = progress.state(identity(), "", "").applied();
    assertThat(applied).as("applied").isGreaterThanOrEqualTo(lastApplied);
    lastApplied = applied;
    assertThat(applied)
        .as("what is applied is on the leader")
        .isLessThanOrEqualTo(leader.engine().closedTick());
    if (!isSynchronizing && applied.compareTo(wholeFrom) >= 0) {
      for (int pair = 0; pair < LeaderStory.PAIRS; pair++) {
        assertThat(LeaderStory.transactionOf(follower.store(), LeaderStory.PAIRED.get(1), pair))
            .as("half of a transaction of pair %d", pair)
            .isEqualTo(
                LeaderStory.transactionOf(follower.store(), LeaderStory.PAIRED.get(0), pair));
      }
    }
  }

  private void checkPositions() {
    for (Database database : follower.store().databases()) {
      for (DocumentCollection collection : database.collections()) {
        AppliedPosition position = collection.appliedPosition();
        if (position != null) {
          Tick before = positions.put(collection, position.tick());
          assertThat(position.tick())
              .as("position of %s", collection.name())
              .isGreaterThanOrEqualTo(before == null ? Tick.NONE : before);
        }
      }
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

  void assertEqual() {
    for (Database database : scope.databases(leader.store())) {
      Database here = follower.store().requireDatabase(database.name());
      assertThat(followed(here)).as(database.name()).isEqualTo(followed(database));
      for (DocumentCollection collection : LeaderHistory.followed(database)) {
        LeaderHistory.assertSame(
            collection, here.requireCollection(collection.name()), wereCompared());
      }
    }
    if (scope.isGlobal()) {
      // Databases that only a follower has are left alone when everything is compared.
      assertThat(names(follower.store())).containsAll(names(leader.store()));
      if (!wereCompared()) {
        assertThat(names(follower.store())).isEqualTo(names(leader.store()));
      }
    }
  }

  private static List<String> followed(Database database) {
    return LeaderHistory.followed(database).stream()
        .map(DocumentCollection::name)
        .sorted()
        .toList();
  }

  private static List<String> names(DocumentStore store) {
    return store.databases().stream().map(Database::name).sorted().toList();
  }

  @Override
  public void close() {
    leaderRole.close();
    leader.close();
    follower.close();
  }
}
