package dev.lockstep.replication.protocol;

/// The wire's numbers of markers. Source: `docs/protocol.md`, "Markers".
final class MarkerType {
  static final int DATABASE_CREATED = 1100;
  static final int DATABASE_DROPPED = 1101;
  static final int COLLECTION_CREATED = 2000;
  static final int COLLECTION_DROPPED = 2001;
  static final int COLLECTION_RENAMED = 2002;
  static final int PROPERTIES_CHANGED = 2003;
  static final int COLLECTION_TRUNCATED = 2004;
  static final int INDEX_CREATED = 2100;
  static final int INDEX_DROPPED = 2101;
  static final int VIEW_CREATED = 2110;
  static final int VIEW_DROPPED = 2111;
  static final int VIEW_CHANGED = 2112;
  static final int TRANSACTION_BEGUN = 2200;
  static final int TRANSACTION_COMMITTED = 2201;
  static final int TRANSACTION_ABORTED = 2202;
  static final int DOCUMENT_WRITTEN = 2300;

  /// Very old leaders only.
  static final int EDGE_WRITTEN = 2301;

  static final int DOCUMENT_REMOVED = 2302;

  private MarkerType() {}
}
