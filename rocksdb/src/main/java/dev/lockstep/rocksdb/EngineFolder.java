package dev.lockstep.rocksdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lockstep.core.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The engine's folder on disk, claimed for this process until [#close].
///
/// ```
/// FORMAT      engine name and format version, text
/// OWNER       locked by the process that has the folder open; holds its process id
/// database/   RocksDB's own files
/// incoming/   table files under construction, to become the database's; what is there at the start
///             is of no use
/// ```
final class EngineFolder implements AutoCloseable {
  static final String ENGINE = "lockstep-rocksdb";

  /// The newest format this version writes and reads; history in `docs/storage-format.md`.
  static final int FORMAT_VERSION = 1;

  /// Folders claimed by this process. File locks are no help against ourselves: closing a second
  /// channel on a locked file drops the lock of the first (POSIX).
  private static final Set<Path> CLAIMED = ConcurrentHashMap.newKeySet();

  private final Path directory;
  private final FileChannel owner;
  private final FileLock lock;

  private EngineFolder(Path directory, FileChannel owner, FileLock lock) {
    this.directory = directory;
    this.owner = owner;
    this.lock = lock;
  }

  /// A new folder is for its owner alone, as far as the file system knows owners: it holds
  /// documents, accounts, and passwords of leaders. One that is there stays as it is.
  private static Path create(Path requested) throws IOException {
    if (Files.exists(requested)) {
      return Files.createDirectories(requested);
    }
    Path created = Files.createDirectories(requested);
    PosixFileAttributeView owner =
        Files.getFileAttributeView(created, PosixFileAttributeView.class);
    if (owner != null) {
      owner.setPermissions(PosixFilePermissions.fromString("rwx------"));
    }
    return created;
  }

  /// Creates the folder if need be, claims it, and checks that its format is one we know.
  ///
  /// @throws StorageException when another process has it, or it is of another format
  static EngineFolder claim(Path requested) {
    Path directory;
    try {
      directory = create(requested).toRealPath();
    } catch (IOException failure) {
      throw new StorageException(
          "cannot create the data folder " + requested + ": " + failure, failure);
    }
    if (!CLAIMED.add(directory)) {
      throw inUse(directory, "this very process");
    }
    boolean claimed = false;
    try {
      EngineFolder folder = lock(directory);
      try {
        folder.checkFormat();
        claimed = true;
        return folder;
      } finally {
        if (!claimed) {
          folder.owner.close();
        }
      }
    } catch (IOException failure) {
      throw new StorageException(
          "cannot use the data folder " + directory + ": " + failure, failure);
    } finally {
      if (!claimed) {
        CLAIMED.remove(directory);
      }
    }
  }

  private static EngineFolder lock(Path directory) throws IOException {
    FileChannel owner =
        FileChannel.open(
            directory.resolve("OWNER"),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    FileLock lock = null;
    try {
      lock = owner.tryLock();
      if (lock == null) {
        throw inUse(directory, "another server" + processOf(owner));
      }
      owner.truncate(0);
      owner.write(UTF_8.encode(ProcessHandle.current().pid() + "\n"), 0);
      return new EngineFolder(directory, owner, lock);
    } finally {
      if (lock == null) {
        owner.close();
      }
    }
  }

  private static String processOf(FileChannel owner) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(32);
    owner.read(text, 0);
    String process = UTF_8.decode(text.flip()).toString().strip();
    return process.isEmpty() ? "" : " (process " + process + ")";
  }

  private static StorageException inUse(Path directory, String user) {
    return new StorageException(
        "the data folder "
            + directory
            + " is in use by "
            + user
            + ": stop that one first, or choose another folder");
  }

  private void checkFormat() throws IOException {
    Path format = directory.resolve("FORMAT");
    String text;
    try {
      text = Files.readString(format).strip();
    } catch (NoSuchFileException isNew) {
      if (Files.exists(directory.resolve("CURRENT")) || Files.exists(database())) {
        throw new StorageException(
            "the folder "
                + directory
                + " holds a database that is not Lockstep's: it has no FORMAT file");
      }
      write(format, ENGINE + " " + FORMAT_VERSION + "\n");
      return;
    }
    String[] words = text.split(" ", 2);
    if (words.length != 2 || !words[0].equals(ENGINE)) {
      throw new StorageException(
          "the data folder " + directory + " belongs to another storage engine: " + text);
    }
    int version;
    try {
      version = Integer.parseInt(words[1]);
    } catch (NumberFormatException damaged) {
      throw new StorageException("the file " + format + " is damaged: " + text, damaged);
    }
    if (version > FORMAT_VERSION) {
      throw new StorageException(
          "the data folder "
              + directory
              + " has storage format "
              + version
              + ", this server knows formats up to "
              + FORMAT_VERSION
              + ": use the newer server that wrote it");
    }
  }

  /// Whole and durable, or not there at all.
  private void write(Path file, String text) throws IOException {
    Path draft = directory.resolve(file.getFileName() + ".new");
    try (FileChannel channel =
        FileChannel.open(
            draft,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = UTF_8.encode(text);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel folder = FileChannel.open(directory, StandardOpenOption.READ)) {
      folder.force(true);
    }
  }

  Path directory() {
    return directory;
  }

  Path database() {
    return directory.resolve("database");
  }

  Path incoming() {
    return directory.resolve("incoming");
  }

  /// Makes the folder of table files under construction, empty.
  void clearIncoming() throws IOException {
    Files.createDirectories(incoming());
    try (DirectoryStream<Path> left = Files.newDirectoryStream(incoming())) {
      for (Path file : left) {
        Files.delete(file);
      }
    }
  }

  /// Space left for us on the disk.
  long usableBytes() {
    try {
      return Files.getFileStore(directory).getUsableSpace();
    } catch (IOException failure) {
      throw new StorageException(
          "cannot tell the free space of " + directory + ": " + failure, failure);
    }
  }

  /// Sum of all file lengths below; files that vanish meanwhile count nothing.
  long bytes() {
    long[] sum = {0};
    try {
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              sum[0] += attributes.size();
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException vanished) {
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException failure) {
      throw new StorageException("cannot list " + directory + ": " + failure, failure);
    }
    return sum[0];
  }

  @Override
  public void close() {
    @Nullable IOException failure = null;
    try {
      lock.release();
      owner.close();
    } catch (IOException e) {
      failure = e;
    } finally {
      CLAIMED.remove(directory);
    }
    if (failure != null) {
      throw new StorageException("cannot release the data folder " + directory, failure);
    }
  }
}
