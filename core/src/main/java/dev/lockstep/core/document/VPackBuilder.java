package dev.lockstep.core.document;

import com.dynatrace.hash4j.hashing.Hasher64;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Writes one or several VelocyPack values into a growing buffer, in the layout that upstream's
/// default builder writes, or compact. Misuse (a value without a name inside an object, a surplus
/// `close`) throws [IllegalStateException]. Not thread-safe.
public final class VPackBuilder {
  /*
   * A container opens with nine bytes for its header. On close, small and compact ones move their content left over what
   * they do not need; wider layouts keep the space as padding, so that large content stays where it is.
   *
   * `itemOffsets` holds, for all open containers one after the other, where each item starts, relative to its container:
   * content of an inner container moves only while that container closes, before anything follows it.
   */

  /// Default limit: the largest body the server accepts.
  public static final int BYTES_MAX = 512 << 20;

  private static final int INITIAL_CAPACITY = 256;

  /// Up to here a buffer is worth keeping for the next value.
  private static final int REUSED_MAX = 1 << 20;

  /// Room kept behind the last byte, so that eight bytes can be read from any name.
  private static final int READ_AHEAD = 8;

  /// Up to here moving entries one by one beats merging.
  private static final int INSERTION_SORT_MAX = 24;

  /// What every JVM can allocate as one array.
  private static final int ARRAY_LENGTH_MAX = Integer.MAX_VALUE - 64;

  private final int bytesMax;
  private boolean compact;
  private boolean lastOfEqualNamesWins;

  private byte[] b;
  private int size;

  private int depth;
  private int[] containerStarts = new int[16];

  /// First entry of each open container in `itemOffsets`.
  private int[] containerItems = new int[16];

  private int[] itemOffsets = new int[32];
  private int itemCount;

  /// First bytes of the name of each item, left-aligned, for items of objects; decides most
  /// comparisons.
  private long[] namePrefixes = new long[32];

  private int[] sortOffsets = new int[0];
  private long[] sortPrefixes = new long[0];

  private boolean inObject;
  private boolean named;

  /// Where the text that is being written in pieces begins.
  private int textStart;

  public VPackBuilder() {
    this(BYTES_MAX);
  }

  /// @param bytesMax most bytes this builder may hold; beyond it every method throws
  ///   [VPackTooLargeException]
  public VPackBuilder(int bytesMax) {
    this(bytesMax, INITIAL_CAPACITY);
  }

  /// @param expectedSize bytes to make room for at first
  VPackBuilder(int bytesMax, int expectedSize) {
    if (bytesMax < 1 || bytesMax > ARRAY_LENGTH_MAX - READ_AHEAD) {
      throw new IllegalArgumentException("bytesMax=" + bytesMax);
    }
    this.bytesMax = bytesMax;
    this.b = new byte[Math.min(expectedSize, bytesMax) + READ_AHEAD];
  }

  /// Switches to the compact layout (heads `0x13` and `0x14`) for containers closed from now on.
  public VPackBuilder compact() {
    compact = true;
    return this;
  }

  /// Makes an object keep only the last of several members with the same name. Without it all are
  /// kept, as upstream's builder does.
  public VPackBuilder lastOfEqualNamesWins() {
    lastOfEqualNamesWins = true;
    return this;
  }

  public VPackBuilder openObject() {
    open(VPackLayout.HEAD_EMPTY_OBJECT);
    inObject = true;
    return this;
  }

  public VPackBuilder openArray() {
    open(VPackLayout.HEAD_EMPTY_ARRAY);
    inObject = false;
    return this;
  }

  /// Closes the innermost open object or array.
  public VPackBuilder close() {
    if (depth == 0 || named) {
      throw new IllegalStateException(depth == 0 ? "nothing is open" : "a name has no value");
    }
    int start = containerStarts[depth - 1];
    int firstItem = containerItems[depth - 1];
    int count = itemCount - firstItem;
    if (count == 0) {
      size = start + 1;
    } else if (inObject) {
      closeObject(start, firstItem, count);
    } else {
      closeArray(start, firstItem, count);
    }
    itemCount = firstItem;
    depth--;
    inObject = depth > 0 && b[containerStarts[depth - 1]] == VPackLayout.HEAD_EMPTY_OBJECT;
    return this;
  }

