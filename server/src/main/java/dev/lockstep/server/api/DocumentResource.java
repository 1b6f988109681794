package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.OverwriteMode;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.collection.WriteResult;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.DocumentKey;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.users.AccessLevel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// `/_api/document/<collection>[/<key>]`: reads and writes documents, one or many at once. Arrays
/// are worked through in pieces while they arrive, and their results are kept aside until the last
/// element is done, for their number of errors is a header.
public final class DocumentResource implements Resource {
  /// Up to here an array is parsed completely before anything of it is written, so that a syntax
  /// error in an ordinary request leaves nothing behind; beyond, it is the bound of what one
  /// request holds.
  static final int PIECE_BYTES_MAX = 8 << 20;

  /// Bounds the objects beside the bytes, for arrays of tiny elements.
  static final int PIECE_OPERATIONS_MAX = 20_000;

  /// What an operation costs beside its body, roughly.
  private static final int OPERATION_OVERHEAD = 128;

  private final DocumentStore store;
  private final ApiCollections collections;

  public DocumentResource(DocumentStore store) {
    this.store = store;
    this.collections = new ApiCollections(store);
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    ApiCollections.refuseTransaction(request);
    return switch (request.verb()) {
      case POST -> insert(request);
      case GET, HEAD -> read(request);
      case PUT ->
          request.query().bool("onlyget", false) ? readMany(request) : replaceOrUpdate(request);
      case PATCH -> replaceOrUpdate(request);
      case DELETE -> remove(request);
      default -> throw request.verbNotSupported();
    };
  }

  // ---- reading

  private ApiResponse read(ApiRequest request) {
    String form = request.verb() + " /_api/document/<collection>/<key>";
    if (request.segments().size() < 2) {
      throw new LockstepException(ErrorNumber.HTTP_BAD_PARAMETER, "expecting " + form);
    }
    refuseFurtherSegments(request, 2, form);
    DocumentCollection collection =
        collections.require(request, segment(request, 0), AccessLevel.RO);
    String key = segment(request, 1);
    Document document = find(collection, key);
    if (document == null) {
      throw new LockstepException(ErrorNumber.DOCUMENT_NOT_FOUND);
    }
    Revision wanted = DocumentSelector.expectedIn(request.header("if-match"));
    if (wanted != null && !wanted.equals(document.revision())) {
      return preconditionFailed(
          new LockstepException(ErrorNumber.CONFLICT, "conflict, _rev values do not match"),
          collection.name(),
          key,
          document.revision());
    }
    String etag = etag(document.revision());
    Revision known = DocumentSelector.expectedIn(request.header("if-none-match"));
    if (known != null && known.equals(document.revision())) {
      return ApiResponse.empty(304).header("etag", etag);
    }
    return ApiResponse.document(200, document.slice(), collection.name()).header("etag", etag);
  }

  private ApiResponse readMany(ApiRequest request) throws IOException {
    String form = "PUT /_api/document/<collection>?onlyget=true";
    if (request.segments().isEmpty()) {
      throw new LockstepException(ErrorNumber.HTTP_BAD_PARAMETER, "expecting " + form);
    }
    refuseFurtherSegments(request, 1, form);
    DocumentCollection collection =
        collections.require(request, segment(request, 0), AccessLevel.RO);
    String name = collection.name();
    boolean ignoreRevs = request.query().bool("ignoreRevs", true);
    try (BodyValues selectors = BodyValues.open(request);
        SpooledArray documents = SpooledArray.of(request)) {
      requireArray(selectors);
      ErrorCounts errors = new ErrorCounts();
      for (VPackSlice value = selectors.next(); value != null; value = selectors.next()) {
        request.cancellation().throwIfCancelled();
        selectors.letGo();
        WrittenElement.Refusal refusal = null;
        try {
          DocumentSelector selector = DocumentSelector.parse(value, name);
          Document document = find(collection, selector.key());
          if (document == null) {
            refusal =
                WrittenElement.Refusal.of(new LockstepException(ErrorNumber.DOCUMENT_NOT_FOUND));
          } else if (!ignoreRevs
              && selector.expected() != null
              && !selector.expected().equals(document.revision())) {
            refusal =
                new WrittenElement.Refusal(
                    new LockstepException(
                        ErrorNumber.CONFLICT, "conflict, _rev values do not match"),
                    name,
                    selector.key(),
                    document.revision());
          } else {
            documents.addDocument(document.slice(), name);
          }
        } catch (LockstepException e) {
          if (e.number() == ErrorNumber.COLLECTION_NOT_FOUND) {
            throw e;
          }
          refusal = WrittenElement.Refusal.of(e);
        }
        if (refusal != null) {
          errors.count(refusal.error());
          documents.add(refusal);
        }
      }
      return errors.addTo(documents.toResponse(200));
    }
  }

