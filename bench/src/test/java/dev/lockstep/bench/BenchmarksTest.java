package dev.lockstep.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/// Whether they run at all: a benchmark that fails is noticed here, not when somebody needs it.
class BenchmarksTest {
  @Test
  void everyHotLoopRunsOnce() throws RunnerException {
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include("dev\\.lockstep\\.bench\\..*")
                    .param("documents", "2000")
                    .forks(0)
                    .warmupIterations(0)
                    .measurementIterations(1)
                    .measurementTime(TimeValue.milliseconds(1))
                    .shouldFailOnError(true)
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();

    assertThat(
            results.stream()
                .map(result -> result.getParams().getBenchmark())
                .map(name -> name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1))
                .collect(Collectors.toSet()))
        .containsExactlyInAnyOrder(
            "VelocyPackBenchmark.encode",
            "VelocyPackBenchmark.decode",
            "VelocyPackBenchmark.validate",
            "VelocyPackBenchmark.normalize",
            "HashBenchmark.chunkHash",
            "HashBenchmark.keyFingerprint",
            "HashBenchmark.revisionHash",
            "RevisionTreeBenchmark.insert",
            "RevisionTreeBenchmark.insertAndFreeze",
            "RevisionTreeBenchmark.differences",
            "RevisionBlocksBenchmark.insert",
            "RevisionBlocksBenchmark.insertAndFreeze",
            "RevisionBlocksBenchmark.differences",
            "DumpBenchmark.writeStored",
            "DumpBenchmark.writeVelocyPack",
            "DumpBenchmark.writeJson",
            "DumpBenchmark.readStored",
            "StorageBenchmark.ingest",
            "StorageBenchmark.scan",
            "CommitBenchmark.withChange",
            "CommitBenchmark.withoutChange",
            "InsertBenchmark.insert");
    assertThat(results)
        .allSatisfy(result -> assertThat(result.getPrimaryResult().getScore()).isPositive());
  }
}
