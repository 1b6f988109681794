package dev.lockstep.shell.script;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.shell.FakeServer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReplicationScriptTest {
  private static final String RESULT =
      "{\"collections\":[{\"id\":\"5\",\"name\":\"test\"}],\"lastLogTick\":\"231848833079705\"}";

  private ShellFixture shell;

  @BeforeAll
  void open() throws Exception {
    shell = new ShellFixture();
    shell.typed("var r = require('@arangodb/replication'); undefined");
  }

  @AfterAll
  void close() throws Exception {
    shell.close();
  }

  @BeforeEach
  void clear() {
    shell.clear();
    shell.server.on(
        "PUT /_api/replication/sync",
        _ -> new FakeServer.Answer(202, "", Map.of("x-arango-async-id", "17")));
  }

  private static FakeServer.Answer done(int status, String body) {
    return new FakeServer.Answer(status, body, Map.of("x-arango-async-id", "17"));
  }

  private static String error(int status, int number, String message) {
    return "{\"error\":true,\"code\":"
        + status
        + ",\"errorNum\":"
        + number
        + ",\"errorMessage\":\""
        + message
        + "\"}";
  }

  @Test
  void synchronizesACollectionAsDocumented() {
    AtomicInteger looks = new AtomicInteger();
    shell.server.on(
        "PUT /_api/job/17",
        _ -> looks.incrementAndGet() < 3 ? FakeServer.Answer.of(204, "") : done(200, RESULT));
    shell.typed(
        "var options = {endpoint: 'tcp://leader:8529', username: 'u', password: 'p'}; undefined");
    assertThat(shell.json("require('@arangodb/replication').syncCollection('test', options)"))
        .isEqualTo(RESULT);
    FakeServer.Asked sync = shell.server.asked().getFirst();
    assertThat(sync.line()).isEqualTo("PUT /_db/_system/_api/replication/sync");
    assertThat(sync.headers())
        .containsEntry("x-arango-async", "store")
        .containsEntry("x-lockstep-client", "shell");
    assertThat(sync.json().toString())
        .isEqualTo(
            "{\"endpoint\":\"tcp://leader:8529\",\"username\":\"u\",\"password\":\"p\",\"restrictType\":\"include\",\"restrictCollections\":[\"test\"],\"includeSystem\":true}");
    assertThat(shell.json("options")).doesNotContain("restrictType");
    assertThat(looks).hasValue(3);
  }

  @Test
  void returnsWithinAHundredMillisecondsOfTheEnd() {
    AtomicLong finished = new AtomicLong();
    AtomicInteger looks = new AtomicInteger();
    // The job "ends" right after the shell has looked: the worst case for whoever polls.
    shell.server.on(
        "PUT /_api/job/17",
        _ -> {
          if (looks.incrementAndGet() == 12) {
            finished.set(System.nanoTime());
          }
          return looks.get() <= 12 ? FakeServer.Answer.of(204, "") : done(200, RESULT);
        });
    long best = Long.MAX_VALUE;
    // A busy machine may delay a run; the shell's own waits would show in every one of them.
    for (int run = 0; run < 5 && best >= 100; run++) {
      looks.set(0);
      shell.typed("r.syncCollection('test', {endpoint: 'tcp://leader:8529'}); undefined");
      best = Math.min(best, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - finished.get()));
    }
    assertThat(best).isLessThan(100);
  }

  @Test
  void raisesTheTrueErrorOfAFailedSync() {
    shell.server.on(
        "PUT /_api/job/17",
        _ -> done(500, error(500, 1402, "got invalid response from leader: HTTP 401")));
    assertThat(shell.errorOf("r.syncCollection('test', {endpoint: 'tcp://leader:8529'})"))
        .isEqualTo("[1402,500,\"got invalid response from leader: HTTP 401\"]");
    shell.server.on(
        "PUT /_api/replication/sync", 400, error(400, 400, "<endpoint> must be a valid endpoint"));
    assertThat(shell.errorOf("r.syncCollection('test')"))
        .isEqualTo("[400,400,\"<endpoint> must be a valid endpoint\"]");
  }

  @Test
  void answersAnAsynchronousCallAtOnceAndItsResultAsOftenAsAsked() {
    CountDownLatch end = new CountDownLatch(1);
    shell.server.on(
        "PUT /_api/job/17",
        _ -> end.getCount() > 0 ? FakeServer.Answer.of(204, "") : done(200, RESULT));
    assertThat(shell.json("r.syncCollection('test', {endpoint: 'tcp://leader:8529', async: true})"))
        .isEqualTo("\"17\"");
    assertThat(shell.server.lines()).containsExactly("PUT /_api/replication/sync");
    assertThat(shell.server.last().body()).doesNotContain("async");
    assertThat(shell.json("r.getSyncResult('17')")).isEqualTo("false");
    end.countDown();
    assertThat(shell.json("r.getSyncResult('17')")).isEqualTo(RESULT);
    assertThat(shell.json("r.getSyncResult(17)")).isEqualTo(RESULT);
    shell.server.on(
        "PUT /_api/job/17", _ -> done(500, error(500, 1400, "could not connect to leader")));
    assertThat(shell.errorOf("r.getSyncResult('17')"))
        .isEqualTo("[1400,500,\"could not connect to leader\"]");
    assertThat(shell.errorOf("r.getSyncResult('17')")).startsWith("[1400,");
    shell.server.on("PUT /_api/job/18", 404, error(404, 404, "not found"));
    assertThat(shell.errorOf("r.getSyncResult('18')")).startsWith("[404,404,\"job 18 is not known");
    assertThat(shell.errorOf("r.getSyncResult('x')")).startsWith("[10,400,");
  }

  @Test
  void takesAnEmptyResultForAMissingCollectionUnlessToldOtherwise() {
    String empty = "{\"collections\":[],\"lastLogTick\":\"1\"}";
    shell.server.on("PUT /_api/job/17", _ -> done(200, empty));
    assertThat(shell.errorOf("r.syncCollection('typo', {endpoint: 'tcp://leader:8529'})"))
        .isEqualTo("[1203,404,\"collection or view not found on the leader: typo\"]");
    shell.typed("r.syncCollection('typo', {endpoint: 'tcp://leader:8529', async: true})");
    assertThat(shell.errorOf("r.getSyncResult('17')")).startsWith("[1203,404,");
    assertThat(
            shell.json(
                "r.syncCollection('typo', {endpoint: 'tcp://leader:8529', ignoreMissing: true})"))
        .isEqualTo(empty);
    assertThat(shell.json("r.sync({endpoint: 'tcp://leader:8529'})")).isEqualTo(empty);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{endpont: 'x'}                       | unknown option 'endpont'; did you mean 'endpoint'?",
        "{restrictCollection: []}             | unknown option 'restrictCollection'; did you mean"
            + " 'restrictCollections'?",
        "{connectRetryWaitTime: 1}            | unknown option 'connectRetryWaitTime'; did you mean"
            + " 'connectionRetryWaitTime'?",
        "{zzzzzz: 1}                          | unknown option 'zzzzzz'",
        "{endpoint: 5}                        | option 'endpoint' must be a string, not 5",
        "{incremental: 'yes'}                 | option 'incremental' must be true or false, not"
            + " \"yes\"",
        "{chunkSize: 1.5}                     | option 'chunkSize' must be a whole number, 0 or"
            + " more, not 1.5",
        "{chunkSize: '1'}                     | option 'chunkSize' must be a whole number, 0 or"
            + " more, not \"1\"",
        "{requestTimeout: null}               | option 'requestTimeout' must be a number of"
            + " seconds, not null",
        "{requestTimeout: NaN}                | option 'requestTimeout' must be a number of"
            + " seconds, not null",
        "{restrictType: 'only'}               | option 'restrictType' must be \"include\","
            + " \"exclude\" or \"\", not \"only\"",
        "{restrictCollections: 'a'}           | option 'restrictCollections' must be an array of"
            + " collection names, not \"a\"",
        "{ignoreErrors: -1}                   | option 'ignoreErrors' must be a whole number, 0 or"
            + " more, or true or false, not -1",
        "{compression: 'gzip'}                | option 'compression' must be \"auto\", \"none\" or"
            + " \"zstd\", not \"gzip\"",
        "{useExtensions: 0}                   | option 'useExtensions' must be true or false, not"
            + " 0",
        "{password: 5}                        | option 'password' must be a string",
        "'tcp://leader'                       | the options must be an object, not"
            + " \"tcp://leader\"",
      })
  void refusesOptionsThatMakeNoSense(String options, String sentence) {
    String expected = "invalid replication applier configuration: " + sentence;
    for (String call :
        List.of(
            "r.syncCollection('test', %s)",
            "r.sync(%s)", "r.setupReplication(%s)", "r.applier.properties(%s)")) {
      assertThat(
              shell.typed(
                  "(() => { try { "
                      + call.formatted(options)
                      + " } catch (e) { return e.errorNum + ' ' + e.errorMessage } })()"))
          .isEqualTo("1410 " + expected);
    }
    assertThat(shell.server.lines()).isEmpty();
  }

  @Test
  void acceptsEveryDocumentedOption() {
    shell.server.on("PUT /_api/job/17", _ -> done(200, RESULT));
    shell.typed(
        "r.syncCollection('test', {endpoint: 'tcp://l:1', database: 'd', username: '', password:"
            + " '', jwt: '', incremental: true, initialSyncMaxWaitTime: 0.5, requestTimeout: -1,"
            + " connectTimeout: 0, chunkSize: 0, includeSystem: false, includeFoxxQueues: true,"
            + " restrictType: 'exclude', restrictCollections: ['x'], skipCreateDrop: false,"
            + " verbose: true, maxPacketSize: 1, sslProtocol: 0, ignoreErrors: true,"
            + " lockTimeoutRetries: 0, autoStart: false, autoResync: false, autoResyncRetries: 2,"
            + " adaptivePolling: true, requireFromPresent: true, maxConnectRetries: 100,"
            + " connectionRetryWaitTime: 15, idleMinWaitTime: 1, idleMaxWaitTime: 2.5, async:"
            + " false, progress: false, compression: 'none', maxBandwidth: 65536, useExtensions:"
            + " false, barrierId: 1, leaderId: 'x', masterId: 'x'}); undefined");
    assertThat(shell.server.asked().getFirst().json().path("restrictCollections").toString())
        .isEqualTo("[\"test\"]");
    assertThat(shell.server.asked().getFirst().json().path("includeSystem").asBoolean()).isTrue();
    assertThat(shell.server.asked().getFirst().json().path("useExtensions").asBoolean(true))
        .isFalse();
  }

  @Test
  void knowsEveryOptionThatServersKnow() {
    shell.server.on("PUT /_api/job/17", _ -> done(200, RESULT));
    for (String option : SyncOptions.names()) {
      assertThat(
              shell.typed(
                  "(() => { try { r.applier.properties({"
                      + option
                      + ": undefined}); return ''; } catch (e) { return e.errorMessage } })()"))
          .as(option)
          .doesNotContain("unknown option");
    }
  }

  @Test
  void showsProgressOnATerminalAndOnlyThere() {
    AtomicInteger reports = new AtomicInteger();
    shell.server.on(
        "PUT /_api/job/17",
        _ -> reports.get() < 2 ? FakeServer.Answer.of(204, "") : done(200, RESULT));
    shell.server.on(
        "GET /_api/replication/jobs/17",
        _ -> {
          reports.incrementAndGet();
          return FakeServer.Answer.of(
              200,
              "{\"id\":\"17\",\"kind\":\"sync\",\"phase\":\"copying\",\"collection\":\"test\",\"documentsDone\":85537,\"documentsExpected\":171075,\"bytesDone\":12345678,\"ratePerSecond\":84000.4,\"etaSeconds\":1.2,\"message\":\"m\"}");
        });
    shell.output.pretendTerminal(true);
    shell.typed("r.syncCollection('test', {endpoint: 'tcp://leader:8529'}); undefined");
    String line =
        "test: copying 49 %, 0:02 left | 85,537 of 171,075 documents, 84,000/s | 12.3 MB\n";
    assertThat(shell.output.takePassing()).isEqualTo(line + line + "\n");

    AtomicInteger looks = new AtomicInteger();
    shell.server.on(
        "PUT /_api/job/17",
        _ -> looks.incrementAndGet() < 12 ? FakeServer.Answer.of(204, "") : done(200, RESULT));
    shell.typed(
        "r.syncCollection('test', {endpoint: 'tcp://leader:8529', progress: false}); undefined");
    assertThat(shell.output.takePassing()).isEmpty();
    looks.set(0);
    reports.set(0);
    shell.server.on(
        "GET /_api/replication/jobs/17",
        _ -> {
          reports.incrementAndGet();
          return FakeServer.Answer.of(404, "");
        });
    shell.typed("r.syncCollection('test', {endpoint: 'tcp://leader:8529'}); undefined");
    assertThat(shell.output.takePassing()).isEmpty();
    assertThat(reports).hasValueLessThanOrEqualTo(1);
  }

  /// The server's object about job 17 when it is over.
  private static String over(String phase, String members) {
    return "{\"id\":\"17\",\"kind\":\"incremental\",\"phase\":\""
        + phase
        + "\",\"collection\":\"test\",\"collectionsDone\":1,\"collectionsTotal\":1,"
        + "\"warnings\":[\"index 'byName' of collection 'test' was dropped here\",\"another\"],"
        + members
        + "\"statistics\":{\"method\":\"revision-tree\",\"documentsFetched\":12,\"documentsRemoved\":3,"
        + "\"documentsSkipped\":0,\"requests\":7,\"bytesSent\":2100,\"bytesReceived\":14000,"
        + "\"seconds\":{\"comparing\":0.01,\"updating\":0.05}}}";
  }

  private static final String COST =
      " | compared by revision tree | 14.0 kB received, 2.10 kB sent, 7 requests"
          + " | 0.06 s (comparing 0.01, updating 0.05)\n"
          + "warning: index 'byName' of collection 'test' was dropped here\n"
          + "warning: another\n";

  @Test
  void sumsUpOnStandardErrorWhatASynchronizationDid() {
    shell.server.on("PUT /_api/job/17", _ -> done(200, RESULT));
    shell.server.on("GET /_api/replication/jobs/17", 200, over("done", ""));
    for (boolean isTerminal : List.of(false, true)) {
      shell.output.pretendTerminal(isTerminal);
      for (String call : List.of("r.syncCollection('test', %s)", "r.sync(%s)")) {
        String printed = shell.json(call.formatted("{endpoint: 'tcp://leader:8529'}"));

        assertThat(printed).isEqualTo(RESULT);
        assertThat(shell.output.takeErrors())
            .isEqualTo("test: 12 documents fetched, 3 removed" + COST);
      }
    }
  }

  @Test
  void sumsUpNothingWhereProgressIsNotWantedOrTheCallerDoesNotWait() {
    shell.server.on("PUT /_api/job/17", _ -> done(200, RESULT));
    shell.server.on("GET /_api/replication/jobs/17", 200, over("done", ""));
    shell.typed(
        "r.syncCollection('test', {endpoint: 'tcp://leader:8529', progress: false}); undefined");
    shell.typed(
        "r.syncCollection('test', {endpoint: 'tcp://leader:8529', async: true});"
            + " r.getSyncResult('17'); undefined");

    assertThat(shell.output.takeErrors()).isEmpty();
    assertThat(shell.server.lines()).doesNotContain("GET /_api/replication/jobs/17");
  }

  @Test
  void sumsUpNothingForServersThatDoNotTell() {
    shell.server.on("PUT /_api/job/17", _ -> done(200, RESULT));
    for (String told :
        List.of(
            "{\"phase\":\"done\",\"collection\":\"test\",\"warnings\":[\"w\"]}",
            "[]",
            "\"text\"",
            "null")) {
      shell.server.on("GET /_api/replication/jobs/17", 200, told);
      assertThat(shell.json("r.syncCollection('test', {endpoint: 'tcp://leader:8529'})"))
          .isEqualTo(RESULT);
      assertThat(shell.output.takeErrors()).as(told).isEmpty();
    }
    shell.server.on("GET /_api/replication/jobs/17", 404, error(404, 404, "not found"));
    assertThat(shell.json("r.syncCollection('test', {endpoint: 'tcp://leader:8529'})"))
        .isEqualTo(RESULT);
    assertThat(shell.output.takeErrors()).isEmpty();
  }

  @Test
  void tellsHowFarAFailedSynchronizationCameAndThrowsItsTrueError() {
    shell.server.on(
        "PUT /_api/job/17", _ -> done(500, error(500, 1400, "could not connect to leader")));
    shell.server.on(
        "GET /_api/replication/jobs/17", 200, over("failed", "\"failedIn\":\"updating\","));

    assertThat(shell.errorOf("r.syncCollection('test', {endpoint: 'tcp://leader:8529'})"))
        .isEqualTo("[1400,500,\"could not connect to leader\"]");
    assertThat(shell.output.takeErrors())
        .isEqualTo("test: failed while updating, after 12 documents fetched, 3 removed" + COST);
  }

  @Test
  void saysThatTheJobGoesOnWhenInterrupted() throws Exception {
    CountDownLatch looking = new CountDownLatch(2);
    shell.server.on(
        "PUT /_api/job/17",
        _ -> {
          looking.countDown();
          return FakeServer.Answer.of(204, "");
        });
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      executor.submit(() -> {
        assertThat(looking.await(20, TimeUnit.SECONDS)).isTrue();
        shell.scripts.interrupt();
        return null;
      });
      Outcome outcome =
          shell.scripts.evaluateAndPrint(
              "r.syncCollection('test', {endpoint: 'tcp://leader:8529'})");
      assertThat(outcome).isInstanceOf(Outcome.Interrupted.class);
      assertThat(((Outcome.Interrupted) outcome).notice())
          .contains("job 17 goes on at the server", "getSyncResult(\"17\")", "/_api/job/17/cancel");
    }
  }

  @Test
  void setsUpReplicationWithItsOwnDefaultsAlsoOnOlderServers() {
    String state =
        "{\"state\":{\"running\":true},\"server\":{},\"endpoint\":\"tcp://leader:8529\"}";
    shell.server.on(
        "PUT /_api/replication/make-follower",
        _ -> new FakeServer.Answer(202, "", Map.of("x-arango-async-id", "17")));
    shell.server.on(
        "PUT /_api/replication/make-slave",
        _ -> new FakeServer.Answer(202, "", Map.of("x-arango-async-id", "18")));
    shell.server.on("PUT /_api/job/17", _ -> done(404, error(404, 404, "unknown path")));
    shell.server.on("PUT /_api/job/18", _ -> done(200, state));
    assertThat(shell.json("r.setupReplication({endpoint: 'tcp://leader:8529'})")).isEqualTo(state);
    assertThat(shell.server.asked().getFirst().body())
        .isEqualTo(
            "{\"endpoint\":\"tcp://leader:8529\",\"autoStart\":true,\"includeSystem\":true,\"verbose\":false}");
    shell.server.on("PUT /_api/job/17", _ -> done(200, state));
    shell.typed(
        "r.setupReplicationGlobal({endpoint: 'tcp://leader:8529', includeSystem: false});"
            + " undefined");
    assertThat(shell.server.lines()).contains("PUT /_api/replication/make-follower?global=true");
    shell.typed("r.syncGlobal({endpoint: 'tcp://leader:8529', progress: false}); undefined");
    assertThat(shell.server.lines()).contains("PUT /_api/replication/sync?global=true");
  }

  @Test
  void asksForApplierAndLogger() {
    String answer = "{\"state\":{\"running\":false}}";
    for (String line :
        List.of(
            "PUT /_api/replication/applier-start?from=12&barrierId=3",
            "PUT /_api/replication/applier-stop?global=true",
            "GET /_api/replication/applier-state",
            "GET /_api/replication/applier-state-all",
            "DELETE /_api/replication/applier-state?global=true",
            "GET /_api/replication/applier-config",
            "PUT /_api/replication/applier-config",
            "GET /_api/replication/logger-state",
            "GET /_api/replication/logger-tick-ranges")) {
      shell.server.on(line, 200, answer);
    }
    shell.server.on("GET /_api/replication/logger-first-tick", 200, "{\"firstTick\":\"42\"}");
    shell.server.on("GET /_api/replication/server-id", 200, "{\"serverId\":\"99\"}");
    for (String call :
        List.of(
            "r.applier.start('12', 3)",
            "r.globalApplier.stop()",
            "r.globalApplier.shutdown()",
            "r.applier.state()",
            "r.applier.stateAll()",
            "r.globalApplier.forget()",
            "r.applier.properties()",
            "r.applier.properties({endpoint: 'tcp://leader:8529', autoStart: true})",
            "r.logger.state()",
            "r.logger.tickRanges()")) {
      assertThat(shell.json(call)).as(call).isEqualTo(answer);
    }
    assertThat(shell.typed("r.logger.firstTick() + r.serverId()")).isEqualTo("4299");
    assertThat(
            shell.json(
                "[r.compareTicks('9', '10'), r.compareTicks('10', '10'),"
                    + " r.compareTicks('231848833079705', '231848833079704'), r.compareTicks('007',"
                    + " '7')]"))
        .isEqualTo("[-1,0,1,0]");
  }

  @Test
  void tellsWhatJobsDoAndCancelsThem() {
    shell.server.on("GET /_api/replication/jobs", 200, "[{\"id\":\"17\"}]");
    shell.server.on("GET /_api/replication/jobs/17", 200, "{\"id\":\"17\"}");
    shell.server.on(
        "DELETE /_api/replication/jobs/17", 200, "{\"id\":\"17\",\"phase\":\"copying\"}");
    shell.server.on("DELETE /_api/replication/jobs/18", 404, error(404, 404, "no such job"));
    assertThat(shell.json("r.jobs()")).isEqualTo("[{\"id\":\"17\"}]");
    assertThat(shell.json("r.job(17)")).isEqualTo("{\"id\":\"17\"}");
    assertThat(shell.json("r.cancel('17').phase")).isEqualTo("\"copying\"");
    assertThat(shell.errorOf("r.cancel('18')")).isEqualTo("[404,404,\"no such job\"]");
    assertThat(shell.errorOf("r.job('../batch')")).startsWith("[10,400,\"job needs the id");
    assertThat(shell.errorOf("r.cancel()")).startsWith("[10,400,\"cancel needs the id");
  }
}
