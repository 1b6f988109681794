package dev.lockstep.shell.bench;

import java.io.BufferedWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// PostgreSQL's logical replication: the initial copy of a table for [BenchScenario#FULL], the
/// change feed of a subscription that was off while the table changed for the differences. A
/// document is a row of its key, which is the primary key, and a `jsonb`. Commits wait for the disk
/// on both sides, except where a benchmark of writes says otherwise.
public final class PostgresContender implements Contender {
  private static final long REPLICATED_NANOS_MAX = TimeUnit.MINUTES.toNanos(60);

  /// Beside what a subscription needs to start, this does not show.
  private static final int POLL_MILLIS = 5;

  private final BenchPlan plan;
  private final Path folder;
  private final BenchDocuments documents;
  private final BenchChanges changes;
  private final long allBytes;

  /// The probes' numbers go on from run to run.
  private int nextProbe;

  private @Nullable PostgresServer leader;
  private @Nullable PostgresServer follower;
  private @Nullable CountingRelay relay;
  private @Nullable Long wireBytes;

  /// @param folder for its data; exists, is removed by the caller
  /// @throws IOException that says what to install, if PostgreSQL is missing
  public PostgresContender(BenchPlan plan, Path folder) throws IOException {
    PostgresServer.requirePrograms();
    this.plan = plan;
    this.folder = folder;
    this.documents = new BenchDocuments(plan.keys(), plan.size());
    this.changes = new BenchChanges(plan);
    this.allBytes = documents.jsonBytes(IntStream.range(0, plan.documents()), 0);
  }

  @Override
  public String name() {
    return "postgresql";
  }

