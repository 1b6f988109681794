package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentCursor;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.KeyGeneratorType;
import dev.lockstep.core.collection.KeyOptions;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Query;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.users.AccessLevel;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// `/_api/collection`: creates, describes, changes and drops collections.
public final class CollectionResource implements Resource {
  /// Who creates a collection may write it: makes sure of that.
  @FunctionalInterface
  public interface CreatorGrant {
    void grant(String userName, String database, String collection);
  }

  /// Documents read for an estimate of a collection's size: enough for a fair mean, few enough for
  /// a monitor that asks every second.
  private static final int SIZE_SAMPLE = 1_000;

  private final ApiCollections collections;
  private final CreatorGrant creatorGrant;

  public CollectionResource(DocumentStore store, CreatorGrant creatorGrant) {
    this.collections = new ApiCollections(store);
    this.creatorGrant = creatorGrant;
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    ApiCollections.refuseTransaction(request);
    List<String> segments = request.segments();
    if (segments.size() > 2) {
      throw request.unknownPath();
    }
    return switch (request.verb()) {
      case GET, HEAD -> segments.isEmpty() ? list(request) : get(request);
      case POST -> {
        if (!segments.isEmpty()) {
          throw request.unknownPath();
        }
        yield create(request);
      }
      case PUT -> {
        if (segments.size() != 2) {
          throw new LockstepException(
              ErrorNumber.HTTP_BAD_PARAMETER,
              "expecting PUT /_api/collection/<collection>/<action>");
        }
        yield put(request);
      }
      case DELETE -> {
        if (segments.size() != 1) {
          throw new LockstepException(
              ErrorNumber.HTTP_BAD_PARAMETER, "expecting DELETE /_api/collection/<collection>");
        }
        yield drop(request);
      }
      default -> throw request.verbNotSupported();
    };
  }

  // ---- describing

  private ApiResponse list(ApiRequest request) {
    request.access().requireDatabase(AccessLevel.RO);
    boolean excludeSystem = request.query().bool("excludeSystem", false);
    List<DocumentCollection> all = collections.database(request).collections();
    return ApiResponse.success(
        200,
        members -> {
          members.key("result").openArray();
          for (DocumentCollection collection : all) {
            CollectionDefinition definition = definitionOrNull(collection);
            if (definition != null
                && !(excludeSystem && definition.properties().isSystem())
                && request.access().collectionLevel(definition.name()).includes(AccessLevel.RO)) {
              members.openObject();
              CollectionRendering.info(members, definition);
              members.close();
            }
          }
          members.close();
        });
  }

  /// Null if the collection was dropped since it was listed.
  private static @Nullable CollectionDefinition definitionOrNull(DocumentCollection collection) {
    try {
      return collection.definition();
    } catch (LockstepException e) {
      if (e.number() == ErrorNumber.COLLECTION_NOT_FOUND) {
        return null;
      }
      throw e;
    }
  }

  private ApiResponse get(ApiRequest request) {
    String given = request.segments().getFirst();
    DocumentCollection collection = collections.require(request, given, AccessLevel.RO);
    CollectionDefinition definition = collection.definition();
    String subject = request.segment(1);
    if (subject == null) {
      return ApiResponse.success(200, members -> CollectionRendering.info(members, definition))
          .header("location", location(given, null));
    }
    ApiResponse response =
        switch (subject) {
          case "properties" -> properties(collection);
          case "count" -> count(collection);
          case "figures" -> figures(collection, request.query().bool("details", false));
          case "revision" ->
              ApiResponse.success(
                  200,
                  members -> {
                    CollectionRendering.properties(members, definition);
                    members.member("revision", printed(collection.revision()));
                  });
          case "checksum" -> checksum(collection, request.query());
          case "shards" ->
              throw new LockstepException(
                  ErrorNumber.CLUSTER_ONLY_ON_COORDINATOR, "shards are only known in a cluster");
          default -> throw request.unknownPath();
        };
    return response.header("location", location(given, subject));
  }

  private static ApiResponse properties(DocumentCollection collection) {
    CollectionDefinition definition = collection.definition();
    return ApiResponse.success(200, members -> CollectionRendering.properties(members, definition));
  }

  private static ApiResponse count(DocumentCollection collection) {
    CollectionDefinition definition = collection.definition();
    long count = collection.count();
    return ApiResponse.success(
        200,
        members -> {
          CollectionRendering.properties(members, definition);
          members.member("count", count);
        });
  }

