package dev.lockstep.core.collection;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/// How a [DocumentStore] works; validated at birth.
///
/// @param millis time of day in milliseconds since 1970, for expiry
/// @param random for the server id and UUID keys; thread-safe
/// @param lockWaitMax how long a write waits for another one (an index build, say) on the same
///   collection before it is refused with 18
/// @param expiryInterval pause between two searches for expired documents
/// @param expiryDocumentsMax documents removed by one search per collection; the rest waits for the
///   next one
/// @param expires whether documents of this collection expire here; false for collections that
///   follow a leader, where expiry is the leader's decision
/// @param rules understands the rules of collections' schemas
/// @param updatedDocuments how large clients' updates may make documents
public record StoreSettings(
    LongSupplier millis,
    RandomGenerator random,
    Duration lockWaitMax,
    Duration expiryInterval,
    int expiryDocumentsMax,
    Predicate<CollectionDefinition> expires,
    RuleCompiler rules,
    DocumentSizeLimit updatedDocuments) {
  public static final StoreSettings DEFAULT =
      new StoreSettings(
          System::currentTimeMillis,
          new SecureRandom(),
          Duration.ofMinutes(15),
          Duration.ofSeconds(30),
          100_000,
          collection -> true,
          RuleCompiler.NONE,
          DocumentSizeLimit.NONE);

  public StoreSettings {
    if (lockWaitMax.isNegative()
        || lockWaitMax.isZero()
        || expiryInterval.isNegative()
        || expiryInterval.isZero()
        || expiryDocumentsMax < 1) {
      throw new IllegalArgumentException(
          "store settings out of range: lockWaitMax="
              + lockWaitMax
              + " expiryInterval="
              + expiryInterval
              + " expiryDocumentsMax="
              + expiryDocumentsMax);
    }
  }

  public StoreSettings withExpires(Predicate<CollectionDefinition> newExpires) {
    return new StoreSettings(
        millis,
        random,
        lockWaitMax,
        expiryInterval,
        expiryDocumentsMax,
        newExpires,
        rules,
        updatedDocuments);
  }

  public StoreSettings withMillis(LongSupplier newMillis) {
    return new StoreSettings(
        newMillis,
        random,
        lockWaitMax,
        expiryInterval,
        expiryDocumentsMax,
        expires,
        rules,
        updatedDocuments);
  }

  public StoreSettings withRules(RuleCompiler newRules) {
    return new StoreSettings(
        millis,
        random,
        lockWaitMax,
        expiryInterval,
        expiryDocumentsMax,
        expires,
        newRules,
        updatedDocuments);
  }

  public StoreSettings withUpdatedDocuments(DocumentSizeLimit limit) {
    return new StoreSettings(
        millis, random, lockWaitMax, expiryInterval, expiryDocumentsMax, expires, rules, limit);
  }
}
