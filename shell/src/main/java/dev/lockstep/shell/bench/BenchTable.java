package dev.lockstep.shell.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// All measurements of one benchmark, and the ways to tell them. Rows are medians; the first run of
/// each contender, with cold processes, has a row of its own, unless it is the only one. Not
/// thread-safe.
public final class BenchTable {
  private static final String NOT_COUNTED = "-";

  private static final List<String> COLUMNS =
      List.of(
          "contender",
          "runs",
          "wall_s",
          "wall_min_s",
          "wall_max_s",
          "leader_cpu_s",
          "follower_cpu_s",
          "documents",
          "documents_per_s",
          "mb_per_s",
          "wire_mb",
          "leader_peak_mb",
          "follower_peak_mb");

  /// Of [BenchScenario#TAIL] only.
  private static final List<String> LAG_COLUMNS = List.of("lag_median_ms", "lag_p99_ms");

  private final BenchPlan plan;
  private final Map<String, List<Measurement>> measured = new LinkedHashMap<>();

  public BenchTable(BenchPlan plan) {
    this.plan = plan;
  }

  /// Takes the next run of a contender.
  public void add(String contender, Measurement measurement) {
    measured.computeIfAbsent(contender, _ -> new ArrayList<>()).add(measurement);
  }

  /// For people: a header, one or two rows per contender, columns aligned.
  public String text() {
    List<List<String>> lines = new ArrayList<>();
    lines.add(columns().stream().map(name -> name.replace('_', ' ')).toList());
    lines.addAll(rows());
    int[] widths = new int[columns().size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        String padding = " ".repeat(widths[i] - line.get(i).length());
        text.append(i == 0 ? line.get(i) + padding : "  " + padding + line.get(i));
      }
      text.append('\n');
    }
    return text.toString();
  }

  /// For programs: a header and the rows, separated by tabs; the plan's settings come first in each
  /// row. A figure that was not counted is empty.
  public String tsv() {
    StringBuilder text =
        new StringBuilder("scenario\tdocument_count\tsize\tkeys\tdiff_percent\tspread\t")
            .append(String.join("\t", columns()))
            .append('\n');
    for (List<String> row : rows()) {
      boolean isDifference = plan.scenario() == BenchScenario.INCREMENTAL;
      text.append(
              String.join(
                  "\t",
                  plan.scenario().commandName() + (plan.isBulk() ? "-bulk" : ""),
                  Integer.toString(plan.documents()),
                  Integer.toString(plan.size()),
                  plan.keys().name().toLowerCase(Locale.ROOT),
                  isDifference ? Double.toString(plan.changedPercent()) : "",
                  isDifference ? plan.spread().name().toLowerCase(Locale.ROOT) : ""))
          .append('\t')
          .append(
              String.join(
                  "\t",
                  row.stream()
                      .map(cell -> cell.equals(NOT_COUNTED) ? "" : cell.replace(",", ""))
                      .toList()))
          .append('\n');
    }
    return text.toString();
  }

  /// For eyes: medians and spread of the seconds, as an SVG picture with the rows of the table.
  public String svg() {
    List<BenchPlot.Bar> bars = new ArrayList<>();
    measured.forEach((name, runs) -> {
      bars.add(bar(name + ", cold", runs.subList(0, 1)));
      if (runs.size() > 1) {
        bars.add(bar(name, settled(runs)));
      }
    });
    String difference =
        plan.scenario() == BenchScenario.INCREMENTAL
            ? String.format(
                Locale.ROOT,
                ", %s %% different, %s",
                plan.changedPercent(),
                plan.spread().name().toLowerCase(Locale.ROOT))
            : "";
    return BenchPlot.svg(
        String.format(
            Locale.ROOT,
            "lockstep bench %s%s: %,d documents of %d bytes%s",
            plan.scenario().commandName(),
            plan.isBulk() ? " --bulk" : "",
            plan.documents(),
            plan.size(),
            difference),
        bars);
  }

  private static BenchPlot.Bar bar(String name, List<Measurement> runs) {
    double median = Objects.requireNonNull(median(runs, m -> seconds(m.wall())));
    return new BenchPlot.Bar(name, runs.size(), median, wallMin(runs), wallMax(runs));
  }

  private static double wallMin(List<Measurement> runs) {
    return runs.stream().mapToDouble(m -> seconds(m.wall())).min().orElseThrow();
  }

  private static double wallMax(List<Measurement> runs) {
    return runs.stream().mapToDouble(m -> seconds(m.wall())).max().orElseThrow();
  }

  /// What the first contender needs of what each other one needs; empty without others. The rows of
  /// warm processes are compared, so that nobody is charged with its start.
  public String ratios() {
    List<Map.Entry<String, List<Measurement>>> all = List.copyOf(measured.entrySet());
    StringBuilder text = new StringBuilder();
    for (int i = 1; i < all.size(); i++) {
      List<Measurement> own = settled(all.getFirst().getValue());
      List<Measurement> other = settled(all.get(i).getValue());
      text.append(all.getFirst().getKey())
          .append(" / ")
          .append(all.get(i).getKey())
          .append(": wall ")
          .append(ratio(own, other, m -> seconds(m.wall())))
          .append(", CPU ")
          .append(ratio(own, other, m -> seconds(m.cpu())))
          .append(", wire ")
          .append(ratio(own, other, m -> m.wireBytes() == null ? null : (double) m.wireBytes()))
          .append('\n');
    }
    return text.toString();
  }

  private static String ratio(
      List<Measurement> own,
      List<Measurement> other,
      Function<Measurement, @Nullable Double> figure) {
    Double dividend = median(own, figure);
    Double divisor = median(other, figure);
    return dividend == null || divisor == null || divisor == 0
        ? NOT_COUNTED
        : String.format(Locale.ROOT, "%.3f", dividend / divisor);
  }

  private List<String> columns() {
    return plan.scenario() == BenchScenario.TAIL
        ? Stream.concat(COLUMNS.stream(), LAG_COLUMNS.stream()).toList()
        : COLUMNS;
  }

  private List<String> rowWithLag(String name, List<Measurement> runs) {
    List<String> row = row(name, runs);
    return plan.scenario() == BenchScenario.TAIL
        ? Stream.concat(
                row.stream(),
                Stream.of(
                    figure("%.1f", millis(runs, LagProbe.Lag::median)),
                    figure("%.1f", millis(runs, LagProbe.Lag::p99))))
            .toList()
        : row;
  }

  private List<List<String>> rows() {
    List<List<String>> rows = new ArrayList<>();
    measured.forEach((name, runs) -> {
      rows.add(rowWithLag(name + ", cold", runs.subList(0, 1)));
      if (runs.size() > 1) {
        rows.add(rowWithLag(name, settled(runs)));
      }
    });
    return rows;
  }

  private static List<Measurement> settled(List<Measurement> runs) {
    return runs.size() == 1 ? runs : runs.subList(1, runs.size());
  }

  private static List<String> row(String name, List<Measurement> runs) {
    double wall = Objects.requireNonNull(median(runs, m -> seconds(m.wall())));
    double documents = Objects.requireNonNull(median(runs, m -> (double) m.documents()));
    double bytes = Objects.requireNonNull(median(runs, m -> (double) m.documentBytes()));
    return List.of(
        name,
        Integer.toString(runs.size()),
        figure("%.3f", wall),
        figure("%.3f", wallMin(runs)),
        figure("%.3f", wallMax(runs)),
        figure("%.2f", median(runs, m -> seconds(m.leaderCpu()))),
        figure(
            "%.2f", median(runs, m -> m.followerCpu() == null ? null : seconds(m.followerCpu()))),
        figure("%,.0f", documents),
        figure("%,.0f", wall == 0 ? null : documents / wall),
        figure("%.1f", wall == 0 ? null : bytes / 1e6 / wall),
        figure("%.4f", megabytes(runs, Measurement::wireBytes)),
        figure("%.0f", megabytes(runs, Measurement::leaderPeakBytes)),
        figure("%.0f", megabytes(runs, Measurement::followerPeakBytes)));
  }

  private static @Nullable Double megabytes(
      List<Measurement> runs, Function<Measurement, @Nullable Long> figure) {
    return median(
        runs,
        m -> {
          Long bytes = figure.apply(m);
          return bytes == null ? null : bytes / 1e6;
        });
  }

  private static @Nullable Double millis(
      List<Measurement> runs, Function<LagProbe.Lag, Duration> figure) {
    return median(
        runs,
        m -> {
          LagProbe.Lag lag = m.lag();
          return lag == null ? null : figure.apply(lag).toNanos() / 1e6;
        });
  }

  private static String figure(String format, @Nullable Double value) {
    return value == null ? NOT_COUNTED : String.format(Locale.ROOT, format, value);
  }

  /// Null if no run has the figure.
  private static @Nullable Double median(
      List<Measurement> runs, Function<Measurement, @Nullable Double> figure) {
    List<Double> values = new ArrayList<>();
    for (Measurement run : runs) {
      Double value = figure.apply(run);
      if (value != null) {
        values.add(value);
      }
    }
    values.sort(null);
    int middle = values.size() / 2;
    if (values.isEmpty()) {
      return null;
    }
    return values.size() % 2 == 1
        ? values.get(middle)
        : (values.get(middle - 1) + values.get(middle)) / 2;
  }

  private static double seconds(Duration time) {
    return time.toNanos() / 1e9;
  }
}
