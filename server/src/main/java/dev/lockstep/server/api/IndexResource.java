package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.EnsuredIndex;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.collection.IndexType;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.users.AccessLevel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `/_api/index`: lists, creates and drops indexes. A definition of a type that does nothing here
/// is kept, and every answer that shows it says so.
public final class IndexResource implements Resource {
  /// Members of a definition that have a place of their own; the others are kept as they are. `id`,
  /// `isNewlyCreated` and the like come along when a client sends back what it once received.
  private static final Set<String> KNOWN_MEMBERS =
      Set.of(
          "id",
          "name",
          "type",
          "fields",
          "unique",
          "sparse",
          "deduplicate",
          "estimates",
          "expireAfter",
          "inBackground",
          "selectivityEstimate",
          "isNewlyCreated",
          "isUsed",
          "note",
          "error",
          "code");

  private final ApiCollections collections;

  public IndexResource(DocumentStore store) {
    this.collections = new ApiCollections(store);
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    ApiCollections.refuseTransaction(request);
    return switch (request.verb()) {
      case GET, HEAD -> request.segments().isEmpty() ? list(request) : get(request);
      case POST -> {
        if (!request.segments().isEmpty()) {
          throw request.unknownPath();
        }
        yield create(request);
      }
      case DELETE -> drop(request);
      default -> throw request.verbNotSupported();
    };
  }

  private ApiResponse list(ApiRequest request) {
    DocumentCollection collection =
        collections.require(request, request.query().requiredString("collection"), AccessLevel.RO);
    String name = collection.name();
    List<IndexDefinition> indexes = collection.indexesWithPrimary();
    return ApiResponse.success(
        200,
        members -> {
          members.key("indexes").openArray();
          for (IndexDefinition index : indexes) {
            members.openObject();
            render(members, name, index);
            members.close();
          }
          members.close();
          members.key("identifiers").openObject();
          for (IndexDefinition index : indexes) {
            members.key(handle(name, index)).openObject();
            render(members, name, index);
            members.close();
          }
          members.close();
        });
  }

  private ApiResponse get(ApiRequest request) {
    Handle handle = Handle.of(request);
    DocumentCollection collection =
        collections.require(request, handle.collection(), AccessLevel.RO);
    IndexDefinition index = require(collection, handle);
    String name = collection.name();
    return ApiResponse.success(200, members -> render(members, name, index));
  }

  private ApiResponse create(ApiRequest request) throws IOException {
    String given = request.query().requiredString("collection");
    request.access().requireDatabase(AccessLevel.RW);
    DocumentCollection collection = collections.require(request, given, AccessLevel.RW);
    EnsuredIndex ensured = collection.ensureIndex(parse(RequestObject.of(request.bodyObject())));
    String name = collection.name();
    return ApiResponse.success(
        ensured.isNew() ? 201 : 200,
        members -> {
          render(members, name, ensured.definition());
          members.member("isNewlyCreated", ensured.isNew());
        });
  }

  private ApiResponse drop(ApiRequest request) {
    Handle handle = Handle.of(request);
    request.access().requireDatabase(AccessLevel.RW);
    DocumentCollection collection =
        collections.require(request, handle.collection(), AccessLevel.RW);
    IndexDefinition index = require(collection, handle);
    if (index.type() == IndexType.PRIMARY || index.type() == IndexType.EDGE) {
      throw new LockstepException(
          ErrorNumber.FORBIDDEN,
          "forbidden: the " + index.type().wireName() + " index cannot be dropped");
    }
    if (!collection.dropIndex(index.id())) {
      throw notFound(handle);
    }
    String id = handle(collection.name(), index);
    return ApiResponse.success(200, members -> members.member("id", id));
  }

  // ---- parsing

  /// An index as a URL names it.
  private record Handle(String collection, String idOrName) {
    /// `<collection>/<id>`, the slash percent-encoded or not.
    static Handle of(ApiRequest request) {
      List<String> segments = request.segments();
      String text = String.join("/", segments);
      int slash = text.indexOf('/');
      if (slash <= 0 || slash == text.length() - 1 || text.indexOf('/', slash + 1) > 0) {
        throw new LockstepException(
            ErrorNumber.INDEX_HANDLE_BAD,
            "illegal index identifier: expecting "
                + request.verb()
                + " /_api/index/<collection>/<id>");
      }
      return new Handle(text.substring(0, slash), text.substring(slash + 1));
    }
  }

  private static IndexDefinition require(DocumentCollection collection, Handle handle) {
    for (IndexDefinition index : collection.indexesWithPrimary()) {
      if (Long.toUnsignedString(index.id()).equals(handle.idOrName())
          || index.name().equals(handle.idOrName())) {
        return index;
      }
    }
    throw notFound(handle);
  }

  private static LockstepException notFound(Handle handle) {
    return new LockstepException(
        ErrorNumber.INDEX_NOT_FOUND,
        "index not found: " + handle.collection() + "/" + handle.idOrName());
  }

