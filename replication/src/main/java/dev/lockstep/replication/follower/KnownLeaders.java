package dev.lockstep.replication.follower;

import dev.lockstep.replication.protocol.Capability;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// What leaders have announced when they were spoken to last, so that already the first request of
/// the next synchronization can make use of it. Forgets those that were not spoken to for long.
/// Thread-safe.
final class KnownLeaders {
  /// More than a follower has leaders.
  private static final int LEADERS_MAX = 256;

  private final Map<String, Set<Capability>> announced =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Set<Capability>> eldest) {
          return size() > LEADERS_MAX;
        }
      };

  /// @param endpoint as the user gave it
  /// @return empty if nothing is known of it
  synchronized Set<Capability> announcedBy(String endpoint) {
    return announced.getOrDefault(endpoint, Set.of());
  }

  synchronized void announce(String endpoint, Set<Capability> capabilities) {
    announced.put(endpoint, Set.copyOf(capabilities));
  }
}