  @Override
  public void prepare() throws IOException, InterruptedException {
    leader = PostgresServer.start(folder.resolve("leader"), freePort());
    createTables(leader);
    Path rows = folder.resolve("rows.tsv");
    writeRows(rows, IntStream.range(0, plan.documents()), 0);
    if (!plan.scenario().hasFollower()) {
      if (!plan.isBulk()) {
        writeInserts(0);
      }
      return;
    }
    follower = PostgresServer.start(folder.resolve("follower"), freePort());
    createTables(follower);
    if (plan.scenario() != BenchScenario.TAIL) {
      leader.session().run("\\copy bench from '" + rows + "'");
    }
    leader
        .session()
        .run(
            "VACUUM (FREEZE, ANALYZE) bench; CHECKPOINT;"
                + " CREATE PUBLICATION bench FOR TABLE bench, bench_mark;");
    if (plan.runs() > 1) {
      relay = new CountingRelay(leader.port());
    }
    if (plan.scenario() != BenchScenario.FULL) {
      subscribe(leader.port());
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void createTables(PostgresServer server) throws IOException {
    server
        .session()
        .run(
            "CREATE TABLE bench (key text PRIMARY KEY, doc jsonb NOT NULL);"
                + " CREATE TABLE bench_mark (run int PRIMARY KEY);");
  }

  private void writeRows(Path file, IntStream numbers, int version) throws IOException {
    try (BufferedWriter rows = Files.newBufferedWriter(file, StandardCharsets.ISO_8859_1)) {
      for (int number : (Iterable<Integer>) numbers.boxed()::iterator) {
        rows.write(documents.key(number) + "\t" + documents.json(number, version) + "\n");
      }
    }
  }

  private Path inserts(int client) {
    return folder.resolve("inserts-" + client + ".sql");
  }

  /// @param begin number of the first document
  private void writeInserts(int begin) throws IOException {
    String pause =
        plan.rate() == 0
            ? ""
            : "SELECT pg_sleep(" + plan.interval().toNanos() / 1e9 + ") \\g /dev/null\n";
    for (int client = 0; client < plan.clients(); client++) {
      try (BufferedWriter file =
          Files.newBufferedWriter(inserts(client), StandardCharsets.ISO_8859_1)) {
        file.write("SET synchronous_commit = " + synchronousCommit() + ";\n");
        for (int i = client; i < plan.documents(); i += plan.clients()) {
          file.write(
              "INSERT INTO bench VALUES ('"
                  + documents.key(begin + i)
                  + "','"
                  + documents.json(begin + i, 0)
                  + "');\n"
                  + pause);
        }
      }
    }
  }

  private String synchronousCommit() {
    return plan.isWaitingForSync() ? "on" : "off";
  }

  @Override
  public Measurement run(int run) throws IOException, InterruptedException {
    return switch (plan.scenario()) {
      case FULL -> copied(run);
      case INCREMENTAL, NOOP -> caughtUp(run);
      case TAIL -> tailed(run);
      case WRITE -> written();
      case READ -> throw new IllegalStateException("PostgreSQL takes no part in reading");
    };
  }

  private Measurement copied(int run) throws IOException, InterruptedException {
    PsqlSession session = follower().session();
    if (run > 1) {
      session.run("DROP SUBSCRIPTION bench; TRUNCATE bench, bench_mark; CHECKPOINT;");
    }
    return replicated(run, plan.documents(), allBytes, () -> subscribe(leaderPort(run)));
  }

  private Measurement caughtUp(int run) throws IOException, InterruptedException {
    PsqlSession session = follower().session();
    session.run("ALTER SUBSCRIPTION bench DISABLE;");
    await(leader().session(), "SELECT NOT bool_or(active) FROM pg_replication_slots;");
    session.run("ALTER SUBSCRIPTION bench CONNECTION '" + connection(leaderPort(run)) + "';");
    long count = plan.documents();
    long documentBytes = allBytes;
    if (plan.scenario() == BenchScenario.INCREMENTAL) {
      BenchChanges.Step step = changes.next();
      change(step);
      count = step.size();
      documentBytes = step.jsonBytes(documents);
    }
    // Changes arrive in the order of their commits: whoever has this one has all.
    leader().session().run("INSERT INTO bench_mark VALUES (" + run + ");");
    return replicated(
        run,
        count,
        documentBytes,
        () -> {
          session.run("ALTER SUBSCRIPTION bench ENABLE;");
          await(session, "SELECT count(*) = 1 FROM bench_mark WHERE run = " + run + ";");
        });
  }

  private void change(BenchChanges.Step step) throws IOException {
    Path replaced = folder.resolve("replaced.tsv");
    Path inserted = folder.resolve("inserted.tsv");
    Path removed = folder.resolve("removed.tsv");
    writeRows(replaced, step.replaced().stream().mapToInt(Integer::intValue), step.version());
    writeRows(inserted, step.inserted().stream().mapToInt(Integer::intValue), step.version());
    Files.write(removed, step.removed().stream().map(documents::key).toList());
    PsqlSession session = leader().session();
    session.run(
        "CREATE TEMP TABLE changed (key text, doc jsonb); CREATE TEMP TABLE gone (key text);");
    session.run("\\copy changed from '" + replaced + "'");
    session.run("\\copy gone from '" + removed + "'");
    session.run(
        "ANALYZE changed; ANALYZE gone; BEGIN;"
            + " UPDATE bench SET doc = changed.doc FROM changed WHERE bench.key = changed.key;"
            + " DELETE FROM bench USING gone WHERE bench.key = gone.key;");
    session.run("\\copy bench from '" + inserted + "'");
    session.run("COMMIT; DROP TABLE changed, gone;");
  }

  private Measurement tailed(int run) throws IOException, InterruptedException {
    int first = (run - 1) * plan.documents();
    writeInserts(first);
    AtomicReference<LagProbe.Lag> lag = new AtomicReference<>();
    long bytes = documents.jsonBytes(IntStream.range(first, first + plan.documents()), 0);
    Measurement measurement =
        timed(
            plan.documents(),
            bytes,
            () -> {
              try (LagProbe probe = new LagProbe(probes(), nextProbe)) {
                insertByClients();
                lag.set(probe.finish());
                nextProbe = probe.next();
              }
            });
    return measurement.withLag(Objects.requireNonNull(lag.get()));
  }

  private LagProbe.Sides probes() {
    PsqlSession writing = leader().session();
    PsqlSession reading = follower().session();
    return new LagProbe.Sides() {
      @Override
      public void write(int number) throws IOException {
        writing.run("INSERT INTO bench_mark VALUES (" + number + ");");
      }

      @Override
      public boolean isVisible(int number) throws IOException {
        return reading
            .one("SELECT count(*) = 1 FROM bench_mark WHERE run = " + number + ";")
            .equals("t");
      }
    };
  }

  private Measurement written() throws IOException, InterruptedException {
    PsqlSession session = leader().session();
    session.run("TRUNCATE bench; CHECKPOINT;");
    return timed(
        plan.documents(),
        allBytes,
        () -> {
          if (plan.isBulk()) {
            session.run("SET synchronous_commit = " + synchronousCommit() + ";");
            session.run("\\copy bench from '" + folder.resolve("rows.tsv") + "'");
          } else {
            insertByClients();
          }
        });
  }

  private void insertByClients() throws IOException, InterruptedException {
    Path log = folder.resolve("clients.log");
    List<Process> clients = new ArrayList<>();
    try {
      for (int client = 0; client < plan.clients(); client++) {
        List<String> call = new ArrayList<>(leader().psqlCall());
        call.addAll(List.of("-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", inserts(client).toString()));
        clients.add(
            new ProcessBuilder(call)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start());
      }
      for (Process client : clients) {
        ExternalProgram.awaitSuccess(client, "psql", log);
      }
    } finally {
      clients.forEach(Process::destroyForcibly);
    }
  }

  private interface TimedWork {
    void work() throws IOException, InterruptedException;
  }

  /// As [#timed]; the first of several runs goes through the relay, the others get its count.
  private Measurement replicated(int run, long count, long documentBytes, TimedWork work)
      throws IOException, InterruptedException {
    CountingRelay counting = run == 1 ? relay : null;
    long before = counting == null ? 0 : counting.bytes();
    Measurement measurement = timed(count, documentBytes, work);
    if (counting != null) {
      wireBytes = counting.bytes() - before;
    }
    return new Measurement(
        measurement.wall(),
        measurement.leaderCpu(),
        measurement.followerCpu(),
        count,
        documentBytes,
        wireBytes,
        null,
        null);
  }

  private Measurement timed(long count, long documentBytes, TimedWork work)
      throws IOException, InterruptedException {
    Duration leaderBefore = ProcessUsage.cpuOfTree(leader().process());
    Duration followerBefore =
        follower == null ? Duration.ZERO : ProcessUsage.cpuOfTree(follower.process());
    long begun = System.nanoTime();
    work.work();
    Duration wall = Duration.ofNanos(System.nanoTime() - begun);
    return new Measurement(
        wall,
        ProcessUsage.cpuOfTree(leader().process()).minus(leaderBefore),
        follower == null ? null : ProcessUsage.cpuOfTree(follower.process()).minus(followerBefore),
        count,
        documentBytes,
        null,
        null,
        null);
  }

  /// The leader's port as the follower is to use it in that run.
  private int leaderPort(int run) {
    return run == 1 && relay != null ? relay.port() : leader().port();
  }

  private static String connection(int port) {
    return "host=127.0.0.1 port=" + port + " user=postgres dbname=postgres";
  }

  /// Returns when the follower has committed all that the leader had.
  private void subscribe(int port) throws IOException, InterruptedException {
    PsqlSession session = follower().session();
    session.run(
        "CREATE SUBSCRIPTION bench CONNECTION '"
            + connection(port)
            + "' PUBLICATION bench WITH (synchronous_commit = "
            // A follower that follows does not wait for its disk with every change, here nor there.
            + (plan.scenario() == BenchScenario.TAIL ? synchronousCommit() : "on")
            + ");");
    await(session, "SELECT bool_and(srsubstate IN ('s', 'r')) FROM pg_subscription_rel;");
  }

  private static void await(PsqlSession session, String condition)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + REPLICATED_NANOS_MAX;
    while (!session.one(condition).equals("t")) {
      if (System.nanoTime() > deadline) {
        throw new IOException("PostgreSQL did not get there within an hour: " + condition);
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  @Override
  public void check() throws IOException {
    String sum = "SELECT count(*), sum(hashtextextended(key || doc::text, 0)::numeric) FROM bench;";
    String onLeader = leader().session().one(sum);
    if (follower == null) {
      if (!onLeader.startsWith(plan.documents() + "|")) {
        throw new IOException("the table should have " + plan.documents() + " rows: " + onLeader);
      }
      return;
    }
    String onFollower = follower.session().one(sum);
    if (!onLeader.equals(onFollower)) {
      throw new IOException(
          "rows and checksum are " + onLeader + " on the leader, " + onFollower + " after it");
    }
  }

  private PostgresServer leader() {
    if (leader == null) {
      throw new IllegalStateException("not prepared");
    }
    return leader;
  }

  private PostgresServer follower() {
    if (follower == null) {
      throw new IllegalStateException("not prepared, or a benchmark without follower");
    }
    return follower;
  }

  @Override
  public void close() {
    if (relay != null) {
      try {
        relay.close();
      } catch (IOException _) {
        // Its connections end with this process at the latest.
      }
    }
    if (follower != null) {
      follower.close();
    }
    if (leader != null) {
      leader.close();
    }
  }
}
