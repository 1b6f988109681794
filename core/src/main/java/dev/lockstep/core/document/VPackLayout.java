package dev.lockstep.core.document;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Where the parts of a VelocyPack value lie in its bytes, as static functions on (buffer, offset),
/// so that hot paths walk values without an object per value. Values must be valid, except where
/// said otherwise.
final class VPackLayout {
  static final int HEAD_EMPTY_ARRAY = 0x01;
  static final int HEAD_EMPTY_OBJECT = 0x0a;
  static final int HEAD_COMPACT_ARRAY = 0x13;
  static final int HEAD_COMPACT_OBJECT = 0x14;
  static final int HEAD_ILLEGAL = 0x17;
  static final int HEAD_NULL = 0x18;
  static final int HEAD_FALSE = 0x19;
  static final int HEAD_TRUE = 0x1a;
  static final int HEAD_DOUBLE = 0x1b;
  static final int HEAD_UTC_DATE = 0x1c;
  static final int HEAD_SIGNED = 0x20;
  static final int HEAD_UNSIGNED = 0x28;
  static final int HEAD_ZERO = 0x30;
  static final int HEAD_STRING = 0x40;
  static final int HEAD_LONG_STRING = 0xbf;
  static final int HEAD_CUSTOM_ID = 0xf3;

  /// Longest string whose length fits into the head.
  static final int SHORT_STRING_MAX = HEAD_LONG_STRING - HEAD_STRING - 1;

  /// Space a container's header may take; 2-byte and wider layouts are padded to it.
  static final int HEADER_PADDED = 9;

  /// Below this many members a walk over the names beats the binary search.
  private static final int LINEAR_SEARCH_MAX = 12;

  static final VarHandle LONG_LE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  static final VarHandle INT_LE =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  static final VarHandle SHORT_LE =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  static final VarHandle LONG_BE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /// Names that stand as a small integer 1..5, at index integer - 1.
  private static final String[] TRANSLATED_NAMES = {"_key", "_rev", "_id", "_from", "_to"};

  private static final byte[][] TRANSLATED_NAME_BYTES = new byte[TRANSLATED_NAMES.length][];

  private static final VPackType[] TYPES = new VPackType[256];

  /// Byte size by head; 0 if the size must be read.
  private static final byte[] FIXED_SIZES = new byte[256];

  static {
    for (int i = 0; i < TRANSLATED_NAMES.length; i++) {
      TRANSLATED_NAME_BYTES[i] = TRANSLATED_NAMES[i].getBytes(StandardCharsets.US_ASCII);
    }
    Arrays.fill(TYPES, VPackType.ILLEGAL);
    TYPES[0] = VPackType.NONE;
    Arrays.fill(TYPES, 0x01, 0x0a, VPackType.ARRAY);
    Arrays.fill(TYPES, 0x0a, 0x13, VPackType.OBJECT);
    TYPES[HEAD_COMPACT_ARRAY] = VPackType.ARRAY;
    TYPES[HEAD_COMPACT_OBJECT] = VPackType.OBJECT;
    TYPES[HEAD_NULL] = VPackType.NULL;
    TYPES[HEAD_FALSE] = VPackType.BOOLEAN;
    TYPES[HEAD_TRUE] = VPackType.BOOLEAN;
    TYPES[HEAD_DOUBLE] = VPackType.DOUBLE;
    TYPES[HEAD_UTC_DATE] = VPackType.UTC_DATE;
    TYPES[0x1d] = VPackType.EXTERNAL;
    TYPES[0x1e] = VPackType.MIN_KEY;
    TYPES[0x1f] = VPackType.MAX_KEY;
    Arrays.fill(TYPES, 0x20, 0x40, VPackType.INTEGER);
    Arrays.fill(TYPES, 0x40, 0xc0, VPackType.STRING);
    Arrays.fill(TYPES, 0xc0, 0xc8, VPackType.BINARY);
    Arrays.fill(TYPES, 0xc8, 0xd8, VPackType.BCD);
    TYPES[0xee] = VPackType.TAGGED;
    TYPES[0xef] = VPackType.TAGGED;
    Arrays.fill(TYPES, 0xf0, 0x100, VPackType.CUSTOM);

    for (int head : new int[] {0x00, 0x01, 0x0a, 0x17, 0x18, 0x19, 0x1a, 0x1e, 0x1f}) {
      FIXED_SIZES[head] = 1;
    }
    FIXED_SIZES[HEAD_DOUBLE] = 9;
    FIXED_SIZES[HEAD_UTC_DATE] = 9;
    FIXED_SIZES[0x1d] = 9;
    for (int width = 1; width <= 8; width++) {
      FIXED_SIZES[HEAD_SIGNED + width - 1] = (byte) (1 + width);
      FIXED_SIZES[HEAD_UNSIGNED + width - 1] = (byte) (1 + width);
    }
    Arrays.fill(FIXED_SIZES, 0x30, 0x40, (byte) 1);
    for (int length = 0; length <= SHORT_STRING_MAX; length++) {
      FIXED_SIZES[HEAD_STRING + length] = (byte) (1 + length);
    }
    FIXED_SIZES[0xf0] = 2;
    FIXED_SIZES[0xf1] = 3;
    FIXED_SIZES[0xf2] = 5;
    FIXED_SIZES[0xf3] = 9;
  }

