package dev.lockstep.shell.cli;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// Compares the documents of two collections by merging both sides in the order of their revisions:
/// a revision is unique within a collection, so each side is read once and nothing is sorted.
/// Memory: one document of each side, and the keys of at most [#UNPAIRED_MAX] differences. One
/// thread.
final class DocumentComparison {
  /// Keys of revisions that only one side has, kept to recognize the other half: a document that
  /// was changed on one side shows up twice. Beyond this many, the halves are counted as missing
  /// here and surplus there.
  static final int UNPAIRED_MAX = 100_000;

  private final DocumentSource leader;
  private final DocumentSource follower;
  private final int shownMax;
  private final LongConsumer progress;
  private final Map<String, Revision> onlyOnLeader = new HashMap<>();
  private final Map<String, Revision> onlyOnFollower = new HashMap<>();
  private final List<String> shown = new ArrayList<>();
  private long leaderCount;
  private long followerCount;
  private long changed;
  private long missing;
  private long surplus;

  /// What came out.
  ///
  /// @param leaderCount documents read from the leader
  /// @param followerCount documents read from the follower
  /// @param missing documents only the leader has
  /// @param surplus documents only the follower has
  /// @param changed documents both have, with another revision or content
  /// @param shown sentences about the first differences, with keys
  record Result(
      long leaderCount,
      long followerCount,
      long missing,
      long surplus,
      long changed,
      List<String> shown) {
    Result {
      shown = List.copyOf(shown);
    }

    boolean isEqual() {
      return missing == 0 && surplus == 0 && changed == 0;
    }
  }

  /// @param shownMax most differences told one by one
  /// @param progress told the number of documents read from both sides now and then
  DocumentComparison(
      DocumentSource leader, DocumentSource follower, int shownMax, LongConsumer progress) {
    this.leader = leader;
    this.follower = follower;
    this.shownMax = shownMax;
    this.progress = progress;
  }

  /// Reads both sides to their end.
  ///
  /// @throws CommandFailure if a side is not in the order of its revisions
  Result compare() throws CommandFailure, IOException, InterruptedException {
    Document left = nextOfLeader(null);
    Document right = nextOfFollower(null);
    while (left != null && right != null) {
      int order = Long.compareUnsigned(left.revision().value(), right.revision().value());
      if (order == 0) {
        compareContent(left, right);
      } else if (order < 0) {
        unpaired(left, onlyOnLeader, onlyOnFollower);
      } else {
        unpaired(right, onlyOnFollower, onlyOnLeader);
      }
      left = order <= 0 ? nextOfLeader(left) : left;
      right = order >= 0 ? nextOfFollower(right) : right;
      progress.accept(leaderCount + followerCount);
    }
    for (; left != null; left = nextOfLeader(left)) {
      unpaired(left, onlyOnLeader, onlyOnFollower);
      progress.accept(leaderCount + followerCount);
    }
    for (; right != null; right = nextOfFollower(right)) {
      unpaired(right, onlyOnFollower, onlyOnLeader);
      progress.accept(leaderCount + followerCount);
    }
    missing += onlyOnLeader.size();
    surplus += onlyOnFollower.size();
    onlyOnLeader.forEach(
        (key, revision) -> show(key, "missing on the follower (revision " + revision + ")"));
    onlyOnFollower.forEach(
        (key, revision) -> show(key, "only on the follower (revision " + revision + ")"));
    return new Result(leaderCount, followerCount, missing, surplus, changed, shown);
  }

  private void compareContent(Document left, Document right) {
    if (!left.key().equals(right.key())) {
      // One revision, two keys: a revision was given twice.
      changed++;
      show(
          left.key(),
          "revision " + left.revision() + " belongs to key '" + right.key() + "' on the follower");
      return;
    }
    if (Arrays.equals(left.body(), right.body())) {
      return;
    }
    ValueDifference difference = ValueDifference.between(left.slice(), right.slice());
    if (difference != null) {
      changed++;
      show(left.key(), "content differs in spite of equal revisions: " + difference);
    }
  }

  private void unpaired(
      Document document, Map<String, Revision> here, Map<String, Revision> there) {
    Revision other = there.remove(document.key());
    if (other != null) {
      changed++;
      boolean isLeader = here == onlyOnLeader;
      show(
          document.key(),
          "revision "
              + (isLeader ? document.revision() : other)
              + " on the leader, "
              + (isLeader ? other : document.revision())
              + " on the follower");
    } else if (here.size() < UNPAIRED_MAX) {
      here.put(document.key(), document.revision());
    } else if (here == onlyOnLeader) {
      missing++;
    } else {
      surplus++;
    }
  }

  private void show(String key, String what) {
    if (shown.size() < shownMax) {
      shown.add("key '" + key + "': " + what);
    }
  }

  private @Nullable Document nextOfLeader(@Nullable Document previous)
      throws CommandFailure, IOException, InterruptedException {
    Document next = leader.next();
    leaderCount += next == null ? 0 : 1;
    checkOrder(previous, next, "leader");
    return next;
  }

  private @Nullable Document nextOfFollower(@Nullable Document previous)
      throws CommandFailure, IOException, InterruptedException {
    Document next = follower.next();
    followerCount += next == null ? 0 : 1;
    checkOrder(previous, next, "follower");
    return next;
  }

  private static void checkOrder(@Nullable Document previous, @Nullable Document next, String side)
      throws CommandFailure {
    if (previous != null
        && next != null
        && Long.compareUnsigned(previous.revision().value(), next.revision().value()) >= 0) {
      throw CommandFailure.notDone(
          "the "
              + side
              + " does not give its documents in the order of their revisions ("
              + next.revision()
              + " after "
              + previous.revision()
              + "), as servers before 3.8 and collections made there do: they cannot be compared"
              + " this way");
    }
  }
}
