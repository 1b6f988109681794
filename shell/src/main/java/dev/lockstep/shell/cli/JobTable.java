package dev.lockstep.shell.cli;

import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.shell.text.Amounts;
import dev.lockstep.shell.text.AnswerMembers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Synchronizations as a table for a terminal, from what the server tells of them. Members that a
/// server does not tell are left empty; control characters do not reach the terminal.
final class JobTable {
  private static final List<String> HEADER =
      List.of(
          "ID",
          "DATABASE",
          "KIND",
          "PHASE",
          "COLLECTION",
          "DOCUMENTS",
          "RATE",
          "LEFT",
          "OUTCOME",
          "STARTED",
          "TOOK");

  private static final Set<String> OVER = Set.of("done", "failed", "canceled");

  private JobTable() {}

  /// @param isDetailed whether what does not fit in a table follows it
  static List<String> lines(List<VPackSlice> jobs, boolean isDetailed) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(HEADER);
    jobs.forEach(job -> rows.add(row(job)));
    List<String> lines = TextTable.lines(rows);
    if (isDetailed) {
      jobs.forEach(job -> lines.addAll(details(job)));
    }
    return lines;
  }

  private static List<String> row(VPackSlice job) {
    @Nullable Double expected = number(job, "documentsExpected");
    double rate = orZero(number(job, "ratePerSecond"));
    @Nullable Double left = number(job, "etaSeconds");
    return List.of(
        text(job, "id"),
        text(job, "database"),
        text(job, "kind"),
        text(job, "phase"),
        text(job, "collection"),
        Amounts.count((long) orZero(number(job, "documentsDone")))
            + (expected == null || isOver(job) ? "" : "/" + Amounts.count(expected.longValue())),
        rate > 0 ? Amounts.count(Math.round(rate)) + "/s" : "",
        left == null || isOver(job) ? "" : Amounts.clock(seconds(left)),
        outcome(job),
        // Whole seconds are enough for people; --json has the rest.
        text(job, "started").replaceFirst("\\.[0-9]+Z$", "Z"),
        Amounts.clock(seconds(orZero(number(job, "durationSeconds")))));
  }

  private static List<String> details(VPackSlice job) {
    List<String> lines = new ArrayList<>();
    add(lines, "leader", text(job, "endpoint"), text(job, "leaderVersion"));
    add(lines, "bytes", Amounts.bytes(orZero(number(job, "bytesDone"))));
    double retries = orZero(number(job, "retries"));
    add(lines, "retries", retries > 0 ? Amounts.count((long) retries) : "");
    add(lines, "last error", text(job, "lastError"));
    add(lines, "message", isOver(job) ? "" : text(job, "message"));
    VPackSlice warnings = job.isObject() ? job.get("warnings") : null;
    if (warnings != null && warnings.isArray()) {
      for (VPackSlice warning : warnings.elements()) {
        add(
            lines,
            "warning",
            AnswerMembers.printable(warning.isString() ? warning.asString() : warning.toJson()));
      }
    }
    return lines;
  }

  private static void add(List<String> lines, String name, String... values) {
    String value = String.join(" ", Arrays.stream(values).filter(text -> !text.isEmpty()).toList());
    if (!value.isEmpty()) {
      lines.add(name + ": " + value);
    }
  }

  /// Whether nothing will change any more.
  static boolean isOver(VPackSlice job) {
    return OVER.contains(text(job, "phase"));
  }

  /// `running`, `done`, `canceled` or `error <number>`.
  static String outcome(VPackSlice job) {
    String phase = text(job, "phase");
    return switch (phase) {
      case "failed" -> "error " + (long) orZero(number(job, "errorNum"));
      case "done", "canceled" -> phase;
      default -> "running";
    };
  }

  private static Duration seconds(double value) {
    return Duration.ofMillis(Math.round(value * 1000));
  }

  private static double orZero(@Nullable Double value) {
    return value == null ? 0 : value;
  }

  private static @Nullable Double number(VPackSlice job, String member) {
    VPackSlice value = job.isObject() ? job.get(member) : null;
    return value != null && value.isNumber() ? value.asDouble() : null;
  }

  private static String text(VPackSlice job, String member) {
    return AnswerMembers.printable(AnswerMembers.text(job, member));
  }
}
