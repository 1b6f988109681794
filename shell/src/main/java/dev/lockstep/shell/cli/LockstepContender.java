package dev.lockstep.shell.cli;

import dev.lockstep.client.ConnectionSettings;
import dev.lockstep.client.Credentials;
import dev.lockstep.client.PercentEncoding;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.shell.bench.BenchChanges;
import dev.lockstep.shell.bench.BenchDocuments;
import dev.lockstep.shell.bench.BenchPlan;
import dev.lockstep.shell.bench.BenchScenario;
import dev.lockstep.shell.bench.Contender;
import dev.lockstep.shell.bench.LagProbe;
import dev.lockstep.shell.bench.Measurement;
import dev.lockstep.shell.bench.ProcessUsage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/// Lockstep itself: leader and follower as processes of this distribution, asked over HTTP as any
/// client asks.
final class LockstepContender implements Contender {
  private static final String DATABASE = "_system";
  private static final String COLLECTION = "bench";
  private static final String PROBES = "/_api/document/probe";
  private static final String DOCUMENTS = "/_api/document/" + COLLECTION;

  /// Not the usual ports: servers of the user's own may be running.
  private static final int FIRST_PORT = 18_529;

  private static final int PACKAGE_BYTES = 1 << 20;

  /// The answer to a synchronization comes when it is done.
  private static final Duration SILENCE_MAX = Duration.ofHours(2);

  private final BenchPlan plan;
  private final Map<String, String> syncOptions;
  private final Map<String, String> environment;
  private final Path folder;
  private final BenchDocuments documents;
  private final BenchChanges changes;
  private final long allBytes;

  /// The probes' numbers go on from run to run.
  private int nextProbe;

  private @Nullable Side leader;
  private @Nullable Side follower;

  /// @param syncOptions more options of every synchronization and of following, as JSON text
  /// @param environment more variables of the servers' processes
  /// @param folder for data and logs; exists, is removed by the caller
  LockstepContender(
      BenchPlan plan,
      Map<String, String> syncOptions,
      Map<String, String> environment,
      Path folder) {
    this.plan = plan;
    this.syncOptions = syncOptions;
    this.environment = environment;
    this.folder = folder;
    this.documents = new BenchDocuments(plan.keys(), plan.size());
    this.changes = new BenchChanges(plan);
    this.allBytes = documents.jsonBytes(IntStream.range(0, plan.documents()), 0);
  }

  /// One server and the connections to it.
  ///
  /// @param api for whatever is done once
  /// @param clients for single documents
  private record Side(LocalServer server, ServerApi api, BlockingApi clients)
      implements AutoCloseable {
    static Side start(String name, Path folder, Map<String, String> environment)
        throws IOException, InterruptedException {
      LocalServer server = null;
      try {
        server =
            LocalServer.start(
                name, folder.resolve(name), LocalServer.freePort(FIRST_PORT), environment);
        server.awaitReady();
        Credentials credentials = new Credentials.Basic("root", "");
        ServerApi api =
            new ServerApi(
                ConnectionSettings.of(server.address(), credentials).withIdleTimeout(SILENCE_MAX),
                DATABASE);
        Side side = new Side(server, api, new BlockingApi(server.address(), credentials, DATABASE));
        server = null;
        return side;
      } catch (CommandFailure e) {
        throw new IOException(e.getMessage(), e);
      } finally {
        if (server != null) {
          server.close();
        }
      }
    }

    ProcessHandle process() throws IOException {
      return ProcessHandle.of(server.pid())
          .orElseThrow(() -> new IOException("a server has ended; its output: " + server.log()));
    }

    @Override
    public void close() {
      api.close();
      server.close();
    }
  }

  @Override
  public String name() {
    return "lockstep";
  }

