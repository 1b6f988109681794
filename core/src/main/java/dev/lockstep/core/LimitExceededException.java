package dev.lockstep.core;

/// A request met a limit that the operator may change. The sentence ends with the setting and its
/// value, so that whoever reads it knows what to raise, or what to stay below.
public final class LimitExceededException extends LockstepException {
  private static final long serialVersionUID = 1L;

  private final String setting;

  /// @param setting the option as operators write it, with its dashes
  /// @param value what it is set to, in the option's unit
  /// @param what the sentence about what happened, without an end
  public LimitExceededException(ErrorNumber number, String setting, long value, String what) {
    super(number, what + " (" + setting + " is " + value + ")");
    this.setting = setting;
  }

  /// The option as operators write it.
  public String setting() {
    return setting;
  }
}
