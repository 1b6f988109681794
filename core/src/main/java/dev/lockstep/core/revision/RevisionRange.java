package dev.lockstep.core.revision;

import dev.lockstep.core.document.Revision;

/// A closed range of revisions in which two trees differ.
///
/// @param first included
/// @param last included; not below `first`, unsigned
public record RevisionRange(Revision first, Revision last) {
  public RevisionRange {
    if (Long.compareUnsigned(first.value(), last.value()) > 0) {
      throw new IllegalArgumentException(
          "range of revisions ends before it starts: " + first + " .. " + last);
    }
  }

  public boolean contains(Revision revision) {
    return Long.compareUnsigned(first.value(), revision.value()) <= 0
        && Long.compareUnsigned(revision.value(), last.value()) <= 0;
  }
}
