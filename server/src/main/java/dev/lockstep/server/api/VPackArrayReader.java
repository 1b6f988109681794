package dev.lockstep.server.api;

import dev.lockstep.core.document.InvalidVPackException;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackTooLargeException;
import dev.lockstep.core.document.VPackValidator;
import dev.lockstep.core.document.ValidationLimits;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import org.jspecify.annotations.Nullable;

/// Reads the elements of one top-level VelocyPack array while it arrives, with memory for one
/// element. The array's own index table is skipped, elements are validated one by one. Not
/// thread-safe.
final class VPackArrayReader {
  /*
   * Where the elements end follows from the array's byte length and its layout: they fill the rest (0x02..0x05), their
   * number comes first (0x06..0x08), or an index table and the number follow them (0x09, 0x13). In the last case the
   * number need not be known: after n elements the rest is as long as a trailer for n elements exactly once, for every
   * element makes both the position and the trailer longer.
   */

  /// Bytes of a head that tell the size of any value: the type and up to eight bytes of length, or
  /// a compact length.
  private static final int HEAD_BYTES = 10;

  private final PushbackInputStream in;
  private final int elementBytesMax;
  private final ValidationLimits limits;
  private final int layout;
  private final long byteLength;
  private final long declaredCount;
  private long position;
  private long elements;

  /// Bytes of each element where all are equally long.
  private long elementSize;

  private boolean finished;

  /// @param in positioned on the head of the array
  /// @param elementBytesMax most bytes of one element
  /// @param limits what an element may contain
  /// @throws InvalidVPackException if this is no array
  VPackArrayReader(InputStream in, int elementBytesMax, ValidationLimits limits)
      throws IOException {
    this.in = new PushbackInputStream(in, HEAD_BYTES);
    this.elementBytesMax = elementBytesMax;
    this.limits = limits;
    this.layout = readByte();
    if (!isArrayHead(layout)) {
      throw invalid("expecting an array, not a value of type 0x%02x".formatted(layout));
    }
    if (layout == 0x01) {
      byteLength = 1;
      declaredCount = 0;
    } else if (layout == 0x13) {
      byteLength = readCompactLength();
      declaredCount = -1;
    } else {
      int width = 1 << ((layout - 2) & 3);
      byteLength = readNumber(width);
      declaredCount = layout >= 0x06 && layout <= 0x08 ? readNumber(width) : -1;
    }
    if (byteLength < position) {
      throw invalid("an array of " + byteLength + " bytes is shorter than its head");
    }
  }

  /// Whether a value of that first byte is an array.
  static boolean isArrayHead(int head) {
    return head >= 0x01 && head <= 0x09 || head == 0x13;
  }

  /// The next element in a buffer of its own, or null after the last.
  ///
  /// @throws InvalidVPackException if the array or the element is malformed or ends too early
  /// @throws VPackTooLargeException if the element exceeds the limit
  @Nullable VPackSlice next() throws IOException {
    if (finished) {
      return null;
    }
    if (elements == 0) {
      skipPadding();
    }
    if (isAfterLast()) {
      finish();
      return null;
    }
    long size = sizeOfNext();
    if (size > byteLength - position) {
      throw invalid("element " + elements + " exceeds its array");
    }
    if (size > elementBytesMax) {
      throw new VPackTooLargeException(elementBytesMax);
    }
    if (layout >= 0x02 && layout <= 0x05) {
      // Only so can others find the n-th element without an index table.
      if (elements == 0) {
        elementSize = size;
      } else if (size != elementSize) {
        throw invalid(
            "element " + elements + " is not as long as the first, but there is no index table");
      }
    }
    byte[] bytes = in.readNBytes((int) size);
    if (bytes.length < size) {
      throw invalid("the array ends within element " + elements);
    }
    VPackSlice element = VPackValidator.validateWhole(bytes, limits);
    position += size;
    elements++;
    return element;
  }

  private boolean isAfterLast() {
    long rest = byteLength - position;
    if (rest < 0) {
      return true;
    }
    return switch (layout) {
      case 0x01, 0x02, 0x03, 0x04, 0x05 -> rest == 0;
      case 0x06, 0x07, 0x08 -> elements == declaredCount;
      case 0x09 -> rest <= 8 * (elements + 1);
      default -> rest <= compactWidth(elements);
    };
  }