  /// A key that cannot exist is not looked for.
  private static @Nullable Document find(DocumentCollection collection, String key) {
    return DocumentKey.isValid(key) ? collection.document(key) : null;
  }

  // ---- writing

  private ApiResponse insert(ApiRequest request) throws IOException {
    String form = "POST /_api/document/<collection>";
    refuseFurtherSegments(request, 1, form);
    // Before 3.0 the collection was a parameter; old scripts still say so.
    String given =
        request.segment(0) != null ? request.segment(0) : request.query().string("collection");
    if (given == null || given.isEmpty()) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER,
          "the collection is missing: expecting " + form + " or the parameter 'collection'");
    }
    DocumentOptions options = DocumentOptions.parse(request.query());
    DocumentCollection collection = collections.require(request, given, AccessLevel.RW);
    Operation operation = body -> insertOf(body, options);
    try (BodyValues body = BodyValues.open(request)) {
      return body.isArray()
          ? writeMany(request, collection, options, body, operation, Success.WRITTEN)
          : writeOne(
              collection, options, operation.of(body.singleObject()), Success.WRITTEN, request);
    }
  }

  private static DocumentWrite insertOf(VPackSlice body, DocumentOptions options) {
    requireObject(body);
    Revision restored = options.restore() ? DocumentSelector.expectedIn(body) : null;
    if (restored != null && !restored.isValid()) {
      throw new LockstepException(
          ErrorNumber.DOCUMENT_REVISION_BAD, "illegal document revision: _rev cannot be restored");
    }
    return new DocumentWrite.Insert(
        body, options.overwriteMode(), options.keepNull(), options.mergeObjects(), restored);
  }

  private ApiResponse replaceOrUpdate(ApiRequest request) throws IOException {
    boolean replaces = request.verb() == HttpVerb.PUT;
    String form = request.verb() + " /_api/document/<collection>[/<key>]";
    if (request.segments().isEmpty()) {
      throw new LockstepException(ErrorNumber.HTTP_BAD_PARAMETER, "expecting " + form);
    }
    refuseFurtherSegments(request, 2, form);
    DocumentOptions options = DocumentOptions.parse(request.query());
    if (options.restore()) {
      throw new LockstepException(
          ErrorNumber.NOT_IMPLEMENTED,
          "not implemented: the parameter 'isRestore' of " + request.verb());
    }
    DocumentCollection collection =
        collections.require(request, segment(request, 0), AccessLevel.RW);
    String key = request.segment(1);
    try (BodyValues body = BodyValues.open(request)) {
      if (key == null) {
        requireArray(body);
        String name = collection.name();
        Operation operation =
            value -> {
              requireObject(value);
              Revision expected = options.ignoreRevs() ? null : DocumentSelector.expectedIn(value);
              return writeOf(
                  replaces, DocumentSelector.keyOfObject(value, name), value, expected, options);
            };
        return writeMany(request, collection, options, body, operation, Success.WRITTEN);
      }
      VPackSlice value = body.singleObject();
      Revision expected = DocumentSelector.expectedIn(request.header("if-match"));
      if (expected == null && !options.ignoreRevs()) {
        expected = DocumentSelector.expectedIn(value);
      }
      return writeOne(
          collection,
          options,
          writeOf(replaces, key, value, expected, options),
          Success.WRITTEN,
          request);
    }
  }

  private static DocumentWrite writeOf(
      boolean replaces,
      String key,
      VPackSlice body,
      @Nullable Revision expected,
      DocumentOptions options) {
    return replaces
        ? new DocumentWrite.Replace(key, body, expected)
        : new DocumentWrite.Update(key, body, expected, options.keepNull(), options.mergeObjects());
  }

  private ApiResponse remove(ApiRequest request) throws IOException {
    String form = "DELETE /_api/document/<collection>[/<key>]";
    if (request.segments().isEmpty()) {
      throw new LockstepException(ErrorNumber.HTTP_BAD_PARAMETER, "expecting " + form);
    }
    refuseFurtherSegments(request, 2, form);
    DocumentOptions options = DocumentOptions.parse(request.query());
    DocumentCollection collection =
        collections.require(request, segment(request, 0), AccessLevel.RW);
    String key = request.segment(1);
    if (key != null) {
      Revision expected = DocumentSelector.expectedIn(request.header("if-match"));
      return writeOne(
          collection, options, new DocumentWrite.Remove(key, expected), Success.REMOVED, request);
    }
    String name = collection.name();
    Operation operation =
        value -> {
          DocumentSelector selector = DocumentSelector.parse(value, name);
          return new DocumentWrite.Remove(
              selector.key(), options.ignoreRevs() ? null : selector.expected());
        };
    try (BodyValues selectors = BodyValues.open(request)) {
      requireArray(selectors);
      return writeMany(request, collection, options, selectors, operation, Success.REMOVED);
    }
  }

  /// Turns one value of a body into an operation, or throws why it cannot be one.
  private interface Operation {
    DocumentWrite of(VPackSlice value);
  }

  /// The status of a success depends on whether it has survived a power loss.
  private enum Success {
    WRITTEN(201, 202),
    REMOVED(200, 202);

    private final int synced;
    private final int unsynced;

    Success(int synced, int unsynced) {
      this.synced = synced;
      this.unsynced = unsynced;
    }

    int status(DocumentCollection collection, DocumentOptions options) {
      return options.waitForSync() || collection.definition().properties().waitForSync()
          ? synced
          : unsynced;
    }
  }

  private ApiResponse writeOne(
      DocumentCollection collection,
      DocumentOptions options,
      DocumentWrite operation,
      Success success,
      ApiRequest request) {
    String name = collection.name();
    int status = success.status(collection, options);
    WriteResult result = collection.write(operation, options.writeOptions(options.durability()));
    WrittenElement element;
    switch (result) {
      case WriteResult.Refused refused -> {
        if (refused.error().number() == ErrorNumber.CONFLICT
            && refused.current() != null
            && refused.key() != null) {
          return preconditionFailed(refused.error(), name, refused.key(), refused.current());
        }
        throw refused.error();
      }
      case WriteResult.Written written ->
          element = WrittenElement.of(name, written, success == Success.WRITTEN);
      case WriteResult.Ignored ignored -> element = WrittenElement.of(name, ignored);
    }
    ApiResponse response;
    if (options.silent()) {
      response = ApiResponse.object(status, members -> {});
    } else if (request.wantsVelocyPack()) {
      response = ApiResponse.value(status, element.toVPack());
    } else {
      response = ApiResponse.stream(status, ApiResponse.JSON, element::writeJson);
    }
    return response
        .header("etag", etag(element.revision()))
        .header("location", location(request.database(), name, element.key()));
  }

  private ApiResponse writeMany(
      ApiRequest request,
      DocumentCollection collection,
      DocumentOptions options,
      BodyValues values,
      Operation operation,
      Success success)
      throws IOException {
    int status = success.status(collection, options);
    boolean demandsSync = status == success.synced;
    try (SpooledArray results = SpooledArray.of(request)) {
      ManyWrites writes = new ManyWrites(request, collection, options, success, results);
      boolean isLast = false;
      boolean isFirst = true;
      while (!isLast) {
        request.cancellation().throwIfCancelled();
        values.letGo();
        try {
          isLast = writes.collect(values, operation);
        } catch (LockstepException e) {
          throw writes.done == 0
              ? e
              : new LockstepException(
                  e.number(),
                  e.getMessage()
                      + " (the first "
                      + writes.done
                      + " elements of the array are processed already)",
                  e);
        }
        // One sync at the end covers all pieces; a single piece syncs with its own commit.
        boolean syncNow = demandsSync && isFirst && isLast;
        writes.carryOut(syncNow ? Durability.POWER_LOSS : Durability.PROCESS_CRASH);
        if (demandsSync && !isFirst && isLast) {
          store.engine().sync();
        }
        isFirst = false;
      }
      return writes.errors.addTo(results.toResponse(status));
    }
  }

  /// The state of one request with many writes.
  private static final class ManyWrites {
    private final ApiRequest request;
    private final DocumentCollection collection;
    private final String name;
    private final DocumentOptions options;
    private final Success success;
    private final SpooledArray results;
    private final boolean resultsExceedInput;
    private final ErrorCounts errors = new ErrorCounts();

    /// The current piece in its order: operations, or why an element is none.
    private final List<Object> piece = new ArrayList<>();

    private long done;

    ManyWrites(
        ApiRequest request,
        DocumentCollection collection,
        DocumentOptions options,
        Success success,
        SpooledArray results) {
      this.request = request;
      this.collection = collection;
      this.name = collection.name();
      this.options = options;
      this.success = success;
      this.results = results;
      boolean merges =
          request.verb() == HttpVerb.PATCH || options.overwriteMode() == OverwriteMode.UPDATE;
      this.resultsExceedInput =
          !options.silent() && (options.returnOld() || options.returnNew() && merges);
    }

    /// Fills the next piece; true if it is the last one.
    boolean collect(BodyValues values, Operation operation) throws IOException {
      piece.clear();
      // Documents that come back may be of any size, whatever the size of what names them.
      int operationsMax = resultsExceedInput ? 1 : PIECE_OPERATIONS_MAX;
      for (long bytes = 0; bytes < PIECE_BYTES_MAX && piece.size() < operationsMax; ) {
        VPackSlice value = values.next();
        if (value == null) {
          return true;
        }
        try {
          piece.add(operation.of(value));
          bytes += value.byteSize() + OPERATION_OVERHEAD;
        } catch (LockstepException e) {
          piece.add(e);
          bytes += OPERATION_OVERHEAD;
        }
      }
      return false;
    }

    void carryOut(Durability durability) throws IOException {
      List<DocumentWrite> operations = new ArrayList<>(piece.size());
      for (Object entry : piece) {
        if (entry instanceof DocumentWrite operation) {
          operations.add(operation);
        }
      }
      WriteOptions writeOptions = options.writeOptions(durability);
      List<WriteResult> outcomes =
          operations.isEmpty() ? List.of() : collection.write(operations, writeOptions);
      int next = 0;
      for (Object entry : piece) {
        report(entry instanceof LockstepException refusal ? refusal : outcomes.get(next++));
      }
      done += piece.size();
      piece.clear();
    }

    private void report(Object outcome) throws IOException {
      SpooledArray.Element element =
          switch (outcome) {
            case LockstepException refusal -> WrittenElement.Refusal.of(refusal);
            case WriteResult.Refused refused -> WrittenElement.Refusal.of(name, refused);
            case WriteResult.Written written ->
                WrittenElement.of(name, written, success == Success.WRITTEN);
            case WriteResult.Ignored ignored -> WrittenElement.of(name, ignored);
            default -> throw new IllegalStateException("unknown outcome " + outcome);
          };
      if (element instanceof WrittenElement.Refusal refusal) {
        errors.count(refusal.error());
        request.countRefusal(refusal.error());
      } else if (options.silent()) {
        return;
      }
      results.add(element);
    }
  }

  /// How often each error number occurred among many operations.
  private static final class ErrorCounts {
    private final Map<Integer, Long> counts = new TreeMap<>();

    void count(LockstepException error) {
      counts.merge(error.number().number(), 1L, Long::sum);
    }

    ApiResponse addTo(ApiResponse response) {
      return counts.isEmpty()
          ? response
          : response.header(
              "x-arango-error-codes",
              counts.entrySet().stream()
                  .map(entry -> "\"" + entry.getKey() + "\":" + entry.getValue())
                  .collect(Collectors.joining(",", "{", "}")));
    }
  }

  // ---- rendering and checks

  static String etag(Revision revision) {
    return "\"" + revision + "\"";
  }

  private static ApiResponse preconditionFailed(
      LockstepException error, String collection, String key, Revision current) {
    return ApiResponse.error(
            412,
            error.number().number(),
            String.valueOf(error.getMessage()),
            members ->
                members
                    .member("_id", collection + "/" + key)
                    .member("_key", key)
                    .member("_rev", current.toString()))
        .header("etag", etag(current));
  }

  static String location(String database, String collection, String key) {
    return "/_db/" + encode(database) + "/_api/document/" + encode(collection) + "/" + encode(key);
  }

  /// Percent-encodes what a path segment cannot hold.
  static String encode(String segment) {
    StringBuilder encoded = new StringBuilder(segment.length());
    for (byte b : segment.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (c >= '0' && c <= '9'
          || c >= 'A' && c <= 'Z'
          || c >= 'a' && c <= 'z'
          || "-._~:@!$&'()*+,;=".indexOf(c) >= 0) {
        encoded.append(c);
      } else {
        encoded.append("%%%02X".formatted((int) c));
      }
    }
    return encoded.toString();
  }

  private static String segment(ApiRequest request, int index) {
    return request.segments().get(index);
  }

  private static void refuseFurtherSegments(ApiRequest request, int most, String form) {
    if (request.segments().size() > most) {
      throw new LockstepException(
          ErrorNumber.HTTP_SUPERFLUOUS_SUFFICES, "superfluous URL suffices: expecting " + form);
    }
  }

  private static void requireObject(VPackSlice value) {
    if (!value.isObject()) {
      throw new LockstepException(ErrorNumber.DOCUMENT_TYPE_INVALID);
    }
  }

  private static void requireArray(BodyValues body) {
    if (!body.isArray()) {
      throw new LockstepException(
          ErrorNumber.DOCUMENT_TYPE_INVALID,
          "invalid document type: expecting an array as the request's body");
    }
  }
}