  @Override
  public void prepare() throws IOException, InterruptedException {
    startServers();
    if (plan.scenario() == BenchScenario.WRITE) {
      return;
    }
    createCollection();
    if (plan.scenario() == BenchScenario.TAIL) {
      createProbes();
      follow();
      return;
    }
    load();
    if (plan.scenario() == BenchScenario.INCREMENTAL || plan.scenario() == BenchScenario.NOOP) {
      synchronize(false);
    }
    // The first run is to meet cold processes, whatever loading has warmed.
    stopServers();
    startServers();
  }

  private void startServers() throws IOException, InterruptedException {
    leader = Side.start("leader", folder, environment);
    if (plan.scenario().hasFollower()) {
      follower = Side.start("follower", folder, environment);
    }
  }

  private void stopServers() {
    if (leader != null) {
      leader.close();
      leader = null;
    }
    if (follower != null) {
      follower.close();
      follower = null;
    }
  }

  @Override
  public Measurement run(int run) throws IOException, InterruptedException {
    return switch (plan.scenario()) {
      case FULL -> {
        dropCollection(follower());
        yield measured(plan.documents(), allBytes, () -> synchronize(false));
      }
      case INCREMENTAL -> {
        BenchChanges.Step step = changes.next();
        change(step);
        yield measured(step.size(), step.jsonBytes(documents), () -> synchronize(true));
      }
      case NOOP -> measured(plan.documents(), allBytes, () -> synchronize(true));
      case TAIL -> tailed(run);
      case WRITE -> {
        dropCollection(leader());
        createCollection();
        yield measured(
            plan.documents(),
            allBytes,
            () -> {
              if (plan.isBulk()) {
                load();
              } else {
                byClients(0, this::insert);
              }
              return null;
            });
      }
      case READ ->
          measured(
              plan.documents(),
              allBytes,
              () -> {
                byClients(0, this::read);
                return null;
              });
    };
  }

  private Measurement tailed(int run) throws IOException, InterruptedException {
    int first = (run - 1) * plan.documents();
    AtomicReference<LagProbe.Lag> lag = new AtomicReference<>();
    long bytes = documents.jsonBytes(IntStream.range(first, first + plan.documents()), 0);
    Measurement measurement =
        measured(
            plan.documents(),
            bytes,
            () -> {
              try (LagProbe probe = new LagProbe(probes(), nextProbe)) {
                byClients(first, this::insert);
                lag.set(probe.finish());
                nextProbe = probe.next();
              }
              return null;
            });
    return measurement.withLag(Objects.requireNonNull(lag.get()));
  }

  private LagProbe.Sides probes() {
    return new LagProbe.Sides() {
      @Override
      public void write(int number) throws IOException {
        byte[] probe = ("{\"_key\":\"" + number + "\"}").getBytes(StandardCharsets.UTF_8);
        leader().clients().post(PROBES, probe);
      }

      @Override
      public boolean isVisible(int number) throws IOException {
        return follower().clients().isThere(PROBES + "/" + number);
      }
    };
  }

  /// A collection of its own, so that the documents are the same at all contenders.
  private void createProbes() throws IOException, InterruptedException {
    leader().api().send("POST", "/_api/collection", "{\"name\":\"probe\"}");
  }

  private void follow() throws IOException, InterruptedException {
    VPackBuilder config = syncOptions().member("includeSystem", false);
    VPackSlice state =
        follower()
            .api()
            .send("PUT", "/_api/replication/make-follower", config.close().toSlice().toJson());
    VPackSlice inner = state.get("state");
    VPackSlice isRunning = inner == null ? null : inner.get("running");
    if (isRunning == null || !isRunning.isBoolean() || !isRunning.asBoolean()) {
      throw new IOException("the follower does not follow: " + state.toJson());
    }
  }

  private interface TimedWork {
    /// @return bytes over the wire, or null if they were not counted
    @Nullable Long work() throws IOException, InterruptedException;
  }

