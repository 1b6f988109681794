package dev.lockstep.server.settings;

import dev.lockstep.client.leader.PermittedLeader;
import dev.lockstep.client.leader.PermittedLeaders;
import dev.lockstep.core.changelog.ChangeRetention;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How this server leads and follows.
///
/// @param advertisedVersion `digits.digits.digits[-suffix]`, major version 3
/// @param batchesMax snapshots that followers may hold at once
/// @param dumpsMax answers with data of collections that are made for followers at once
/// @param dumpsWaitMax how long a request waits for one of them to end
/// @param synchronizationsMax synchronizations of this server at once, all databases together
/// @param leaderAnswerBytesMax longest answer of a leader, whatever users ask for
/// @param quickKeysMax most keys of a collection that are listed for a follower in a hurry
/// @param connectTimeout of connections to leaders, instead of what users ask for; null = theirs
/// @param requestTimeout longest silence of a leader, instead of what users ask for; null = theirs
/// @param leaderCertificatesFile authorities that `ssl://` leaders are checked against; null =
///   those of the Java runtime
/// @param verifiesLeaders whether certificates of `ssl://` leaders are checked at all
/// @param permittedLeaders which leaders users may name; empty = see [PermittedLeaders]
/// @param allowsWritesWhileSyncing whether clients may write what a synchronization then discards
/// @param retention how much of the change log is kept for followers
public record ReplicationSettings(
    String advertisedVersion,
    int batchesMax,
    int dumpsMax,
    Duration dumpsWaitMax,
    int synchronizationsMax,
    long leaderAnswerBytesMax,
    int quickKeysMax,
    @Nullable Duration connectTimeout,
    @Nullable Duration requestTimeout,
    @Nullable Path leaderCertificatesFile,
    boolean verifiesLeaders,
    List<PermittedLeader> permittedLeaders,
    boolean allowsWritesWhileSyncing,
    ChangeRetention retention) {
  public ReplicationSettings {
    permittedLeaders = List.copyOf(permittedLeaders);
  }
}
