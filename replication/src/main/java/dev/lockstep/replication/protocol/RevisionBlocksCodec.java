package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.core.revision.RevisionTreeException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;

/// Blocks of revisions between two Lockstep servers. For each block: binary logarithm of its length
/// (one byte); distance of its first revision from the first one behind the block before, counted
/// from 0, and number of revisions it holds, both varints; hash (8 bytes, most significant first).
///
/// Source: `docs/protocol.md`, "Revision blocks".
public final class RevisionBlocksCodec {
  /// The `Content-Type` of such an answer.
  public static final String MEDIA_TYPE = "application/x-lockstep-blocks";

  /// Blocks in one answer at most, twice as many as a leader should have: 13 MB in memory.
  static final int BLOCKS_MAX = 1 << 19;

  private static final String WHAT = "a list of blocks";

  private RevisionBlocksCodec() {}

  public static byte[] write(RevisionBlockList blocks) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(12 * blocks.size());
    byte[] hash = new byte[Long.BYTES];
    long next = 0;
    for (int i = 0; i < blocks.size(); i++) {
      out.write(blocks.bits(i));
      Varint.write(blocks.first(i).value() - next, out);
      Varint.write(blocks.count(i), out);
      ByteBuffer.wrap(hash).putLong(blocks.hash(i));
      out.writeBytes(hash);
      next = blocks.last(i).value() + 1;
    }
    return out.toByteArray();
  }

  /// Reads the answer to a request for blocks.
  ///
  /// @throws MessageException if it is damaged or does not fit the request
  public static RevisionBlockList read(byte[] body, RevisionBlocksRequest request) {
    RevisionBlockList.Builder blocks = new RevisionBlockList.Builder();
    ByteBuffer in = ByteBuffer.wrap(body);
    long next = 0;
    try {
      while (in.hasRemaining()) {
        if (blocks.size() == BLOCKS_MAX) {
          throw new MessageException(WHAT + " has more than " + BLOCKS_MAX);
        }
        int bits = in.get();
        long first = next + Varint.read(in, WHAT);
        long count = Varint.read(in, WHAT);
        if (in.remaining() < Long.BYTES) {
          throw new MessageException(WHAT + " ends in the middle of one");
        }
        blocks.add(first, bits, count, in.getLong());
        next = first + (bits == Long.SIZE ? 0 : 1L << bits);
      }
    } catch (RevisionTreeException impossible) {
      throw new MessageException(WHAT + " has " + impossible.getMessage());
    }
    RevisionBlockList read = blocks.build();
    requireInside(read, request.ranges());
    return read;
  }

  private static void requireInside(RevisionBlockList blocks, List<RevisionRange> ranges) {
    int at = 0;
    for (int i = 0; i < blocks.size(); i++) {
      Revision first = blocks.first(i);
      while (at < ranges.size() && ranges.get(at).last().compareTo(first) < 0) {
        at++;
      }
      if (at == ranges.size() || ranges.get(at).first().compareTo(blocks.last(i)) > 0) {
        throw new MessageException(
            "the block from " + first + " on lies outside of the ranges that were asked for");
      }
    }
  }
}
