package dev.lockstep.shell.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.shell.bench.BenchPlan;
import dev.lockstep.shell.bench.BenchScenario;
import dev.lockstep.shell.bench.ChangeSpread;
import dev.lockstep.shell.bench.KeyOrder;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class BenchCommandTest {
  private final StringWriter err = new StringWriter();
  private final CommandLine line = LockstepCommand.create().setErr(new PrintWriter(err, true));

  private BenchPlan plan(String arguments) throws CommandFailure {
    CommandLine.ParseResult parsed = line.parseArgs(("bench " + arguments).split(" "));
    return ((BenchCommand) parsed.subcommand().commandSpec().userObject()).plan();
  }

  @Test
  void plansWhatItIsAskedFor() throws CommandFailure {
    assertThat(plan("full"))
        .isEqualTo(
            new BenchPlan(
                BenchScenario.FULL,
                100_000,
                257,
                KeyOrder.SEQUENTIAL,
                1,
                ChangeSpread.UNIFORM,
                4,
                8,
                0,
                false,
                false));
    assertThat(
            plan(
                "incremental --documents 5000 --size=300 --keys uuid --diff 0.1 --clustered --runs"
                    + " 2"))
        .isEqualTo(
            new BenchPlan(
                BenchScenario.INCREMENTAL,
                5000,
                300,
                KeyOrder.UUID,
                0.1,
                ChangeSpread.CLUSTERED,
                2,
                8,
                0,
                false,
                false));
    assertThat(plan("write --bulk --wait-for-sync --clients 3"))
        .extracting(BenchPlan::isBulk, BenchPlan::isWaitingForSync, BenchPlan::clients)
        .containsExactly(true, true, 3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "ful | cannot measure 'ful'; did you mean 'full'?",
        "zzzzzzzz | cannot measure 'zzzzzzzz'; there are [full, incremental, noop, tail, write,"
            + " read]",
        "full --documents 9 | --documents must be between 10 and 100000000, not 9",
        "full --size 10 | --size must be between 200 and 1000000, not 10",
        "full --runs 0 | --runs must be between 1 and 1000, not 0",
        "write --clients 65 | --clients must be between 1 and 64, not 65",
        "incremental --diff 0 | --diff must be above 0 and at most 50 percent, not 0.0",
        "incremental --diff 51 | --diff must be above 0 and at most 50 percent, not 51.0",
        "incremental --diff 50 --runs 4 | --diff times --runs must be at most 150 percent, for"
            + " every run changes other documents; here it is 200.0",
        "full --bulk | --bulk is for 'write' only",
        "full --vs mysql | --vs must be postgresql or rsync, not 'mysql'",
        "read --vs postgresql | --vs postgresql cannot do 'read'",
        "write --vs postgresql,rsync | --vs rsync cannot do 'write'",
      })
  void saysWhatIsWrongBeforeItStartsAnything(String arguments, String sentence) {
    assertThat(line.execute(("bench " + arguments).split(" "))).isEqualTo(ExitStatus.USAGE);
    assertThat(err.toString().lines().findFirst()).hasValue("lockstep bench: " + sentence);
  }

  @Test
  void takesOneOfUniformAndClustered() {
    assertThat(line.execute("bench", "incremental", "--uniform", "--clustered"))
        .isEqualTo(ExitStatus.USAGE);
    assertThat(err.toString()).contains("--uniform", "--clustered", "mutually exclusive");
  }
}
