package dev.lockstep.core.document;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// An immutable cursor on one VelocyPack value inside a buffer that nobody may change while slices
/// on it live. The bytes must have passed [VPackValidator] or come from [VPackBuilder]; on others
/// every method may throw anything. A method that does not fit the value's type throws
/// [IllegalStateException]. Thread-safe.
public final class VPackSlice {
  /// The value null.
  public static final VPackSlice NULL = new VPackSlice(new byte[] {VPackLayout.HEAD_NULL}, 0);

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

  /// Where in the buffer the value starts.
  public int offset() {
    return offset;
  }

  /// Bytes the value takes.
  public int byteSize() {
    return VPackLayout.byteSize(buffer, offset);
  }

  public VPackType type() {
    return VPackLayout.type(buffer, offset);
  }

  public boolean isObject() {
    return type() == VPackType.OBJECT;
  }

  public boolean isArray() {
    return type() == VPackType.ARRAY;
  }

  public boolean isString() {
    return VPackLayout.isString(buffer, offset);
  }

  /// Integer or double.
  public boolean isNumber() {
    return VPackLayout.isNumberHead(head());
  }

  public boolean isInteger() {
    return type() == VPackType.INTEGER;
  }

  public boolean isDouble() {
    return head() == VPackLayout.HEAD_DOUBLE;
  }

  public boolean isNull() {
    return head() == VPackLayout.HEAD_NULL;
  }

  public boolean isBoolean() {
    return type() == VPackType.BOOLEAN;
  }

  public boolean isCustom() {
    return type() == VPackType.CUSTOM;
  }

  /// Number of members of an object or elements of an array.
  public int length() {
    if (!VPackLayout.isContainerHead(head())) {
      throw unexpected("an array or object");
    }
    return VPackLayout.count(buffer, offset);
  }

  /// The value of an object's member, or null if there is none. Translated names match their
  /// spelling. Of several members with the same name any one is returned; with an unsorted index
  /// table, which peers may send but nobody builds, a member may be missed.
  public @Nullable VPackSlice get(String attribute) {
    require(VPackType.OBJECT);
    byte[] name = attribute.getBytes(StandardCharsets.UTF_8);
    int value = VPackLayout.find(buffer, offset, name, 0, name.length);
    return value < 0 ? null : new VPackSlice(buffer, value);
  }

  /// The element of an array.
  ///
  /// @throws IndexOutOfBoundsException outside of `0..length()-1`
  public VPackSlice at(int index) {
    require(VPackType.ARRAY);
    int count = VPackLayout.count(buffer, offset);
    if (index < 0 || index >= count) {
      throw new IndexOutOfBoundsException("index=" + index + " length=" + count);
    }
    int head = head();
    if (VPackLayout.hasIndexTable(head)) {
      int width = VPackLayout.fieldWidth(head);
      int entry = VPackLayout.indexTable(buffer, offset, count) + index * width;
      return new VPackSlice(buffer, offset + VPackLayout.readSize(buffer, entry, width));
    }
    int at = VPackLayout.firstItem(buffer, offset);
    if (head != VPackLayout.HEAD_COMPACT_ARRAY) {
      return new VPackSlice(buffer, at + index * VPackLayout.byteSize(buffer, at));
    }
    for (int i = 0; i < index; i++) {
      at += VPackLayout.byteSize(buffer, at);
    }
    return new VPackSlice(buffer, at);
  }

  /// Elements of an array in order.
  public Iterable<VPackSlice> elements() {
    require(VPackType.ARRAY);
    return ElementIterator::new;
  }

  /// Members of an object in stored order, that is the order of the bytes, which is the order they
  /// were given in.
  public Iterable<VPackMember> members() {
    require(VPackType.OBJECT);
    return MemberIterator::new;
  }

  public String asString() {
    require(VPackType.STRING);
    return new String(
        buffer,
        VPackLayout.textOffset(buffer, offset),
        VPackLayout.textLength(buffer, offset),
        StandardCharsets.UTF_8);
  }

  public boolean asBoolean() {
    require(VPackType.BOOLEAN);
    return head() == VPackLayout.HEAD_TRUE;
  }

  /// An integer that fits into 64 bits with sign.
  ///
  /// @throws ArithmeticException if it does not fit
  /// @throws IllegalStateException if this is no integer
  public long asLong() {
    require(VPackType.INTEGER);
    long value = VPackLayout.integer(buffer, offset);
    if (VPackLayout.isBeyondLong(buffer, offset)) {
      throw new ArithmeticException(
          Long.toUnsignedString(value) + " does not fit into 64 bits with sign");
    }
    return value;
  }

  /// A non-negative integer as unsigned 64 bits.
  ///
  /// @throws ArithmeticException if it is negative
  /// @throws IllegalStateException if this is no integer
  public long asUnsignedLong() {
    require(VPackType.INTEGER);
    long value = VPackLayout.integer(buffer, offset);
    if (value < 0 && !VPackLayout.isBeyondLong(buffer, offset)) {
      throw new ArithmeticException(value + " is negative");
    }
    return value;
  }

  /// Any integer.
  public BigInteger asBigInteger() {
    require(VPackType.INTEGER);
    long value = VPackLayout.integer(buffer, offset);
    return VPackLayout.isBeyondLong(buffer, offset)
        ? new BigInteger(Long.toUnsignedString(value))
        : BigInteger.valueOf(value);
  }

  /// A number; integers beyond 2^53 are rounded.
  ///
  /// @throws IllegalStateException if this is no number
  public double asDouble() {
    if (!isNumber()) {
      throw unexpected("a number");
    }
    return VPackLayout.number(buffer, offset);
  }

  /// A copy of the value's bytes.
  public byte[] toByteArray() {
    return Arrays.copyOfRange(buffer, offset, offset + byteSize());
  }

  /// The value as JSON text; see [VPackToJson].
  public String toJson() {
    return VPackToJson.toJson(this);
  }

  /// Type, place and size; never the content, which may be large or secret.
  @Override
  public String toString() {
    return type() + " of " + byteSize() + " bytes at " + offset;
  }

  private int head() {
    return buffer[offset] & 0xff;
  }

  private void require(VPackType expected) {
    if (type() != expected) {
      throw unexpected(expected.toString());
    }
  }

  private IllegalStateException unexpected(String expected) {
    return new IllegalStateException("expected " + expected + ", found " + type());
  }

  private final class ElementIterator implements Iterator<VPackSlice> {
    private int left = VPackLayout.count(buffer, offset);
    private int at = left == 0 ? offset : VPackLayout.firstItem(buffer, offset);

    @Override
    public boolean hasNext() {
      return left > 0;
    }

    @Override
    public VPackSlice next() {
      if (left == 0) {
        throw new NoSuchElementException();
      }
      VPackSlice element = new VPackSlice(buffer, at);
      left--;
      at += VPackLayout.byteSize(buffer, at);
      return element;
    }
  }

  private final class MemberIterator implements Iterator<VPackMember> {
    private int left = VPackLayout.count(buffer, offset);
    private int at = left == 0 ? offset : VPackLayout.firstItem(buffer, offset);

    @Override
    public boolean hasNext() {
      return left > 0;
    }

    @Override
    public VPackMember next() {
      if (left == 0) {
        throw new NoSuchElementException();
      }
      String name = VPackLayout.name(buffer, at);
      int value = VPackLayout.skipName(buffer, at);
      left--;
      at = value + VPackLayout.byteSize(buffer, value);
      return new VPackMember(name, new VPackSlice(buffer, value));
    }
  }
}
