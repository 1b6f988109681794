package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.users.AccessLevel;
import dev.lockstep.server.users.Accounts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// `/_api/database`: lists, creates and drops databases.
public final class DatabaseResource implements Resource {
  /// @param extra an object, or null
  private record NewUser(String name, String password, boolean active, @Nullable VPackSlice extra) {
    static NewUser parse(VPackSlice element) {
      if (!element.isObject()) {
        throw new LockstepException(
            ErrorNumber.BAD_PARAMETER,
            "invalid value "
                + RequestObject.shown(element)
                + " in attribute 'users': expecting objects with 'username'");
      }
      RequestObject object = new RequestObject(element, "users.", ErrorNumber.BAD_PARAMETER);
      String name = object.string("username");
      if (name == null) {
        name = object.string("user");
      }
      if (name == null || name.isEmpty()) {
        throw object.missing("username", "the name of a user");
      }
      RequestObject extra = object.object("extra", ErrorNumber.BAD_PARAMETER);
      return new NewUser(
          name,
          object.string("passwd", ""),
          object.bool("active", true),
          extra == null ? null : extra.value());
    }
  }

  private final DocumentStore store;
  private final Accounts accounts;

  public DatabaseResource(DocumentStore store, Accounts accounts) {
    this.store = store;
    this.accounts = accounts;
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    return switch (request.verb()) {
      case GET -> read(request);
      case POST -> create(request);
      case DELETE -> drop(request);
      default -> throw request.verbNotSupported();
    };
  }

  private ApiResponse read(ApiRequest request) {
    if (request.segments().isEmpty()) {
      requireSystem(request);
      return names(name -> true);
    }
    if (request.segments().size() > 1) {
      throw badParameter();
    }
    return switch (request.segments().getFirst()) {
      case "user" -> names(name -> request.access().databaseLevel(name).includes(AccessLevel.RO));
      case "current" -> current(request);
      default -> throw badParameter();
    };
  }

  private static LockstepException badParameter() {
    return new LockstepException(
        ErrorNumber.HTTP_BAD_PARAMETER,
        "bad parameter: expecting /_api/database, /_api/database/current or /_api/database/user");
  }

  private static void requireSystem(ApiRequest request) {
    if (!request.database().equals(DocumentStore.SYSTEM)) {
      throw new LockstepException(ErrorNumber.USE_SYSTEM_DATABASE);
    }
  }

  private ApiResponse names(Predicate<String> visible) {
    return ApiResponse.success(
        200,
        builder -> {
          builder.key("result").openArray();
          store.databases().stream().map(Database::name).filter(visible).forEach(builder::value);
          builder.close();
        });
  }

  private ApiResponse current(ApiRequest request) {
    Database database = store.requireDatabase(request.database());
    return ApiResponse.success(
        200,
        builder ->
            builder
                .key("result")
                .openObject()
                .member("id", Long.toUnsignedString(database.id()))
                .member("name", database.name())
                .member("isSystem", database.isSystem())
                .member("path", "none")
                .member("sharding", "")
                .member("replicationFactor", 1)
                .member("writeConcern", 1)
                .close());
  }

  private ApiResponse create(ApiRequest request) throws IOException {
    if (!request.segments().isEmpty()) {
      throw badParameter();
    }
    requireSystem(request);
    request.access().requireDatabase(AccessLevel.RW);
    RequestObject body = RequestObject.of(request.bodyObject());
    VPackSlice nameValue = body.get("name");
    if (nameValue == null || !nameValue.isString()) {
      throw new LockstepException(ErrorNumber.DATABASE_NAME_INVALID);
    }
    // Sharding and the like mean nothing on a single server.
    body.object("options", ErrorNumber.BAD_PARAMETER);
    List<NewUser> users = new ArrayList<>();
    VPackSlice listed = body.array("users");
    if (listed != null) {
      for (VPackSlice element : listed.elements()) {
        users.add(NewUser.parse(element));
      }
    }
    String name = nameValue.asString();
    store.createDatabase(name);
    for (NewUser user : users) {
      if (accounts.find(user.name()) == null) {
        accounts.create(user.name(), user.password(), user.active(), user.extra());
      }
      accounts.grantNewDatabase(user.name(), name);
    }
    accounts.grantNewDatabase(request.userName(), name);
    return ApiResponse.success(201, builder -> builder.member("result", true));
  }

  private ApiResponse drop(ApiRequest request) {
    if (request.segments().size() != 1) {
      throw badParameter();
    }
    requireSystem(request);
    request.access().requireDatabase(AccessLevel.RW);
    String name = request.segments().getFirst();
    if (name.equals(DocumentStore.SYSTEM)) {
      throw new LockstepException(
          ErrorNumber.FORBIDDEN, "the database '" + name + "' cannot be dropped");
    }
    store.dropDatabase(name);
    return ApiResponse.success(200, builder -> builder.member("result", true));
  }
}
