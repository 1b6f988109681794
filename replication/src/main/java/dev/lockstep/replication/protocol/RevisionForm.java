package dev.lockstep.replication.protocol;

/// How a leader is asked for revisions, and answers.
public enum RevisionForm {
  /// Texts in JSON; every leader from 3.8 on.
  JSON,
  /// Texts in VelocyPack; see [LeaderVersion#listsVelocyPack].
  VELOCYPACK,
  /// Runs of numbers; see [Capability#COMPACT_REVISIONS].
  COMPACT
}
