package dev.lockstep.shell.bench;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// One timed run of one contender.
///
/// @param wall from the request to do it until it is done
/// @param leaderCpu user and system time of the leader's processes; where the sides cannot be told
///   apart, of all
/// @param followerCpu the same of the follower; null if there is none, or it is in `leaderCpu`
/// @param documents brought over, compared, written or read
/// @param documentBytes their JSON
/// @param wireBytes over the wire, both directions; null if it was not counted
/// @param leaderPeakBytes largest resident memory while it ran; null if it was not read
/// @param followerPeakBytes the same of the follower
/// @param lag of a following follower; null where nobody follows
public record Measurement(
    Duration wall,
    Duration leaderCpu,
    @Nullable Duration followerCpu,
    long documents,
    long documentBytes,
    @Nullable Long wireBytes,
    @Nullable Long leaderPeakBytes,
    @Nullable Long followerPeakBytes,
    LagProbe.@Nullable Lag lag) {
  /// Without followers.
  public Measurement(
      Duration wall,
      Duration leaderCpu,
      @Nullable Duration followerCpu,
      long documents,
      long documentBytes,
      @Nullable Long wireBytes,
      @Nullable Long leaderPeakBytes,
      @Nullable Long followerPeakBytes) {
    this(
        wall,
        leaderCpu,
        followerCpu,
        documents,
        documentBytes,
        wireBytes,
        leaderPeakBytes,
        followerPeakBytes,
        null);
  }

  /// The same, of a follower that was so far behind.
  public Measurement withLag(LagProbe.Lag measured) {
    return new Measurement(
        wall,
        leaderCpu,
        followerCpu,
        documents,
        documentBytes,
        wireBytes,
        leaderPeakBytes,
        followerPeakBytes,
        measured);
  }

  /// Of both sides.
  public Duration cpu() {
    return followerCpu == null ? leaderCpu : leaderCpu.plus(followerCpu);
  }
}
