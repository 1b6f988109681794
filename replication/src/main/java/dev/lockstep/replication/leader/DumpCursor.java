package dev.lockstep.replication.leader;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.DocumentCursor;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.replication.protocol.DumpBody;
import dev.lockstep.replication.protocol.DumpWriter;
import java.util.TreeMap;

/// Walks one collection of a batch in order of revisions, part by part. Holds no storage cursor
/// between requests, only where the parts begin: a follower that lost an answer names the last part
/// it has and gets the next one again, byte for byte. One request at a time; others wait.
final class DumpCursor {
  /// Beginnings remembered: the part being asked for, the one before (asked again after a lost
  /// answer) and some for requests that arrive late.
  private static final int BEGINNINGS_MAX = 16;

  private final CollectionView collection;

  /// Part number -> the revision after which it begins. Has 1 always; beyond it the newest ones.
  private final TreeMap<Long, Revision> beginnings = new TreeMap<>();

  DumpCursor(CollectionView collection) {
    this.collection = collection;
    beginnings.put(1L, Revision.NONE);
  }

  /// @throws LockstepException 400 if `from` is neither 0 nor the number of a recent part
  synchronized DumpPart read(DumpParameters parameters, long pageBytesMax) {
    long number = parameters.from() + 1;
    Revision begin = beginnings.get(number);
    if (begin == null) {
      // A follower that ends its loop by asking once more than it had to.
      if (parameters.from() == beginnings.lastKey()) {
        return new DumpPart(DumpBody.EMPTY, false, 0, collection.count());
      }
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER,
          "replication dump - bad parameter: from="
              + Long.toUnsignedString(parameters.from())
              + " is not the number of a part that was just sent ("
              + beginnings.firstKey()
              + " to "
              + beginnings.lastKey()
              + "); begin again with from=0");
    }
    // A part that was sent before ends where it ended, whatever size is asked for now.
    Revision knownEnd = beginnings.get(number + 1);
    long bytesMax = Math.clamp(parameters.chunkSize(), 1, pageBytesMax);
    DumpWriter writer =
        new DumpWriter(
            parameters.form(),
            parameters.isEnveloped(),
            parameters.isArray(),
            collection.definition().name());
    Revision last = begin;
    boolean hasMore = false;
    try (DocumentCursor documents = collection.byRevisionOnce(begin)) {
      while (documents.next()) {
        boolean isFull =
            knownEnd == null
                ? writer.documents() > 0 && writer.bytes() >= bytesMax
                : last.compareTo(knownEnd) >= 0;
        if (isFull) {
          hasMore = true;
          break;
        }
        Document document = documents.document();
        writer.add(document);
        last = document.revision();
      }
    }
    if (writer.documents() == 0) {
      return new DumpPart(DumpBody.EMPTY, false, 0, collection.count());
    }
    if (hasMore) {
      remember(number + 1, last);
    }
    return new DumpPart(writer.finish(), hasMore, number, collection.count());
  }

  private void remember(long number, Revision begin) {
    beginnings.put(number, begin);
    while (beginnings.size() > BEGINNINGS_MAX) {
      beginnings.remove(beginnings.higherKey(1L));
    }
  }
}
