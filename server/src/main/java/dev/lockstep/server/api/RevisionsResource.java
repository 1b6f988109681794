package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.leader.RevisionListing;
import dev.lockstep.replication.protocol.CompactRevisions;
import dev.lockstep.replication.protocol.MessageException;
import dev.lockstep.replication.protocol.RevisionBlocksCodec;
import dev.lockstep.replication.protocol.RevisionTreeCodec;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Query;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.users.AccessLevel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `/_api/replication/revisions/tree`, `/blocks`, `/ranges` and `/documents`: what a follower
/// compares and fetches instead of a whole collection.
///
/// Answers have a limit whatever is asked for: a tree its leaves, blocks their number, ranges a
/// page of revisions, documents 16 MiB and the last one of them, which are spooled. They are never
/// compressed: stock followers need their length before them.
final class RevisionsResource implements Resource {
  /// An answer of documents ends with the document that passes this.
  static final long DOCUMENTS_BYTES_MAX = 16L << 20;

  /// Of a compact list of as many revisions as are taken, if none follows another.
  private static final int COMPACT_BODY_BYTES_MAX = 16 << 20;

  /// Ranges in one request: no two trees differ in more.
  static final int RANGES_MAX = RevisionTree.LEAVES;

  private final ReplicationLeader leader;
  private final DocumentStore store;

  RevisionsResource(ReplicationLeader leader, DocumentStore store) {
    this.leader = leader;
    this.store = store;
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    ReplicationParameters.requireSegments(request, 1);
    String what = ReplicationParameters.segment(request, 0);
    HttpVerb verb = request.verb();
    return switch (what) {
      case "tree" ->
          switch (verb) {
            case GET -> tree(request);
            case POST -> rebuild(request);
            default -> throw request.verbNotSupported();
          };
      case "blocks" -> {
        require(HttpVerb.PUT, request);
        yield blocks(request);
      }
      case "ranges" -> {
        require(HttpVerb.PUT, request);
        yield ranges(request);
      }
      case "documents" -> {
        require(HttpVerb.PUT, request);
        yield documents(request);
      }
      default ->
          throw new LockstepException(
              ErrorNumber.HTTP_BAD_PARAMETER, "invalid command 'revisions/" + what + "'");
    };
  }

  private static void require(HttpVerb verb, ApiRequest request) {
    if (request.verb() != verb) {
      throw request.verbNotSupported();
    }
  }

  private ApiResponse tree(ApiRequest request) {
    boolean onlyPopulated = request.query().bool("onlyPopulated", false);
    return ask(
        request,
        view -> {
          VPackBuilder out = new VPackBuilder();
          RevisionTreeCodec.write(view.revisionTree(), onlyPopulated, out);
          return ApiResponse.value(200, out.toSlice()).uncompressed();
        });
  }

  private ApiResponse rebuild(ApiRequest request) {
    String collection = request.query().requiredString("collection");
    var found = store.requireDatabase(request.database()).requireCollection(collection);
    request.access().requireCollection(found.name(), AccessLevel.RW);
    requireTree(found.name(), found.definition().properties());
    try {
      found.rebuildRevisionTree();
    } catch (RevisionTreeException impossible) {
      throw noTree(impossible.getMessage());
    }
    return ApiResponse.empty(204);
  }

  /// Between Lockstep servers only.
  private ApiResponse blocks(ApiRequest request) throws IOException {
    List<RevisionRange> ranges = parseRanges(request.bodyValue(), true, true);
    long countMax = request.query().longValue("count", 1, 1, Long.MAX_VALUE);
    return ask(
        request,
        view -> {
          RevisionBlockList blocks = view.revisionBlocks().within(ranges).coarsened(countMax);
          return ApiResponse.bytes(
                  200, RevisionBlocksCodec.MEDIA_TYPE, RevisionBlocksCodec.write(blocks))
              .uncompressed();
        });
  }

  private ApiResponse ranges(ApiRequest request) throws IOException {
    boolean asHlc = request.query().bool("encodeAsHLC", false);
    boolean isCompact = CompactRevisions.MEDIA_TYPE.equals(request.header("accept"));
    List<RevisionRange> ranges = parseRanges(request.bodyValue(), asHlc, isCompact);
    Revision resume = resume(request.query(), ranges);
    if (isCompact) {
      return ask(request, view -> compact(view, ranges, resume));
    }
    return ask(
        request,
        view -> {
          VPackBuilder out = new VPackBuilder().openObject();
          out.key("ranges").openArray();
          Revision next =
              new RevisionListing(view)
                  .page(
                      ranges,
                      resume,
                      new RevisionListing.Sink() {
                        @Override
                        public void beginRange() {
                          out.openArray();
                        }

                        @Override
                        public void revision(Revision revision) {
                          out.value(asHlc ? revision.toHlcString() : revision.toString());
                        }

                        @Override
                        public void endRange() {
                          out.close();
                        }
                      });
          out.close();
          if (next != null) {
            out.member("resume", next.toString());
            out.member("resumeHLC", next.toHlcString());
          }
          return ApiResponse.value(200, out.close().toSlice()).uncompressed();
        });
  }

  private static ApiResponse compact(
      CollectionView view, List<RevisionRange> ranges, Revision resume) {
    CompactRevisions.Writer writer = new CompactRevisions.Writer();
    Revision next =
        new RevisionListing(view, CompactRevisions.REVISIONS_MAX)
            .page(
                ranges,
                resume,
                new RevisionListing.Sink() {
                  @Override
                  public void beginRange() {}

                  @Override
                  public void revision(Revision revision) {
                    writer.add(revision.value());
                  }

                  @Override
                  public void endRange() {}
                });
    return ApiResponse.bytes(200, CompactRevisions.MEDIA_TYPE, writer.finish(next)).uncompressed();
  }

