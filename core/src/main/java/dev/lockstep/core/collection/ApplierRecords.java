package dev.lockstep.core.collection;

/// What the follower role keeps about appliers, one record per database id.
public final class ApplierRecords extends CatalogRecords {
  /// The record of an applier that follows all databases.
  public static final long ALL_DATABASES = 0;

  ApplierRecords(DocumentStore store) {
    super(store, CatalogKey.APPLIER);
  }
}
