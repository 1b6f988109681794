package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Collects documents into the body of one dump response. Documents are copied or, when large, held
/// as they are; none becomes a tree. One thread.
public final class DumpWriter {
  /// From here on a document is held as it is instead of being copied with others.
  private static final int LARGE_BYTES = 64 << 10;

  private static final int PIECE_BYTES_FIRST = 16 << 10;
  private static final int PIECE_BYTES_MAX = 1 << 20;

  private static final byte[] JSON_ENVELOPE_HEAD =
      "{\"type\":2300,\"data\":".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] JSON_ENVELOPE_TAIL = "}\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LINE_END = {'\n'};

  /// Head byte of a compact array.
  private static final byte COMPACT_ARRAY = 0x13;

  private final DumpForm form;
  private final boolean isEnveloped;
  private final boolean isArray;
  private final String collectionName;
  private final Pieces pieces = new Pieces();
  private long documents;

  /// @param isEnveloped each document inside `{"type":2300,"data":...}`; never with stored form
  /// @param isArray all documents in one array; VelocyPack without envelopes only, else ignored
  /// @param collectionName for `_id`
  public DumpWriter(DumpForm form, boolean isEnveloped, boolean isArray, String collectionName) {
    this.form = form;
    this.isEnveloped = isEnveloped && form != DumpForm.STORED;
    this.isArray = isArray && form == DumpForm.VELOCYPACK && !isEnveloped;
    this.collectionName = collectionName;
  }

  public void add(Document document) {
    documents++;
    VPackSlice stored = document.slice();
    switch (form) {
      case STORED -> pieces.add(document.body(), document.body().length);
      case VELOCYPACK -> {
        VPackSlice value = StoredDocument.withId(stored, collectionName);
        if (isEnveloped) {
          byte[] envelope =
              new VPackBuilder()
                  .openObject()
                  .member("type", 2300)
                  .member("data", value)
                  .close()
                  .toByteArray();
          pieces.add(envelope, envelope.length);
        } else if (value.offset() == 0) {
          pieces.add(value.buffer(), value.byteSize());
        } else {
          byte[] copy = value.toByteArray();
          pieces.add(copy, copy.length);
        }
      }
      case JSON -> {
        if (isEnveloped) {
          pieces.write(JSON_ENVELOPE_HEAD);
        }
        try {
          StoredDocument.writeJson(stored, collectionName, pieces);
        } catch (IOException e) {
          throw new IllegalStateException("writing to memory failed", e);
        }
        pieces.write(isEnveloped ? JSON_ENVELOPE_TAIL : LINE_END);
      }
    }
  }

  /// Bytes so far, without what an array adds around them.
  public long bytes() {
    return pieces.length;
  }

  /// Documents so far.
  public long documents() {
    return documents;
  }

  /// The body; this writer is used up.
  public DumpBody finish() {
    List<DumpBody.Piece> finished = pieces.finish();
    if (!isArray || documents == 0) {
      return new DumpBody(finished, pieces.length);
    }
    // A compact array: head, byte length of the whole, items, number of items written backwards.
    // The
    // length counts the bytes of its own field.
    int tail = varintLength(documents);
    long rest = 1 + pieces.length + tail;
    int lengthField = varintLength(rest + 1);
    if (varintLength(rest + lengthField) != lengthField) {
      lengthField++;
    }
    long total = rest + lengthField;
    byte[] head = new byte[1 + lengthField];
    head[0] = COMPACT_ARRAY;
    putVarint(head, 1, lengthField, total);
    byte[] count = new byte[tail];
    putVarint(count, 0, tail, documents);
    reverse(count);
    List<DumpBody.Piece> all = new ArrayList<>(finished.size() + 2);
    all.add(new DumpBody.Piece(head, head.length));
    all.addAll(finished);
    all.add(new DumpBody.Piece(count, count.length));
    return new DumpBody(all, total);
  }

  private static int varintLength(long value) {
    int bytes = 1;
    for (long rest = value >>> 7; rest != 0; rest >>>= 7) {
      bytes++;
    }
    return bytes;
  }

  private static void putVarint(byte[] target, int offset, int length, long value) {
    long rest = value;
    for (int i = 0; i < length; i++) {
      target[offset + i] = (byte) ((rest & 0x7f) | (i < length - 1 ? 0x80 : 0));
      rest >>>= 7;
    }
  }

  private static void reverse(byte[] bytes) {
    for (int i = 0, j = bytes.length - 1; i < j; i++, j--) {
      byte swap = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = swap;
    }
  }

  /// A stream into pieces of memory that grow without being copied.
  static final class Pieces extends OutputStream {
    private final List<DumpBody.Piece> full = new ArrayList<>();
    private byte[] current = new byte[PIECE_BYTES_FIRST];
    private int filled;
    private long length;

    void add(byte[] bytes, int count) {
      if (count >= LARGE_BYTES) {
        closePiece(PIECE_BYTES_FIRST);
        full.add(new DumpBody.Piece(bytes, count));
        length += count;
      } else {
        write(bytes, 0, count);
      }
    }

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes) {
      write(bytes, 0, bytes.length);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) {
      int done = 0;
      while (done < count) {
        if (filled == current.length) {
          closePiece(Math.min(2 * current.length, PIECE_BYTES_MAX));
        }
        int part = Math.min(count - done, current.length - filled);
        System.arraycopy(bytes, offset + done, current, filled, part);
        filled += part;
        done += part;
      }
      length += count;
    }

    private void closePiece(int nextBytes) {
      if (filled > 0) {
        full.add(new DumpBody.Piece(current, filled));
        current = new byte[nextBytes];
        filled = 0;
      }
    }

    /// Bytes so far.
    long length() {
      return length;
    }

    List<DumpBody.Piece> finish() {
      closePiece(0);
      return full;
    }
  }
}
