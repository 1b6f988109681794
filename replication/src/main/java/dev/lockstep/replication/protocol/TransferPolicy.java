package dev.lockstep.replication.protocol;

/// How a follower fetches from its leader where the link is worth saving.
///
/// @param bytesPerSecondMax of answers' bodies as they travel, all connections together; 0 = no
///   limit
public record TransferPolicy(Compression compression, long bytesPerSecondMax) {
  /// Whether answers shall be compressed. Only a leader that has announced [Capability#ZSTD] is
  /// asked.
  public enum Compression {
    /// Where the link is found to be slower than compressing is worth.
    AUTO("auto"),
    NONE("none"),
    ZSTD("zstd");

    private final String wireName;

    Compression(String wireName) {
      this.wireName = wireName;
    }

    public String wireName() {
      return wireName;
    }
  }

  /// Least limit: the answer to a renewal of the lease must not wait behind others for long.
  public static final long BYTES_PER_SECOND_MIN = 64 << 10;

  public static final TransferPolicy DEFAULT = new TransferPolicy(Compression.AUTO, 0);
}