  private Measurement measured(long count, long documentBytes, TimedWork work)
      throws IOException, InterruptedException {
    ProcessHandle leaderProcess = leader().process();
    ProcessHandle followerProcess = follower == null ? null : follower.process();
    ProcessUsage.resetPeak(leaderProcess.pid());
    if (followerProcess != null) {
      ProcessUsage.resetPeak(followerProcess.pid());
    }
    Duration leaderBefore = ProcessUsage.cpuOfTree(leaderProcess);
    Duration followerBefore =
        followerProcess == null ? Duration.ZERO : ProcessUsage.cpuOfTree(followerProcess);
    long begun = System.nanoTime();
    Long wireBytes = work.work();
    Duration wall = Duration.ofNanos(System.nanoTime() - begun);
    return new Measurement(
        wall,
        ProcessUsage.cpuOfTree(leaderProcess).minus(leaderBefore),
        followerProcess == null
            ? null
            : ProcessUsage.cpuOfTree(followerProcess).minus(followerBefore),
        count,
        documentBytes,
        wireBytes,
        ProcessUsage.peakBytes(leaderProcess.pid()),
        followerProcess == null ? null : ProcessUsage.peakBytes(followerProcess.pid()));
  }

  @Override
  public void check() throws IOException, InterruptedException {
    if (plan.scenario().hasFollower()) {
      verify();
      return;
    }
    VPackSlice count = leader().api().get("/_api/collection/" + COLLECTION + "/count").get("count");
    if (count == null || !count.isInteger() || count.asLong() != plan.documents()) {
      throw new IOException(
          "the leader should have "
              + plan.documents()
              + " documents and says "
              + (count == null ? "nothing" : count.toJson()));
    }
  }

  private void verify() throws IOException {
    StringWriter said = new StringWriter();
    PrintWriter told = new PrintWriter(said, true);
    CommandLine line = LockstepCommand.create();
    line.setOut(told).setErr(told);
    int status =
        line.execute(
            "verify",
            "--progress=false",
            "--collection",
            COLLECTION,
            leader().server().endpoint(),
            follower().server().endpoint());
    if (status != ExitStatus.OK) {
      throw new IOException("leader and follower are not the same:\n" + said);
    }
  }

  /// @return bytes over the wire in both directions, as the follower counted them, or null
  private @Nullable Long synchronize(boolean isIncremental)
      throws IOException, InterruptedException {
    VPackBuilder config =
        syncOptions().member("incremental", isIncremental).member("restrictType", "include");
    config.key("restrictCollections").openArray().value(COLLECTION).close();
    ServerApi api = follower().api();
    api.send("PUT", "/_api/replication/sync", config.close().toSlice().toJson());
    VPackSlice jobs = api.get("/_api/replication/jobs");
    VPackSlice statistics =
        jobs.isArray() && jobs.length() > 0 ? jobs.at(0).get("statistics") : null;
    return statistics == null || !statistics.isObject()
        ? null
        : number(statistics, "bytesSent") + number(statistics, "bytesReceived");
  }

  /// Begins the options of whatever the follower does: the leader, and what the user has set. The
  /// object stays open.
  private VPackBuilder syncOptions() {
    VPackBuilder config =
        new VPackBuilder()
            .openObject()
            .member("endpoint", leader().server().endpoint())
            .member("username", "root")
            .member("password", "");
    for (Map.Entry<String, String> option : syncOptions.entrySet()) {
      config.member(option.getKey(), LeaderOptions.value(option.getValue()));
    }
    return config;
  }

  private static long number(VPackSlice object, String member) {
    VPackSlice value = object.get(member);
    return value != null && value.isInteger() ? value.asLong() : 0;
  }

  private void createCollection() throws IOException, InterruptedException {
    leader()
        .api()
        .send(
            "POST",
            "/_api/collection",
            "{\"name\":\"" + COLLECTION + "\",\"waitForSync\":" + plan.isWaitingForSync() + "}");
  }

  private static void dropCollection(Side side) throws IOException, InterruptedException {
    // 404 in the first run.
    side.api().sendAny(side.api().request("DELETE", "/_api/collection/" + COLLECTION));
  }

