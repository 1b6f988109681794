package dev.lockstep.core.collection;

/// What the follower role keeps about synchronizations, one record per job id: those under way, and
/// the last ones that ended.
public final class SyncJobRecords extends CatalogRecords {
  SyncJobRecords(DocumentStore store) {
    super(store, CatalogKey.SYNC_JOB);
  }
}
