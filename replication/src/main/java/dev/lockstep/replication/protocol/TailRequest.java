package dev.lockstep.replication.protocol;

import dev.lockstep.core.storage.Tick;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// One request of a follower for what happened after a tick.
///
/// @param isGlobal of all databases; else of the client's database only
/// @param from the last tick that is here already
/// @param to the last tick of interest; null: to the end. Only of Lockstep leaders
/// @param lastScanned as told by the last answer ([TailPosition#lastScanned]); [Tick#NONE] in the
///   first request
/// @param firstRegular where regular tailing began: transactions that began before it are asked for
///   beginning there
/// @param chunkSize bytes after which the leader ends the answer
/// @param form what to ask for; a leader may answer with another one
/// @param waitMax how long the leader may wait for something to tell before it answers that there
///   is nothing; only of leaders with [Capability#TAIL_WAIT], else zero
/// @param isLegacy whether to ask in the way of leaders before 3.3 (`logger-follow`)
/// @param collection globally unique id, name or decimal id of the only one of interest; empty: all
public record TailRequest(
    boolean isGlobal,
    Tick from,
    @Nullable Tick to,
    Tick lastScanned,
    Tick firstRegular,
    long chunkSize,
    boolean includeSystem,
    boolean includeFoxxQueues,
    MarkerForm form,
    Duration waitMax,
    boolean isLegacy,
    String collection) {}
