package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// `docs/guarantees.md` names tests; a test that is renamed or removed takes its row along.
class GuaranteesTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern NAMED = Pattern.compile("`([A-Z][A-Za-z0-9]+)#([a-z][A-Za-z0-9]+)`");

  @Test
  void everyTestThatAGuaranteeNamesExists() throws IOException {
    Map<String, String> sources = testSources();
    List<String> missing = new ArrayList<>();
    int named = 0;
    Matcher names = NAMED.matcher(Files.readString(ROOT.resolve("docs/guarantees.md")));
    while (names.find()) {
      named++;
      if (!sources.getOrDefault(names.group(1), "").contains("void " + names.group(2) + "(")) {
        missing.add(names.group());
      }
    }

    assertThat(missing).isEmpty();
    assertThat(named).isGreaterThan(16);
  }

  @Test
  void everyGuaranteeHasARow() throws IOException {
    String text = Files.readString(ROOT.resolve("docs/guarantees.md"));
    for (int number = 1; number <= 16; number++) {
      assertThat(text).contains("\n| G" + number + " | **");
    }
  }

  private static Map<String, String> testSources() throws IOException {
    Map<String, String> sources = new HashMap<>();
    for (String module :
        new String[] {"core", "rocksdb", "replication", "client", "server", "shell", "dist"}) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
        for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          String name = file.getFileName().toString();
          sources.put(name.substring(0, name.length() - ".java".length()), Files.readString(file));
        }
      }
    }
    return sources;
  }
}
