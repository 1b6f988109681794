package dev.lockstep.replication.protocol;

import org.jspecify.annotations.Nullable;

/// One dump response, complete.
///
/// @param form what the body turned out to be
/// @param body the documents; empty at the end
/// @param hasMore whether the leader has more (`checkmore`)
/// @param lastIncluded number of this part, to be sent as the next `from`
/// @param leaderCount documents of the whole collection in the batch, where the leader tells it
/// @param url of the request, for messages
@SuppressWarnings("ArrayRecordComponent") // large, handed on, never compared
public record DumpPage(
    DumpForm form,
    byte[] body,
    boolean hasMore,
    long lastIncluded,
    @Nullable Long leaderCount,
    String url) {}
