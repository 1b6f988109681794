package dev.lockstep.core.document;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Encodes values so that the unsigned order of the bytes is the order of the values: null, false,
/// true, numbers, strings (by UTF-8 bytes), arrays (by elements), objects (by members in the order
/// of their names). Numbers that are equal give equal bytes, whatever their type. Encodings of
/// several values follow each other; every one of them ends itself, so none is a prefix of another.
/// Not thread-safe.
///
/// | value | bytes |
/// |---|---|
/// | min key, null, false, true, max key | tag |
/// | number | tag, the greatest double not above it (sign flipped to sort; 8 bytes), the rest (2 bytes) |
/// | date | tag, milliseconds with the sign flipped (8 bytes) |
/// | string, binary | tag, bytes with `00` as `00 ff`, then `00 01` |
/// | array | tag, elements, then `00` |
/// | object | tag, per member its name as a string and its value, then `00` |
public final class IndexKeyEncoder {
  private static final int TAG_END = 0x00;
  private static final int TAG_MIN_KEY = 0x02;
  private static final int TAG_NULL = 0x08;
  private static final int TAG_FALSE = 0x10;
  private static final int TAG_TRUE = 0x11;
  private static final int TAG_NUMBER = 0x18;
  private static final int TAG_UTC_DATE = 0x1c;
  private static final int TAG_STRING = 0x20;
  private static final int TAG_BINARY = 0x24;
  private static final int TAG_ARRAY = 0x28;
  private static final int TAG_OBJECT = 0x30;
  private static final int TAG_MAX_KEY = 0xf0;

  private byte[] key = new byte[64];
  private int size;

  /// Appends a value; an absent one (null) counts as null.
  ///
  /// @throws IllegalArgumentException for custom values, which have no order
  public IndexKeyEncoder add(@Nullable VPackSlice value) {
    if (value == null) {
      put(TAG_NULL);
    } else {
      // Members of objects are taken in the order of the index table, which only this layout
      // guarantees.
      VPackSlice sorted = StoredDocument.inStoredLayout(value);
      value(sorted.buffer(), sorted.offset());
    }
    return this;
  }

  /// A copy of everything encoded.
  public byte[] toByteArray() {
    return Arrays.copyOf(key, size);
  }

  /// Forgets everything, keeps the buffer for reuse.
  public void reset() {
    size = 0;
  }

  /// The encoding of one value.
  public static byte[] encode(@Nullable VPackSlice value) {
    return new IndexKeyEncoder().add(value).toByteArray();
  }

  private void value(byte[] b, int o) {
    int head = b[o] & 0xff;
    switch (VPackLayout.type(b, o)) {
      case MIN_KEY -> put(TAG_MIN_KEY);
      case NULL -> put(TAG_NULL);
      case BOOLEAN -> put(head == VPackLayout.HEAD_TRUE ? TAG_TRUE : TAG_FALSE);
      case INTEGER -> integer(b, o);
      case DOUBLE -> number(VPackLayout.number(b, o), 0);
      case UTC_DATE -> {
        put(TAG_UTC_DATE);
        putLong((long) VPackLayout.LONG_LE.get(b, o + 1) ^ Long.MIN_VALUE);
      }
      case STRING ->
          escaped(TAG_STRING, b, VPackLayout.textOffset(b, o), VPackLayout.textLength(b, o));
      case BINARY -> {
        int header = 1 + head - 0xbf;
        escaped(TAG_BINARY, b, o + header, VPackLayout.byteSize(b, o) - header);
      }
      case ARRAY -> array(b, o);
      case OBJECT -> object(b, o, head);
      case MAX_KEY -> put(TAG_MAX_KEY);
      case NONE, ILLEGAL, EXTERNAL, BCD, TAGGED, CUSTOM ->
          throw new IllegalArgumentException("type 0x%02x cannot be indexed".formatted(head));
    }
  }

  private void array(byte[] b, int o) {
    put(TAG_ARRAY);
    int count = VPackLayout.count(b, o);
    int at = count == 0 ? o : VPackLayout.firstItem(b, o);
    for (int i = 0; i < count; i++) {
      value(b, at);
      at += VPackLayout.byteSize(b, at);
    }
    put(TAG_END);
  }

  private void object(byte[] b, int o, int head) {
    put(TAG_OBJECT);
    if (head == VPackLayout.HEAD_COMPACT_OBJECT) {
      member(b, VPackLayout.firstItem(b, o));
    } else if (head != VPackLayout.HEAD_EMPTY_OBJECT) {
      int count = VPackLayout.count(b, o);
      int width = VPackLayout.fieldWidth(head);
      int table = VPackLayout.indexTable(b, o, count);
      for (int i = 0; i < count; i++) {
        member(b, o + VPackLayout.readSize(b, table + i * width, width));
      }
    }
    put(TAG_END);
  }

  private void member(byte[] b, int o) {
    escaped(TAG_STRING, b, VPackLayout.textOffset(b, o), VPackLayout.textLength(b, o));
    value(b, VPackLayout.skipName(b, o));
  }

  private void integer(byte[] b, int o) {
    long value = VPackLayout.integer(b, o);
    boolean unsigned = VPackLayout.isBeyondLong(b, o);
    if (!unsigned && value >= -(1L << 53) && value <= 1L << 53) {
      number((double) value, 0);
      return;
    }
    // Clearing the bits a double has no room for rounds toward negative infinity, in two's
    // complement and unsigned.
    int magnitudeBits = 64 - Long.numberOfLeadingZeros(unsigned || value >= 0 ? value : ~value);
    int spare = magnitudeBits - 53;
    if (spare <= 0) {
      number((double) value, 0);
      return;
    }
    long rest = value & (1L << spare) - 1;
    long floor = value - rest;
    number(unsigned ? (floor >>> 1) * 2.0 : floor, (int) rest);
  }

  /// @param rest what the value exceeds `floor` by, less than the distance to the next double, so
  ///   below 2^11
  private void number(double floor, int rest) {
    put(TAG_NUMBER);
    // Adding zero makes -0.0 equal to 0.0; not-a-number sorts below all.
    long bits = Double.isNaN(floor) ? -1L : Double.doubleToRawLongBits(floor + 0.0);
    putLong(bits < 0 ? ~bits : bits ^ Long.MIN_VALUE);
    put(rest >> 8);
    put(rest);
  }

  private void escaped(int tag, byte[] b, int from, int length) {
    put(tag);
    int start = from;
    for (int i = from; i < from + length; i++) {
      if (b[i] == 0) {
        put(b, start, i + 1);
        put(0xff);
        start = i + 1;
      }
    }
    put(b, start, from + length);
    put(0x00);
    put(0x01);
  }

  private void put(int value) {
    ensure(1);
    key[size++] = (byte) value;
  }

  private void putLong(long value) {
    ensure(8);
    VPackLayout.LONG_BE.set(key, size, value);
    size += 8;
  }

  private void put(byte[] b, int from, int to) {
    ensure(to - from);
    System.arraycopy(b, from, key, size, to - from);
    size += to - from;
  }

  private void ensure(int more) {
    if (more > key.length - size) {
      key = Arrays.copyOf(key, Math.max(Math.addExact(size, more), 2 * size));
    }
  }
}
