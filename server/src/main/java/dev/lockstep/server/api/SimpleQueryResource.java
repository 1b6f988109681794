package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentCursor;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.KeyCursor;
import dev.lockstep.core.collection.Origin;
import dev.lockstep.core.collection.StoreSnapshot;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.collection.WriteResult;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.DocumentKey;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.users.AccessLevel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// `PUT /_api/simple/<query>`: the queries that need no query language. Lists are delivered through
/// cursors over one snapshot. Changes by example go by what a snapshot shows and skip documents
/// that were changed since.
public final class SimpleQueryResource implements Resource {
  /// Documents changed by one call into the collection.
  private static final int CHANGES_PER_WRITE = 1_000;

  /// Up to here a random document is chosen by counting keys, which makes every one equally likely;
  /// in larger collections counting would take too long.
  private static final long COUNTED_CHOICE_MAX = 100_000;

  /// Keys counted behind a random revision in large collections, so that neighbours of gaps are not
  /// preferred much.
  private static final int CHOICE_SPREAD = 1_000;

  private final DocumentStore store;
  private final CursorRegistry cursors;
  private final RandomGenerator random;
  private final ApiCollections collections;

  /// @param random chooses documents; thread-safe
  public SimpleQueryResource(DocumentStore store, CursorRegistry cursors, RandomGenerator random) {
    this.store = store;
    this.cursors = cursors;
    this.random = random;
    this.collections = new ApiCollections(store);
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    if (request.verb() != HttpVerb.PUT) {
      throw request.verbNotSupported();
    }
    if (request.segments().size() != 1) {
      throw request.unknownPath();
    }
    ApiCollections.refuseTransaction(request);
    String query = request.segments().getFirst();
    return switch (query) {
      case "all" -> all(request);
      case "all-keys" -> allKeys(request);
      case "any" -> any(request);
      case "by-example" -> byExample(request);
      case "first-example" -> firstExample(request);
      case "lookup-by-keys" -> lookupByKeys(request);
      case "remove-by-keys" -> removeByKeys(request);
      case "remove-by-example" -> changeByExample(request, "deleted");
      case "replace-by-example" -> changeByExample(request, "replaced");
      case "update-by-example" -> changeByExample(request, "updated");
      case "near", "within", "within-rectangle", "fulltext", "range" ->
          throw new LockstepException(
              ErrorNumber.NOT_IMPLEMENTED,
              "not implemented: simple query '"
                  + query
                  + "' needs an index this server does not use");
      default -> throw request.unknownPath();
    };
  }

  // ---- lists

  /// What the bodies of lists have in common.
  private record ListRequest(
      DocumentCollection collection,
      RequestObject body,
      long skip,
      long limit,
      int batchSize,
      Duration ttl) {
    static ListRequest parse(DocumentCollection collection, RequestObject body) {
      return new ListRequest(
          collection,
          body,
          body.integer("skip", 0, 0, Long.MAX_VALUE),
          body.integer("limit", Long.MAX_VALUE, 0, Long.MAX_VALUE),
          (int) body.integer("batchSize", CursorRegistry.BATCH_SIZE_DEFAULT, 1, Integer.MAX_VALUE),
          Duration.ofSeconds(
              body.integer(
                  "ttl",
                  CursorRegistry.TTL_DEFAULT.toSeconds(),
                  1,
                  CursorRegistry.TTL_MAX.toSeconds())));
    }

    CursorRegistry.Delivery delivery(LongSupplier count) {
      return new CursorRegistry.Delivery(batchSize, ttl, count);
    }

    long countOf(long all) {
      return Math.min(limit, Math.max(0, all - skip));
    }
  }