  /// Names the next value of the open object.
  public VPackBuilder key(String name) {
    beforeName();
    int at = size;
    writeString(name, false);
    recordName(at);
    return this;
  }

  /// [#key(String)], but refuses unpaired surrogates.
  ///
  /// @return false if there is an unpaired surrogate; the builder is unusable then, until [#reset]
  boolean textKey(String name) {
    beforeName();
    int at = size;
    if (!writeString(name, true)) {
      return false;
    }
    recordName(at);
    return true;
  }

  /// [#key(String)] with a name that lies in a VelocyPack buffer; a translated one is spelled out.
  VPackBuilder key(byte[] buffer, int offset) {
    beforeName();
    int at = size;
    int head = buffer[offset] & 0xff;
    if (VPackLayout.isTranslatedName(head)) {
      byte[] name = VPackLayout.translatedNameBytes(head);
      ensure(1 + name.length);
      b[size] = (byte) (VPackLayout.HEAD_STRING + name.length);
      System.arraycopy(name, 0, b, size + 1, name.length);
      size += 1 + name.length;
    } else {
      append(buffer, offset, VPackLayout.byteSize(buffer, offset));
    }
    recordName(at);
    return this;
  }

  /// A text; unpaired surrogates, which UTF-8 cannot say, become U+FFFD.
  public VPackBuilder value(String value) {
    beforeValue();
    writeString(value, false);
    return this;
  }

  /// An integer, in as few bytes as possible.
  public VPackBuilder value(long value) {
    beforeValue();
    if (value >= 0) {
      writeUnsigned(value);
    } else if (value >= -6) {
      ensure(1);
      b[size++] = (byte) (VPackLayout.HEAD_STRING + value);
    } else {
      int width = 8 - ((Long.numberOfLeadingZeros(~value) - 1) >> 3);
      writeHeadAndBytes(VPackLayout.HEAD_SIGNED + width - 1, value, width);
    }
    return this;
  }

  public VPackBuilder value(double value) {
    beforeValue();
    writeHeadAndBytes(VPackLayout.HEAD_DOUBLE, Double.doubleToRawLongBits(value), 8);
    return this;
  }

  public VPackBuilder value(boolean value) {
    beforeValue();
    ensure(1);
    b[size++] = (byte) (value ? VPackLayout.HEAD_TRUE : VPackLayout.HEAD_FALSE);
    return this;
  }

  /// An integer given as unsigned 64 bits.
  public VPackBuilder unsigned(long value) {
    beforeValue();
    writeUnsigned(value);
    return this;
  }

  public VPackBuilder nullValue() {
    beforeValue();
    ensure(1);
    b[size++] = VPackLayout.HEAD_NULL;
    return this;
  }

  /// Copies a value, byte for byte.
  public VPackBuilder slice(VPackSlice value) {
    return raw(value.buffer(), value.offset(), value.byteSize());
  }

  /// Copies a value that lies in `length` bytes, byte for byte.
  VPackBuilder raw(byte[] buffer, int offset, int length) {
    beforeValue();
    append(buffer, offset, length);
    return this;
  }

  public VPackBuilder member(String name, String value) {
    return key(name).value(value);
  }

  public VPackBuilder member(String name, long value) {
    return key(name).value(value);
  }

  public VPackBuilder member(String name, double value) {
    return key(name).value(value);
  }

  public VPackBuilder member(String name, boolean value) {
    return key(name).value(value);
  }

  public VPackBuilder member(String name, VPackSlice value) {
    return key(name).slice(value);
  }

  /// Bytes written so far; containers still open have no final size yet.
  public int byteSize() {
    return size;
  }

