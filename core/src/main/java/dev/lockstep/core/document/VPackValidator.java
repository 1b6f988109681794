package dev.lockstep.core.document;

import java.util.Arrays;
import java.util.Objects;

/// Judges bytes of a peer before anything else reads them. Whatever passes can be read by
/// [VPackSlice] without an index error, its strings are UTF-8, and its depth is bounded. An
/// object's index table may be unsorted and names may repeat, as on upstream's servers;
/// [StoredDocument#normalize] repairs both. Thread-safe: no state.
public final class VPackValidator {
  /*
   * Every size is compared with the bytes that are left before it is used, so neither time nor memory can exceed a small
   * multiple of the input, whatever sizes the input claims.
   */

  private static final int HEAD_EXTERNAL = 0x1d;

  private final byte[] b;
  private final ValidationLimits limits;

  /// Offset of the value at hand, to which `memberStarts` is relative.
  private int base;

  /// One bit per byte of the value at hand: where members of objects start whose index table is not
  /// checked yet. An inner object takes its bits out before the outer one looks at its own. All
  /// zero between values.
  private long[] memberStarts = new long[8];

  private boolean storedLayout = true;

  /// For several values of one buffer. After an exception it is of no use any more.
  VPackValidator(byte[] b, ValidationLimits limits) {
    this.b = b;
    this.limits = limits;
  }

  /// Checks the value at `o`, which may extend to `end`, and returns its byte size.
  int check(int o, int end) {
    base = o;
    storedLayout = true;
    return value(o, end, 0) - o;
  }

  /// Whether the value checked last is in the layout of stored documents (see [StoredDocument]).
  boolean isStoredLayout() {
    return storedLayout;
  }

  /// Checks the first value of a range; further bytes of the range are not looked at (values are
  /// concatenated in dumps).
  ///
  /// @return byte size of that value
  /// @throws InvalidVPackException if the value is malformed, nested too deeply, or does not fit
  ///   into the range
  public static int validate(byte[] buffer, int offset, int length, ValidationLimits limits) {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (length == 0) {
      throw new InvalidVPackException(offset, "no bytes");
    }
    return new VPackValidator(buffer, limits).check(offset, offset + length);
  }

  /// Checks that an array holds exactly one value.
  ///
  /// @throws InvalidVPackException as [#validate], or if bytes are left over
  public static VPackSlice validateWhole(byte[] bytes, ValidationLimits limits) {
    int size = validate(bytes, 0, bytes.length, limits);
    if (size != bytes.length) {
      throw new InvalidVPackException(
          size, (bytes.length - size) + " bytes are left over after the value");
    }
    return new VPackSlice(bytes, 0);
  }

  /// Checks the value at `o`, which may extend to `end`, and returns where it ends.
  private int value(int o, int end, int depth) {
    if (o >= end) {
      throw new InvalidVPackException(o, "a value is missing");
    }
    int head = b[o] & 0xff;
    if (head >= VPackLayout.HEAD_STRING && head <= VPackLayout.HEAD_LONG_STRING) {
      return string(o, end, head);
    }
    if (head >= VPackLayout.HEAD_NULL && head < VPackLayout.HEAD_STRING && head != HEAD_EXTERNAL) {
      return fixed(o, end, VPackLayout.fixedSize(head));
    }
    if (VPackLayout.isContainerHead(head)) {
      return container(o, end, head, depth);
    }
    if (head >= 0xc0 && head < 0xc8) {
      int width = head - 0xbf;
      int content = fixed(o, end, 1 + width);
      return content + size(o, o + 1, width, end - content);
    }
    if (head >= 0xf0) {
      if (head == VPackLayout.HEAD_CUSTOM_ID && limits.acceptCustomId()) {
        storedLayout = false;
        return fixed(o, end, 9);
      }
      throw new InvalidVPackException(o, "custom type 0x%02x is not accepted here".formatted(head));
    }
    throw new InvalidVPackException(o, "type 0x%02x is not accepted".formatted(head));
  }

