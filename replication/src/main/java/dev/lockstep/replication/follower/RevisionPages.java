package dev.lockstep.replication.follower;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.replication.protocol.ProtocolViolationException;
import dev.lockstep.replication.protocol.RevisionPage;
import java.util.List;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// The leader's revisions inside ranges, page by page; the next page is fetched while one is being
/// worked on. One thread.
final class RevisionPages {
  private final LeaderSession leader;
  private final String collection;
  private final Background background;
  private final int rangesMax;

  /// What has not been asked for yet.
  private List<RevisionRange> rest;

  /// The ranges of the request under way; `resume` is in the first of them.
  private List<RevisionRange> asked = List.of();

  private @Nullable Future<RevisionPage> upcoming;

  /// @param ranges ascending, disjoint
  /// @param rangesMax in one request
  RevisionPages(
      LeaderSession leader,
      String collection,
      List<RevisionRange> ranges,
      int rangesMax,
      Background background) {
    this.leader = leader;
    this.collection = collection;
    this.rest = ranges;
    this.rangesMax = rangesMax;
    this.background = background;
    askFurther();
  }

  private void askFurther() {
    if (rest.isEmpty()) {
      upcoming = null;
      return;
    }
    int count = Math.min(rangesMax, rest.size());
    ask(rest.subList(0, count), rest.getFirst().first());
    rest = rest.subList(count, rest.size());
  }

  private void ask(List<RevisionRange> ranges, Revision resume) {
    asked = ranges;
    upcoming = background.start(() -> leader.revisionRanges(collection, ranges, resume));
  }

  /// The next page, null after the last. Pages ascend.
  @Nullable RevisionPage next() throws InterruptedException {
    Future<RevisionPage> request = upcoming;
    if (request == null) {
      return null;
    }
    RevisionPage page = Background.await(request);
    Revision resume = page.resume();
    if (resume == null) {
      askFurther();
    } else {
      ask(from(resume, page), resume);
    }
    return page;
  }

  /// The ranges of the last request that are not told to their end.
  private List<RevisionRange> from(Revision resume, RevisionPage page) {
    int told = 0;
    while (told < asked.size() && asked.get(told).last().compareTo(resume) < 0) {
      told++;
    }
    boolean isAdvancing = page.revisions().length > 0 || told > 0;
    if (told == asked.size() || !isAdvancing) {
      throw ProtocolViolationException.inResponse(
          leader.endpoint(),
          page.url(),
          "the list of revisions goes on at " + resume + ", which leads nowhere");
    }
    return asked.subList(told, asked.size());
  }
}
