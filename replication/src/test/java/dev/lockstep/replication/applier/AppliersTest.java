package dev.lockstep.replication.applier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.DirectLeaderClient;
import dev.lockstep.replication.TestServer;
import dev.lockstep.replication.follower.FollowerSettings;
import dev.lockstep.replication.follower.ReplicationFollower;
import dev.lockstep.replication.leader.LeaderSettings;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.protocol.LeaderAddress;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.ServerIdentity;
import dev.lockstep.replication.protocol.SyncOptions;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The appliers of a server among each other.
@Timeout(60)
class AppliersTest {
  private static final String ENDPOINT = "tcp://leader:8529";

  private static final VPackSlice CONFIGURATION =
      JsonToVPack.parse(
          "{\"endpoint\":\""
              + ENDPOINT
              + "\",\"includeSystem\":false,\"maxConnectRetries\":3,"
              + "\"connectionRetryWaitTime\":0.001}");

  private final TestServer leaderServer = new TestServer();
  private final TestServer server = new TestServer();
  private final ReplicationLeader leader =
      new ReplicationLeader(
          leaderServer.store(), InstantSource.system(), LeaderSettings.of("3.11.9"));
  private final ReplicationFollower follower =
      new ReplicationFollower(
          server.store(), this::connect, FollowerSettings.DEFAULT, InstantSource.system());
  private final Appliers appliers =
      new Appliers(
          server.store(),
          this::connect,
          follower,
          new ServerIdentity("3.11.9", server.store().serverId(), ServerIdentity.ENGINE),
          InstantSource.system(),
          ApplierSettings.DEFAULT);

  /// Run once, by whoever connects next: an applier that is being started is not active then.
  private Runnable whileStarting = () -> {};

  /// How often the leader fails to tell its databases.
  private final AtomicInteger failuresLeft = new AtomicInteger();

  /// Run with each such failure.
  private Runnable whenFailing = () -> {};

  @AfterEach
  void stop() {
    appliers.close();
    follower.close();
    leader.close();
    server.close();
    leaderServer.close();
  }

  private LeaderClient connect(LeaderAddress address) {
    Runnable now = whileStarting;
    whileStarting = () -> {};
    now.run();
    DirectLeaderClient client = new DirectLeaderClient(leader, address.database(), false);
    return (LeaderClient)
        Proxy.newProxyInstance(
            LeaderClient.class.getClassLoader(),
            new Class<?>[] {LeaderClient.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("databases")) {
                return databases();
              }
              try {
                return method.invoke(client, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private List<String> databases() {
    if (failuresLeft.getAndDecrement() > 0) {
      whenFailing.run();
      IOException cause = new IOException("connection reset");
      throw LeaderUnavailableException.answerLost(
          ENDPOINT, "/_api/database", "connection reset", cause);
    }
    return leaderServer.store().databases().stream().map(Database::name).toList();
  }

  private static SyncOptions options() {
    return SyncOptions.parse(CONFIGURATION, SyncOptions.UnknownOptions.REFUSE).options();
  }

  private static void assertRefused(ThrowingCallable start, String why) {
    LockstepException refused = catchThrowableOfType(LockstepException.class, start);
    assertThat(refused).isNotNull().hasMessageContaining(why);
    assertThat(refused.number().number()).isEqualTo(1411);
  }

  /// Starts one, in whatever way, and tries another thing while that has not become active.
  private void assertKeepsOut(ThrowingCallable start, ThrowingCallable other, String why)
      throws Exception {
    CompletableFuture<Void> tried = new CompletableFuture<>();
    whileStarting =
        () -> {
          try {
            assertRefused(other, why);
            tried.complete(null);
          } catch (AssertionError e) {
            tried.completeExceptionally(e);
          }
        };
    assertThatCode(start).doesNotThrowAnyException();
    assertThat(tried).isCompleted();
    appliers.global().stop();
    appliers.of("_system").stop();
  }

  @Test
  void anApplierThatIsBeingStartedKeepsTheOtherKindOut() throws Exception {
    Applier global = appliers.global();
    Applier single = appliers.of("_system");
    global.configure(CONFIGURATION, SyncOptions.UnknownOptions.REFUSE);
    single.configure(CONFIGURATION, SyncOptions.UnknownOptions.REFUSE);
    String byGlobal = "the applier of all databases is running; stop it first";
    String bySingle = "an applier of a single database is running; stop it first";
    Tick from = Tick.NONE;

    assertKeepsOut(
        () -> appliers.start(global, from), () -> appliers.start(single, from), byGlobal);
    assertKeepsOut(
        () -> appliers.start(single, from), () -> appliers.start(global, from), bySingle);
    assertKeepsOut(
        () -> appliers.setUp(global, options()), () -> appliers.setUp(single, options()), byGlobal);
    assertKeepsOut(
        () -> appliers.setUp(single, options()), () -> appliers.start(global, from), bySingle);
    assertKeepsOut(
        () -> appliers.start(single, from),
        () -> appliers.synchronizeAll(options(), cancel -> {}),
        "an applier is running; stop it first");
    assertKeepsOut(
        () -> appliers.synchronizeAll(options(), cancel -> {}),
        () -> appliers.start(single, from),
        "all databases are being synchronized");
  }

  @Test
  void anApplierThatCouldNotBeStartedKeepsNobodyOut() {
    Applier global = appliers.global();
    Applier single = appliers.of("_system");
    single.configure(CONFIGURATION, SyncOptions.UnknownOptions.REFUSE);

    LockstepException unconfigured =
        catchThrowableOfType(LockstepException.class, () -> appliers.start(global, null));

    assertThat(unconfigured.number().number()).isEqualTo(1410);
    assertThat(appliers.start(single, Tick.NONE).phase()).isNotEqualTo(ApplierPhase.INACTIVE);
  }

  @Test
  void theListOfDatabasesIsAskedForAgain() throws Exception {
    leaderServer.store().createDatabase("shop");
    failuresLeft.set(3);

    ApplierState state = appliers.setUp(appliers.global(), options());

    assertThat(state.phase()).isEqualTo(ApplierPhase.RUNNING);
    assertThat(state.counts().failedConnects()).isEqualTo(3);
    assertThat(server.store().database("shop")).isNotNull();
    appliers.global().forget();

    failuresLeft.set(3);
    assertThat(appliers.synchronizeAll(options(), cancel -> {}).lastLogTick())
        .isNotEqualTo(Tick.NONE);
    assertThat(failuresLeft).hasValue(-1);
  }

  @Test
  void theListOfDatabasesIsNotAskedForForEver() throws Exception {
    failuresLeft.set(4);

    assertThat(
            catchThrowableOfType(
                LeaderUnavailableException.class,
                () -> appliers.synchronizeAll(options(), cancel -> {})))
        .hasMessageContaining("connection reset");
  }

  @Test
  void aSynchronizationOfAllDatabasesThatWaitsForTheLeaderCanBeCancelled() throws Exception {
    List<Runnable> cancelling = new ArrayList<>();
    failuresLeft.set(4);
    whenFailing = () -> cancelling.forEach(Runnable::run);

    LockstepException cancelled =
        catchThrowableOfType(
            LockstepException.class, () -> appliers.synchronizeAll(options(), cancelling::add));

    assertThat(cancelled.number().number()).isEqualTo(21);
    assertThat(failuresLeft).hasValue(3);
  }
}
