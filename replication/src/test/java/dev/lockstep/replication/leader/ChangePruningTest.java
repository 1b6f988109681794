package dev.lockstep.replication.leader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.changelog.ChangeRetention;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.TestServer;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ChangePruningTest {
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private TestServer server = new TestServer();
  private DocumentCollection collection = server.create("c");
  private @Nullable Tick needed;

  @BeforeEach
  void start() {
    server = new TestServer();
    collection = server.create("c");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private ChangePruning pruning(int kept, Duration age, int max) {
    return new ChangePruning(
        server.store(),
        new ChangeRetention(kept, age, max),
        () -> now,
        new TickTimes(),
        () -> needed);
  }

  private long write(int documents) {
    for (int i = 0; i < documents; i++) {
      TestServer.insert(collection, "{}");
    }
    return server.store().changeLog().lastTick().value();
  }

  private long first() {
    return server.store().changeLog().firstAvailable().value();
  }

  @Test
  void keepsTheNewestChanges() {
    long last = write(50);

    pruning(20, Duration.ZERO, 1000).run();

    assertThat(first()).isEqualTo(last - 19);
  }

  @Test
  void keepsWhatIsYoungAndCannotKnowTheAgeOfWhatWasThereBefore() {
    long old = write(50);
    ChangePruning pruning = pruning(0, Duration.ofHours(1), 1000);
    pruning.run();
    assertThat(first()).isEqualTo(1);
    now = now.plus(Duration.ofMinutes(30));
    write(50);
    pruning.run();
    assertThat(first()).isEqualTo(1);

    now = now.plus(Duration.ofMinutes(30));
    pruning.run();

    assertThat(first()).isEqualTo(old + 1);
  }

  @Test
  void prunesInStepsThatAreWorthIt() {
    ChangePruning pruning = pruning(200, Duration.ZERO, 1000);
    write(205);
    pruning.run();
    long first = first();
    write(1);
    pruning.run();
    assertThat(first()).isEqualTo(first);

    write(2);
    pruning.run();

    assertThat(first()).isEqualTo(first + 3);
  }

  @Test
  void keepsWhatAFollowerNeedsUpToTheMost() {
    long last = write(50);
    needed = new Tick(last - 30);
    pruning(10, Duration.ZERO, 1000).run();
    assertThat(first()).isEqualTo(last - 29);

    pruning(10, Duration.ZERO, 20).run();

    assertThat(first()).isEqualTo(last - 19);
  }
}
