package dev.lockstep.rocksdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/// The write-ahead log of an engine.
final class LogFiles {
  private LogFiles() {}

  /// What a start would replay.
  static long bytes(Path directory) throws IOException {
    List<Path> logs;
    try (var files = Files.list(directory.resolve("database"))) {
      logs = files.filter(file -> file.toString().endsWith(".log")).toList();
    }
    long bytes = 0;
    for (Path log : logs) {
      try {
        bytes += Files.size(log);
      } catch (NoSuchFileException _) {
        // The database has just removed it.
      }
    }
    return bytes;
  }
}
