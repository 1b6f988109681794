package dev.lockstep.replication.applier;

import dev.lockstep.core.collection.CollectionHold.ClientWrites;
import java.time.Duration;

/// How appliers work, whatever their configuration; validated at birth.
///
/// @param waitMax how long a leader that can may wait before it answers that nothing happened
/// @param pauseMin shortest pause between two questions to a leader that cannot wait
/// @param pauseMax longest pause between two such questions
/// @param retryPauseFirst before the first attempt to reach a lost leader again; doubles up to the
///   configuration's `connectionRetryWaitTime`
/// @param chunkSize bytes of an answer to ask for, unless the configuration says
/// @param transactionBytesMax of one transaction that is held in memory until it is complete; a
///   larger one is carried out piece by piece
/// @param writersMax collections written to at a time
/// @param persistInterval how often at most the position is stored
/// @param quickRun a run that fails earlier counts as an attempt that did not help
/// @param clientWrites what becomes of clients' writes to a followed collection
public record ApplierSettings(
    Duration waitMax,
    Duration pauseMin,
    Duration pauseMax,
    Duration retryPauseFirst,
    long chunkSize,
    long transactionBytesMax,
    int writersMax,
    Duration persistInterval,
    Duration quickRun,
    ClientWrites clientWrites) {
  public static final ApplierSettings DEFAULT =
      new ApplierSettings(
          Duration.ofSeconds(20),
          Duration.ofMillis(250),
          Duration.ofSeconds(60),
          Duration.ofMillis(250),
          2 << 20,
          32 << 20,
          8,
          Duration.ofMillis(100),
          Duration.ofMinutes(2),
          ClientWrites.REFUSED);

  public ApplierSettings {
    if (waitMax.isNegative()
        || pauseMin.isNegative()
        || pauseMax.compareTo(pauseMin) < 0
        || retryPauseFirst.toMillis() < 1
        || chunkSize < 1
        || transactionBytesMax < 1
        || writersMax < 1
        || persistInterval.isNegative()
        || quickRun.isNegative()) {
      throw new IllegalArgumentException(
          "applier settings out of range: waitMax="
              + waitMax
              + " pauseMin="
              + pauseMin
              + " pauseMax="
              + pauseMax
              + " retryPauseFirst="
              + retryPauseFirst
              + " chunkSize="
              + chunkSize
              + " transactionBytesMax="
              + transactionBytesMax
              + " writersMax="
              + writersMax
              + " persistInterval="
              + persistInterval
              + " quickRun="
              + quickRun);
    }
  }

  public ApplierSettings withClientWrites(ClientWrites value) {
    return new ApplierSettings(
        waitMax,
        pauseMin,
        pauseMax,
        retryPauseFirst,
        chunkSize,
        transactionBytesMax,
        writersMax,
        persistInterval,
        quickRun,
        value);
  }
}
