package dev.lockstep.replication.protocol;

/// How documents are written in a dump response.
public enum DumpForm {
  /// One JSON object per line.
  JSON("application/x-arango-dump"),

  /// VelocyPack objects as clients see them, `_id` included, one after the other.
  VELOCYPACK("application/x-velocypack"),

  /// VelocyPack objects as they are stored (no `_id`), one after the other, never in envelopes.
  /// Between Lockstep servers only.
  STORED("application/x-lockstep-documents");

  private final String mediaType;

  DumpForm(String mediaType) {
    this.mediaType = mediaType;
  }

  /// The `Content-Type` of such a response, and the `Accept` that asks for it (nothing asks for
  /// JSON).
  public String mediaType() {
    return mediaType;
  }
}