  private void load() throws IOException, InterruptedException {
    inPackages(
        IntStream.range(0, plan.documents()).boxed()::iterator,
        number -> json(number, 0),
        lines -> {
          VPackSlice answer =
              leader()
                  .api()
                  .send(
                      "POST",
                      "/_api/import?type=documents&collection=" + COLLECTION,
                      String.join("\n", lines));
          if (number(answer, "created") != lines.size()) {
            throw new IOException(
                "not all of " + lines.size() + " documents were taken: " + answer.toJson());
          }
        });
  }

  private void change(BenchChanges.Step step) throws IOException, InterruptedException {
    IntFunction<String> changed = number -> json(number, step.version());
    inPackages(step.replaced(), changed, lines -> forAll("PUT", lines));
    inPackages(step.inserted(), changed, lines -> forAll("POST", lines));
    inPackages(
        step.removed(),
        number -> "\"" + documents.key(number) + "\"",
        lines -> forAll("DELETE", lines));
  }

  private void forAll(String method, List<String> lines) throws IOException, InterruptedException {
    VPackSlice answer = leader().api().send(method, DOCUMENTS, "[" + String.join(",", lines) + "]");
    for (VPackSlice one : answer.elements()) {
      if (one.get("error") != null) {
        throw new IOException(method + " of a document failed: " + one.toJson());
      }
    }
  }

  private interface PackageSink {
    void accept(List<String> lines) throws IOException, InterruptedException;
  }

  /// Texts of about [#PACKAGE_BYTES] together at a time.
  private static void inPackages(
      Iterable<Integer> numbers, IntFunction<String> text, PackageSink sink)
      throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>();
    int bytes = 0;
    for (int number : numbers) {
      String line = text.apply(number);
      lines.add(line);
      bytes += line.length();
      if (bytes >= PACKAGE_BYTES) {
        sink.accept(lines);
        lines.clear();
        bytes = 0;
      }
    }
    if (!lines.isEmpty()) {
      sink.accept(lines);
    }
  }

  private interface ClientWork {
    void accept(int number) throws IOException, InterruptedException;
  }

  /// All numbers of documents, shared out to the clients, at the plan's rate.
  ///
  /// @param begin added to every number
  private void byClients(int begin, ClientWork work) throws IOException, InterruptedException {
    long interval = plan.interval().toNanos();
    List<Future<?>> ends = new ArrayList<>();
    try (ExecutorService clients = Executors.newFixedThreadPool(plan.clients())) {
      for (int client = 0; client < plan.clients(); client++) {
        int first = client;
        ends.add(
            clients.submit(() -> {
              long due = System.nanoTime();
              for (int i = first; i < plan.documents(); i += plan.clients()) {
                work.accept(begin + i);
                due += interval;
                long early = due - System.nanoTime();
                if (interval > 0 && early > 0) {
                  TimeUnit.NANOSECONDS.sleep(early);
                }
              }
              return null;
            }));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("a client failed: " + e.getCause(), e);
    }
  }

  private void insert(int number) throws IOException {
    leader().clients().post(DOCUMENTS, json(number, 0).getBytes(StandardCharsets.UTF_8));
  }

  /// Every document once, in an order that has nothing to do with the one of the keys.
  private void read(int turn) throws IOException {
    int number = (int) ((long) turn * scatter() % plan.documents());
    leader().clients().get(DOCUMENTS + "/" + PercentEncoding.encode(documents.key(number)));
  }

  /// A step through all documents: about the golden section of them, and without a common divisor.
  private long scatter() {
    long step = Math.round(plan.documents() * 0.6180339887) | 1;
    while (divisor(step, plan.documents()) != 1) {
      step += 2;
    }
    return step;
  }

  private static long divisor(long a, long b) {
    return b == 0 ? a : divisor(b, a % b);
  }

  private String json(int number, int version) {
    return documents.json(number, version);
  }

  private Side leader() {
    if (leader == null) {
      throw new IllegalStateException("not prepared");
    }
    return leader;
  }

  private Side follower() {
    if (follower == null) {
      throw new IllegalStateException("not prepared, or a benchmark without follower");
    }
    return follower;
  }

  @Override
  public void close() {
    stopServers();
  }
}