  private DocumentCollection collection(ApiRequest request, RequestObject body, AccessLevel level) {
    String name = body.string("collection");
    if (name == null || name.isEmpty()) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER, "expecting a string for the attribute 'collection'");
    }
    return collections.require(request, name, level);
  }

  private ApiResponse all(ApiRequest request) throws IOException {
    RequestObject body = RequestObject.of(request.bodyObject());
    ListRequest list = ListRequest.parse(collection(request, body, AccessLevel.RO), body);
    return deliver(
        request,
        list,
        view -> {
          String name = view.definition().name();
          return new Documents(
              view.byRevision(Revision.NONE), document -> true, name, list.skip(), list.limit());
        },
        CollectionView::count);
  }

  private ApiResponse allKeys(ApiRequest request) throws IOException {
    RequestObject body = RequestObject.of(request.bodyObject());
    ListRequest list = ListRequest.parse(collection(request, body, AccessLevel.RO), body);
    String type = body.string("type", "path");
    String database = request.database();
    if (!List.of("id", "key", "path").contains(type)) {
      throw body.bad("type", new VPackBuilder().value(type).toSlice(), "id, key or path");
    }
    return deliver(
        request,
        list,
        view -> {
          String name = view.definition().name();
          Function<String, String> form =
              switch (type) {
                case "id" -> key -> name + "/" + key;
                case "key" -> key -> key;
                default -> key -> DocumentResource.location(database, name, key);
              };
          return new Keys(view.byKey(null, null), form, list.skip(), list.limit());
        },
        CollectionView::count);
  }

  private ApiResponse byExample(ApiRequest request) throws IOException {
    RequestObject body = RequestObject.of(request.bodyObject());
    ListRequest list = ListRequest.parse(collection(request, body, AccessLevel.RO), body);
    VPackSlice example = example(body);
    return deliver(
        request,
        list,
        view -> matching(view, example, list.skip(), list.limit()),
        view -> {
          try (Documents matches = matching(view, example, 0, Long.MAX_VALUE)) {
            long count = 0;
            while (matches.next()) {
              request.cancellation().throwIfCancelled();
              count++;
            }
            return count;
          }
        });
  }

  private interface Count {
    long of(CollectionView view);
  }

  private ApiResponse deliver(
      ApiRequest request,
      ListRequest list,
      Function<CollectionView, CursorRegistry.Source> source,
      Count count)
      throws IOException {
    StoreSnapshot snapshot = store.snapshot();
    CursorRegistry.Source opened = null;
    try {
      CollectionView view = view(snapshot, request, list.collection());
      CursorRegistry.Delivery delivery = list.delivery(() -> list.countOf(count.of(view)));
      opened = source.apply(view);
      CursorRegistry.Source delivered = opened;
      StoreSnapshot pinned = snapshot;
      // From here on the registry owns both.
      opened = null;
      snapshot = null;
      return cursors.open(request, delivery, pinned, delivered);
    } finally {
      if (opened != null) {
        opened.close();
      }
      if (snapshot != null) {
        snapshot.close();
      }
    }
  }

  private static CollectionView view(
      StoreSnapshot snapshot, ApiRequest request, DocumentCollection collection) {
    String id = Long.toUnsignedString(collection.id());
    CollectionView view = snapshot.collection(request.database(), id);
    if (view == null) {
      throw ApiCollections.notFound(id);
    }
    return view;
  }

  private static Documents matching(
      CollectionView view, VPackSlice example, long skip, long limit) {
    String name = view.definition().name();
    ExampleMatcher matcher = new ExampleMatcher(example, name);
    String key = matcher.onlyKey();
    DocumentCursor cursor =
        matcher.isImpossible() || key != null
            ? new AtMostOne(find(view, matcher))
            : view.byRevision(Revision.NONE);
    return new Documents(cursor, matcher::matches, name, skip, limit);
  }

  private static @Nullable Document find(CollectionView view, ExampleMatcher matcher) {
    String key = matcher.onlyKey();
    return matcher.isImpossible() || key == null || !DocumentKey.isValid(key)
        ? null
        : view.document(key);
  }

  /// A cursor over one document or none.
  private static final class AtMostOne implements DocumentCursor {
    private final @Nullable Document document;
    private boolean passed;

    AtMostOne(@Nullable Document document) {
      this.document = document;
    }

    @Override
    public boolean next() {
      boolean first = !passed;
      passed = true;
      return first && document != null;
    }

    @Override
    public Document document() {
      if (document == null) {
        throw new IllegalStateException("there is no document");
      }
      return document;
    }

    @Override
    public void close() {}
  }

  /// Documents of a cursor that pass a filter, some skipped, at most so many.
  private static final class Documents implements CursorRegistry.Source {
    private interface Filter {
      boolean accepts(Document document);
    }

    private final DocumentCursor cursor;
    private final Filter filter;
    private final String collection;
    private long toSkip;
    private long left;
    private @Nullable Document current;

    Documents(DocumentCursor cursor, Filter filter, String collection, long skip, long limit) {
      this.cursor = cursor;
      this.filter = filter;
      this.collection = collection;
      this.toSkip = skip;
      this.left = limit;
    }

    @Override
    public boolean next() {
      current = null;
      while (left > 0 && cursor.next()) {
        Document document = cursor.document();
        if (!filter.accepts(document)) {
          continue;
        }
        if (toSkip > 0) {
          toSkip--;
          continue;
        }
        left--;
        current = document;
        return true;
      }
      return false;
    }

    Document document() {
      if (current == null) {
        throw new IllegalStateException("the cursor stands on no document");
      }
      return current;
    }

    @Override
    public void addTo(SpooledArray results) throws IOException {
      results.addDocument(document().slice(), collection);
    }

    @Override
    public void close() {
      cursor.close();
    }
  }

  private static final class Keys implements CursorRegistry.Source {
    private final KeyCursor cursor;
    private final Function<String, String> form;
    private long toSkip;
    private long left;

    Keys(KeyCursor cursor, Function<String, String> form, long skip, long limit) {
      this.cursor = cursor;
      this.form = form;
      this.toSkip = skip;
      this.left = limit;
    }

    @Override
    public boolean next() {
      while (left > 0 && cursor.next()) {
        if (toSkip > 0) {
          toSkip--;
          continue;
        }
        left--;
        return true;
      }
      return false;
    }

    @Override
    public void addTo(SpooledArray results) throws IOException {
      results.add(new VPackBuilder().value(form.apply(cursor.key())).toSlice());
    }

    @Override
    public void close() {
      cursor.close();
    }
  }

  // ---- single documents

  private ApiResponse firstExample(ApiRequest request) throws IOException {
    RequestObject body = RequestObject.of(request.bodyObject());
    DocumentCollection collection = collection(request, body, AccessLevel.RO);
    CollectionView view = collection.view();
    try (Documents matches = matching(view, example(body), 0, 1)) {
      if (!matches.next()) {
        throw new LockstepException(ErrorNumber.HTTP_NOT_FOUND, "no match");
      }
      return document(matches.document(), view.definition().name());
    }
  }

  private ApiResponse any(ApiRequest request) throws IOException {
    RequestObject body = RequestObject.of(request.bodyObject());
    CollectionView view = collection(request, body, AccessLevel.RO).view();
    Document chosen = choose(view);
    return chosen == null
        ? ApiResponse.success(200, members -> members.key("document").nullValue())
        : document(chosen, view.definition().name());
  }

  private @Nullable Document choose(CollectionView view) {
    long count = view.count();
    return count <= COUNTED_CHOICE_MAX ? chooseByCounting(view, count) : chooseByRevision(view);
  }

  private @Nullable Document chooseByCounting(CollectionView view, long count) {
    long skip = count <= 0 ? 0 : random.nextLong(count);
    String key = null;
    try (KeyCursor keys = view.byKey(null, null)) {
      for (long i = 0; i <= skip && keys.next(); i++) {
        key = keys.key();
      }
    }
    return key == null ? null : view.document(key);
  }

  private @Nullable Document chooseByRevision(CollectionView view) {
    long skip = random.nextLong(CHOICE_SPREAD);
    Document last = null;
    try (DocumentCursor cursor = view.byRevision(randomRevision(view))) {
      for (long i = 0; i <= skip && cursor.next(); i++) {
        last = cursor.document();
      }
    }
    return last;
  }

  /// A point between the times of the oldest and the newest document.
  private Revision randomRevision(CollectionView view) {
    long now = store.clock().next().value();
    long oldest = Revision.LOWER_BOUND.value();
    try (DocumentCursor cursor = view.byRevision(Revision.NONE)) {
      if (cursor.next()) {
        oldest = cursor.document().revision().value();
      }
    }
    return Long.compareUnsigned(oldest, now) < 0
        ? new Revision(oldest + random.nextLong(now - oldest))
        : Revision.NONE;
  }

  private static ApiResponse document(Document document, String collection) {
    VPackBuilder builder = new VPackBuilder();
    builder.openObject().key("document");
    StoredDocument.writeWithId(document.slice(), collection, builder);
    builder.member("error", false).member("code", 200).close();
    return ApiResponse.value(200, builder.toSlice());
  }

  // ---- by keys

  private ApiResponse lookupByKeys(ApiRequest request) throws IOException {
    RequestObject body = RequestObject.of(request.bodyObject());
    DocumentCollection collection = collection(request, body, AccessLevel.RO);
    String name = collection.name();
    try (SpooledArray documents = SpooledArray.of(request)) {
      for (VPackSlice value : keys(body).elements()) {
        request.cancellation().throwIfCancelled();
        String key = DocumentSelector.parse(value, name).key();
        Document document = DocumentKey.isValid(key) ? collection.document(key) : null;
        if (document != null) {
          documents.addDocument(document.slice(), name);
        }
      }
      return documents.toResponse(
          200, "documents", members -> members.member("error", false).member("code", 200));
    }
  }

  private static VPackSlice keys(RequestObject body) {
    VPackSlice keys = body.array("keys");
    if (keys == null) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER, "expecting an array for the attribute 'keys'");
    }
    return keys;
  }

  private ApiResponse removeByKeys(ApiRequest request) throws IOException {
    RequestObject body = RequestObject.of(request.bodyObject());
    DocumentCollection collection = collection(request, body, AccessLevel.RW);
    Changes changes = new Changes(request, collection, body);
    String name = collection.name();
    for (VPackSlice value : keys(body).elements()) {
      changes.add(new DocumentWrite.Remove(DocumentSelector.parse(value, name).key(), null));
    }
    changes.finish();
    return ApiResponse.success(
        200, members -> members.member("removed", changes.done).member("ignored", changes.skipped));
  }

  // ---- by example

  private static VPackSlice example(RequestObject body) {
    VPackSlice example = body.get("example");
    if (example == null || !example.isObject()) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER, "expecting an object for the attribute 'example'");
    }
    return example;
  }

  private ApiResponse changeByExample(ApiRequest request, String counter) throws IOException {
    RequestObject body = RequestObject.of(request.bodyObject());
    DocumentCollection collection = collection(request, body, AccessLevel.RW);
    VPackSlice example = example(body);
    RequestObject options = body.object("options", ErrorNumber.BAD_PARAMETER);
    RequestObject named = options == null ? body : options;
    long limit = named.integer("limit", Long.MAX_VALUE, 0, Long.MAX_VALUE);
    boolean keepNull = named.bool("keepNull", true);
    boolean mergeObjects = named.bool("mergeObjects", true);
    VPackSlice newValue = counter.equals("deleted") ? null : newValue(body);
    Changes changes = new Changes(request, collection, body);
    try (StoreSnapshot snapshot = store.snapshot();
        Documents matches = matching(view(snapshot, request, collection), example, 0, limit)) {
      while (matches.next()) {
        Document match = matches.document();
        changes.add(
            newValue == null
                ? new DocumentWrite.Remove(match.key(), match.revision())
                : counter.equals("replaced")
                    ? new DocumentWrite.Replace(match.key(), newValue, match.revision())
                    : new DocumentWrite.Update(
                        match.key(), newValue, match.revision(), keepNull, mergeObjects));
      }
    }
    changes.finish();
    return ApiResponse.success(200, members -> members.member(counter, changes.done));
  }

  private static VPackSlice newValue(RequestObject body) {
    VPackSlice value = body.get("newValue");
    if (value == null || !value.isObject()) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER, "expecting an object for the attribute 'newValue'");
    }
    return value;
  }

  /// Collects operations and carries them out in bounded pieces.
  private final class Changes {
    private final ApiRequest request;
    private final DocumentCollection collection;
    private final boolean waitForSync;
    private final List<DocumentWrite> piece = new ArrayList<>();
    private long pieceBytes;
    long done;

    /// Documents that are gone, or were changed by somebody else in between.
    long skipped;

    Changes(ApiRequest request, DocumentCollection collection, RequestObject body) {
      RequestObject options = body.object("options", ErrorNumber.BAD_PARAMETER);
      this.request = request;
      this.collection = collection;
      this.waitForSync =
          (options == null ? body : options).bool("waitForSync", false)
              || collection.definition().properties().waitForSync();
    }

    void add(DocumentWrite operation) {
      piece.add(operation);
      pieceBytes +=
          operation instanceof DocumentWrite.Replace replace ? replace.body().byteSize() : 0;
      if (piece.size() == CHANGES_PER_WRITE || pieceBytes > DocumentResource.PIECE_BYTES_MAX) {
        carryOut();
      }
    }

    private void carryOut() {
      request.cancellation().throwIfCancelled();
      WriteOptions options =
          new WriteOptions(Durability.PROCESS_CRASH, false, false, false, Origin.CLIENT);
      for (WriteResult result : collection.write(piece, options)) {
        if (result instanceof WriteResult.Refused refused) {
          switch (refused.error().number()) {
            case CONFLICT, DOCUMENT_NOT_FOUND -> skipped++;
            default -> throw refused.error();
          }
        } else {
          done++;
        }
      }
      piece.clear();
      pieceBytes = 0;
    }

    void finish() {
      if (!piece.isEmpty()) {
        carryOut();
      }
      if (waitForSync && done > 0) {
        store.engine().sync();
      }
    }
  }
}
