package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.CollectionHold.ClientWrites;
import java.time.Duration;

/// How this server follows; validated at birth. What a user may choose per synchronization is in
/// [dev.lockstep.replication.protocol.SyncOptions] instead.
///
/// @param firstContactRetries repetitions of the very first request: a wrong port should be told
///   within a second
/// @param retriesMax repetitions of any later request that failed in a way that passes, whatever
///   the user's `maxConnectRetries` says
/// @param backoffFirst pause before the first repetition, or less; doubles up to `backoffMax`
/// @param restartsMax how often in a row, without a document having come, the work at one
///   collection may go on with a new batch, because the leader cannot repeat a lost answer or has
///   lost the batch
/// @param batchLease lease asked for; renewed each quarter of it
/// @param chunkSizeFirst bytes of the first dump response, unless the user chooses
/// @param chunkSizeMax what it grows to, unless the user chooses
/// @param fetchedBytesMax bytes of responses that wait for being decoded; one may exceed it alone
/// @param decodedBytesMax bytes of documents that wait for being written; one may exceed it alone
/// @param portionBytes bytes of documents handed to the store at a time, roughly
/// @param finishedJobsKept finished jobs whose progress can still be read
/// @param comparison how collections are compared
/// @param clientWrites what becomes of clients' writes to a collection that is being synchronized
public record FollowerSettings(
    int firstContactRetries,
    int retriesMax,
    Duration backoffFirst,
    Duration backoffMax,
    int restartsMax,
    Duration batchLease,
    long chunkSizeFirst,
    long chunkSizeMax,
    long fetchedBytesMax,
    long decodedBytesMax,
    int portionBytes,
    int finishedJobsKept,
    ComparisonSettings comparison,
    ClientWrites clientWrites) {

  /// Two quick repetitions at first contact, later as many as the user says; a lease of ten
  /// minutes; at most 24 MiB of a collection in memory besides the pages at both ends.
  public static final FollowerSettings DEFAULT =
      new FollowerSettings(
          2,
          Integer.MAX_VALUE - 1,
          Duration.ofMillis(250),
          Duration.ofSeconds(15),
          3,
          Duration.ofMinutes(10),
          2 << 20,
          8 << 20,
          16 << 20,
          8 << 20,
          1 << 20,
          100,
          ComparisonSettings.DEFAULT,
          ClientWrites.REFUSED);

  public FollowerSettings {
    if (firstContactRetries < 0
        || retriesMax < 0
        || backoffFirst.isNegative()
        || backoffMax.compareTo(backoffFirst) < 0
        || restartsMax < 0
        || batchLease.toMillis() < 4
        || chunkSizeFirst < 1
        || chunkSizeMax < chunkSizeFirst
        || fetchedBytesMax < 1
        || decodedBytesMax < 1
        || portionBytes < 1
        || finishedJobsKept < 0) {
      throw new IllegalArgumentException(
          "follower settings out of range: firstContactRetries="
              + firstContactRetries
              + " retriesMax="
              + retriesMax
              + " backoffFirst="
              + backoffFirst
              + " backoffMax="
              + backoffMax
              + " restartsMax="
              + restartsMax
              + " batchLease="
              + batchLease
              + " chunkSizeFirst="
              + chunkSizeFirst
              + " chunkSizeMax="
              + chunkSizeMax
              + " fetchedBytesMax="
              + fetchedBytesMax
              + " decodedBytesMax="
              + decodedBytesMax
              + " portionBytes="
              + portionBytes
              + " finishedJobsKept="
              + finishedJobsKept);
    }
  }

  public FollowerSettings withClientWrites(ClientWrites value) {
    return new FollowerSettings(
        firstContactRetries,
        retriesMax,
        backoffFirst,
        backoffMax,
        restartsMax,
        batchLease,
        chunkSizeFirst,
        chunkSizeMax,
        fetchedBytesMax,
        decodedBytesMax,
        portionBytes,
        finishedJobsKept,
        comparison,
        value);
  }
}
