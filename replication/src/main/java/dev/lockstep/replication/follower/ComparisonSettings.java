package dev.lockstep.replication.follower;

import java.time.Duration;

/// How this server compares collections with a leader's; validated at birth.
///
/// @param rangesMax ranges of revisions in one request
/// @param documentsBytes what an answer of documents is asked to end after, unless the user chooses
/// @param documentsInFlightBytes expected bytes of all answers of documents under way; one may
///   exceed it alone
/// @param documentRequestsMax requests for documents under way at a time, where the leader takes
///   several
/// @param documentAttemptsMax how often documents are asked for that a leader leaves out
/// @param surplusMax revisions of documents to be removed that are remembered until everything else
///   has come, each with some 16 bytes of its key; beyond, removing begins earlier
/// @param portionDocuments documents handed to the store at a time at most
/// @param portionBytes bytes of documents handed to the store at a time, roughly
/// @param keyChunkDocuments documents of one chunk of keys
/// @param keysWaitLeast how long a leader may take to make a list of keys whatever the user's limit
///   says
/// @param isAhead whether requests are made ahead, on threads of their own; without, a run does the
///   same again from the same seed, but network and processor wait for each other
public record ComparisonSettings(
    int rangesMax,
    long documentsBytes,
    long documentsInFlightBytes,
    int documentRequestsMax,
    int documentAttemptsMax,
    int surplusMax,
    int portionDocuments,
    int portionBytes,
    int keyChunkDocuments,
    Duration keysWaitLeast,
    boolean isAhead) {

  /// At most about 24 MiB of documents and 13 MB of revisions with their keys in memory.
  public static final ComparisonSettings DEFAULT =
      new ComparisonSettings(
          4096, 2 << 20, 8 << 20, 4, 5, 500_000, 2000, 1 << 20, 5000, Duration.ofMinutes(3), true);

  public ComparisonSettings {
    require("rangesMax", rangesMax);
    require("documentsBytes", documentsBytes);
    require("documentsInFlightBytes", documentsInFlightBytes);
    require("documentRequestsMax", documentRequestsMax);
    require("documentAttemptsMax", documentAttemptsMax);
    require("surplusMax", surplusMax);
    require("portionDocuments", portionDocuments);
    require("portionBytes", portionBytes);
    require("keyChunkDocuments", keyChunkDocuments);
    require("keysWaitLeast in ms", keysWaitLeast.toMillis());
  }

  private static void require(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + "=" + value + ", must be at least 1");
    }
  }
}
