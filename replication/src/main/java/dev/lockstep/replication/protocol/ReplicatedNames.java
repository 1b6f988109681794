package dev.lockstep.replication.protocol;

import java.util.Locale;
import java.util.Set;

/// Which collections take part in replication at all, by name; leader and follower judge alike.
public final class ReplicatedNames {
  private static final Set<String> NEVER =
      Set.of(
          "_routing",
          "_configuration",
          "_frontend",
          "_cluster_kickstarter_plans",
          "_fishbowl",
          "_foxxlog",
          "_sessions");
  private static final Set<String> FOXX_QUEUES = Set.of("_jobs", "_queues");

  private ReplicatedNames() {}

  /// Whether a collection belongs to one server only and never leaves it, whatever was asked for.
  public static boolean isNeverReplicated(String name) {
    return name.startsWith("_statistics") || NEVER.contains(name);
  }

  /// Whether a collection takes part under these options.
  public static boolean isReplicated(
      String name, boolean includeSystem, boolean includeFoxxQueues) {
    if (isNeverReplicated(name)) {
      return false;
    }
    if (name.startsWith("_") && !includeSystem) {
      return false;
    }
    return includeFoxxQueues || !FOXX_QUEUES.contains(name);
  }

  /// The globally unique id that a leader gives a collection; old ones do not tell it.
  ///
  /// @param leaderId its server id, unsigned
  /// @param collectionId decimal
  public static String globallyUniqueId(long leaderId, String collectionId) {
    return "h" + Long.toHexString(leaderId).toUpperCase(Locale.ROOT) + "/" + collectionId;
  }
}
