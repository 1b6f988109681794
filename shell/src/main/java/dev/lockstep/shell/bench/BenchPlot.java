package dev.lockstep.shell.bench;

import java.util.List;
import java.util.Locale;

/// A picture of one benchmark: for each contender a bar as long as the median of its seconds, and a
/// line from the quickest to the slowest run. SVG, without scripts or anything from elsewhere.
final class BenchPlot {
  /// What one bar shows, in seconds.
  ///
  /// @param runs it stands for
  record Bar(String name, int runs, double median, double min, double max) {}

  private static final int NAME_WIDTH = 200;
  private static final int BAR_WIDTH = 480;
  private static final int FIGURES_WIDTH = 220;
  private static final int ROW_HEIGHT = 32;
  private static final int BAR_HEIGHT = 18;
  private static final int TITLE_HEIGHT = 40;
  private static final int WIDTH = NAME_WIDTH + BAR_WIDTH + FIGURES_WIDTH;

  private BenchPlot() {}

  /// @param bars from top to bottom
  static String svg(String title, List<Bar> bars) {
    double longest = bars.stream().mapToDouble(Bar::max).max().orElse(0);
    double scale = longest > 0 ? BAR_WIDTH / longest : 0;
    int height = TITLE_HEIGHT + bars.size() * ROW_HEIGHT + ROW_HEIGHT / 2;
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="13">
        <rect width="100%%" height="100%%" fill="white"/>
        <text x="12" y="24" font-size="15">%s</text>
        """
            .formatted(WIDTH, height, escaped(title)));
    int top = TITLE_HEIGHT;
    for (Bar bar : bars) {
      svg.append(row(bar, top, scale));
      top += ROW_HEIGHT;
    }
    return svg.append("</svg>\n").toString();
  }

  private static String row(Bar bar, int top, double scale) {
    int middle = top + BAR_HEIGHT / 2;
    double from = NAME_WIDTH + bar.min() * scale;
    double to = NAME_WIDTH + bar.max() * scale;
    String spread =
        bar.runs() == 1
            ? String.format(Locale.ROOT, "%.3f s", bar.median())
            : String.format(
                Locale.ROOT,
                "%.3f s (%.3f to %.3f, %d runs)",
                bar.median(),
                bar.min(),
                bar.max(),
                bar.runs());
    return String.format(
        Locale.ROOT,
        """
        <text x="%d" y="%d" text-anchor="end">%s</text>
        <rect x="%d" y="%d" width="%.1f" height="%d" fill="#4878a8"/>
        <path d="M%.1f %d H%.1f M%.1f %d v8 M%.1f %d v8" stroke="black" fill="none"/>
        <text x="%.1f" y="%d">%s</text>
        """,
        NAME_WIDTH - 8,
        middle + 5,
        escaped(bar.name()),
        NAME_WIDTH,
        top,
        bar.median() * scale,
        BAR_HEIGHT,
        from,
        middle,
        to,
        from,
        middle - 4,
        to,
        middle - 4,
        to + 8,
        middle + 5,
        spread);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
