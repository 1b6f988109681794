package dev.lockstep.shell.text;

import static dev.lockstep.shell.text.AnswerMembers.count;
import static dev.lockstep.shell.text.AnswerMembers.isTrue;
import static dev.lockstep.shell.text.AnswerMembers.member;
import static dev.lockstep.shell.text.AnswerMembers.number;
import static dev.lockstep.shell.text.AnswerMembers.printable;
import static dev.lockstep.shell.text.AnswerMembers.text;

import dev.lockstep.core.document.VPackSlice;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What people are told about an applier, out of the object that a follower gives for `GET
/// /_api/replication/applier-state` (`docs/protocol.md`). What a server leaves out counts as
/// nothing; texts are single lines without control characters. Immutable.
public final class ApplierReport {
  private final String name;
  private final VPackSlice answer;
  private final @Nullable VPackSlice state;
  private final @Nullable VPackSlice leader;

  /// @param name of what is followed into, for showing
  /// @param answer the server's object
  public ApplierReport(String name, VPackSlice answer) {
    this.name = name;
    this.answer = answer;
    this.state = member(answer, "state");
    this.leader = member(answer, "leader");
  }

  public String name() {
    return name;
  }

  /// Whether it has a leader, running or not.
  public boolean isConfigured() {
    return !endpoint().isEmpty();
  }

  /// Of the leader; empty if there is none.
  public String endpoint() {
    return printable(text(answer, "endpoint"));
  }

  /// `inactive`, `initial`, `running` or `shutdown`.
  public String phase() {
    return printable(text(state, "phase"));
  }

  /// Whether it works, or tries to.
  public boolean isActive() {
    return isRunning() || phase().equals("initial") || phase().equals("shutdown");
  }

  /// Whether it takes over changes as they happen.
  public boolean isRunning() {
    return phase().equals("running");
  }

  /// Attempts in a row to reach the leader that have failed.
  public long failedConnects() {
    return count(member(state, "progress"), "failedConnects");
  }

  /// What it does, in the server's words.
  public String message() {
    return printable(text(member(state, "progress"), "message"));
  }

  /// The last change that was carried out; empty if nothing was ever followed.
  public String appliedTick() {
    return printable(text(state, "lastAppliedContinuousTick"));
  }

  /// Changes that the leader told of and that are not here.
  public long ticksBehind() {
    return count(state, "ticksBehind");
  }

  public double secondsBehind() {
    return number(state, "secondsBehind");
  }

  /// Changes received since the server's start.
  public long events() {
    return count(state, "totalEvents");
  }

  /// When changes were carried out last; null if the server does not know.
  public @Nullable Instant appliedAt() {
    return time("lastAppliedTime");
  }

  /// When the leader answered last; null if the server does not know.
  public @Nullable Instant contactAt() {
    return time("lastContactTime");
  }

  /// The server's time of this report.
  public Instant toldAt() {
    Instant told = time("time");
    return told == null ? Instant.now() : told;
  }

  private @Nullable Instant time(String name) {
    try {
      String text = text(state, name);
      return text.isEmpty() ? null : Instant.parse(text);
    } catch (DateTimeException _) {
      return null;
    }
  }

  /// Number of the error that ended it; 0 if none did.
  public int errorNumber() {
    return (int) count(member(state, "lastError"), "errorNum");
  }

  public String errorMessage() {
    return printable(text(member(state, "lastError"), "errorMessage"));
  }

  /// When; empty if there was no error.
  public String errorTime() {
    return printable(text(member(state, "lastError"), "time"));
  }

  /// Whether somebody should look at it: it was ended by an error, or does not reach its leader.
  public boolean isTroubled() {
    return errorNumber() != 0 || failedConnects() > 0;
  }

  // What the leader said when it was asked (`checkLeader=true`).

  /// Whether the state tells what the leader said; older servers do not ask.
  public boolean isLeaderAsked() {
    return leader != null && leader.isObject();
  }

  public boolean isLeaderReachable() {
    return isTrue(leader, "reachable");
  }

  /// Whether the leader had nothing that is not here.
  public boolean isComplete() {
    return isTrue(leader, "complete");
  }

  /// The leader's newest change; empty if it did not say.
  public String leaderTick() {
    return printable(text(leader, "lastLogTick"));
  }

  /// Why the leader could not be asked, with its number; empty if it could.
  public String leaderError() {
    String message = printable(text(leader, "errorMessage"));
    return message.isEmpty() ? "" : message + " (error " + count(leader, "errorNum") + ")";
  }

  /// `12 changes, 0.3 s behind`, or `up to date`.
  public String lag() {
    return ticksBehind() == 0
        ? "up to date"
        : String.format(
            Locale.ROOT,
            "%s %s, %.1f s behind",
            Amounts.count(ticksBehind()),
            ticksBehind() == 1 ? "change" : "changes",
            secondsBehind());
  }

  /// One line about what it is doing, what matters most first: `_system: running | up to date |
  /// 1,234 changes/s | tick 4567`.
  ///
  /// @param changesPerSecond how fast it takes changes over at the moment
  public String line(double changesPerSecond) {
    List<String> parts = new ArrayList<>();
    parts.add(name + ": " + phase());
    if (failedConnects() > 0) {
      parts.add("no answer of the leader");
      parts.add(message());
    } else if (isRunning()) {
      parts.add(lag());
      parts.add(Amounts.count(Math.round(changesPerSecond)) + " changes/s");
      parts.add(appliedTick().isEmpty() ? "" : "tick " + appliedTick());
    } else {
      parts.add(errorNumber() == 0 ? message() : "error " + errorNumber() + ": " + errorMessage());
    }
    return String.join(" | ", parts.stream().filter(part -> !part.isEmpty()).toList());
  }

  /// `12 s ago (2026-01-01T00:00:00Z)`.
  public static String ago(Instant time, Instant now) {
    Duration age = Duration.between(time, now);
    return (age.toSeconds() < 120
            ? Math.max(0, age.toSeconds()) + " s"
            : Amounts.clock(age) + (age.toHours() > 0 ? " h" : " min"))
        + " ago ("
        + time
        + ")";
  }
}
