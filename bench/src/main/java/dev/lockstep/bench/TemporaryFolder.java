package dev.lockstep.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Where an engine keeps its files while it is measured. `-Djava.io.tmpdir` chooses the disk.
final class TemporaryFolder {
  private @Nullable Path path;

  Path create() throws IOException {
    Path created = Files.createTempDirectory("lockstep-jmh-");
    path = created;
    return created;
  }

  void delete() throws IOException {
    if (path == null) {
      return;
    }
    List<Path> deepestFirst;
    try (Stream<Path> all = Files.walk(path)) {
      deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : deepestFirst) {
      Files.delete(each);
    }
    path = null;
  }
}
