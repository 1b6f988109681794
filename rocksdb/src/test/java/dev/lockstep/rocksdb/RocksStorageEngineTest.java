package dev.lockstep.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lockstep.core.storage.CommitOutcome;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.Snapshot;
import dev.lockstep.core.storage.SortedRows;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.StorageView;
import dev.lockstep.core.storage.WriteBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RocksStorageEngineTest {
  private static final int MEBIBYTE = 1 << 20;

  /// Small buffers, so that little data already makes many table files.
  private static final RocksSettings SMALL = new RocksSettings(4 * MEBIBYTE, 6 * MEBIBYTE, 0, 2);

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private Path directory;

  // --- the folder

  @Test
  void aNewFolderIsForItsOwnerAlone() throws IOException {
    Path folder = directory.resolve("new");

    RocksStorageEngine.open(folder, RocksSettings.DEFAULT).close();

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
        .isEqualTo("rwx------");
  }

  @Test
  void theSecondOnTheSameFolderIsRefused() {
    try (StorageEngine first = RocksStorageEngine.open(directory, SMALL)) {
      assertThatThrownBy(() -> RocksStorageEngine.open(directory.resolve("."), SMALL))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining(directory.toString())
          .hasMessageContaining("is in use by this very process");
      put(first, 1, 1, 10);
    }
    RocksStorageEngine.open(directory, SMALL).close();
  }

  @Test
  void aSecondProcessOnTheSameFolderIsRefused() throws Exception {
    try (StorageEngine first = RocksStorageEngine.open(directory, SMALL)) {
      String said = ChildProcess.run(OpenInChild.class, directory.toString()).output();
      assertThat(said)
          .contains("StorageException")
          .contains(directory.toString())
          .contains("is in use by another server (process " + ProcessHandle.current().pid() + ")");
      put(first, 1, 1, 10);
    }
    assertThat(ChildProcess.run(OpenInChild.class, directory.toString()).output())
        .contains("opened");
  }

  /// Opens the folder named on the command line and says how it went.
  static final class OpenInChild {
    public static void main(String[] arguments) {
      try (StorageEngine engine = RocksStorageEngine.open(Path.of(arguments[0]), SMALL)) {
        System.out.println("opened at " + engine.closedTick());
      } catch (StorageException refused) {
        System.out.println(refused);
      }
    }
  }

  @Test
  void aNewerFormatIsRefused() throws Exception {
    RocksStorageEngine.open(directory, SMALL).close();
    Files.writeString(directory.resolve("FORMAT"), "lockstep-rocksdb 2\n");

    assertThatThrownBy(() -> RocksStorageEngine.open(directory, SMALL))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("has storage format 2, this server knows formats up to 1");

    Files.writeString(directory.resolve("FORMAT"), "otherengine 1\n");
    assertThatThrownBy(() -> RocksStorageEngine.open(directory, SMALL))
        .hasMessageContaining("belongs to another storage engine: otherengine 1");

    Files.writeString(directory.resolve("FORMAT"), "lockstep-rocksdb 1\n");
    RocksStorageEngine.open(directory, SMALL).close();
    Files.delete(directory.resolve("FORMAT"));
    assertThatThrownBy(() -> RocksStorageEngine.open(directory, SMALL))
        .hasMessageContaining("holds a database that is not Lockstep's");
  }

  @Test
  void aDamagedDatabaseIsAnErrorThatNamesTheFolder() throws Exception {
    try (StorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      put(engine, 1, 1, 10);
    }
    Files.writeString(directory.resolve("database/CURRENT"), "nonsense\n");
    assertThatThrownBy(() -> RocksStorageEngine.open(directory, SMALL))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("cannot open the database in " + directory);
    // The failed attempt let go of the folder.
    assertThatThrownBy(() -> RocksStorageEngine.open(directory, SMALL))
        .hasMessageContaining("cannot open the database in " + directory);
  }

  // --- space

  @Test
  void aPurgedGenerationGivesItsSpaceBack() {
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      put(engine, 1, 1_000, 1024);
      put(engine, 2, 24_000, 1024);
      put(engine, 3, 1_000, 1024);
      assertThat(engine.bytesOnDisk()).isGreaterThan(24L * MEBIBYTE);

      engine.purge(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(2)));
      assertThat(count(engine, 2)).isZero();
      // What is left: two small generations, the log, what shares files with the neighbours.
      await().atMost(PATIENCE).until(() -> !engine.hasUnfinishedPurges());
      awaitAtMostOnDisk(engine, 10);
      assertThat(count(engine, 1)).isEqualTo(1_000);
      assertThat(count(engine, 3)).isEqualTo(1_000);
    }
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      assertThat(count(engine, 1)).isEqualTo(1_000);
      assertThat(count(engine, 2)).isZero();
      assertThat(count(engine, 3)).isEqualTo(1_000);
      awaitAtMostOnDisk(engine, 10);
    }
  }

  /// A full synchronization, again and again: the disk must not fill with old generations.
  @Test
  void replacingGenerationsDoesNotLeakSpace() {
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      for (int generation = 1; generation <= 6; generation++) {
        put(engine, generation, 8_000, 1024);
        engine.purge(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(generation - 1)));
      }
      awaitAtMostOnDisk(engine, 28);
      assertThat(count(engine, 6)).isEqualTo(8_000);
      assertThat(count(engine, 5)).isZero();
    }
  }

  @Test
  void aSnapshotHoldsBackTheSpaceOfALaterPurge() {
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      put(engine, 1, 12_000, 1024);
      Snapshot snapshot = engine.snapshot();
      engine.purge(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(1)));
      // A purge without a snapshot from before it is not held up by the other one.
      put(engine, 2, 10, 10);
      engine.purge(Keyspace.PRIMARY, KeyRange.prefix(Keys.of(2)));
      assertThat(count(snapshot, 1)).isEqualTo(12_000);
      assertThat(engine.hasUnfinishedPurges()).isTrue();
      StorageCursor cursor = snapshot.scan(Keyspace.DOCUMENTS, KeyRange.all());
      snapshot.close();
      assertThat(engine.hasUnfinishedPurges()).isTrue();
      for (int document = 0; document < 12_000; document++) {
        assertThat(cursor.next()).isTrue();
      }
      cursor.close();
      await().atMost(PATIENCE).until(() -> !engine.hasUnfinishedPurges());
      awaitAtMostOnDisk(engine, 10);
    }
  }

  /// The reclaimer looks whether a range is empty and then deletes what is in it.
  @Test
  void sortedRowsThatComeWhileSpaceIsReclaimedStay() {
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      for (long generation = 1; generation <= 300; generation++) {
        put(engine, generation, 1, 10);
        engine.purge(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(generation)));
        try (SortedRows rows = engine.sortedRows(Keyspace.DOCUMENTS)) {
          rows.put(Keys.of(generation, 1), new byte[10]);
          assertThat(rows.finish()).isInstanceOf(CommitOutcome.Done.class);
        }
      }
      await().atMost(PATIENCE).until(() -> !engine.hasUnfinishedPurges());
      for (long generation = 1; generation <= 300; generation++) {
        assertThat(count(engine, generation)).as("generation %d", generation).isEqualTo(1);
      }
    }
  }

  @Test
  void anUnfinishedPurgeIsFinishedAfterTheNextStart() {
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      put(engine, 1, 12_000, 1024);
      Snapshot leftOpen = engine.snapshot();
      engine.purge(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(1)));
      assertThat(leftOpen.get(Keyspace.DOCUMENTS, Keys.of(1, 0))).isNotNull();
    }
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      await().atMost(PATIENCE).until(() -> !engine.hasUnfinishedPurges());
      awaitAtMostOnDisk(engine, 10);
    }
  }

  /// Dropping table files asks neither for snapshots nor for what was written since.
  @Test
  void aPurgeDelayedByASnapshotSparesWhatWasWrittenSince() {
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      put(engine, 1, 12_000, 1024);
      Snapshot before = engine.snapshot();
      engine.purge(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(1)));
      put(engine, 1, 5_000, 1024);
      Snapshot between = engine.snapshot();
      try (WriteBatch batch = engine.newBatch()) {
        batch.deleteRange(Keyspace.DOCUMENTS, new KeyRange(Keys.of(1, 1_000), Keys.of(2)));
        engine.commit(batch, Durability.PROCESS_CRASH);
      }
      before.close();
      await().atMost(PATIENCE).until(() -> !engine.hasUnfinishedPurges());
      assertThat(count(engine, 1)).isEqualTo(1_000);
      assertThat(count(between, 1)).isEqualTo(5_000);
      between.close();
    }
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      assertThat(count(engine, 1)).isEqualTo(1_000);
    }
  }

  @Test
  void aSnapshotOfWhatWasWrittenSinceAPurgeKeepsIt() {
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      Snapshot before = engine.snapshot();
      engine.purge(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(1)));
      put(engine, 1, 12_000, 1024);
      Snapshot between = engine.snapshot();
      try (WriteBatch batch = engine.newBatch()) {
        batch.deleteRange(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(1)));
        engine.commit(batch, Durability.PROCESS_CRASH);
      }
      before.close();
      await().atMost(PATIENCE).until(() -> !engine.hasUnfinishedPurges());
      assertThat(count(engine, 1)).isZero();
      assertThat(count(between, 1)).isEqualTo(12_000);
      between.close();
    }
  }

  // --- damage

  /// RocksDB's Java binding answers for several keys that those it cannot read are not there.
  @Test
  void whatCannotBeReadIsNotTakenForWhatIsNotThere() throws IOException {
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      put(engine, 1, 10, 100);
    }
    damageTableFiles();
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      assertThatThrownBy(() -> engine.get(Keyspace.DOCUMENTS, Keys.of(1, 3)))
          .isInstanceOf(StorageException.class);
      assertThatThrownBy(
              () -> engine.getAll(Keyspace.DOCUMENTS, List.of(Keys.of(1, 3), Keys.of(1, 4))))
          .isInstanceOf(StorageException.class);
    }
  }

  /// In their first data block.
  private void damageTableFiles() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("database"))) {
      for (Path file : files.filter(name -> name.toString().endsWith(".sst")).toList()) {
        byte[] content = Files.readAllBytes(file);
        content[50] ^= 1;
        Files.write(file, content);
      }
    }
  }

  // --- sorted rows

  @Test
  void tableFilesUnderConstructionAreRemovedByTheNextStart() throws IOException {
    Path left = directory.resolve("incoming").resolve("1.sst");
    Files.createDirectories(left.getParent());
    Files.writeString(left, "half a table");
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      assertThat(left).doesNotExist();
      SortedRows abandoned = engine.sortedRows(Keyspace.DOCUMENTS);
      abandoned.put(Keys.of(1, 1), new byte[100]);
      abandoned.close();
      SortedRows finished = engine.sortedRows(Keyspace.DOCUMENTS);
      finished.put(Keys.of(1, 2), new byte[100]);
      finished.finish();
      finished.close();
      assertThat(left.getParent()).isEmptyDirectory();
      assertThat(count(engine, 1)).isOne();
    }
  }

  @Test
  void sortedRowsAreRefusedWhereTheDiskIsNearlyFull() {
    AtomicLong usable = new AtomicLong(52L * MEBIBYTE);
    RocksSettings reserve = new RocksSettings(4 * MEBIBYTE, 6 * MEBIBYTE, 50L * MEBIBYTE, 2);
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, reserve, usable::get)) {
      try (SortedRows rows = engine.sortedRows(Keyspace.DOCUMENTS)) {
        for (int row = 0; row < 20; row++) {
          rows.put(Keys.of(1, row), new byte[MEBIBYTE]);
          usable.set(49L * MEBIBYTE);
        }
        assertThat(rows.finish())
            .isInstanceOfSatisfying(
                CommitOutcome.NotApplied.class,
                refused -> assertThat(refused.kind()).isEqualTo(CommitOutcome.Reason.NO_SPACE));
      }
      assertThat(count(engine, 1)).isZero();
      usable.set(100L * MEBIBYTE);
      assertThat(putOne(engine, MEBIBYTE)).isInstanceOf(CommitOutcome.Done.class);
    }
  }

  @Test
  void sortedRowsAreRefusedWhereTheDiskIsFullAgainstAllSigns() throws Exception {
    Path disk = Files.createDirectory(directory.resolve("disk"));
    assumeTrue(
        succeeds("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk.toString()),
        "this user may not mount a file system");
    try (RocksStorageEngine engine =
        RocksStorageEngine.open(disk.resolve("engine"), SMALL, () -> Long.MAX_VALUE)) {
      try (SortedRows rows = engine.sortedRows(Keyspace.DOCUMENTS)) {
        byte[] noise = new byte[MEBIBYTE];
        Random random = new Random(1);
        for (int row = 0; row < 40; row++) {
          random.nextBytes(noise);
          rows.put(Keys.of(1, row), noise.clone());
        }
        assertThat(rows.finish())
            .isInstanceOfSatisfying(
                CommitOutcome.NotApplied.class,
                refused -> assertThat(refused.kind()).isEqualTo(CommitOutcome.Reason.NO_SPACE));
      }
      assertThat(count(engine, 1)).isZero();
      assertThat(putOne(engine, MEBIBYTE)).isInstanceOf(CommitOutcome.Done.class);
    } finally {
      assertThat(succeeds("umount", disk.toString())).isTrue();
    }
  }

  private static boolean succeeds(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  @Test
  void afterSettlingThereIsNothingToReplay() throws IOException {
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, SMALL)) {
      put(engine, 1, 500, 1024);
      assertThat(LogFiles.bytes(directory)).isGreaterThan(500L * 1024);

      engine.settle();

      assertThat(LogFiles.bytes(directory)).isZero();
      assertThat(count(engine, 1)).isEqualTo(500);
      assertThat(putOne(engine, 1)).isInstanceOf(CommitOutcome.Done.class);
    }
  }

  @Test
  void settlingWaitsForRoomOnTheDisk() throws IOException {
    AtomicLong usable = new AtomicLong(100L * MEBIBYTE);
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, SMALL, usable::get)) {
      put(engine, 1, 500, 1024);
      usable.set(0);

      engine.settle();

      assertThat(LogFiles.bytes(directory)).isGreaterThan(500L * 1024);
      assertThat(count(engine, 1)).isEqualTo(500);
    }
  }

  // --- a full disk

  @Test
  void aDiskThatOthersHaveFilledIsNoticedSoon() {
    AtomicLong usable = new AtomicLong(100L * MEBIBYTE);
    RocksSettings reserve = new RocksSettings(4 * MEBIBYTE, 6 * MEBIBYTE, 50L * MEBIBYTE, 2);
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, reserve, usable::get)) {
      assertThat(putOne(engine, 1)).isInstanceOf(CommitOutcome.Done.class);
      usable.set(MEBIBYTE);

      await().atMost(PATIENCE).until(() -> putOne(engine, 1) instanceof CommitOutcome.NotApplied);
    }
  }

  @Test
  void aNearlyFullDiskRefusesCommitsAndRecoversByItself() {
    AtomicLong usable = new AtomicLong(100L * MEBIBYTE);
    RocksSettings reserve = new RocksSettings(4 * MEBIBYTE, 6 * MEBIBYTE, 50L * MEBIBYTE, 2);
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, reserve, usable::get)) {
      assertThat(putOne(engine, MEBIBYTE)).isInstanceOf(CommitOutcome.Done.class);
      usable.set(51L * MEBIBYTE);
      CommitOutcome outcome;
      int taken = 0;
      do {
        outcome = putOne(engine, MEBIBYTE);
      } while (outcome instanceof CommitOutcome.Done && ++taken < 10);
      assertThat(outcome)
          .isInstanceOfSatisfying(
              CommitOutcome.NotApplied.class,
              refused -> {
                assertThat(refused.kind()).isEqualTo(CommitOutcome.Reason.NO_SPACE);
                assertThat(refused.reason()).contains(directory.toString(), "50 MiB");
              });
      long tick = engine.closedTick().value();
      assertThat(putOne(engine, MEBIBYTE)).isInstanceOf(CommitOutcome.NotApplied.class);
      assertThat(engine.closedTick().value()).isEqualTo(tick);
      // Making room must still be possible.
      engine.purge(Keyspace.DOCUMENTS, KeyRange.all());

      usable.set(100L * MEBIBYTE);
      assertThat(putOne(engine, MEBIBYTE)).isInstanceOf(CommitOutcome.Done.class);
      assertThat(engine.closedTick().value()).isEqualTo(tick + 1);
    }
  }

  // --- helpers

  private void awaitAtMostOnDisk(StorageEngine engine, int mebibytes) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(engine.bytesOnDisk())
                .as(this::files)
                .isLessThan((long) mebibytes * MEBIBYTE));
  }

  private String files() {
    try (Stream<Path> files = Files.list(directory.resolve("database"))) {
      return files
          .map(file -> file.getFileName() + " " + file.toFile().length())
          .sorted()
          .collect(Collectors.joining("\n"));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static CommitOutcome putOne(StorageEngine engine, int bytes) {
    try (WriteBatch batch = engine.newBatch()) {
      batch.put(Keyspace.DOCUMENTS, Keys.of(1, engine.closedTick().value()), new byte[bytes]);
      batch.appendChange(new byte[1]);
      return engine.commit(batch, Durability.PROCESS_CRASH);
    }
  }

  /// Documents of random bytes, which do not compress.
  private static void put(StorageEngine engine, long generation, int documents, int bytes) {
    Random random = new Random(generation);
    for (int document = 0; document < documents; ) {
      try (WriteBatch batch = engine.newBatch()) {
        for (int upTo = Math.min(documents, document + 500); document < upTo; document++) {
          byte[] value = new byte[bytes];
          random.nextBytes(value);
          batch.put(Keyspace.DOCUMENTS, Keys.of(generation, document), value);
        }
        assertThat(engine.commit(batch, Durability.PROCESS_CRASH))
            .isInstanceOf(CommitOutcome.Done.class);
      }
    }
  }

  private static int count(StorageView view, long generation) {
    int count = 0;
    try (StorageCursor cursor =
        view.scan(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(generation)))) {
      while (cursor.next()) {
        count++;
      }
    }
    return count;
  }
}