  private static Revision resume(Query query, List<RevisionRange> ranges) {
    String hlc = query.string("resumeHLC", "");
    String printed = query.string("resume", "");
    if (hlc.isEmpty() && printed.isEmpty()) {
      return ranges.isEmpty() ? Revision.NONE : ranges.getFirst().first();
    }
    Revision resume = hlc.isEmpty() ? Revision.parse(printed) : Revision.parseHlc(hlc);
    if (!resume.isValid()) {
      throw Query.bad(
          hlc.isEmpty() ? "resume" : "resumeHLC", hlc.isEmpty() ? printed : hlc, "a revision");
    }
    return resume;
  }

  /// @param asHlc whether revisions are in the form that is never decimal
  /// @param mayBeSingle whether a range may have one revision, which stock leaders refuse
  private static List<RevisionRange> parseRanges(
      VPackSlice body, boolean asHlc, boolean mayBeSingle) {
    if (!body.isArray()) {
      throw badRanges();
    }
    if (body.length() > RANGES_MAX) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER,
          "the body lists " + body.length() + " ranges, at most " + RANGES_MAX + " are answered");
    }
    List<RevisionRange> ranges = new ArrayList<>(body.length());
    for (VPackSlice pair : body.elements()) {
      if (!pair.isArray() || pair.length() != 2) {
        throw badRanges();
      }
      Revision left = revision(pair.at(0), asHlc);
      Revision right = revision(pair.at(1), asHlc);
      if (left.compareTo(right) >= (mayBeSingle ? 1 : 0)) {
        throw badRanges();
      }
      ranges.add(new RevisionRange(left, right));
    }
    return ranges;
  }

  private static LockstepException badRanges() {
    return new LockstepException(
        ErrorNumber.HTTP_BAD_PARAMETER,
        "expecting an array of ranges [<revision>, <revision>], each from a smaller to a larger"
            + " one");
  }

  private static Revision revision(VPackSlice value, boolean asHlc) {
    Revision revision = Revision.INVALID;
    if (value.isString()) {
      revision = asHlc ? Revision.parseHlc(value.asString()) : Revision.parse(value.asString());
    }
    if (!revision.isValid()) {
      String shown = value.isString() ? value.toJson() : "a value of type " + value.type();
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER,
          "expecting a revision as a text, not "
              + (shown.length() > 100 ? shown.substring(0, 100) + "..." : shown));
    }
    return revision;
  }

  /// Always VelocyPack: stock followers read nothing else, whatever they accept.
  private ApiResponse documents(ApiRequest request) throws IOException {
    // All of them, before the answer begins: it may well end before the last one.
    long[] wanted = wanted(request);
    long asked = request.query().longValue("chunkSize", 0, 0, Long.MAX_VALUE);
    long bytesMax = asked == 0 ? DOCUMENTS_BYTES_MAX : Math.min(asked, DOCUMENTS_BYTES_MAX);
    return ask(
        request,
        view -> {
          try (SpooledArray documents = SpooledArray.ofVelocyPack(request)) {
            for (long revision : wanted) {
              documents.addDocument(
                  document(view, new Revision(revision)).slice(), view.definition().name());
              if (documents.byteSize() >= bytesMax) {
                break;
              }
            }
            return documents.toResponse(200).uncompressed();
          }
        });
  }

  private static long[] wanted(ApiRequest request) throws IOException {
    if (CompactRevisions.MEDIA_TYPE.equals(request.header("content-type"))) {
      try {
        byte[] body = request.bodyBytes(COMPACT_BODY_BYTES_MAX);
        return CompactRevisions.read(body, CompactRevisions.REVISIONS_MAX).revisions();
      } catch (MessageException e) {
        throw new LockstepException(
            ErrorNumber.HTTP_BAD_PARAMETER, String.valueOf(e.getMessage()), e);
      }
    }
    VPackSlice body = request.bodyValue();
    boolean asHlc = request.query().bool("encodeAsHLC", false);
    if (!body.isArray()) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER, "expecting an array of revisions");
    }
    long[] wanted = new long[body.length()];
    int count = 0;
    for (VPackSlice element : body.elements()) {
      wanted[count++] = revision(element, asHlc).value();
    }
    return wanted;
  }

  /// Never leaves one out, nor puts something in its place: a stock follower would ask for ever, or
  /// fail with a sentence that helps nobody. What was listed in this batch is there.
  private static Document document(CollectionView view, Revision revision) {
    Document document = view.document(revision);
    if (document == null) {
      throw new LockstepException(
          ErrorNumber.DOCUMENT_NOT_FOUND,
          "document not found: collection '"
              + view.definition().name()
              + "' has no revision "
              + revision
              + " in this batch");
    }
    return document;
  }

  /// As stock leaders answer: a lost batch is a 400 in a 404 here, and a collection without
  /// revision tree makes the follower use the keys instead.
  private ApiResponse ask(ApiRequest request, CollectionInBatch.Question question) {
    try {
      return CollectionInBatch.of(leader, request)
          .askByBatchId(
              request,
              "revisions",
              view -> {
                requireTree(view.definition().name(), view.definition().properties());
                return question.answer(view);
              });
    } catch (RevisionTreeException impossible) {
      throw noTree(impossible.getMessage());
    }
  }

  private static void requireTree(String name, CollectionProperties properties) {
    if (!properties.syncByRevision()) {
      throw noTree("collection '" + name + "' has syncByRevision false");
    }
  }

  private static LockstepException noTree(@Nullable String why) {
    return new LockstepException(
        ErrorNumber.NOT_IMPLEMENTED, "this collection cannot be compared by revisions: " + why);
  }
}
