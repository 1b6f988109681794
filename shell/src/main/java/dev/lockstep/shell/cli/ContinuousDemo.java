package dev.lockstep.shell.cli;

import dev.lockstep.client.Credentials;
import dev.lockstep.client.TransportException;
import dev.lockstep.shell.text.Amounts;
import dev.lockstep.shell.text.ApplierReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// `lockstep demo --continuous`: a follower that takes over changes as they happen, is killed
/// meanwhile, catches up, and becomes a server of its own. Does not own the servers.
final class ContinuousDemo {
  private static final String COLLECTION = "cities";

  /// Enough to see a lag come and go.
  private static final Duration WRITING = Duration.ofMillis(1500);

  private static final Duration SHOWN_EVERY = Duration.ofMillis(500);
  private static final Duration CATCH_UP_MAX = Duration.ofSeconds(60);
  private static final int BATCH = 50;

  private final LocalServer leader;
  private final LocalServer follower;
  private final PrintWriter out;
  private final PrintWriter err;

  ContinuousDemo(LocalServer leader, LocalServer follower, PrintWriter out, PrintWriter err) {
    this.leader = leader;
    this.follower = follower;
    this.out = out;
    this.err = err;
  }

  /// @param cities what to load
  /// @return whether both sides were equal in the end
  boolean run(Path cities) throws CommandFailure, IOException, InterruptedException {
    step("importing " + cities.getFileName() + " into collection 'cities' on the leader");
    command(
        "import",
        cities.toString(),
        "--collection",
        COLLECTION,
        "--create-collection",
        "--overwrite",
        "--server.endpoint",
        leader.endpoint(),
        "--server.password",
        "");
    step("following: lockstep follow --leader " + leader.endpoint() + " --detach");
    command(
        "follow",
        "--leader",
        withUser(leader),
        "--replace",
        "--detach",
        "--server.endpoint",
        follower.endpoint(),
        "--server.password",
        "");
    try (ServerApi leaderApi = api(leader);
        ServerApi followerApi = api(follower)) {
      ApplierApi applier = new ApplierApi(followerApi, "_system", false);
      try (Writes writes = new Writes(leaderApi)) {
        step("writing to the leader as fast as one client can; the follower takes over");
        show(applier, WRITING);
        step("killing the follower (kill -9) and starting it again; the leader takes writes");
        follower.killAndRestart();
        follower.awaitReady();
        show(applier, WRITING);
        writes.end();
        step("no more writes, after " + Amounts.count(writes.done()) + " changes");
      }
      awaitCaughtUp(applier);
      step("status: lockstep status --server.endpoint " + follower.endpoint());
      command("status", "--server.endpoint", follower.endpoint(), "--server.password", "");
      step("comparing every document: lockstep verify " + COLLECTION);
      boolean isEqual =
          command("verify", withUser(leader), withUser(follower), "--collection", COLLECTION)
              == ExitStatus.OK;
      step("promoting: lockstep promote --server.endpoint " + follower.endpoint());
      boolean isPromoted =
          command("promote", "--server.endpoint", follower.endpoint(), "--server.password", "")
              == ExitStatus.OK;
      followerApi.send("POST", "/_api/document/" + COLLECTION, "{\"name\":\"First of its own\"}");
      out.println("   the former follower has taken a document of its own");
      return isEqual && isPromoted;
    }
  }

  private static ServerApi api(LocalServer server) {
    return new ServerApi(server.address(), new Credentials.Basic("root", ""), "_system");
  }

  /// With the empty password, whatever the environment says.
  private static String withUser(LocalServer server) {
    return "tcp://root:@" + server.address().authority();
  }

  private int command(String... arguments) throws CommandFailure {
    int status = DemoCommand.run(List.of(arguments), out, err);
    if (status != ExitStatus.OK && arguments[0].equals("follow")) {
      throw CommandFailure.failed("'lockstep follow' did not work, see above");
    }
    return status;
  }

  /// Prints how the follower gets on, for a while.
  private void show(ApplierApi applier, Duration time) throws IOException, InterruptedException {
    ChangeRate rate = new ChangeRate();
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      ApplierReport report = applier.state();
      out.println("   " + report.line(rate.at(System.nanoTime(), report.events())));
      out.flush();
      Thread.sleep(SHOWN_EVERY);
    }
  }

  private void awaitCaughtUp(ApplierApi applier)
      throws CommandFailure, IOException, InterruptedException {
    long start = System.nanoTime();
    while (true) {
      ApplierReport report = applier.check();
      if (report.isComplete()) {
        out.println(
            "   caught up after " + Amounts.seconds(Duration.ofNanos(System.nanoTime() - start)));
        return;
      }
      if (!report.isActive() || System.nanoTime() - start > CATCH_UP_MAX.toNanos()) {
        throw CommandFailure.failed("the follower does not catch up: " + report.line(0));
      }
      Thread.sleep(ApplierWatch.POLL);
    }
  }

  private void step(String what) {
    out.println("-- " + what);
    out.flush();
  }

  /// Inserts, updates and removes documents on a thread of its own until it is ended.
  private static final class Writes implements AutoCloseable {
    private final ServerApi api;
    private final AtomicBoolean isOver = new AtomicBoolean();
    private final AtomicLong done = new AtomicLong();
    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    private final Thread thread;

    Writes(ServerApi api) {
      this.api = api;
      this.thread = Thread.ofVirtual().name("demo-writes").start(this::write);
    }

    long done() {
      return done.get();
    }

    private void write() {
      try {
        for (int round = 0; !isOver.get(); round++) {
          String path = "/_api/document/" + COLLECTION;
          api.send("POST", path + "?silent=true", documents(round, "\"visits\":0"));
          api.send("PATCH", path + "?silent=true", documents(round, "\"visits\":1"));
          api.send("DELETE", path + "?silent=true", documents(round, "\"half\":true"));
          done.addAndGet(2L * BATCH + BATCH / 2);
        }
      } catch (TransportException | ServerRefusal e) {
        failure.set(e);
      } catch (InterruptedException _) {
        // The demonstration is over.
      }
    }

    /// Of the removed ones every other is named, so that some stay.
    private static String documents(int round, String attribute) {
      List<String> documents = new ArrayList<>();
      for (int i = 0; i < BATCH; i += attribute.contains("half") ? 2 : 1) {
        documents.add("{\"_key\":\"demo-" + round + "-" + i + "\"," + attribute + "}");
      }
      return "[" + String.join(",", documents) + "]";
    }

    /// Returns when the last change was answered.
    ///
    /// @throws IOException what a write failed with
    void end() throws IOException, InterruptedException {
      isOver.set(true);
      thread.join();
      IOException failed = failure.get();
      if (failed != null) {
        throw failed;
      }
    }

    @Override
    public void close() throws InterruptedException {
      isOver.set(true);
      thread.interrupt();
      thread.join();
    }
  }
}
