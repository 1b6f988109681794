package dev.lockstep.server.settings;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How this server leads and follows.
///
/// @param advertisedVersion `digits.digits.digits[-suffix]`, major version 3
/// @param batchesMax snapshots that followers may hold at once
/// @param quickKeysMax most keys of a collection that are listed for a follower in a hurry
/// @param connectTimeout of connections to leaders, instead of what users ask for; null = theirs
/// @param requestTimeout longest silence of a leader, instead of what users ask for; null = theirs
/// @param leaderCertificatesFile authorities that `ssl://` leaders are checked against; null =
///   those of the Java runtime
/// @param verifiesLeaders whether certificates of `ssl://` leaders are checked at all
public record ReplicationSettings(
    String advertisedVersion,
    int batchesMax,
    int quickKeysMax,
    @Nullable Duration connectTimeout,
    @Nullable Duration requestTimeout,
    @Nullable Path leaderCertificatesFile,
    boolean verifiesLeaders) {}
