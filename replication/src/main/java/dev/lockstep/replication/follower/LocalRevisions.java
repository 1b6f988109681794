package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.RevisionCursor;
import dev.lockstep.core.revision.RevisionRange;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Walks the revisions of a frozen view inside ranges, ascending. One thread.
final class LocalRevisions implements AutoCloseable {
  private final CollectionView view;
  private final Iterator<RevisionRange> ranges;
  private @Nullable RevisionCursor cursor;

  /// @param ranges ascending, disjoint
  LocalRevisions(CollectionView view, List<RevisionRange> ranges) {
    this.view = view;
    this.ranges = ranges.iterator();
  }

  /// Moves to the next one; false at the end.
  boolean next() {
    while (true) {
      RevisionCursor current = cursor;
      if (current != null) {
        if (current.next()) {
          return true;
        }
        current.close();
        cursor = null;
      }
      if (!ranges.hasNext()) {
        return false;
      }
      RevisionRange range = ranges.next();
      cursor = view.revisions(range.first(), range.last());
    }
  }

  /// Unsigned.
  long revision() {
    return current().revision().value();
  }

  /// See [RevisionCursor#key].
  String key() {
    return current().key();
  }

  private RevisionCursor current() {
    RevisionCursor current = cursor;
    if (current == null) {
      throw new IllegalStateException("next() did not return true");
    }
    return current;
  }

  @Override
  public void close() {
    if (cursor != null) {
      cursor.close();
      cursor = null;
    }
  }
}