  /// A copy of everything written.
  ///
  /// @throws IllegalStateException if a container is still open
  public byte[] toByteArray() {
    requireClosed();
    return Arrays.copyOf(b, size);
  }

  /// The first value written, on a copy of the bytes.
  public VPackSlice toSlice() {
    return VPackSlice.of(toByteArray());
  }

  /// The first value written, and forgets everything as [#reset] does. Small values are copied, so
  /// that the buffer can be reused; a large one gets the buffer itself, which then is longer than
  /// the value.
  VPackSlice takeSlice() {
    requireClosed();
    VPackSlice slice;
    if (size <= REUSED_MAX) {
      slice = toSlice();
    } else {
      slice = VPackSlice.of(b);
      b = new byte[INITIAL_CAPACITY + READ_AHEAD];
    }
    reset();
    return slice;
  }

  /// Writes everything out, without a copy.
  ///
  /// @throws IllegalStateException if a container is still open
  public void writeTo(OutputStream out) throws IOException {
    requireClosed();
    out.write(b, 0, size);
  }

  /// A hash of everything written.
  long hash(Hasher64 hasher) {
    return hasher.hashBytesToLong(b, 0, size);
  }

  /// Forgets everything written, keeps the buffer for reuse and the options.
  public void reset() {
    size = 0;
    depth = 0;
    itemCount = 0;
    inObject = false;
    named = false;
  }

  /// A text given as UTF-16; unlike [#value(String)] refuses unpaired surrogates.
  ///
  /// @return false if there is an unpaired surrogate; the builder is unusable then, until [#reset]
  boolean textValue(char[] text, int from, int length) {
    beforeValue();
    int start = size;
    if (length <= VPackLayout.SHORT_STRING_MAX) {
      ensure(1 + length);
      int at = size + 1;
      int end = from + length;
      int i = from;
      while (i < end && text[i] < 0x80) {
        b[at++] = (byte) text[i++];
      }
      if (i == end) {
        b[size] = (byte) (VPackLayout.HEAD_STRING + length);
        size = at;
        return true;
      }
    }
    int utf8Length = utf8Length(text, from, length);
    if (utf8Length < 0) {
      return false;
    }
    writeStringHead(utf8Length);
    ensure(utf8Length);
    writeUtf8(text, from, length);
    assert size - start == utf8Length + (utf8Length > VPackLayout.SHORT_STRING_MAX ? 9 : 1);
    return true;
  }

  /// Begins a text that comes in pieces. Nothing else may be written before [#endText].
  void beginText() {
    beforeValue();
    textStart = size;
    writeHeadAndBytes(VPackLayout.HEAD_LONG_STRING, 0, 8);
  }

  /// A piece of the text given as UTF-16.
  ///
  /// @return false if there is an unpaired surrogate; the builder is unusable then, until [#reset]
  boolean appendText(char[] text, int from, int length) {
    int utf8Length = utf8Length(text, from, length);
    if (utf8Length < 0) {
      return false;
    }
    ensure(utf8Length);
    writeUtf8(text, from, length);
    return true;
  }

  /// A piece of the text given as UTF-8.
  void appendText(byte[] utf8, int from, int length) {
    append(utf8, from, length);
  }

  /// @return false if the whole is not UTF-8; the builder is unusable then, until [#reset]
  boolean endText() {
    int start = textStart + 9;
    int length = size - start;
    if (Utf8.firstInvalid(b, start, size) >= 0) {
      return false;
    }
    if (length <= VPackLayout.SHORT_STRING_MAX) {
      System.arraycopy(b, start, b, textStart + 1, length);
      b[textStart] = (byte) (VPackLayout.HEAD_STRING + length);
      size = textStart + 1 + length;
    } else {
      VPackLayout.LONG_LE.set(b, textStart + 1, (long) length);
    }
    return true;
  }

  private void requireClosed() {
    if (depth > 0) {
      throw new IllegalStateException(depth + " containers are still open");
    }
  }