  private int fixed(int o, int end, int size) {
    if (size > end - o) {
      throw new InvalidVPackException(
          o, "a value of " + size + " bytes is cut off after " + (end - o));
    }
    return o + size;
  }

  /// Reads a size that may be at most `max`.
  private int size(int o, int field, int width, int max) {
    long size = VPackLayout.readUnsigned(b, field, width);
    if (size < 0 || size > max) {
      throw new InvalidVPackException(
          o, "a size of " + Long.toUnsignedString(size) + " exceeds the " + max + " bytes left");
    }
    return (int) size;
  }

  private int string(int o, int end, int head) {
    int text;
    int length;
    if (head == VPackLayout.HEAD_LONG_STRING) {
      text = fixed(o, end, 9);
      length = size(o, o + 1, 8, end - text);
    } else {
      text = o + 1;
      length = fixed(o, end, head - VPackLayout.HEAD_STRING + 1) - text;
    }
    int invalid = Utf8.firstInvalid(b, text, text + length);
    if (invalid >= 0) {
      throw new InvalidVPackException(invalid, "a string is not UTF-8");
    }
    return text + length;
  }

  private int name(int o, int end) {
    if (o >= end) {
      throw new InvalidVPackException(o, "a name is missing");
    }
    int head = b[o] & 0xff;
    if (VPackLayout.isTranslatedName(head)) {
      storedLayout = false;
      return o + 1;
    }
    if (head < VPackLayout.HEAD_STRING || head > VPackLayout.HEAD_LONG_STRING) {
      throw new InvalidVPackException(o, "type 0x%02x cannot be a name".formatted(head));
    }
    return string(o, end, head);
  }

  private int container(int o, int end, int head, int depth) {
    if (depth >= limits.depthMax()) {
      throw InvalidVPackException.tooDeep(o, limits.depthMax());
    }
    if (head == VPackLayout.HEAD_EMPTY_ARRAY || head == VPackLayout.HEAD_EMPTY_OBJECT) {
      return o + 1;
    }
    if (head >= VPackLayout.HEAD_COMPACT_ARRAY) {
      return compact(o, end, head == VPackLayout.HEAD_COMPACT_OBJECT, depth);
    }
    if (head >= 0x0f) {
      throw new InvalidVPackException(o, "objects with an unsorted index table are not accepted");
    }
    int width = VPackLayout.fieldWidth(head);
    boolean indexed = head >= 0x06;
    int unpadded = fixed(o, end, 1 + (indexed && width < 8 ? 2 * width : width));
    int valueEnd = o + size(o, o + 1, width, end - o);
    int first = firstItem(o, unpadded, valueEnd);
    if (!indexed) {
      return equalSizeArray(o, first, valueEnd, depth);
    }
    int itemsEnd = width == 8 ? valueEnd - 8 : valueEnd;
    if (itemsEnd < first) {
      throw new InvalidVPackException(o, "no room for items");
    }
    int count =
        size(o, width == 8 ? itemsEnd : o + 1 + width, width, (itemsEnd - first) / (width + 1));
    if (count == 0) {
      throw new InvalidVPackException(o, "an indexed container without items");
    }
    int table = itemsEnd - count * width;
    if (head >= 0x0b) {
      indexedObject(o, first, table, count, width, depth);
    } else {
      indexedArray(o, first, table, count, width, depth);
    }
    return valueEnd;
  }

  /// Where the items start: right after the header, or after zero padding at offset 9.
  private int firstItem(int o, int unpadded, int valueEnd) {
    if (unpadded >= valueEnd) {
      throw new InvalidVPackException(o, "no room for items");
    }
    int padded = o + VPackLayout.HEADER_PADDED;
    if (unpadded >= padded || b[unpadded] != 0) {
      return unpadded;
    }
    if (padded >= valueEnd) {
      throw new InvalidVPackException(o, "no room for items after the padding");
    }
    for (int i = unpadded; i < padded; i++) {
      if (b[i] != 0) {
        throw new InvalidVPackException(i, "the padding is not zero");
      }
    }
    return padded;
  }