  private VPackLayout() {}

  static int head(byte[] b, int o) {
    return b[o] & 0xff;
  }

  static VPackType type(byte[] b, int o) {
    return TYPES[b[o] & 0xff];
  }

  static boolean isObjectHead(int head) {
    return TYPES[head] == VPackType.OBJECT;
  }

  static boolean isContainerHead(int head) {
    return head >= HEAD_EMPTY_ARRAY && head <= HEAD_COMPACT_OBJECT;
  }

  /// Byte size of heads whose size needs no further reading, else 0.
  static int fixedSize(int head) {
    return FIXED_SIZES[head];
  }

  /// Reads an unsigned number of 1 to 8 bytes.
  static long readUnsigned(byte[] b, int o, int width) {
    long value = 0;
    for (int i = width - 1; i >= 0; i--) {
      value = value << 8 | (b[o + i] & 0xff);
    }
    return value;
  }

  /// An unsigned number that a valid value keeps below 2^31; width 1, 2, 4 or 8.
  static int readSize(byte[] b, int o, int width) {
    return switch (width) {
      case 1 -> b[o] & 0xff;
      case 2 -> (short) SHORT_LE.get(b, o) & 0xffff;
      default -> (int) INT_LE.get(b, o);
    };
  }

  /// Bytes of a length or offset field of an array or object that is neither empty nor compact.
  static int fieldWidth(int head) {
    return 1 << (head < HEAD_EMPTY_OBJECT ? (head - 2) & 3 : (head - 0x0b) & 3);
  }

  static int byteSize(byte[] b, int o) {
    int head = b[o] & 0xff;
    int fixed = FIXED_SIZES[head];
    return fixed != 0 ? fixed : variableByteSize(b, o, head);
  }

  private static int variableByteSize(byte[] b, int o, int head) {
    if (head < HEAD_COMPACT_ARRAY) {
      return readSize(b, o + 1, fieldWidth(head));
    }
    if (head <= HEAD_COMPACT_OBJECT) {
      return readVarint(b, o + 1);
    }
    if (head == HEAD_LONG_STRING) {
      return 9 + readSize(b, o + 1, 8);
    }
    if (head >= 0xc0 && head < 0xc8) {
      int width = head - 0xbf;
      return 1 + width + (int) readUnsigned(b, o + 1, width);
    }
    if (head >= 0xf4) {
      int width = 1 << ((head - 0xf4) / 3);
      return 1 + width + (int) readUnsigned(b, o + 1, width);
    }
    throw new IllegalStateException("head 0x%02x at byte %d has no size".formatted(head, o));
  }

