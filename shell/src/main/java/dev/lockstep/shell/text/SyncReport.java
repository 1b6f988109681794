package dev.lockstep.shell.text;

import static dev.lockstep.shell.text.AnswerMembers.count;
import static dev.lockstep.shell.text.AnswerMembers.member;
import static dev.lockstep.shell.text.AnswerMembers.number;
import static dev.lockstep.shell.text.AnswerMembers.printable;
import static dev.lockstep.shell.text.AnswerMembers.text;

import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What people are told about a synchronization, out of the object that the follower gives for `GET
/// /_api/replication/jobs/<id>` (`docs/protocol.md`). What a server leaves out, or has in another
/// type, is left out here as well. Texts are single lines without control characters, since names
/// and warnings come from a leader. Immutable.
public final class SyncReport {
  private static final String COPYING = "copying";

  /// Phases in which documents are counted; in the others the server's sentence says more.
  private static final Set<String> COUNTING = Set.of(COPYING, "comparing", "updating");

  /// Shorter times would be shown as 0.00.
  private static final double SECONDS_SHOWN_MIN = 0.005;

  /// Phases that took less than this part of the whole explain nothing.
  private static final double SHARE_SHOWN_MIN = 0.05;

  private static final String FULL = "full";

  private final VPackSlice job;
  private final @Nullable VPackSlice statistics;

  private SyncReport(VPackSlice job) {
    this.job = job;
    this.statistics = member(job, "statistics");
  }

  /// @param job the server's object; of anything else there is nothing to report
  public static SyncReport of(VPackSlice job) {
    return new SyncReport(job);
  }

  /// Documents whose bodies came from the leader; of servers without statistics, those done.
  public long documentsFetched() {
    return statistics == null ? count(job, "documentsDone") : count(statistics, "documentsFetched");
  }

  /// Documents removed on the follower because the leader does not have them.
  public long documentsRemoved() {
    return count(statistics, "documentsRemoved");
  }

  /// Bytes that came from the leader; of servers without statistics, those of documents.
  public long bytesReceived() {
    return statistics == null ? count(job, "bytesDone") : count(statistics, "bytesReceived");
  }

  /// One line about a running job, what matters most first because narrow terminals cut it: `test:
  /// copying 49 %, 0:02 left | 85,537 of 171,075 documents, 84,000/s | 12.3 MB`. May be empty.
  public String progress() {
    String phase = phase("phase");
    long done = count(job, "documentsDone");
    long expected = count(job, "documentsExpected");
    boolean isCounted = COUNTING.contains(phase) && (done > 0 || expected > 0);
    String head = text(job, "collection");
    if (!phase.isEmpty()) {
      head += (head.isEmpty() ? "" : ": ") + phase;
    }
    List<String> parts = new ArrayList<>();
    if (!isCounted) {
      parts.add(head);
      parts.add(text(job, "message"));
      return line(parts);
    }
    if (expected > 0) {
      head += String.format(Locale.ROOT, " %d %%", (long) Math.min(100, 100.0 * done / expected));
    }
    double secondsLeft = number(job, "etaSeconds");
    if (secondsLeft > 0) {
      head += ", " + Amounts.clock(Duration.ofSeconds((long) Math.ceil(secondsLeft))) + " left";
    }
    parts.add(head);
    double rate = number(job, "ratePerSecond");
    parts.add(
        Amounts.count(done)
            + (expected > 0 ? " of " + Amounts.count(expected) : "")
            + " documents"
            + (phase.equals(COPYING) ? "" : " compared")
            + (rate >= 1 ? ", " + Amounts.count(Math.round(rate)) + "/s" : ""));
    if (!phase.equals(COPYING) && documentsFetched() + documentsRemoved() > 0) {
      parts.add(
          Amounts.count(documentsFetched())
              + " fetched, "
              + Amounts.count(documentsRemoved())
              + " removed");
    }
    long bytes = count(job, "bytesDone");
    if (bytes > 0) {
      parts.add(Amounts.bytes(bytes));
    }
    return line(parts);
  }

