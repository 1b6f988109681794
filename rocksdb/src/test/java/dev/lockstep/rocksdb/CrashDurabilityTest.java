package dev.lockstep.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.storage.CommitOutcome;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.WriteBatch;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Kills a writing process, and looks whether all it was promised is there.
class CrashDurabilityTest {
  private static final int MEBIBYTE = 1 << 20;
  private static final RocksSettings SMALL = new RocksSettings(4 * MEBIBYTE, 3 * MEBIBYTE, 0, 2);
  private static final int WRITERS = 2;
  private static final int CHANGES_PER_COMMIT = 3;

  @TempDir private Path directory;

  @Test
  void everyAnsweredCommitSurvivesKillMinusNine() throws Exception {
    long seed = 91;
    Random random = new Random(seed);
    long[] answered = new long[WRITERS];
    for (int round = 0; round < 4; round++) {
      int acknowledgements = 50 + random.nextInt(2_000);
      try (ChildProcess child = ChildProcess.start(Writer.class, directory.toString())) {
        String line = child.readLine();
        for (int read = 0; line != null; read++) {
          if (read == acknowledgements) {
            child.kill();
          }
          String[] words = line.split(" ", -1);
          // The last line may have been cut by the kill.
          if (words.length == 3 && words[2].equals("done")) {
            answered[Integer.parseInt(words[0])] = Long.parseLong(words[1]);
          } else {
            assertThat(read).as(line).isGreaterThanOrEqualTo(acknowledgements);
          }
          line = child.readLine();
        }
      }
      verify(answered, "seed " + seed + " round " + round);
    }
  }