  private static ApiResponse figures(DocumentCollection collection, boolean details) {
    CollectionDefinition definition = collection.definition();
    CollectionView view = collection.view();
    long count = view.count();
    long bytes = documentsSize(view, count, details ? Long.MAX_VALUE : SIZE_SAMPLE);
    int indexes = collection.indexesWithPrimary().size();
    return ApiResponse.success(
        200,
        members -> {
          CollectionRendering.properties(members, definition);
          members.member("count", count);
          members.key("figures").openObject();
          // Nobody accounts the bytes of one index; null says so, where a number would be invented.
          members
              .key("indexes")
              .openObject()
              .member("count", indexes)
              .key("size")
              .nullValue()
              .close();
          members
              .member("documentsSize", bytes)
              .member("cacheInUse", false)
              .member("cacheSize", 0)
              .member("cacheUsage", 0);
          if (details) {
            members.key("engine").openObject().member("documents", count).close();
          }
          members.close();
        });
  }

  /// Exact if the sample covers the collection, else the mean of the sample times the count.
  private static long documentsSize(CollectionView view, long count, long sampleMax) {
    long bytes = 0;
    long read = 0;
    try (DocumentCursor cursor = view.byRevision(Revision.NONE)) {
      while (read < sampleMax && cursor.next()) {
        bytes += cursor.document().body().length;
        read++;
      }
    }
    return read == 0 || read < sampleMax
        ? bytes
        : Math.round((double) bytes / read * Math.max(count, read));
  }

  private static ApiResponse checksum(DocumentCollection collection, Query query) {
    boolean withRevisions = query.bool("withRevisions", false);
    boolean withData = query.bool("withData", false);
    CollectionDefinition definition = collection.definition();
    // Read before the documents: a client that sees the same revision later knows that nothing has
    // changed since.
    String revision = printed(collection.revision());
    String checksum = Long.toUnsignedString(collection.checksum(withRevisions, withData));
    return ApiResponse.success(
        200,
        members -> {
          CollectionRendering.info(members, definition);
          members.member("checksum", checksum).member("revision", revision);
        });
  }

  private static String printed(Revision revision) {
    return revision.equals(Revision.NONE) ? "0" : revision.toString();
  }

  // ---- creating, changing, dropping

  private ApiResponse create(ApiRequest request) throws IOException {
    request.access().requireDatabase(AccessLevel.RW);
    CollectionProperties properties = parseProperties(RequestObject.of(request.bodyObject()));
    DocumentCollection created = collections.database(request).createCollection(properties);
    creatorGrant.grant(request.userName(), request.database(), created.name());
    return properties(created).header("location", location(created.name(), null));
  }

  /// Members that only make sense in a cluster are accepted and have no effect; unknown ones too.
  private static CollectionProperties parseProperties(RequestObject body) {
    VPackSlice name = body.get("name");
    if (name == null || !name.isString()) {
      throw new LockstepException(
          ErrorNumber.ILLEGAL_NAME,
          "illegal name: attribute 'name' is " + (name == null ? "missing" : "not a string"));
    }
    VPackSlice computedValues = body.array("computedValues");
    if (computedValues != null && computedValues.length() > 0) {
      throw new LockstepException(
          ErrorNumber.NOT_IMPLEMENTED, "not implemented: attribute 'computedValues'");
    }
    RequestObject schema = body.object("schema", ErrorNumber.VALIDATION_BAD_PARAMETER);
    return new CollectionProperties(
        name.asString(),
        parseType(body),
        body.bool("isSystem", false),
        body.bool("waitForSync", false),
        parseKeyOptions(body),
        schema == null ? null : schema.value().toByteArray(),
        body.bool("cacheEnabled", false),
        body.bool("syncByRevision", true),
        body.bool("usesRevisionsAsDocumentIds", true));
  }

  private static CollectionType parseType(RequestObject body) {
    VPackSlice type = body.get("type");
    if (type == null) {
      return CollectionType.DOCUMENT;
    }
    CollectionType known = type.isNumber() ? CollectionType.ofNumber((long) type.asDouble()) : null;
    if (known == null || type.asDouble() != known.number()) {
      throw new LockstepException(
          ErrorNumber.COLLECTION_TYPE_INVALID,
          "collection type invalid: "
              + RequestObject.shown(type)
              + ", expecting 2 (documents) or 3 (edges)");
    }
    return known;
  }

  private static KeyOptions parseKeyOptions(RequestObject body) {
    RequestObject options = body.object("keyOptions", ErrorNumber.INVALID_KEY_GENERATOR);
    if (options == null) {
      return KeyOptions.DEFAULT;
    }
    String typeName = options.string("type", KeyGeneratorType.TRADITIONAL.wireName());
    KeyGeneratorType type = KeyGeneratorType.ofWireName(typeName);
    if (type == null) {
      throw options.bad(
          "type",
          Objects.requireNonNull(options.get("type")),
          "traditional, autoincrement, padded or uuid");
    }
    return new KeyOptions(
        type,
        options.bool("allowUserKeys", true),
        options.integer("increment", 1, 1, KeyOptions.INCREMENT_MAX),
        options.integer("offset", 0, 0, Long.MAX_VALUE));
  }

