package dev.lockstep.replication.leader;

import dev.lockstep.core.changelog.ChangeRetention;
import java.time.Duration;

/// How this server leads; validated at birth.
///
/// @param version advertised to followers; it decides how stock followers talk to us
/// @param batchesMax open batches at a time; each pins a snapshot, so that nobody who leaks them
///   fills the disk
/// @param batchTtlMax longest lease; longer wishes are shortened to it
/// @param dumpPageBytesMax most bytes of a dump response, whatever the follower asks for; a single
///   document may exceed it
/// @param dumpsInFlightMax dump responses in memory at a time; with `dumpPageBytesMax` it bounds
///   what all followers together cost
/// @param dumpWaitMax how long a request waits for one of them to end
/// @param followerTtl how long a follower is remembered after its last request
/// @param followersMax followers remembered; the one longest silent is forgotten first
/// @param quickKeysMax a follower that asks quickly for the keys of a larger collection is told
///   their number only
/// @param retention how much of the change log is kept
public record LeaderSettings(
    String version,
    int batchesMax,
    Duration batchTtlMax,
    long dumpPageBytesMax,
    int dumpsInFlightMax,
    Duration dumpWaitMax,
    Duration followerTtl,
    int followersMax,
    long quickKeysMax,
    ChangeRetention retention) {

  /// The name under which a server's configuration knows [#batchesMax()].
  public static final String BATCHES_MAX_OPTION = "--replication.batches-max";

  /// The name under which a server's configuration knows [#dumpsInFlightMax()].
  public static final String DUMPS_MAX_OPTION = "--replication.dumps-max";

  /// Lease of a follower that does not say how long it wants one.
  public static final Duration BATCH_TTL_DEFAULT = Duration.ofMinutes(5);

  public LeaderSettings {
    if (batchesMax < 1
        || batchTtlMax.toMillis() < 1
        || dumpPageBytesMax < 1
        || dumpsInFlightMax < 1
        || dumpWaitMax.isNegative()
        || followerTtl.isNegative()
        || followersMax < 1
        || quickKeysMax < 0) {
      throw new IllegalArgumentException(
          "leader settings out of range: batchesMax="
              + batchesMax
              + " batchTtlMax="
              + batchTtlMax
              + " dumpPageBytesMax="
              + dumpPageBytesMax
              + " dumpsInFlightMax="
              + dumpsInFlightMax
              + " dumpWaitMax="
              + dumpWaitMax
              + " followerTtl="
              + followerTtl
              + " followersMax="
              + followersMax
              + " quickKeysMax="
              + quickKeysMax);
    }
  }

  /// 64 batches for at most a day each, responses of 16 MiB, 8 of them at a time, quick answers up
  /// to a million keys.
  public static LeaderSettings of(String version) {
    return new LeaderSettings(
        version,
        64,
        Duration.ofDays(1),
        16L << 20,
        8,
        Duration.ofMinutes(1),
        Duration.ofHours(2),
        1024,
        1_000_000,
        ChangeRetention.DEFAULT);
  }

  public LeaderSettings withBatchesMax(int value) {
    return new LeaderSettings(
        version,
        value,
        batchTtlMax,
        dumpPageBytesMax,
        dumpsInFlightMax,
        dumpWaitMax,
        followerTtl,
        followersMax,
        quickKeysMax,
        retention);
  }

  public LeaderSettings withDumpPageBytesMax(long value) {
    return new LeaderSettings(
        version,
        batchesMax,
        batchTtlMax,
        value,
        dumpsInFlightMax,
        dumpWaitMax,
        followerTtl,
        followersMax,
        quickKeysMax,
        retention);
  }

  public LeaderSettings withDumpsInFlightMax(int value, Duration waitMax) {
    return new LeaderSettings(
        version,
        batchesMax,
        batchTtlMax,
        dumpPageBytesMax,
        value,
        waitMax,
        followerTtl,
        followersMax,
        quickKeysMax,
        retention);
  }

  public LeaderSettings withQuickKeysMax(long value) {
    return new LeaderSettings(
        version,
        batchesMax,
        batchTtlMax,
        dumpPageBytesMax,
        dumpsInFlightMax,
        dumpWaitMax,
        followerTtl,
        followersMax,
        value,
        retention);
  }

  public LeaderSettings withRetention(ChangeRetention value) {
    return new LeaderSettings(
        version,
        batchesMax,
        batchTtlMax,
        dumpPageBytesMax,
        dumpsInFlightMax,
        dumpWaitMax,
        followerTtl,
        followersMax,
        quickKeysMax,
        value);
  }
}
