package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.VPackSlice;

/// Understands the `rule` of a collection's schema. The language of rules and the library that
/// knows it are not this module's affair. Thread-safe.
@FunctionalInterface
public interface RuleCompiler {
  /// Knows no rule: collections cannot have a schema.
  RuleCompiler NONE =
      rule -> {
        throw new LockstepException(
            ErrorNumber.NOT_IMPLEMENTED,
            "not implemented: this server does not validate documents, so it does not accept a"
                + " 'schema'");
      };

  /// @param rule an object
  /// @throws LockstepException if it is no rule; the message says why, as the rest of a sentence
  ///   that begins with the rule
  DocumentRule compile(VPackSlice rule);
}
