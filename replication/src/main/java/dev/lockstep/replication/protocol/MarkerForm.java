package dev.lockstep.replication.protocol;

/// How the markers of a tail are written.
public enum MarkerForm {
  /// One JSON object per line.
  JSON("application/x-arango-dump"),

  /// VelocyPack objects, one after the other.
  VELOCYPACK("application/x-velocypack"),

  /// VelocyPack objects, one after the other, whose documents are in stored form (no `_id`), and
  /// among which there may be [Marker.CollectionReplaced]. Between Lockstep servers only.
  STORED("application/x-lockstep-markers"),

  /// No markers, but what one collection's come down to, in their order: a written document in
  /// stored form, or a removed one's key as a string; see [ChangedDocuments]. Between Lockstep
  /// servers only.
  DOCUMENTS("application/x-lockstep-changes");

  private final String mediaType;

  MarkerForm(String mediaType) {
    this.mediaType = mediaType;
  }

  /// The `Content-Type` of such an answer, and the `Accept` that asks for it (nothing asks for
  /// JSON).
  public String mediaType() {
    return mediaType;
  }
}
