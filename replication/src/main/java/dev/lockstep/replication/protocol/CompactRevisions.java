package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionRange;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A list of revisions between two Lockstep servers: where to go on (8 bytes, most significant
/// first; 0 = nowhere), then runs of consecutive revisions, each as two varints (seven bits a byte,
/// lowest first, high bit = more follow): distance of its first revision from the last one before,
/// counted from 0, and number of revisions after the first. Documents that were written at a
/// stretch have consecutive revisions, so a bulk load of a million takes some kilobytes instead of
/// 13 megabytes.
///
/// Source: `docs/protocol.md`, "Between two Lockstep servers".
public final class CompactRevisions {
  /// The `Content-Type` of such a list, and the `Accept` that asks for it.
  public static final String MEDIA_TYPE = "application/x-lockstep-revisions";

  /// Revisions in one list at most: 4 MB in memory.
  public static final int REVISIONS_MAX = 500_000;

  private static final String WHAT = "a list of revisions";

  private CompactRevisions() {}

  /// Gathers ascending revisions. One thread; used once.
  public static final class Writer {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private long last;
    private long runFirst;

    /// Revisions after the first of the run under construction; -1 = there is none.
    private long runMore = -1;

    private long end;

    public Writer() {
      out.writeBytes(new byte[Long.BYTES]);
    }

    /// @param revision unsigned, greater than all before
    public void add(long revision) {
      if (runMore >= 0 && revision == end + 1) {
        runMore++;
      } else {
        finishRun();
        runFirst = revision;
        runMore = 0;
      }
      end = revision;
    }

    private void finishRun() {
      if (runMore >= 0) {
        Varint.write(runFirst - last, out);
        Varint.write(runMore, out);
        last = end;
      }
    }

    /// @param resume the first revision that is not in the list any more; null = none is missing
    public byte[] finish(@Nullable Revision resume) {
      finishRun();
      byte[] bytes = out.toByteArray();
      ByteBuffer.wrap(bytes).putLong(resume == null ? 0 : resume.value());
      return bytes;
    }
  }

  /// Writes a list that is complete.
  ///
  /// @param revisions unsigned, ascending
  public static byte[] write(long[] revisions) {
    Writer writer = new Writer();
    for (long revision : revisions) {
      writer.add(revision);
    }
    return writer.finish(null);
  }

  /// A list as it was read.
  ///
  /// @param revisions unsigned, ascending
  /// @param resume 0 = none is missing
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  public record Read(long[] revisions, long resume) {}

  /// Reads a list from a peer.
  ///
  /// @param max revisions accepted
  /// @throws MessageException if it is damaged, does not ascend or is too long
  public static Read read(byte[] body, int max) {
    if (body.length < Long.BYTES) {
      throw new MessageException("a list of revisions ends in its first bytes");
    }
    ByteBuffer in = ByteBuffer.wrap(body);
    long resume = in.getLong();
    long[] revisions = new long[Math.min(max, 1024)];
    int count = 0;
    long last = 0;
    while (in.hasRemaining()) {
      long first = last + Varint.read(in, WHAT);
      long more = Varint.read(in, WHAT);
      if (Long.compareUnsigned(first, last) <= 0
          || Long.compareUnsigned(more, max) >= 0
          || count + more + 1 > max
          || Long.compareUnsigned(first + more, first) < 0) {
        throw new MessageException(
            "a list of revisions does not ascend, or has more than " + max + " of them");
      }
      int needed = count + (int) more + 1;
      if (needed > revisions.length) {
        revisions = Arrays.copyOf(revisions, (int) Math.min(max, Math.max(needed, 2L * count)));
      }
      for (long revision = first; count < needed; revision++) {
        revisions[count++] = revision;
      }
      last = first + more;
    }
    if (resume != 0 && Long.compareUnsigned(resume, last) <= 0) {
      throw new MessageException("a list of revisions goes on before its end");
    }
    return new Read(Arrays.copyOf(revisions, count), resume);
  }

  /// Reads the answer to a request for revisions.
  ///
  /// @throws MessageException if it does not fit the request
  public static RevisionPage page(byte[] body, RevisionRangesRequest request, String url) {
    Read read = read(body, REVISIONS_MAX);
    List<RevisionRange> ranges = request.ranges();
    int at = 0;
    for (long value : read.revisions()) {
      Revision revision = new Revision(value);
      while (at < ranges.size() && ranges.get(at).last().compareTo(revision) < 0) {
        at++;
      }
      if (at == ranges.size()
          || !ranges.get(at).contains(revision)
          || revision.compareTo(request.resume()) < 0) {
        throw new MessageException(
            "revision " + revision + " lies outside of the ranges that were asked for");
      }
    }
    boolean isAdvancing = Long.compareUnsigned(read.resume(), request.resume().value()) > 0;
    if (read.resume() != 0 && !isAdvancing) {
      throw new MessageException("the list of revisions does not get on");
    }
    return new RevisionPage(
        read.revisions(), read.resume() == 0 ? null : new Revision(read.resume()), url);
  }
}
