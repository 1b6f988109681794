package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.revision.RevisionRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The messages by which a follower lists a leader's revisions and fetches documents by them.
/// Nothing in an answer is trusted.
///
/// Source: `docs/protocol.md`, "Revision ranges".
public final class RevisionMessages {
  private RevisionMessages() {}

  private static String text(Revision revision, boolean isHlc) {
    return isHlc ? revision.toHlcString() : revision.toString();
  }

  /// @throws MessageException if it is no text, or no revision
  private static Revision revision(VPackSlice value, boolean isHlc) {
    if (!value.isString()) {
      throw new MessageException("a revision is no string: " + excerpt(value));
    }
    String text = value.asString();
    Revision revision = isHlc ? Revision.parseHlc(text) : Revision.parse(text);
    if (!revision.isValid() || revision.equals(Revision.NONE)) {
      throw new MessageException("a revision cannot be read: " + excerpt(value));
    }
    return revision;
  }

  private static String excerpt(VPackSlice value) {
    return ReplicationException.excerpt(value.toJson());
  }

  /// The body of a request for revisions.
  public static VPackSlice body(RevisionRangesRequest request) {
    return body(request.ranges(), request.isHlc());
  }

  /// The body of a request for blocks.
  public static VPackSlice body(RevisionBlocksRequest request) {
    return body(request.ranges(), true);
  }

  private static VPackSlice body(List<RevisionRange> ranges, boolean isHlc) {
    VPackBuilder body = new VPackBuilder();
    body.openArray();
    for (RevisionRange range : ranges) {
      body.openArray().value(text(range.first(), isHlc)).value(text(range.last(), isHlc)).close();
    }
    return body.close().toSlice();
  }

  /// The query parameter `resume`, and with `isHlc` also `resumeHLC`.
  public static String resume(RevisionRangesRequest request, boolean isHlc) {
    return text(request.resume(), isHlc);
  }

  /// Reads the answer to a request for revisions.
  ///
  /// @throws MessageException if it does not fit the request
  public static RevisionPage page(VPackSlice answer, RevisionRangesRequest request, String url) {
    if (!answer.isObject()) {
      throw new MessageException("expected an object");
    }
    Revision resume = resume(answer, request);
    List<RevisionRange> ranges = request.ranges();
    int at = 0;
    while (at < ranges.size() && ranges.get(at).last().compareTo(request.resume()) < 0) {
      at++;
    }
    long[] revisions = new long[1024];
    int count = 0;
    long next = request.resume().value();
    for (VPackSlice list : Messages.requiredArray(answer, "ranges").elements()) {
      if (!list.isArray()) {
        throw new MessageException("a range of revisions is no array");
      }
      if (at == ranges.size()) {
        throw new MessageException("there are more ranges than were asked for");
      }
      RevisionRange range = ranges.get(at++);
      for (VPackSlice element : list.elements()) {
        Revision revision = revision(element, request.isHlc());
        if (!range.contains(revision) || Long.compareUnsigned(revision.value(), next) < 0) {
          throw new MessageException(
              "revision "
                  + revision
                  + " does not ascend, or lies outside of its range "
                  + range.first()
                  + " to "
                  + range.last());
        }
        next = revision.value() + 1;
        if (count == RevisionPage.REVISIONS_MAX) {
          throw new MessageException(
              "there are more than " + RevisionPage.REVISIONS_MAX + " revisions in one answer");
        }
        if (count == revisions.length) {
          revisions = Arrays.copyOf(revisions, 2 * count);
        }
        revisions[count++] = revision.value();
      }
    }
    if (resume != null
        && (Long.compareUnsigned(resume.value(), next) < 0 || resume.equals(request.resume()))) {
      throw new MessageException("'resume' " + resume + " is not beyond what was told");
    }
    // What lies below 'resume' is not asked for again: a range that was left out there would pass
    // for one without documents, and its documents would be removed here.
    if (at < ranges.size() && (resume == null || ranges.get(at).last().compareTo(resume) < 0)) {
      throw new MessageException(
          "the range " + ranges.get(at).first() + " to " + ranges.get(at).last() + " is missing");
    }
    return new RevisionPage(Arrays.copyOf(revisions, count), resume, url);
  }

  private static @Nullable Revision resume(VPackSlice answer, RevisionRangesRequest request) {
    VPackSlice hlc = Messages.member(answer, "resumeHLC");
    if (hlc != null && request.isHlc()) {
      return revision(hlc, true);
    }
    VPackSlice resume = Messages.member(answer, "resume");
    return resume == null ? null : revision(resume, false);
  }

  /// The body of a request for documents.
  public static VPackSlice body(RevisionDocumentsRequest request) {
    VPackBuilder body = new VPackBuilder();
    body.openArray();
    for (long revision : request.revisions()) {
      body.value(text(new Revision(revision), request.isHlc()));
    }
    return body.close().toSlice();
  }

  /// Reads the answer to a request for documents; leaves out what was not asked for, and everything
  /// out of order.
  ///
  /// @throws MessageException if it is no array of documents
  public static FetchedDocuments documents(
      VPackSlice answer, RevisionDocumentsRequest request, long bytes, String url) {
    if (!answer.isArray()) {
      throw new MessageException("expected an array of documents");
    }
    List<Document> documents = new ArrayList<>();
    long[] asked = request.revisions();
    int at = 0;
    for (VPackSlice element : answer.elements()) {
      Document document = LeaderDocument.read(element);
      int found = at;
      while (found < asked.length && asked[found] != document.revision().value()) {
        found++;
      }
      if (found < asked.length) {
        documents.add(document);
        at = found + 1;
      }
    }
    return new FetchedDocuments(documents, bytes, url);
  }
}
