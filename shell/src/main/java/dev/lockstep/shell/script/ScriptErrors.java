package dev.lockstep.shell.script;

import dev.lockstep.core.ErrorNumber;
import org.graalvm.polyglot.Value;
import org.jspecify.annotations.Nullable;

/// Lets Java code called by a script throw the script's own `ArangoError`, so that `catch (e)` sees
/// `e.errorNum`.
final class ScriptErrors {
  /// Set by the bootstrap script: a function (errorNum, message) that throws.
  private @Nullable Value thrower;

  void throwWith(Value function) {
    thrower = function;
  }

  /// Throws into the script; the return type only lets callers write `throw errors.of(...)`.
  RuntimeException of(ErrorNumber number, String message) {
    if (thrower != null) {
      // A guest exception that passes through a host frame reaches the calling script as it was
      // thrown.
      thrower.executeVoid(number.number(), message);
    }
    return new IllegalStateException(number + ": " + message);
  }
}