  private void finish() throws IOException {
    long rest = byteLength - position;
    long trailer =
        switch (layout) {
          case 0x01, 0x02, 0x03, 0x04, 0x05 -> 0;
          case 0x06, 0x07, 0x08 -> elements << ((layout - 2) & 3);
          case 0x09 -> 8 * (elements + 1);
          default -> compactWidth(elements);
        };
    if (rest != trailer) {
      throw invalid(rest + " bytes follow the last element, expecting " + trailer);
    }
    try {
      in.skipNBytes(rest);
    } catch (java.io.EOFException e) {
      throw invalid("the array ends within its index table");
    }
    if (in.read() >= 0) {
      throw invalid("bytes are left over after the array");
    }
    finished = true;
  }

  /// Writers may leave zero bytes between head and elements so that the length field can grow.
  private void skipPadding() throws IOException {
    if (layout == 0x13 || layout == 0x01) {
      return;
    }
    while (position < 9 && position < byteLength) {
      int next = in.read();
      if (next != 0) {
        if (next >= 0) {
          in.unread(next);
        }
        return;
      }
      position++;
    }
  }

  private long sizeOfNext() throws IOException {
    byte[] head = new byte[HEAD_BYTES];
    int read = in.readNBytes(head, 0, HEAD_BYTES);
    in.unread(head, 0, read);
    if (read == 0) {
      throw invalid("the array ends before element " + elements);
    }
    int type = head[0] & 0xff;
    if (type >= 0x02 && type <= 0x12 && type != 0x0a) {
      // Arrays start at 0x02, objects at 0x0b; both come in length fields of 1, 2, 4 and 8 bytes.
      int width = 1 << ((type < 0x0a ? type - 0x02 : type - 0x0b) & 3);
      return checked(number(head, 1, width));
    }
    if (type == 0x13 || type == 0x14) {
      long size = 0;
      for (int i = 1; i < HEAD_BYTES; i++) {
        size |= (long) (head[i] & 0x7f) << 7 * (i - 1);
        if (head[i] >= 0) {
          return checked(size);
        }
      }
      throw invalid("the compact length of element " + elements + " is too long");
    }
    if (type == 0xbf) {
      return checked(9 + number(head, 1, 8));
    }
    if (type >= 0xc0 && type <= 0xc7) {
      int width = type - 0xbf;
      return checked(1 + width + number(head, 1, width));
    }
    if (type >= 0x40 && type < 0xbf) {
      return type - 0x40 + 1;
    }
    return switch (type) {
      case 0x01, 0x0a, 0x18, 0x19, 0x1a -> 1;
      case 0x1b, 0x1c -> 9;
      default -> {
        if (type >= 0x20 && type <= 0x27) {
          yield type - 0x1f + 1;
        }
        if (type >= 0x28 && type <= 0x2f) {
          yield type - 0x27 + 1;
        }
        if (type >= 0x30 && type <= 0x3f) {
          yield 1;
        }
        throw invalid("element %d has the unacceptable type 0x%02x".formatted(elements, type));
      }
    };
  }

  private long checked(long size) {
    if (size < 1) {
      throw invalid("element " + elements + " has an impossible length");
    }
    return size;
  }

  private int readByte() throws IOException {
    int next = in.read();
    if (next < 0) {
      throw invalid("the body ends within the head of the array");
    }
    position++;
    return next;
  }

  private long readNumber(int width) throws IOException {
    byte[] bytes = new byte[width];
    for (int i = 0; i < width; i++) {
      bytes[i] = (byte) readByte();
    }
    return number(bytes, 0, width);
  }

  private long readCompactLength() throws IOException {
    long length = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      int next = readByte();
      length |= (long) (next & 0x7f) << shift;
      if (next < 0x80) {
        return length;
      }
    }
    throw invalid("the compact length of the array is too long");
  }

  private static long number(byte[] bytes, int from, int width) {
    long value = 0;
    for (int i = width - 1; i >= 0; i--) {
      value = value << 8 | bytes[from + i] & 0xff;
    }
    return value;
  }

  /// Bytes that the number of elements takes at the end of a compact array.
  static int compactWidth(long number) {
    int width = 1;
    for (long rest = number >>> 7; rest != 0; rest >>>= 7) {
      width++;
    }
    return width;
  }

  private InvalidVPackException invalid(String reason) {
    return new InvalidVPackException((int) Math.min(position, Integer.MAX_VALUE), reason);
  }
}
