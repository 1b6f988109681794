package dev.lockstep.core.storage;

/// A position in the change log, assigned by the engine at commit: consecutive, in commit order, so
/// that whoever has read up to a closed tick has missed nothing below it. The wire prints it as an
/// unsigned decimal string.
///
/// @param value unsigned 64-bit; 0 is "before everything"
public record Tick(long value) implements Comparable<Tick> {
  /// Before the first change.
  public static final Tick NONE = new Tick(0);

  /// Parses the wire's decimal form.
  ///
  /// @throws NumberFormatException when the text is no unsigned 64-bit decimal
  public static Tick parse(String text) {
    return new Tick(Long.parseUnsignedLong(text));
  }

  public Tick next() {
    return new Tick(value + 1);
  }

  @Override
  public int compareTo(Tick other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toUnsignedString(value);
  }
}
