/// Revision trees: the summary of a collection's set of revisions that two servers compare to find
/// where they differ. Trees are immutable ([RevisionTree]); one writer edits through a
/// [RevisionTreeEditor]. Nothing here does I/O.
package dev.lockstep.core.revision;
