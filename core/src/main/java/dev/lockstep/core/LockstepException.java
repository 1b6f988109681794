package dev.lockstep.core;

import org.jspecify.annotations.Nullable;

/// A failure the caller of the wire API is told about: an [ErrorNumber] and a sentence that names
/// the field, the value and what was expected. Never carries a secret. Thrown for expected refusals
/// (bad input, conflict, missing object) and for operating errors; a broken invariant is an
/// [IllegalStateException] instead.
public class LockstepException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorNumber number;
  private final @Nullable String detail;

  /// @param message the whole sentence for the user; it goes into `errorMessage` unchanged
  public LockstepException(ErrorNumber number, String message) {
    super(message);
    this.number = number;
    this.detail = null;
  }

  /// @param cause kept for the log only; the user never sees it
  public LockstepException(ErrorNumber number, String message, Throwable cause) {
    super(message, cause);
    this.number = number;
    this.detail = null;
  }

  /// @param detail what the user is told beside a message that somebody else has worded; null for
  ///   nothing
  public LockstepException(ErrorNumber number, String message, @Nullable String detail) {
    super(message);
    this.number = number;
    this.detail = detail;
  }

  /// The failure with its number's default sentence.
  public LockstepException(ErrorNumber number) {
    this(number, number.defaultMessage());
  }

  public ErrorNumber number() {
    return number;
  }

  /// Null if the message says everything.
  public @Nullable String detail() {
    return detail;
  }
}