  private ApiResponse put(ApiRequest request) throws IOException {
    String given = request.segments().getFirst();
    String action = request.segments().get(1);
    DocumentCollection collection = collections.require(request, given, levelOf(action, request));
    ApiResponse response =
        switch (action) {
          case "properties" -> changeProperties(request, collection);
          case "rename" -> rename(request, collection);
          case "truncate" -> {
            collection.truncate(
                request.query().bool("waitForSync", false)
                    ? Durability.POWER_LOSS
                    : Durability.PROCESS_CRASH);
            yield info(collection, CollectionRendering.LOADED);
          }
          case "load" -> load(request, collection);
          case "unload" -> info(collection, CollectionRendering.UNLOADED);
          case "loadIndexesIntoMemory" ->
              ApiResponse.success(200, members -> members.member("result", true));
          case "recalculateCount" -> {
            long count = collection.recalculateCount();
            yield ApiResponse.success(
                200, members -> members.member("result", true).member("count", count));
          }
          case "compact" -> info(collection, CollectionRendering.LOADED);
          case "responsibleShard" ->
              throw new LockstepException(
                  ErrorNumber.CLUSTER_ONLY_ON_COORDINATOR, "shards are only known in a cluster");
          default -> throw request.unknownPath();
        };
    return response.header("location", location(given, action));
  }

  private static AccessLevel levelOf(String action, ApiRequest request) {
    switch (action) {
      case "properties", "rename" -> {
        request.access().requireDatabase(AccessLevel.RW);
        return AccessLevel.RW;
      }
      case "truncate", "recalculateCount", "compact" -> {
        return AccessLevel.RW;
      }
      default -> {
        return AccessLevel.RO;
      }
    }
  }

  private static ApiResponse info(DocumentCollection collection, int status) {
    CollectionDefinition definition = collection.definition();
    return ApiResponse.success(
        200, members -> CollectionRendering.info(members, definition, status));
  }

  private static ApiResponse load(ApiRequest request, DocumentCollection collection)
      throws IOException {
    VPackSlice body = request.bodyValueOrNull();
    boolean withCount =
        body == null || !body.isObject() || RequestObject.of(body).bool("count", true);
    CollectionDefinition definition = collection.definition();
    long count = collection.count();
    return ApiResponse.success(
        200,
        members -> {
          CollectionRendering.info(members, definition);
          if (withCount) {
            members.member("count", count);
          }
        });
  }

  private static ApiResponse changeProperties(ApiRequest request, DocumentCollection collection)
      throws IOException {
    RequestObject body = RequestObject.of(request.bodyObject());
    boolean schemaGiven = body.value().get("schema") != null;
    RequestObject schema = body.object("schema", ErrorNumber.VALIDATION_BAD_PARAMETER);
    collection.changeProperties(
        body.boolOrNull("waitForSync"),
        body.boolOrNull("cacheEnabled"),
        schema == null ? null : schema.value().toByteArray(),
        schemaGiven);
    return properties(collection);
  }

  private ApiResponse rename(ApiRequest request, DocumentCollection collection) throws IOException {
    VPackSlice name = RequestObject.of(request.bodyObject()).get("name");
    if (name == null || !name.isString()) {
      throw new LockstepException(
          ErrorNumber.ILLEGAL_NAME,
          "illegal name: attribute 'name' is " + (name == null ? "missing" : "not a string"));
    }
    Database database = collections.database(request);
    String oldName = collection.name();
    database.renameCollection(collection, name.asString());
    GraphDefinitions.renameCollection(database, oldName, name.asString());
    return info(collection, CollectionRendering.LOADED);
  }

  private ApiResponse drop(ApiRequest request) {
    request.access().requireDatabase(AccessLevel.RW);
    String given = request.segments().getFirst();
    DocumentCollection collection = collections.require(request, given, AccessLevel.RW);
    String id = Long.toUnsignedString(collection.id());
    collections
        .database(request)
        .dropCollection(collection, request.query().bool("isSystem", false));
    return ApiResponse.success(200, members -> members.member("id", id))
        .header("location", location(given, null));
  }

  private static String location(String given, @Nullable String subject) {
    String collection = "/_api/collection/" + DocumentResource.encode(given);
    return subject == null ? collection : collection + "/" + DocumentResource.encode(subject);
  }
}
