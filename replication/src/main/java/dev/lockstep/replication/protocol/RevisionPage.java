package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.Revision;
import org.jspecify.annotations.Nullable;

/// One page of a leader's list of revisions. Every revision lies inside a range that was asked for;
/// the list is ascending.
///
/// @param revisions unsigned values, ascending
/// @param resume the first revision that was not told any more; null when all ranges were told to
///   their end. Greater than the last of `revisions`
/// @param url of the request, for messages
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record RevisionPage(long[] revisions, @Nullable Revision resume, String url) {
  /// No leader tells more at a time.
  public static final int REVISIONS_MAX = 65_536;
}
