package dev.lockstep.replication.protocol;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What Lockstep servers can do for each other beyond the stock protocol. A server announces its
/// list in the response header [#HEADER] of every replication request and in `/_api/version`;
/// nothing beyond the stock protocol is asked of a peer that did not announce it.
public enum Capability {
  /// A dump is served in stored form (without `_id`, byte for byte) to a follower that accepts
  /// [DumpForm#STORED].
  DUMP_STORED("dump-stored"),

  /// A dump request that is repeated with the same `from` gets the same documents again.
  DUMP_REPLAY("dump-replay"),

  /// Dump responses carry the collection's document count in [#COUNT_HEADER].
  DUMP_COUNT("dump-count"),

  /// An inventory tells number and fingerprint of each collection's documents.
  FINGERPRINT("fingerprint"),

  /// The logger state tells a [CollectionDigest] if asked for one.
  COLLECTION_DIGEST("collection-digest"),

  /// Revisions are told, and documents asked for, as [CompactRevisions].
  COMPACT_REVISIONS("compact-revisions"),

  /// Revisions are told in blocks; see [RevisionBlocksRequest].
  REVISION_BLOCKS("revision-blocks"),

  /// A tail is served as [MarkerForm#STORED] to a follower that accepts it.
  TAIL_STORED("tail-stored"),

  /// A tail of one collection is served as [MarkerForm#DOCUMENTS] to a follower that accepts it.
  TAIL_DOCUMENTS("tail-documents"),

  /// A tail that has nothing to tell waits for it, as long as the parameter `wait` (seconds) says.
  TAIL_WAIT("tail-wait"),

  /// Answers carry checksums ([FrameFormat]) for a follower that asks for them.
  FRAMES("frames"),

  /// Answers in frames are compressed for a follower that accepts `zstd`.
  ZSTD("zstd");

  /// Names the header; its value is a comma-separated list of wire names.
  public static final String HEADER = "x-lockstep-capabilities";

  /// The number of documents that the collection has in the batch.
  public static final String COUNT_HEADER = "x-lockstep-count";

  private final String wireName;

  Capability(String wireName) {
    this.wireName = wireName;
  }

  public String wireName() {
    return wireName;
  }

  /// Everything this version can do, as the header's value.
  public static String announcement() {
    return EnumSet.allOf(Capability.class).stream()
        .map(Capability::wireName)
        .collect(Collectors.joining(", "));
  }

  /// Reads a header's value; names we do not know are skipped, a missing header is an empty set.
  public static Set<Capability> parse(@Nullable String header) {
    Set<Capability> known = EnumSet.noneOf(Capability.class);
    if (header != null) {
      for (String name : header.split(",", -1)) {
        String trimmed = name.strip().toLowerCase(Locale.ROOT);
        for (Capability capability : values()) {
          if (capability.wireName.equals(trimmed)) {
            known.add(capability);
          }
        }
      }
    }
    return known;
  }
}