  private int equalSizeArray(int o, int first, int valueEnd, int depth) {
    int at = value(first, valueEnd, depth + 1);
    int itemSize = at - first;
    if ((valueEnd - first) % itemSize != 0) {
      throw new InvalidVPackException(
          o, (valueEnd - first) + " bytes cannot hold elements of " + itemSize + " bytes each");
    }
    while (at < valueEnd) {
      int next = value(at, valueEnd, depth + 1);
      if (next - at != itemSize) {
        throw new InvalidVPackException(
            at, "an element of " + (next - at) + " bytes among elements of " + itemSize);
      }
      at = next;
    }
    return valueEnd;
  }

  private void indexedArray(int o, int first, int table, int count, int width, int depth) {
    int at = first;
    for (int i = 0; i < count; i++) {
      if (VPackLayout.readUnsigned(b, table + i * width, width) != at - o) {
        throw new InvalidVPackException(table + i * width, "the index table misses element " + i);
      }
      at = value(at, table, depth + 1);
    }
    requireEnd(at, table);
  }

  private void indexedObject(int o, int first, int table, int count, int width, int depth) {
    int at = first;
    for (int i = 0; i < count; i++) {
      int bit = at - base;
      if (bit >> 6 >= memberStarts.length) {
        memberStarts =
            Arrays.copyOf(memberStarts, Math.max((bit >> 6) + 1, 2 * memberStarts.length));
      }
      memberStarts[bit >> 6] |= 1L << bit;
      at = name(at, table);
      at = value(at, table, depth + 1);
    }
    requireEnd(at, table);
    // Each member must have exactly one entry, and each entry a member.
    for (int i = 0; i < count; i++) {
      long entry = VPackLayout.readUnsigned(b, table + i * width, width);
      int bit = entry < 0 || entry >= table - o ? -1 : o + (int) entry - base;
      if (bit < 0 || bit >> 6 >= memberStarts.length || (memberStarts[bit >> 6] & 1L << bit) == 0) {
        throw new InvalidVPackException(
            table + i * width, "the index table names no member, or one twice");
      }
      memberStarts[bit >> 6] &= ~(1L << bit);
    }
    if (storedLayout
        && (count == 1 || !StoredDocument.isStrictlySorted(b, o, table, count, width))) {
      storedLayout = false;
    }
  }

  private void requireEnd(int at, int table) {
    if (at != table) {
      throw new InvalidVPackException(
          at, (table - at) + " bytes between the last item and the index table");
    }
  }

  /// Bytes between the counted items and the count are accepted, as upstream does.
  private int compact(int o, int end, boolean object, int depth) {
    int at = o + 1;
    long size = 0;
    int shift = 0;
    while (true) {
      // Five groups of seven bits cover every size that can be in memory.
      if (at >= end || shift > 28) {
        throw new InvalidVPackException(o, "the size of a compact container does not end");
      }
      byte next = b[at++];
      size |= (next & 0x7fL) << shift;
      if (next >= 0) {
        break;
      }
      shift += 7;
    }
    if (size > end - o) {
      throw new InvalidVPackException(
          o, "a size of " + size + " exceeds the " + (end - o) + " bytes left");
    }
    int valueEnd = o + (int) size;
    int last = valueEnd - 1;
    long count = 0;
    shift = 0;
    while (true) {
      if (last <= at || shift > 28) {
        throw new InvalidVPackException(
            o, "the count of a compact container is missing or does not end");
      }
      byte next = b[last--];
      count |= (next & 0x7fL) << shift;
      if (next >= 0) {
        break;
      }
      shift += 7;
    }
    int itemsEnd = last + 1;
    if (count == 0 || count > itemsEnd - at) {
      throw new InvalidVPackException(
          o, count + " items cannot be in " + (itemsEnd - at) + " bytes");
    }
    for (long i = 0; i < count; i++) {
      if (object) {
        at = name(at, itemsEnd);
      }
      at = value(at, itemsEnd, depth + 1);
    }
    // The default layout is compact for objects of one member only.
    if (!object || count > 1 || at != valueEnd - 1) {
      storedLayout = false;
    }
    return valueEnd;
  }
}
