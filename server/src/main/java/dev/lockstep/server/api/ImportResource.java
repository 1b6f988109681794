package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.KeyCursor;
import dev.lockstep.core.collection.Origin;
import dev.lockstep.core.collection.OverwriteMode;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.collection.WriteResult;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.EngineLimits;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.users.AccessLevel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `POST /_api/import`: writes many documents from a body of any size, which is worked through
/// while it arrives. Bad rows are counted and skipped, unless the import has to be complete: then
/// everything is one atomic write, which must fit into one commit of the engine.
public final class ImportResource implements Resource {
  private final DocumentStore store;
  private final ApiCollections collections;

  public ImportResource(DocumentStore store) {
    this.store = store;
    this.collections = new ApiCollections(store);
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    if (request.verb() != HttpVerb.POST) {
      throw request.verbNotSupported();
    }
    if (!request.segments().isEmpty()) {
      throw request.unknownPath();
    }
    ApiCollections.refuseTransaction(request);
    ImportParameters parameters = ImportParameters.parse(request.query());
    DocumentCollection collection =
        collections.require(request, parameters.collection(), AccessLevel.RW);
    try (Run run = new Run(request, parameters, collection);
        ImportRows rows = ImportRows.open(request, parameters)) {
      run.importAll(rows);
      return run.response();
    }
  }

  /// One import. Counters end up in the answer.
  private final class Run implements AutoCloseable {
    private final ApiRequest request;
    private final ImportParameters parameters;
    private final DocumentCollection collection;
    private final boolean isEdgeCollection;
    private final EngineLimits limits;
    private final @Nullable SpooledArray details;
    private final List<DocumentWrite> piece = new ArrayList<>();
    private long pieceBytes;

    /// Operations at the head of the piece that are not documents of the body.
    private int removals;

    private boolean emptied;

    /// Documents handed to the collection so far.
    private long handedOver;

    private long created;
    private long errors;
    private long updated;
    private long ignored;
    private long empty;

    Run(ApiRequest request, ImportParameters parameters, DocumentCollection collection) {
      this.request = request;
      this.parameters = parameters;
      this.collection = collection;
      this.isEdgeCollection = collection.type() == CollectionType.EDGE;
      this.limits = store.engine().limits();
      this.details = parameters.details() ? SpooledArray.of(request) : null;
    }

    void importAll(ImportRows rows) throws IOException {
      if (parameters.complete() && parameters.overwrite()) {
        removeAllInPiece();
      }
      for (boolean more = true; more; ) {
        request.cancellation().throwIfCancelled();
        request.letGoOfBody();
        more = collect(rows);
        if (!piece.isEmpty() || !more) {
          write();
        }
      }
      empty = rows.blankLines();
      if (parameters.waitForSync() || collection.definition().properties().waitForSync()) {
        store.engine().sync();
      }
    }

    /// Fills the next piece; false after the last row.
    private boolean collect(ImportRows rows) throws IOException {
      while (parameters.complete() || isPieceOpen()) {
        try {
          VPackSlice row = next(rows);
          if (row == null) {
            return false;
          }
          add(isEdgeCollection ? withEnds(row) : row);
        } catch (ImportRows.BadRowException e) {
          if (parameters.complete()) {
            throw new LockstepException(
                ErrorNumber.HTTP_BAD_PARAMETER,
                sentence(rows.position(), String.valueOf(e.getMessage()), e.row()));
          }
          fail(rows.position(), String.valueOf(e.getMessage()), e.row());
        }
      }
      return true;
    }

    private @Nullable VPackSlice next(ImportRows rows)
        throws IOException, ImportRows.BadRowException {
      try {
        return rows.next();
      } catch (LockstepException e) {
        throw handedOver == 0
            ? e
            : new LockstepException(
                e.number(),
                e.getMessage() + " (" + handedOver + " documents before it are processed already)",
                e);
      }
    }

    private boolean isPieceOpen() {
      return pieceBytes < DocumentResource.PIECE_BYTES_MAX
          && piece.size() < DocumentResource.PIECE_OPERATIONS_MAX;
    }

    private void add(VPackSlice document) {
      pieceBytes += document.byteSize();
      piece.add(new DocumentWrite.Insert(document, parameters.onDuplicate(), true, true, null));
      if (parameters.complete()
          && (pieceBytes > limits.commitBytesMax() / 4
              || piece.size() > limits.commitKeysMax() / 8)) {
        throw tooLargeForOneCommit();
      }
    }

    /// Emptying and filling is one step when it has to be complete, so truncation, which is a step
    /// of its own, is not the way.
    private void removeAllInPiece() {
      try (KeyCursor keys = collection.view().byKey(null, null)) {
        while (keys.next()) {
          piece.add(new DocumentWrite.Remove(keys.key(), null));
          if (piece.size() > limits.commitKeysMax() / 8) {
            throw tooLargeForOneCommit();
          }
        }
      }
      removals = piece.size();
      emptied = true;
    }