  // The compiler drops the type annotation of an array parameter of a compact constructor from the
  // class file.
  @SuppressWarnings("NullAway")
  private static IndexDefinition parse(RequestObject body) {
    VPackSlice typeName = body.get("type");
    if (typeName == null) {
      throw body.missing("type", "the type of the index");
    }
    IndexType type = typeName.isString() ? IndexType.ofWireName(typeName.asString()) : null;
    if (type == null || type == IndexType.PRIMARY || type == IndexType.EDGE) {
      throw body.bad(
          "type", typeName, "persistent, hash, skiplist, ttl, geo, fulltext, inverted, zkd or mdi");
    }
    boolean ttl = type == IndexType.TTL;
    Double expireAfter = expireAfter(body);
    if (ttl && expireAfter == null) {
      throw body.missing("expireAfter", "a number of seconds");
    }
    boolean sparse =
        body.bool("sparse", ttl || type == IndexType.GEO || type == IndexType.FULLTEXT);
    return new IndexDefinition(
        0,
        body.string("name", ""),
        type,
        fields(body),
        body.bool("unique", false),
        // Documents without the attribute never expire, whatever was asked for.
        ttl || sparse,
        body.bool("deduplicate", true),
        body.bool("estimates", true) && !ttl,
        expireAfter,
        extra(body.value()));
  }

  private static @Nullable Double expireAfter(RequestObject body) {
    VPackSlice value = body.get("expireAfter");
    if (value == null) {
      return null;
    }
    if (!value.isNumber() || !(value.asDouble() >= 0) || Double.isInfinite(value.asDouble())) {
      throw body.bad("expireAfter", value, "a number of seconds, not negative");
    }
    return value.asDouble();
  }

  /// Attribute paths; inverted indexes may give objects with a `name`, which are kept beside it.
  private static List<String> fields(RequestObject body) {
    VPackSlice fields = body.array("fields");
    if (fields == null || fields.length() == 0) {
      throw body.missing("fields", "an array of attribute paths");
    }
    List<String> paths = new ArrayList<>();
    for (VPackSlice field : fields.elements()) {
      VPackSlice path = field.isObject() ? field.get("name") : field;
      if (path == null || !path.isString() || path.asString().isEmpty()) {
        throw body.bad("fields", fields, "an array of attribute paths");
      }
      paths.add(path.asString());
    }
    return paths;
  }

  private static byte @Nullable [] extra(VPackSlice body) {
    VPackBuilder builder = new VPackBuilder().openObject();
    int kept = 0;
    for (VPackMember member : body.members()) {
      boolean keep = !KNOWN_MEMBERS.contains(member.name());
      if (member.name().equals("fields")) {
        // Objects say more than their name.
        for (VPackSlice field : member.value().elements()) {
          keep |= field.isObject();
        }
      }
      if (keep) {
        builder.member(member.name(), member.value());
        kept++;
      }
    }
    return kept == 0 ? null : builder.close().toByteArray();
  }

  // ---- rendering

  private static String handle(String collection, IndexDefinition index) {
    return collection + "/" + Long.toUnsignedString(index.id());
  }

  /// Writes the members of a definition.
  static void render(VPackBuilder builder, String collection, IndexDefinition index) {
    IndexType type = index.type();
    VPackSlice extra = index.extra() == null ? null : VPackSlice.of(index.extra());
    VPackSlice fields = extra == null ? null : extra.get("fields");
    builder
        .member("id", handle(collection, index))
        .member("name", index.name())
        .member("type", type.wireName());
    builder.key("fields");
    if (fields == null) {
      builder.openArray();
      index.fields().forEach(builder::value);
      builder.close();
    } else {
      builder.slice(fields);
    }
    builder.member("unique", index.unique()).member("sparse", index.sparse());
    if (type.isEnforced()) {
      builder.member("deduplicate", index.deduplicate());
    }
    if (type.isEnforced() || type == IndexType.TTL) {
      builder.member("estimates", index.estimates());
    }
    if (index.unique() && !index.sparse()) {
      // Every document has a value of its own: this estimate needs no counting. Others are not
      // estimated.
      builder.member("selectivityEstimate", 1);
    }
    if (index.expireAfter() != null) {
      double seconds = index.expireAfter();
      if (seconds == Math.rint(seconds) && seconds < 1L << 53) {
        builder.member("expireAfter", (long) seconds);
      } else {
        builder.member("expireAfter", seconds);
      }
    }
    if (extra != null) {
      for (VPackMember member : extra.members()) {
        if (!member.name().equals("fields")) {
          builder.member(member.name(), member.value());
        }
      }
    }
    if (!type.isUsed()) {
      builder
          .member("isUsed", false)
          .member(
              "note",
              "The definition is kept for other servers; on this server indexes of type "
                  + type.wireName()
                  + " enforce nothing and speed up nothing.");
    }
  }
}
