package dev.lockstep.replication.protocol;

/// What a leader says when a list of a collection's keys is asked for. Leaders make it in the
/// background: it may take minutes.
///
/// Source: `docs/protocol.md`, "Keys".
public sealed interface KeysAnswer {
  /// The list is there.
  ///
  /// @param id names it in further requests; empty if a quick answer was asked for and there are
  ///   too many keys for one
  /// @param count documents of the collection
  record Ready(String id, long count) implements KeysAnswer {}

  /// Not yet.
  ///
  /// @param jobId to ask again with
  record Pending(String jobId) implements KeysAnswer {}

  /// The leader does not know the job that makes it any more: it was restarted, or the job expired.
  record Gone() implements KeysAnswer {}
}
