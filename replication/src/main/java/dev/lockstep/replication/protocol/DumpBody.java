package dev.lockstep.replication.protocol;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/// The finished body of a dump response: pieces of memory that are written one after the other.
/// Immutable.
public final class DumpBody {
  /// A range of an array.
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Piece(byte[] bytes, int length) {}

  /// Nothing.
  public static final DumpBody EMPTY = new DumpBody(List.of(), 0);

  private final List<Piece> pieces;
  private final long length;

  DumpBody(List<Piece> pieces, long length) {
    this.pieces = List.copyOf(pieces);
    this.length = length;
  }

  /// Bytes in all.
  public long length() {
    return length;
  }

  public void writeTo(OutputStream out) throws IOException {
    for (Piece piece : pieces) {
      out.write(piece.bytes(), 0, piece.length());
    }
  }

  /// Everything in one array; for small bodies.
  public byte[] toByteArray() {
    byte[] all = new byte[Math.toIntExact(length)];
    int offset = 0;
    for (Piece piece : pieces) {
      System.arraycopy(piece.bytes(), 0, all, offset, piece.length());
      offset += piece.length();
    }
    return all;
  }
}