  /// What is told when the job is over: a line about what was done and what it took, then its
  /// warnings. Nothing if the server does not keep statistics.
  public List<String> end() {
    List<String> lines = new ArrayList<>();
    if (statistics == null) {
      return lines;
    }
    String outcome = phase("phase");
    boolean isFailure = outcome.equals("failed") || outcome.equals("canceled");
    // A job that failed before its first collection has its error, which says all there is.
    if (!isFailure) {
      lines.add(summary(successLabel(), documents()));
    } else if (!text(job, "collection").isEmpty()) {
      lines.add(summary(failureLabel(), outcome + failedAt() + ", " + documentsSoFar()));
    }
    VPackSlice warnings = member(job, "warnings");
    if (warnings != null && warnings.isArray()) {
      for (VPackSlice warning : warnings.elements()) {
        if (warning.isString()) {
          lines.add("warning: " + printable(warning.asString()));
        }
      }
    }
    return lines;
  }

  private String summary(String label, String documents) {
    List<String> parts = new ArrayList<>();
    parts.add((label.isEmpty() ? "" : label + ": ") + documents);
    parts.add(method());
    parts.add(
        Amounts.bytes(bytesReceived())
            + " received, "
            + Amounts.bytes(count(statistics, "bytesSent"))
            + " sent, "
            + counted(count(statistics, "requests"), "request"));
    parts.add(times());
    return line(parts);
  }

  private String successLabel() {
    long collections = count(job, "collectionsTotal");
    return collections > 1 ? counted(collections, "collection") : text(job, "collection");
  }

  private String failureLabel() {
    long collections = count(job, "collectionsTotal");
    String name = text(job, "collection");
    return collections > 1
        ? name
            + " (collection "
            + Math.min(collections, count(job, "collectionsDone") + 1)
            + " of "
            + collections
            + ")"
        : name;
  }

  private String failedAt() {
    String phase = phase("failedIn");
    return phase.isEmpty() ? "" : " while " + phase;
  }

  private String documents() {
    long fetched = documentsFetched();
    long removed = documentsRemoved();
    long skipped = count(statistics, "documentsSkipped");
    if (fetched + removed == 0 && !text(statistics, "method").equals(FULL)) {
      return "no differences";
    }
    return counted(fetched, "document")
        + " fetched"
        + (removed > 0 ? ", " + Amounts.count(removed) + " removed" : "")
        + (skipped > 0 ? ", " + Amounts.count(skipped) + " skipped" : "");
  }

  private String documentsSoFar() {
    return documentsFetched() + documentsRemoved() == 0
        ? "nothing was fetched"
        : "after " + documents();
  }

  /// Of several collections the statistics name the last one's way only. That a copy was made where
  /// a copy was asked for is no news.
  private String method() {
    if (count(job, "collectionsTotal") > 1) {
      return "";
    }
    String method = text(statistics, "method");
    if (method.equals(FULL)) {
      return text(job, "kind").equals("incremental") ? "copied as a whole" : "";
    }
    return method.isEmpty() ? "" : "compared by " + method.replace('-', ' ');
  }

  /// The whole time, and the phases that took most of it, in the server's order.
  private String times() {
    VPackSlice seconds = member(statistics, "seconds");
    if (seconds == null || !seconds.isObject()) {
      return "";
    }
    double all = 0;
    for (VPackMember phase : seconds.members()) {
      all += number(seconds, phase.name());
    }
    List<String> phases = new ArrayList<>();
    for (VPackMember phase : seconds.members()) {
      double took = number(seconds, phase.name());
      if (took >= Math.max(SECONDS_SHOWN_MIN, all * SHARE_SHOWN_MIN)) {
        phases.add(String.format(Locale.ROOT, "%s %.2f", words(phase.name()), took));
      }
    }
    return String.format(Locale.ROOT, "%.2f s", all)
        + (phases.isEmpty() ? "" : " (" + String.join(", ", phases) + ")");
  }

  private String phase(String name) {
    return words(text(job, name));
  }

  private static String words(String wireName) {
    return wireName.toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String counted(long number, String noun) {
    return Amounts.count(number) + " " + noun + (number == 1 ? "" : "s");
  }

  private static String line(List<String> parts) {
    return printable(String.join(" | ", parts.stream().filter(part -> !part.isEmpty()).toList()));
  }
}