  private void open(int head) {
    beforeValue();
    ensure(VPackLayout.HEADER_PADDED);
    if (depth == containerStarts.length) {
      containerStarts = Arrays.copyOf(containerStarts, 2 * depth);
      containerItems = Arrays.copyOf(containerItems, 2 * depth);
    }
    containerStarts[depth] = size;
    containerItems[depth] = itemCount;
    depth++;
    // Until it is closed, the head tells arrays and objects apart.
    b[size] = (byte) head;
    size += VPackLayout.HEADER_PADDED;
  }

  private void beforeValue() {
    if (inObject) {
      if (!named) {
        throw new IllegalStateException("a value inside an object needs a name");
      }
      named = false;
    } else if (depth > 0) {
      recordItem(size);
    }
  }

  private void beforeName() {
    if (!inObject || named) {
      throw new IllegalStateException(named ? "two names in a row" : "a name outside of an object");
    }
  }

  private void recordName(int at) {
    recordItem(at);
    if (namePrefixes.length < itemCount) {
      namePrefixes = Arrays.copyOf(namePrefixes, itemOffsets.length);
    }
    namePrefixes[itemCount - 1] = namePrefix(at);
    named = true;
  }

  private void recordItem(int at) {
    if (itemCount == itemOffsets.length) {
      itemOffsets = Arrays.copyOf(itemOffsets, itemCount + (itemCount >> 1));
    }
    itemOffsets[itemCount++] = at - containerStarts[depth - 1];
  }

  private long namePrefix(int at) {
    return VPackLayout.prefix(b, VPackLayout.textOffset(b, at), VPackLayout.textLength(b, at));
  }

  private void ensure(int more) {
    if (more > b.length - READ_AHEAD - size) {
      grow(more);
    }
  }

  private void grow(int more) {
    long needed = (long) size + more;
    if (needed > bytesMax) {
      throw new VPackTooLargeException(bytesMax);
    }
    long capacity =
        Math.min(
            Math.max(needed + READ_AHEAD, b.length + (long) (b.length >> 1)),
            (long) bytesMax + READ_AHEAD);
    b = Arrays.copyOf(b, (int) capacity);
  }

  private void append(byte[] buffer, int offset, int length) {
    ensure(length);
    System.arraycopy(buffer, offset, b, size, length);
    size += length;
  }

  private void writeUnsigned(long value) {
    if (value >= 0 && value <= 9) {
      ensure(1);
      b[size++] = (byte) (VPackLayout.HEAD_ZERO + value);
    } else {
      int width = 8 - (Long.numberOfLeadingZeros(value) >> 3);
      writeHeadAndBytes(VPackLayout.HEAD_UNSIGNED + width - 1, value, width);
    }
  }

  private void writeHeadAndBytes(int head, long value, int width) {
    ensure(1 + width);
    b[size] = (byte) head;
    // Room for eight bytes is always there; those beyond the width are overwritten later.
    VPackLayout.LONG_LE.set(b, size + 1, value);
    size += 1 + width;
  }

  private void writeStringHead(int length) {
    if (length <= VPackLayout.SHORT_STRING_MAX) {
      ensure(1);
      b[size++] = (byte) (VPackLayout.HEAD_STRING + length);
    } else {
      writeHeadAndBytes(VPackLayout.HEAD_LONG_STRING, length, 8);
    }
  }

  /// @return false, with nothing written, if the text is `strict` and has an unpaired surrogate
  private boolean writeString(String text, boolean strict) {
    int length = text.length();
    if (length <= VPackLayout.SHORT_STRING_MAX) {
      ensure(1 + length);
      int at = size + 1;
      int i = 0;
      while (i < length) {
        char c = text.charAt(i);
        if (c >= 0x80) {
          break;
        }
        b[at + i++] = (byte) c;
      }
      if (i == length) {
        b[size] = (byte) (VPackLayout.HEAD_STRING + length);
        size = at + length;
        return true;
      }
    }
    String wellFormed = replaceUnpairedSurrogates(text);
    if (strict && !wellFormed.equals(text)) {
      return false;
    }
    byte[] utf8 = wellFormed.getBytes(StandardCharsets.UTF_8);
    writeStringHead(utf8.length);
    append(utf8, 0, utf8.length);
    return true;
  }

