package dev.lockstep.replication.protocol;

/// One answer of a tail, complete.
///
/// @param form what the body turned out to be
/// @param body the markers, see [MarkerReader]; empty if there are none
/// @param url of the request, for messages
@SuppressWarnings("ArrayRecordComponent") // large, handed on, never compared
public record TailPage(MarkerForm form, byte[] body, TailPosition position, String url) {}
