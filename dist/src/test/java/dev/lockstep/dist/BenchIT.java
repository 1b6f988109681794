package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The benchmark command measures and tidies up; its figures are nobody's affair here.
class BenchIT {
  private static final long MINUTES_MAX = 3;

  @TempDir private Path folder;

  private String bench(String... arguments) throws Exception {
    List<String> call =
        Stream.concat(
                Stream.of("bench"),
                Stream.concat(
                    Stream.of(arguments), Stream.of("--folder=" + folder, "--documents=1000")))
            .toList();
    Path log = Distribution.newLog("bench");
    Process process =
        Distribution.command(call).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      assertThat(process.waitFor(MINUTES_MAX, TimeUnit.MINUTES))
          .as("ends in time: %s", log)
          .isTrue();
    } finally {
      process.destroy();
    }
    String said = Files.readString(log, StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(said).isZero();
    return said;
  }

  @Test
  void measuresDifferencesChecksThemAndLeavesNothingBehind() throws Exception {
    String said = bench("incremental", "--runs=2", "--diff=1", "--clustered");

    assertThat(said).contains("run 2 of 2").contains("checked");
    assertThat(said.lines().filter(line -> line.startsWith("incremental\t1000\t257\t")))
        .hasSize(2)
        .allSatisfy(row -> {
          String[] cells = row.split("\t", -1);
          assertThat(cells).hasSize(19);
          assertThat(Double.parseDouble(cells[8])).as("wall").isPositive();
          assertThat(cells[13]).as("documents that differ").isEqualTo("10");
          assertThat(Double.parseDouble(cells[16])).as("wire").isPositive();
          assertThat(Double.parseDouble(cells[17])).as("peak of the leader").isPositive();
        });
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }
}
