package dev.lockstep.core.collection;

import dev.lockstep.core.document.VPackSlice;
import org.jspecify.annotations.Nullable;

/// What a collection's schema demands of every document. Thread-safe.
@FunctionalInterface
public interface DocumentRule {
  /// @param document in stored form; the rule does not see its system attributes (`_key`, `_id`,
  ///   `_rev`, `_from`, `_to`)
  /// @return null if the document keeps the rule; otherwise the place and what was expected there,
  ///   for the user. A document that cannot be judged within the limits of time and depth breaks
  ///   the rule.
  @Nullable String violation(VPackSlice document);
}