    private LockstepException tooLargeForOneCommit() {
      return new LockstepException(
          ErrorNumber.RESOURCE_LIMIT,
          "resource limit exceeded: an import with complete=true is one commit of at most %d documents and %d bytes, those removed by overwrite=true included; nothing was changed"
              .formatted(limits.commitKeysMax() / 8, limits.commitBytesMax() / 4));
    }

    private void write() throws IOException {
      if (parameters.overwrite() && !emptied) {
        // Only now: a body that is no import at all must not empty the collection.
        collection.truncate(Durability.PROCESS_CRASH);
        emptied = true;
      }
      if (piece.isEmpty()) {
        return;
      }
      WriteOptions options =
          new WriteOptions(
              Durability.PROCESS_CRASH, false, false, parameters.complete(), Origin.CLIENT);
      List<WriteResult> results = collection.write(piece, options);
      if (parameters.complete()) {
        throwFirstRefusal(results);
      }
      for (int i = removals; i < results.size(); i++) {
        count(results.get(i), ((DocumentWrite.Insert) piece.get(i)).body());
        handedOver++;
      }
      piece.clear();
      pieceBytes = 0;
      removals = 0;
    }

    private void throwFirstRefusal(List<WriteResult> results) {
      for (WriteResult result : results) {
        if (result instanceof WriteResult.Refused refused) {
          throw refused.error();
        }
      }
    }

    private void count(WriteResult result, VPackSlice document) throws IOException {
      switch (result) {
        case WriteResult.Ignored ignoredOne -> ignored++;
        case WriteResult.Written written -> {
          if (written.oldRevision() == null) {
            created++;
          } else {
            updated++;
          }
        }
        case WriteResult.Refused refused -> {
          if (parameters.onDuplicate() == OverwriteMode.IGNORE
              && refused.error().number() == ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED) {
            ignored++;
          } else {
            request.countRefusal(refused.error());
            String detail = refused.error().detail();
            fail(
                handedOver,
                "creating document failed with error '"
                    + refused.error().getMessage()
                    + "'"
                    + (detail == null ? "" : " (" + detail + ")"),
                document);
          }
        }
      }
    }

    private void fail(long position, String reason, @Nullable VPackSlice document)
        throws IOException {
      errors++;
      if (details != null) {
        details.add(new VPackBuilder().value(sentence(position, reason, document)).toSlice());
      }
    }

    private String sentence(long position, String reason, @Nullable VPackSlice document) {
      return "at position "
          + position
          + ": "
          + reason
          + (document == null ? "" : ", offending document: " + RequestObject.shown(document));
    }

    // ---- edges

    /// An edge with its prefixes applied.
    private VPackSlice withEnds(VPackSlice row) throws ImportRows.BadRowException {
      VPackSlice from = row.get("_from");
      VPackSlice to = row.get("_to");
      if (from == null || to == null || !isEnd(from) || !isEnd(to)) {
        throw new ImportRows.BadRowException("missing '_from' or '_to' attribute", row);
      }
      if (parameters.fromPrefix().isEmpty() && parameters.toPrefix().isEmpty()) {
        return row;
      }
      VPackBuilder builder = new VPackBuilder().openObject();
      for (VPackMember member : row.members()) {
        switch (member.name()) {
          case "_from" -> builder.member("_from", prefixed(from, parameters.fromPrefix()));
          case "_to" -> builder.member("_to", prefixed(to, parameters.toPrefix()));
          default -> builder.member(member.name(), member.value());
        }
      }
      return builder.close().toSlice();
    }

    private static boolean isEnd(VPackSlice value) {
      return value.isString() || value.isInteger();
    }

    private String prefixed(VPackSlice end, String prefix) {
      String text = end.isString() ? end.asString() : end.asBigInteger().toString();
      if (prefix.isEmpty()) {
        return text;
      }
      int slash = text.indexOf('/');
      if (slash < 0) {
        return prefix + "/" + text;
      }
      return parameters.overwritePrefix() ? prefix + text.substring(slash) : text;
    }

    // ---- answering

    ApiResponse response() {
      if (details == null) {
        return ApiResponse.object(201, this::writeCounts);
      }
      return details.toResponse(201, "details", this::writeCounts);
    }

    private void writeCounts(VPackBuilder members) {
      members
          .member("error", false)
          .member("created", created)
          .member("errors", errors)
          .member("empty", empty)
          .member("updated", updated)
          .member("ignored", ignored);
    }

    @Override
    public void close() {
      if (details != null) {
        details.close();
      }
    }
  }
}
