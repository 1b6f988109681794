package dev.lockstep.core.document;

import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/// An immutable cursor on one VelocyPack value inside a buffer that nobody may change while slices
/// on it live. The bytes must have passed [VPackValidator] or come from [VPackBuilder]; on others
/// every method may throw anything. Thread-safe.
public final class VPackSlice {
  private final byte[] buffer;
  private final int offset;

  public VPackSlice(byte[] buffer, int offset) {
    this.buffer = buffer;
    this.offset = offset;
  }

  /// A slice on the value at the start of `bytes`.
  public static VPackSlice of(byte[] bytes) {
    return new VPackSlice(bytes, 0);
  }

  /// The buffer itself, not a copy.
  public byte[] buffer() {
    return buffer;
  }

  public int offset() {
    return offset;
  }

  public int byteSize() {
    throw new UnsupportedOperationException();
  }

  public VPackType type() {
    throw new UnsupportedOperationException();
  }

  public boolean isObject() {
    return type() == VPackType.OBJECT;
  }

  public boolean isArray() {
    return type() == VPackType.ARRAY;
  }

  public boolean isString() {
    return type() == VPackType.STRING;
  }

  /// Integer or double.
  public boolean isNumber() {
    return isInteger() || isDouble();
  }

  public boolean isInteger() {
    return type() == VPackType.INTEGER;
  }

  public boolean isDouble() {
    return type() == VPackType.DOUBLE;
  }

  public boolean isNull() {
    return type() == VPackType.NULL;
  }

  public boolean isBoolean() {
    return type() == VPackType.BOOLEAN;
  }

  public boolean isCustom() {
    return type() == VPackType.CUSTOM;
  }

  /// Number of members of an object or elements of an array.
  public int length() {
    throw new UnsupportedOperationException();
  }

  /// The value of an object's member, or null if there is none. Translated names match their
  /// spelling.
  public @Nullable VPackSlice get(String attribute) {
    throw new UnsupportedOperationException();
  }

  /// The element of an array.
  ///
  /// @throws IndexOutOfBoundsException outside of `0..length()-1`
  public VPackSlice at(int index) {
    throw new UnsupportedOperationException();
  }

  /// Elements of an array in order.
  public Iterable<VPackSlice> elements() {
    throw new UnsupportedOperationException();
  }

  /// Members of an object in stored order, that is the order of the bytes, which is the order they
  /// were given in.
  public Iterable<VPackMember> members() {
    throw new UnsupportedOperationException();
  }

  public String asString() {
    throw new UnsupportedOperationException();
  }

  public boolean asBoolean() {
    throw new UnsupportedOperationException();
  }

  /// An integer that fits into 64 bits with sign.
  ///
  /// @throws ArithmeticException if it does not fit
  /// @throws IllegalStateException if this is no integer
  public long asLong() {
    throw new UnsupportedOperationException();
  }

  /// A non-negative integer as unsigned 64 bits.
  ///
  /// @throws ArithmeticException if it is negative
  /// @throws IllegalStateException if this is no integer
  public long asUnsignedLong() {
    throw new UnsupportedOperationException();
  }

  public BigInteger asBigInteger() {
    throw new UnsupportedOperationException();
  }

  /// A number; integers beyond 2^53 are rounded.
  ///
  /// @throws IllegalStateException if this is no number
  public double asDouble() {
    throw new UnsupportedOperationException();
  }

  /// A copy of the value's bytes.
  public byte[] toByteArray() {
    throw new UnsupportedOperationException();
  }

  /// The value as JSON text; see [VPackToJson].
  public String toJson() {
    return VPackToJson.toJson(this);
  }
}
