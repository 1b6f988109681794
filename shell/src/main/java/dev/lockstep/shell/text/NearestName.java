package dev.lockstep.shell.text;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/// Finds the name somebody probably meant.
public final class NearestName {
  private NearestName() {}

  /// The known name with the fewest edits from `name`, or nothing if even that one is too far off
  /// to be a typing error (more than a third of the longer name).
  public static Optional<String> of(String name, Collection<String> known) {
    String best = null;
    int bestDistance = Integer.MAX_VALUE;
    for (String candidate : known) {
      int distance = distance(name.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return best != null && bestDistance * 3 <= Math.max(name.length(), best.length())
        ? Optional.of(best)
        : Optional.empty();
  }

  /// Edits (insert, remove, change, swap neighbours) that turn one text into the other.
  static int distance(String from, String to) {
    int[][] table = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      table[i][0] = i;
    }
    for (int j = 0; j <= to.length(); j++) {
      table[0][j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      for (int j = 1; j <= to.length(); j++) {
        int change = from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1;
        int least =
            Math.min(table[i - 1][j - 1] + change, Math.min(table[i - 1][j], table[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && from.charAt(i - 1) == to.charAt(j - 2)
            && from.charAt(i - 2) == to.charAt(j - 1)) {
          least = Math.min(least, table[i - 2][j - 2] + 1);
        }
        table[i][j] = least;
      }
    }
    return table[from.length()][to.length()];
  }
}
