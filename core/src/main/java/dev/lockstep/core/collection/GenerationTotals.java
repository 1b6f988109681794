package dev.lockstep.core.collection;

import dev.lockstep.core.document.DocumentFingerprint;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.StorageView;
import dev.lockstep.core.storage.WriteBatch;

/// What documents add up to: their number and their fingerprint. Gathers what one commit changes;
/// two counters of the generation hold the sums. Not thread-safe.
final class GenerationTotals {
  /// Distinguishes the fingerprint's counter from the count's, which has no second number.
  private static final long FINGERPRINT = 1;

  /// Counters that a commit may change.
  static final int COUNTERS = 2;

  private long count;
  private long fingerprint;

  /// @param revision unsigned
  void inserted(String key, long revision) {
    count++;
    fingerprint += DocumentFingerprint.of(key, revision);
  }

  /// @param revision unsigned
  void removed(String key, long revision) {
    count--;
    fingerprint -= DocumentFingerprint.of(key, revision);
  }

  /// Adds what another one has gathered.
  void add(GenerationTotals other) {
    count += other.count;
    fingerprint += other.fingerprint;
  }

  long count() {
    return count;
  }

  long fingerprint() {
    return fingerprint;
  }

  /// What must be added to stored totals to make them these.
  GenerationTotals minus(long storedCount, long storedFingerprint) {
    GenerationTotals difference = new GenerationTotals();
    difference.count = count - storedCount;
    difference.fingerprint = fingerprint - storedFingerprint;
    return difference;
  }

  /// Adds what was gathered to the generation's counters.
  void addTo(WriteBatch batch, long generation) {
    if (count != 0) {
      batch.add(countKey(generation), count);
    }
    if (fingerprint != 0) {
      batch.add(fingerprintKey(generation), fingerprint);
    }
  }

  void clear() {
    count = 0;
    fingerprint = 0;
  }

  private static byte[] countKey(long generation) {
    return Keys.of(generation);
  }

  private static byte[] fingerprintKey(long generation) {
    return Keys.of(generation, FINGERPRINT);
  }

  /// The number of documents stored.
  static long count(StorageView view, long generation) {
    return view.counter(countKey(generation));
  }

  /// The fingerprint of the documents stored.
  static long fingerprint(StorageView view, long generation) {
    return view.counter(fingerprintKey(generation));
  }
}
