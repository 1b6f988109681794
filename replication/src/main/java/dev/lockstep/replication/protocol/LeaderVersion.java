package dev.lockstep.replication.protocol;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The version a leader advertises; it decides how a follower talks to it. Source:
/// `docs/protocol.md`, "Versions".
///
/// @param text as advertised, for messages
public record LeaderVersion(int major, int minor, int patch, String text)
    implements Comparable<LeaderVersion> {
  private static final Pattern FORM =
      Pattern.compile("(\\d{1,4})\\.(\\d{1,4})\\.(\\d{1,4})(?:[^0-9].*)?");

  /// From here on a leader's log is read at `/_api/wal/tail`.
  private static final LeaderVersion SERVER_LOG = new LeaderVersion(3, 3, 0, "3.3.0");

  /// From here on a leader dumps VelocyPack and has revision trees.
  private static final LeaderVersion VELOCYPACK_DUMP = new LeaderVersion(3, 8, 0, "3.8.0");

  /// From here on a leader lists revisions in VelocyPack.
  private static final LeaderVersion VELOCYPACK_LIST = new LeaderVersion(3, 10, 0, "3.10.0");

  /// Documents are asked for several at a time from here on.
  private static final LeaderVersion PARALLEL_DOCUMENTS = new LeaderVersion(3, 9, 1, "3.9.1");

  /// From here on `collection` restricts an inventory.
  private static final LeaderVersion INVENTORY_OF_ONE = new LeaderVersion(3, 10, 0, "3.10.0");

  /// From here on a leader has the one engine that needs no flush before a dump.
  private static final LeaderVersion NO_MMFILES = new LeaderVersion(3, 7, 0, "3.7.0");

  /// Reads `digits.digits.digits[-suffix]`; null for anything else.
  public static @Nullable LeaderVersion parse(String text) {
    Matcher matcher = FORM.matcher(text);
    return matcher.matches()
        ? new LeaderVersion(
            Integer.parseInt(matcher.group(1)),
            Integer.parseInt(matcher.group(2)),
            Integer.parseInt(matcher.group(3)),
            text)
        : null;
  }

  /// Whether we know how to follow such a leader: 3.x and 4.x.
  public boolean isSupported() {
    return major == 3 || major == 4;
  }

  /// Whether `Accept: application/x-velocypack` gets a VelocyPack dump.
  public boolean dumpsVelocyPack() {
    return compareTo(VELOCYPACK_DUMP) >= 0;
  }

  /// Whether the leader has revision trees at all.
  public boolean hasRevisionTrees() {
    return dumpsVelocyPack();
  }

  /// Whether the leader reads and writes revisions in base 64 whatever their value when asked to.
  public boolean listsHlc() {
    return switch (major * 100 + minor) {
      case 308 -> patch >= 8;
      case 309 -> patch >= 4;
      case 310 -> patch >= 1;
      default -> hasRevisionTrees();
    };
  }

  /// Whether revisions can be listed in VelocyPack.
  public boolean listsVelocyPack() {
    return compareTo(VELOCYPACK_LIST) >= 0;
  }

  /// Whether documents may be asked for in several requests at a time.
  public boolean takesParallelDocumentRequests() {
    return compareTo(PARALLEL_DOCUMENTS) >= 0;
  }

  /// Whether an inventory can be restricted to one collection. Older leaders ignore the parameter.
  public boolean restrictsInventory() {
    return compareTo(INVENTORY_OF_ONE) >= 0;
  }

  /// Whether the leader may keep documents in a write-ahead log that a dump does not see unless it
  /// is flushed first.
  public boolean mayNeedFlush() {
    return compareTo(NO_MMFILES) < 0;
  }

  /// Whether the log of the whole server can be tailed by its own path.
  public boolean hasServerLog() {
    return compareTo(SERVER_LOG) >= 0;
  }

  @Override
  public int compareTo(LeaderVersion other) {
    return Long.compare(number(), other.number());
  }

  private long number() {
    // Four digits per part are possible, so the wire's own formula (100 per part) could overlap.
    return (major * 10_000L + minor) * 10_000 + patch;
  }

  @Override
  public String toString() {
    return text;
  }
}