  /// What a power loss does to the end of the log: the commits in it are lost, the last one first.
  @Test
  void aTornLogLosesOnlyItsEnd() throws Exception {
    try (ChildProcess child = ChildProcess.start(Writer.class, directory.toString())) {
      for (int read = 0; read < 300; read++) {
        assertThat(child.readLine()).isNotNull();
      }
      child.kill();
      child.awaitEnd();
    }
    Path log = newestLog();
    try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
      assertThat(channel.size()).isGreaterThan(1_000);
      channel.truncate(channel.size() - 700);
    }
    verify(new long[WRITERS], "after tearing " + log.getFileName());
  }

  private Path newestLog() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("database"))) {
      return files
          .filter(file -> file.toString().endsWith(".log"))
          .max((one, other) -> one.getFileName().compareTo(other.getFileName()))
          .orElseThrow();
    }
  }

  /// Every writer's commits are there from the first to some last one, at least as far as answered,
  /// and each with all its parts.
  private void verify(long[] answered, String when) {
    try (StorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      long commits = 0;
      for (int writer = 0; writer < WRITERS; writer++) {
        long present = 0;
        try (StorageCursor cursor =
            engine.scan(Keyspace.PRIMARY, KeyRange.prefix(Keys.of(writer)))) {
          while (cursor.next()) {
            present++;
            assertThat(cursor.key()).as(when).isEqualTo(Keys.of(writer, present));
            assertThat(engine.get(Keyspace.DOCUMENTS, Keys.of(writer, present)))
                .as(when)
                .isEqualTo(Writer.body(writer, present));
          }
        }
        assertThat(present).as(when).isGreaterThanOrEqualTo(answered[writer]);
        assertThat(engine.get(Keyspace.DOCUMENTS, Keys.of(writer, present + 1))).isNull();
        assertThat(engine.counter(Keys.of(writer))).as(when).isEqualTo(present);
        commits += present;
      }
      assertThat(engine.closedTick().value()).as(when).isEqualTo(commits * CHANGES_PER_COMMIT);
      try (StorageCursor cursor = engine.scan(Keyspace.CHANGES, KeyRange.all())) {
        long tick = 0;
        while (cursor.next()) {
          assertThat(cursor.key()).as(when).isEqualTo(Keys.of(++tick));
        }
        assertThat(tick).as(when).isEqualTo(commits * CHANGES_PER_COMMIT);
      }
    }
  }

  /// An I/O error that RocksDB meets in the middle: the outcome is unknown, later writes are
  /// refused, and what was answered before is there after a restart.
  @Test
  void afterAWriteErrorNothingMoreIsTakenUntilReopened() throws Exception {
    // The shell lets the child write files of at most 2 MiB (its unit is 1 KiB).
    List<String> limited =
        new ArrayList<>(List.of("bash", "-c", "ulimit -f 2048; exec \"$@\"", "-"));
    limited.addAll(ChildProcess.command(FailingWriter.class, directory.toString()));
    String said;
    try (ChildProcess child = ChildProcess.startCommand(limited)) {
      said = child.awaitEnd().output();
    }
    assertThat(said).contains("Unknown").contains("WRITES_STOPPED");
    long answered = said.lines().filter(line -> line.startsWith("Done")).count();
    assertThat(answered).isPositive();
    try (StorageEngine engine = RocksStorageEngine.open(directory, RocksSettings.DEFAULT)) {
      long present = engine.counter(Keys.of(1));
      assertThat(present).isBetween(answered, answered + 1);
      assertThat(engine.closedTick().value()).isEqualTo(present);
      for (long commit = 1; commit <= present; commit++) {
        assertThat(engine.get(Keyspace.DOCUMENTS, Keys.of(commit))).isNotNull();
      }
      assertThat(engine.get(Keyspace.DOCUMENTS, Keys.of(present + 1))).isNull();
    }
  }

  /// Commits until it is killed; prints `<writer> <commit> done` after each answer. The writers
  /// differ in the durability they ask for.
  static final class Writer {
    public static void main(String[] arguments) throws Exception {
      StorageEngine engine = RocksStorageEngine.open(Path.of(arguments[0]), SMALL);
      List<Thread> threads = new ArrayList<>();
      for (int writer = 0; writer < WRITERS; writer++) {
        int me = writer;
        threads.add(
            Thread.ofPlatform()
                .start(() ->
                    write(engine, me, me == 0 ? Durability.PROCESS_CRASH : Durability.POWER_LOSS)));
      }
      for (Thread thread : threads) {
        thread.join();
      }
    }

    private static void write(StorageEngine engine, int writer, Durability durability) {
      PrintStream out = System.out;
      for (long commit = engine.counter(Keys.of(writer)) + 1; ; commit++) {
        try (WriteBatch batch = engine.newBatch()) {
          batch.put(Keyspace.DOCUMENTS, Keys.of(writer, commit), body(writer, commit));
          batch.put(Keyspace.PRIMARY, Keys.of(writer, commit), new byte[0]);
          batch.add(Keys.of(writer), 1);
          for (int change = 0; change < CHANGES_PER_COMMIT; change++) {
            batch.appendChange(Keys.of(writer, commit));
          }
          if (!(engine.commit(batch, durability) instanceof CommitOutcome.Done)) {
            throw new IllegalStateException("commit failed");
          }
        }
        out.println(writer + " " + commit + " done");
      }
    }

    static byte[] body(int writer, long commit) {
      byte[] body = new byte[(int) (commit % 1_500)];
      new Random(commit * WRITERS + writer).nextBytes(body);
      return body;
    }
  }

  static final class FailingWriter {
    public static void main(String[] arguments) {
      try (StorageEngine engine =
          RocksStorageEngine.open(Path.of(arguments[0]), RocksSettings.DEFAULT)) {
        for (long commit = 1; commit <= 12; commit++) {
          try (WriteBatch batch = engine.newBatch()) {
            byte[] body = new byte[300_000];
            new Random(commit).nextBytes(body);
            batch.put(Keyspace.DOCUMENTS, Keys.of(commit), body);
            batch.add(Keys.of(1), 1);
            batch.appendChange(Keys.of(commit));
            System.out.println(engine.commit(batch, Durability.PROCESS_CRASH));
          }
        }
      }
    }
  }
}