  private static int readVarint(byte[] b, int o) {
    int value = 0;
    int shift = 0;
    while (true) {
      byte next = b[o++];
      value |= (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
      shift += 7;
    }
  }

  /// Reads the count of a compact container, which lies backwards from its last byte.
  private static int readCompactCount(byte[] b, int last) {
    int value = 0;
    int shift = 0;
    while (true) {
      byte next = b[last--];
      value |= (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
      shift += 7;
    }
  }

  /// Bytes of the minimal variable-length encoding.
  static int varintSize(long value) {
    int size = 1;
    while (value >= 0x80) {
      value >>>= 7;
      size++;
    }
    return size;
  }

  /// Offset of the first item (element or name) of an array or object that is not empty.
  static int firstItem(byte[] b, int o) {
    int head = b[o] & 0xff;
    if (head >= HEAD_COMPACT_ARRAY) {
      int at = o + 1;
      while (b[at] < 0) {
        at++;
      }
      return at + 1;
    }
    int width = fieldWidth(head);
    int unpadded = o + 1 + (head <= 0x05 ? width : 2 * width);
    // No item starts with a zero byte; a zero here is the padding.
    return unpadded >= o + HEADER_PADDED || b[unpadded] == 0 ? o + HEADER_PADDED : unpadded;
  }

  /// Number of elements or members.
  static int count(byte[] b, int o) {
    int head = b[o] & 0xff;
    if (head == HEAD_EMPTY_ARRAY || head == HEAD_EMPTY_OBJECT) {
      return 0;
    }
    if (head >= HEAD_COMPACT_ARRAY) {
      return readCompactCount(b, o + readVarint(b, o + 1) - 1);
    }
    int width = fieldWidth(head);
    if (head <= 0x05) {
      int first = firstItem(b, o);
      return (o + readSize(b, o + 1, width) - first) / byteSize(b, first);
    }
    return width == 8
        ? readSize(b, o + readSize(b, o + 1, 8) - 8, 8)
        : readSize(b, o + 1 + width, width);
  }

  /// Offset of the index table of an indexed array or object.
  static int indexTable(byte[] b, int o, int count) {
    int width = fieldWidth(b[o] & 0xff);
    return o + readSize(b, o + 1, width) - count * width - (width == 8 ? 8 : 0);
  }

  /// Whether items can be reached through an index table.
  static boolean hasIndexTable(int head) {
    return head >= 0x06 && head <= 0x12 && head != HEAD_EMPTY_OBJECT;
  }

  /// Offset after the name of a member, that is of its value.
  static int skipName(byte[] b, int o) {
    return o + byteSize(b, o);
  }

  static boolean isTranslatedName(int head) {
    return head >= 0x31 && head <= 0x35;
  }

  static String translatedName(int head) {
    return TRANSLATED_NAMES[head - 0x31];
  }

  static byte[] translatedNameBytes(int head) {
    return TRANSLATED_NAME_BYTES[head - 0x31];
  }

  /// Length in bytes of a string's text.
  static int textLength(byte[] b, int o) {
    int head = b[o] & 0xff;
    return head == HEAD_LONG_STRING ? readSize(b, o + 1, 8) : head - HEAD_STRING;
  }

  /// Offset of a string's text.
  static int textOffset(byte[] b, int o) {
    return (b[o] & 0xff) == HEAD_LONG_STRING ? o + 9 : o + 1;
  }

  static String name(byte[] b, int o) {
    int head = b[o] & 0xff;
    return isTranslatedName(head)
        ? TRANSLATED_NAMES[head - 0x31]
        : new String(b, textOffset(b, o), textLength(b, o), StandardCharsets.UTF_8);
  }

  /// Compares the name at `o` with the UTF-8 text given, bytewise unsigned, shorter prefix first.
  static int compareName(byte[] b, int o, byte[] text, int from, int to) {
    int head = b[o] & 0xff;
    if (isTranslatedName(head)) {
      byte[] name = TRANSLATED_NAME_BYTES[head - 0x31];
      return Arrays.compareUnsigned(name, 0, name.length, text, from, to);
    }
    int textOffset = textOffset(b, o);
    return Arrays.compareUnsigned(b, textOffset, textOffset + textLength(b, o), text, from, to);
  }

  static boolean nameEquals(byte[] b, int o, byte[] text, int from, int to) {
    int head = b[o] & 0xff;
    if (isTranslatedName(head)) {
      byte[] name = TRANSLATED_NAME_BYTES[head - 0x31];
      return Arrays.equals(name, 0, name.length, text, from, to);
    }
    int textOffset = textOffset(b, o);
    return Arrays.equals(b, textOffset, textOffset + textLength(b, o), text, from, to);
  }

  /// The first eight bytes of a text, as a number whose unsigned order is theirs; missing bytes are
  /// zero.
  static long prefix(byte[] b, int from, int length) {
    if (b.length - from >= 8) {
      long word = (long) LONG_BE.get(b, from);
      return length >= 8 ? word : length == 0 ? 0 : word & (-1L << (64 - 8 * length));
    }
    long word = 0;
    for (int i = 0; i < 8; i++) {
      word = word << 8 | (i < length ? b[from + i] & 0xff : 0);
    }
    return word;
  }

  /// Offset of the value of a member, or -1. On an object with an unsorted index table, which no
  /// builder writes, a member may be missed.
  ///
  /// @param text holds the name in UTF-8 in `from..to`
  static int find(byte[] b, int o, byte[] text, int from, int to) {
    int head = b[o] & 0xff;
    if (head == HEAD_EMPTY_OBJECT) {
      return -1;
    }
    int count = count(b, o);
    int at = firstItem(b, o);
    if (count > LINEAR_SEARCH_MAX && head != HEAD_COMPACT_OBJECT) {
      if (nameEquals(b, at, text, from, to)) {
        return skipName(b, at); // A document's _key is its first member.
      }
      return binarySearch(b, o, head, count, text, from, to);
    }
    int shortHead = to - from <= SHORT_STRING_MAX ? HEAD_STRING + to - from : -1;
    for (int i = 0; i < count; i++) {
      int nameHead = b[at] & 0xff;
      int value = at + byteSize(b, at);
      if (nameHead == shortHead) {
        if (Arrays.equals(b, at + 1, value, text, from, to)) {
          return value;
        }
      } else if ((nameHead < HEAD_STRING || nameHead == HEAD_LONG_STRING)
          && nameEquals(b, at, text, from, to)) {
        return value;
      }
      at = value + byteSize(b, value);
    }
    return -1;
  }

  private static int binarySearch(
      byte[] b, int o, int head, int count, byte[] text, int from, int to) {
    int width = fieldWidth(head);
    int table = indexTable(b, o, count);
    int low = 0;
    int high = count - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int at = o + readSize(b, table + middle * width, width);
      int order = compareName(b, at, text, from, to);
      if (order == 0) {
        return skipName(b, at);
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  static int find(byte[] b, int o, byte[] name) {
    return find(b, o, name, 0, name.length);
  }

  /// Whether the value at `o` is a string with exactly these ASCII characters.
  static boolean isAsciiString(byte[] b, int o, String text) {
    if ((b[o] & 0xff) < HEAD_STRING
        || (b[o] & 0xff) > HEAD_LONG_STRING
        || textLength(b, o) != text.length()) {
      return false;
    }
    int at = textOffset(b, o);
    for (int i = 0; i < text.length(); i++) {
      if (b[at + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  static boolean isString(byte[] b, int o) {
    int head = b[o] & 0xff;
    return head >= HEAD_STRING && head <= HEAD_LONG_STRING;
  }

  static @Nullable String stringAt(byte[] b, int o) {
    return isString(b, o)
        ? new String(b, textOffset(b, o), textLength(b, o), StandardCharsets.UTF_8)
        : null;
  }

  static boolean isNumberHead(int head) {
    return head == HEAD_DOUBLE || (head >= HEAD_SIGNED && head < HEAD_STRING);
  }

  /// The low 64 bits of an integer; an unsigned one of 8 bytes may come out negative.
  static long integer(byte[] b, int o) {
    int head = b[o] & 0xff;
    if (head >= 0x3a) {
      return head - 0x40L;
    }
    if (head >= HEAD_ZERO) {
      return head - (long) HEAD_ZERO;
    }
    if (head >= HEAD_UNSIGNED) {
      return readUnsigned(b, o + 1, head - HEAD_UNSIGNED + 1);
    }
    int width = head - HEAD_SIGNED + 1;
    int unused = 64 - 8 * width;
    return readUnsigned(b, o + 1, width) << unused >> unused;
  }

  /// Whether an integer is above [Long#MAX_VALUE], so that its 64 bits are to be read as unsigned.
  static boolean isBeyondLong(byte[] b, int o) {
    return (b[o] & 0xff) == HEAD_UNSIGNED + 7 && b[o + 8] < 0;
  }

  /// A number as the nearest double.
  static double number(byte[] b, int o) {
    if ((b[o] & 0xff) == HEAD_DOUBLE) {
      return Double.longBitsToDouble((long) LONG_LE.get(b, o + 1));
    }
    long value = integer(b, o);
    return isBeyondLong(b, o) ? unsignedToDouble(value) : value;
  }

  private static double unsignedToDouble(long value) {
    // Halved with the lowest bit sticky, so that rounding sees it.
    return ((value >>> 1) | (value & 1)) * 2.0;
  }
}