  private static String replaceUnpairedSurrogates(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        StringBuilder replaced = new StringBuilder(text.length());
        text.codePoints()
            .forEach(point -> replaced.appendCodePoint(isSurrogate(point) ? 0xfffd : point));
        return replaced.toString();
      }
    }
    return text;
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  /// Length of UTF-16 text in UTF-8, or -1 if it has an unpaired surrogate.
  private int utf8Length(char[] text, int from, int length) {
    long bytes = length;
    for (int i = from; i < from + length; i++) {
      char c = text[i];
      if (c >= 0x80) {
        if (c < 0x800) {
          bytes++;
        } else if (!Character.isSurrogate(c)) {
          bytes += 2;
        } else if (Character.isHighSurrogate(c)
            && i + 1 < from + length
            && Character.isLowSurrogate(text[i + 1])) {
          bytes += 2;
          i++;
        } else {
          return -1;
        }
      }
    }
    if (bytes > bytesMax) {
      throw new VPackTooLargeException(bytesMax);
    }
    return (int) bytes;
  }

  /// The text must be well-formed and the room ensured.
  private void writeUtf8(char[] text, int from, int length) {
    byte[] target = b;
    int at = size;
    for (int i = from; i < from + length; i++) {
      char c = text[i];
      if (c < 0x80) {
        target[at++] = (byte) c;
      } else if (c < 0x800) {
        target[at++] = (byte) (0xc0 | (c >> 6));
        target[at++] = (byte) (0x80 | (c & 0x3f));
      } else if (Character.isSurrogate(c)) {
        int point = Character.toCodePoint(c, text[++i]);
        target[at++] = (byte) (0xf0 | (point >> 18));
        target[at++] = (byte) (0x80 | ((point >> 12) & 0x3f));
        target[at++] = (byte) (0x80 | ((point >> 6) & 0x3f));
        target[at++] = (byte) (0x80 | (point & 0x3f));
      } else {
        target[at++] = (byte) (0xe0 | (c >> 12));
        target[at++] = (byte) (0x80 | ((c >> 6) & 0x3f));
        target[at++] = (byte) (0x80 | (c & 0x3f));
      }
    }
    size = at;
  }

  private void closeArray(int start, int firstItem, int count) {
    if (compact) {
      closeCompact(start, count, VPackLayout.HEAD_COMPACT_ARRAY);
      return;
    }
    int content = size - start - VPackLayout.HEADER_PADDED;
    if (itemsHaveEqualSize(start, firstItem, count)) {
      if (2 + content <= 0xff) {
        moveContentLeft(start, 2);
        b[start] = 0x02;
        b[start + 1] = (byte) (2 + content);
      } else {
        writeWideHeader(
            start, 0x02, VPackLayout.HEADER_PADDED + content <= 0xffff ? 2 : 4, size - start, -1);
      }
      return;
    }
    closeIndexed(start, firstItem, count, 0x06);
  }

  private boolean itemsHaveEqualSize(int start, int firstItem, int count) {
    int itemSize =
        (count == 1 ? size - start : itemOffsets[firstItem + 1]) - itemOffsets[firstItem];
    if ((long) itemSize * count != size - start - VPackLayout.HEADER_PADDED) {
      return false;
    }
    for (int i = 1; i < count; i++) {
      if (itemOffsets[firstItem + i] - itemOffsets[firstItem + i - 1] != itemSize) {
        return false;
      }
    }
    return true;
  }

  private void closeObject(int start, int firstItem, int count) {
    if (count > 1 && (!compact || lastOfEqualNamesWins)) {
      int kept = count;
      if (lastOfEqualNamesWins) {
        kept = sortDroppingEqualNames(start, firstItem, count);
      } else {
        sortByName(start, firstItem, count);
      }
      if (kept > 1 && !compact) {
        closeIndexed(start, firstItem, kept, 0x0b);
        return;
      }
      count = kept;
    }
    closeCompact(start, count, VPackLayout.HEAD_COMPACT_OBJECT);
  }

  private void closeIndexed(int start, int firstItem, int count, int headOfWidth1) {
    int content = size - start - VPackLayout.HEADER_PADDED;
    if (3 + (long) content + count <= 0xff) {
      moveContentLeft(start, 3);
      ensure(count);
      for (int i = 0; i < count; i++) {
        b[size++] = (byte) (itemOffsets[firstItem + i] - VPackLayout.HEADER_PADDED + 3);
      }
      b[start] = (byte) headOfWidth1;
      b[start + 1] = (byte) (size - start);
      b[start + 2] = (byte) count;
      return;
    }
    int width = VPackLayout.HEADER_PADDED + content + 2L * count <= 0xffff ? 2 : 4;
    if ((long) size + (long) width * count > bytesMax) {
      throw new VPackTooLargeException(bytesMax);
    }
    ensure(width * count);
    for (int i = 0; i < count; i++) {
      if (width == 2) {
        VPackLayout.SHORT_LE.set(b, size, (short) itemOffsets[firstItem + i]);
      } else {
        VPackLayout.INT_LE.set(b, size, itemOffsets[firstItem + i]);
      }
      size += width;
    }
    writeWideHeader(start, headOfWidth1, width, size - start, count);
  }

  /// Layouts with fields of 2 or 4 bytes; what they do not use of the header is zero.
  private void writeWideHeader(int start, int headOfWidth1, int width, int byteSize, int count) {
    b[start] = (byte) (headOfWidth1 + (width == 2 ? 1 : 2));
    VPackLayout.LONG_LE.set(
        b, start + 1, count < 0 ? byteSize : byteSize | ((long) count << (8 * width)));
  }

  private void closeCompact(int start, int count, int head) {
    int content = size - start - VPackLayout.HEADER_PADDED;
    int countSize = VPackLayout.varintSize(count);
    long withoutSizeField = 1L + content + countSize;
    int sizeField =
        VPackLayout.varintSize(withoutSizeField + VPackLayout.varintSize(withoutSizeField));
    moveContentLeft(start, 1 + sizeField);
    ensure(countSize);
    b[start] = (byte) head;
    int at = start + 1;
    long rest = withoutSizeField + sizeField;
    while (rest >= 0x80) {
      b[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    b[at] = (byte) rest;
    size += countSize;
    at = size - 1;
    int restCount = count;
    while (restCount >= 0x80) {
      b[at--] = (byte) (restCount | 0x80);
      restCount >>>= 7;
    }
    b[at] = (byte) restCount;
  }

  private void moveContentLeft(int start, int headerSize) {
    int from = start + VPackLayout.HEADER_PADDED;
    System.arraycopy(b, from, b, start + headerSize, size - from);
    size -= VPackLayout.HEADER_PADDED - headerSize;
  }

  /// Sorts the entries of the open object by name; equal names keep their order.
  private void sortByName(int start, int firstItem, int count) {
    if (count <= INSERTION_SORT_MAX) {
      insertionSort(start, firstItem, count);
    } else if (!isSorted(start, firstItem, count)) {
      if (sortOffsets.length < count) {
        sortOffsets = new int[count];
        sortPrefixes = new long[count];
      }
      mergeSort(start, firstItem, firstItem + count);
    }
  }

  /// Sorts by name and takes out all members but the last of each name, content included.
  ///
  /// @return members left
  private int sortDroppingEqualNames(int start, int firstItem, int count) {
    sortByName(start, firstItem, count);
    int dropped = 0;
    for (int i = firstItem; i < firstItem + count - 1; i++) {
      if (compare(start, i, i + 1) == 0) {
        itemOffsets[i] = -itemOffsets[i];
        dropped++;
      }
    }
    return dropped == 0 ? count : dropMembers(start, firstItem, count, dropped);
  }

  private int dropMembers(int start, int firstItem, int count, int dropped) {
    int[] droppedOffsets = new int[dropped];
    int at = 0;
    for (int i = firstItem; i < firstItem + count; i++) {
      if (itemOffsets[i] < 0) {
        droppedOffsets[at++] = -itemOffsets[i];
      }
    }
    Arrays.sort(droppedOffsets);
    int to = start + VPackLayout.HEADER_PADDED;
    int from = to;
    itemCount = firstItem;
    for (int next = 0; from < size; ) {
      int value = VPackLayout.skipName(b, from);
      int end = value + VPackLayout.byteSize(b, value);
      if (next < dropped && droppedOffsets[next] == from - start) {
        next++;
      } else {
        System.arraycopy(b, from, b, to, end - from);
        itemOffsets[itemCount] = to - start;
        namePrefixes[itemCount] = namePrefix(to);
        itemCount++;
        to += end - from;
      }
      from = end;
    }
    size = to;
    sortByName(start, firstItem, itemCount - firstItem);
    return itemCount - firstItem;
  }

  private int compare(int start, int left, int right) {
    return compare(
        start, namePrefixes[left], itemOffsets[left], namePrefixes[right], itemOffsets[right]);
  }

  private int compare(
      int start, long leftPrefix, int leftOffset, long rightPrefix, int rightOffset) {
    if (leftPrefix != rightPrefix) {
      return Long.compareUnsigned(leftPrefix, rightPrefix);
    }
    int left = start + leftOffset;
    int right = start + rightOffset;
    int leftText = VPackLayout.textOffset(b, left);
    int rightText = VPackLayout.textOffset(b, right);
    return Arrays.compareUnsigned(
        b,
        leftText,
        leftText + VPackLayout.textLength(b, left),
        b,
        rightText,
        rightText + VPackLayout.textLength(b, right));
  }

  private boolean isSorted(int start, int firstItem, int count) {
    for (int i = firstItem + 1; i < firstItem + count; i++) {
      if (compare(start, i - 1, i) > 0) {
        return false;
      }
    }
    return true;
  }

  private void insertionSort(int start, int firstItem, int count) {
    for (int i = firstItem + 1; i < firstItem + count; i++) {
      long prefix = namePrefixes[i];
      int offset = itemOffsets[i];
      int to = i;
      while (to > firstItem
          && compare(start, namePrefixes[to - 1], itemOffsets[to - 1], prefix, offset) > 0) {
        namePrefixes[to] = namePrefixes[to - 1];
        itemOffsets[to] = itemOffsets[to - 1];
        to--;
      }
      namePrefixes[to] = prefix;
      itemOffsets[to] = offset;
    }
  }

  private void mergeSort(int start, int from, int to) {
    if (to - from <= INSERTION_SORT_MAX) {
      insertionSort(start, from, to - from);
      return;
    }
    int middle = (from + to) >>> 1;
    mergeSort(start, from, middle);
    mergeSort(start, middle, to);
    int leftCount = middle - from;
    System.arraycopy(itemOffsets, from, sortOffsets, 0, leftCount);
    System.arraycopy(namePrefixes, from, sortPrefixes, 0, leftCount);
    int left = 0;
    int right = middle;
    for (int i = from; left < leftCount; i++) {
      if (right < to
          && compare(
                  start,
                  sortPrefixes[left],
                  sortOffsets[left],
                  namePrefixes[right],
                  itemOffsets[right])
              > 0) {
        itemOffsets[i] = itemOffsets[right];
        namePrefixes[i] = namePrefixes[right];
        right++;
      } else {
        itemOffsets[i] = sortOffsets[left];
        namePrefixes[i] = sortPrefixes[left];
        left++;
      }
    }
  }
}
