package dev.lockstep.replication.leader;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.RevisionCursor;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.replication.protocol.RevisionPage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Lists which revisions a collection holds inside given ranges, in pages. Reads no document.
/// Thread-safe.
///
/// Source: `docs/protocol.md`, "Revision ranges".
public final class RevisionListing {
  /// Revisions in one answer; what stock leaders send at most.
  public static final int PAGE_REVISIONS_MAX = RevisionPage.REVISIONS_MAX;

  private final CollectionView view;
  private final int pageMax;

  public RevisionListing(CollectionView view) {
    this(view, PAGE_REVISIONS_MAX);
  }

  /// @param pageMax revisions in one answer
  public RevisionListing(CollectionView view, int pageMax) {
    this.view = view;
    this.pageMax = pageMax;
  }

  /// Tells one page: for each range, beginning with the one that holds `resume`, its revisions in
  /// order.
  ///
  /// @param ranges ascending, disjoint
  /// @param resume where to go on; ranges entirely below it are not told at all
  /// @return the first revision not told, to go on from, or `null` when every range was told to its
  ///   end
  public @Nullable Revision page(List<RevisionRange> ranges, Revision resume, Sink sink) {
    check(ranges);
    int told = 0;
    for (RevisionRange range : ranges) {
      if (range.last().compareTo(resume) < 0) {
        continue;
      }
      sink.beginRange();
      Revision from = range.first().compareTo(resume) < 0 ? resume : range.first();
      try (RevisionCursor revisions = view.revisions(from, range.last())) {
        while (revisions.next()) {
          if (told == pageMax) {
            sink.endRange();
            return revisions.revision();
          }
          sink.revision(revisions.revision());
          told++;
        }
      }
      sink.endRange();
    }
    return null;
  }

  private static void check(List<RevisionRange> ranges) {
    for (int i = 1; i < ranges.size(); i++) {
      if (ranges.get(i).first().compareTo(ranges.get(i - 1).last()) <= 0) {
        throw new LockstepException(
            ErrorNumber.HTTP_BAD_PARAMETER,
            "ranges of revisions must be ascending and disjoint: "
                + ranges.get(i).first()
                + " follows "
                + ranges.get(i - 1).last());
      }
    }
  }

  /// Receives a page.
  public interface Sink {
    void beginRange();

    void revision(Revision revision);

    void endRange();
  }
}
