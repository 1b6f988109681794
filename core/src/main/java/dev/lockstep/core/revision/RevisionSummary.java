package dev.lockstep.core.revision;

/// What one state of a collection says of its revisions: as stock servers exchange it, and as
/// Lockstep servers do. Both hold the same revisions. Immutable.
public record RevisionSummary(RevisionTree tree, RevisionBlocks blocks) {}
