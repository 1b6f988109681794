package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.users.AccessLevel;
import dev.lockstep.server.users.Account;
import dev.lockstep.server.users.Accounts;
import dev.lockstep.server.users.Permissions;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `/_api/user`: users and their grants. Server administrators may do everything here, other users
/// may read and change themselves, but not their grants.
public final class UserResource implements Resource {
  private final DocumentStore store;
  private final Accounts accounts;

  public UserResource(DocumentStore store, Accounts accounts) {
    this.store = store;
    this.accounts = accounts;
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    List<String> path = request.segments();
    if (path.isEmpty()) {
      return switch (request.verb()) {
        case GET -> list(request);
        case POST -> create(request);
        default -> throw request.verbNotSupported();
      };
    }
    String user = path.getFirst();
    if (path.size() == 1) {
      return switch (request.verb()) {
        case GET -> read(request, user);
        case PUT -> change(request, user, true);
        case PATCH -> change(request, user, false);
        case DELETE -> remove(request, user);
        default -> throw request.verbNotSupported();
      };
    }
    return switch (path.get(1)) {
      case "database" -> permissions(request, user, path.subList(2, path.size()));
      case "config" ->
          throw new LockstepException(
              ErrorNumber.NOT_IMPLEMENTED,
              "not implemented: Lockstep does not store settings of the web interface");
      default -> throw request.unknownPath();
    };
  }

  private static void requireSelfOrAdmin(ApiRequest request, String user) {
    if (!user.equals(request.userName())) {
      request.access().requireAdmin();
    }
  }

  private ApiResponse list(ApiRequest request) {
    request.access().requireAdmin();
    return ApiResponse.success(
        200,
        builder -> {
          builder.key("result").openArray();
          for (Account account : accounts.all()) {
            builder.openObject();
            write(account, builder);
            builder.close();
          }
          builder.close();
        });
  }

  private static void write(Account account, VPackBuilder builder) {
    builder.member("user", account.name()).member("active", account.isActive()).key("extra");
    VPackSlice extra = account.extra();
    if (extra == null) {
      builder.openObject().close();
    } else {
      builder.slice(extra);
    }
  }

  private static ApiResponse answer(int status, Account account) {
    return ApiResponse.success(status, builder -> write(account, builder));
  }

  private ApiResponse create(ApiRequest request) throws IOException {
    request.access().requireAdmin();
    RequestObject body = RequestObject.of(request.bodyObject());
    VPackSlice name = body.get("user");
    if (name == null || !name.isString()) {
      throw new LockstepException(ErrorNumber.USER_INVALID_NAME);
    }
    return answer(
        201,
        accounts.create(
            name.asString(), body.string("passwd", ""), body.bool("active", true), extra(body)));
  }

  private static @Nullable VPackSlice extra(RequestObject body) {
    RequestObject extra = body.object("extra", ErrorNumber.BAD_PARAMETER);
    return extra == null ? null : extra.value();
  }

  private ApiResponse read(ApiRequest request, String user) {
    requireSelfOrAdmin(request, user);
    return answer(200, accounts.require(user));
  }

  /// @param replace whether what the body does not name goes back to its default
  private ApiResponse change(ApiRequest request, String user, boolean replace) throws IOException {
    requireSelfOrAdmin(request, user);
    RequestObject body = RequestObject.of(request.bodyObject());
    accounts.require(user);
    String password = body.string("passwd");
    Boolean active = body.boolOrNull("active");
    return answer(
        200,
        accounts.change(
            user,
            replace && password == null ? "" : password,
            replace && active == null ? Boolean.TRUE : active,
            extra(body),
            replace || body.value().get("extra") != null));
  }

  private ApiResponse remove(ApiRequest request, String user) {
    request.access().requireAdmin();
    accounts.remove(user);
    return ApiResponse.success(202, builder -> {});
  }

  private ApiResponse permissions(ApiRequest request, String user, List<String> target)
      throws IOException {
    if (target.size() > 2) {
      throw request.unknownPath();
    }
    return switch (request.verb()) {
      case GET -> {
        requireSelfOrAdmin(request, user);
        Account account = accounts.require(user);
        yield target.isEmpty()
            ? allPermissions(account, request.query().bool("full", false))
            : onePermission(account, target);
      }
      case PUT -> grant(request, user, target);
      case DELETE -> revoke(request, user, target);
      default -> throw request.verbNotSupported();
    };
  }

  private ApiResponse onePermission(Account account, List<String> target) {
    String database = target.getFirst();
    AccessLevel level =
        target.size() == 1
            ? account.permissions().databaseLevel(database)
            : account.permissions().collectionLevel(database, target.get(1));
    return ApiResponse.success(200, builder -> builder.member("result", level.wireName()));
  }

  private ApiResponse allPermissions(Account account, boolean full) {
    Permissions permissions = account.permissions();
    return ApiResponse.success(
        200,
        builder -> {
          builder.key("result").openObject();
          for (Database database : store.databases()) {
            AccessLevel level = permissions.databaseLevel(database.name());
            if (full) {
              builder.key(database.name()).openObject().member("permission", level.wireName());
              builder.key("collections").openObject();
              database.collections().stream()
                  .map(DocumentCollection::name)
                  .filter(name -> !name.startsWith("_"))
                  .forEach(
                      name -> builder.member(name, granted(permissions, database.name(), name)));
              builder
                  .member("*", granted(permissions, database.name(), Permissions.WILDCARD))
                  .close()
                  .close();
            } else if (level != AccessLevel.NONE) {
              builder.member(database.name(), level.wireName());
            }
          }
          if (full) {
            builder
                .key("*")
                .openObject()
                .member("permission", permissions.databaseLevel(Permissions.WILDCARD).wireName())
                .key("collections")
                .openObject()
                .member("*", granted(permissions, Permissions.WILDCARD, Permissions.WILDCARD))
                .close()
                .close();
          } else if (permissions.grantedDatabaseLevel(Permissions.WILDCARD) != null) {
            builder.member("*", permissions.databaseLevel(Permissions.WILDCARD).wireName());
          }
          builder.close();
        });
  }

  private static String granted(Permissions permissions, String database, String collection) {
    AccessLevel level = permissions.grantedCollectionLevel(database, collection);
    return level == null ? "undefined" : level.wireName();
  }

  private ApiResponse grant(ApiRequest request, String user, List<String> target)
      throws IOException {
    request.access().requireAdmin();
    if (target.isEmpty()) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER, "bad parameter: the name of a database is missing");
    }
    RequestObject body =
        new RequestObject(request.bodyObject(), "", ErrorNumber.HTTP_BAD_PARAMETER);
    String expected = "'rw', 'ro', 'none' or 'undefined'";
    String word = body.string("grant");
    if (word == null) {
      throw body.missing("grant", expected);
    }
    AccessLevel level = AccessLevel.ofWireName(word);
    if (level == null && !word.equals("undefined")) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER,
          "invalid value '" + word + "' for attribute 'grant': expecting " + expected);
    }
    accounts.require(user);
    requireTarget(target);
    apply(user, target, level);
    return ApiResponse.success(200, builder -> builder.member(String.join("/", target), word));
  }

  /// A grant on what does not exist would be a typing error in most cases.
  private void requireTarget(List<String> target) {
    if (target.getFirst().equals(Permissions.WILDCARD)) {
      return;
    }
    Database database = store.requireDatabase(target.getFirst());
    if (target.size() == 2 && !target.get(1).equals(Permissions.WILDCARD)) {
      database.requireCollection(target.get(1));
    }
  }

  private void apply(String user, List<String> target, @Nullable AccessLevel level) {
    if (target.size() == 1) {
      accounts.grantDatabase(user, target.getFirst(), level);
    } else {
      accounts.grantCollection(user, target.getFirst(), target.get(1), level);
    }
  }

  private ApiResponse revoke(ApiRequest request, String user, List<String> target) {
    request.access().requireAdmin();
    if (target.isEmpty()) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER, "bad parameter: the name of a database is missing");
    }
    apply(user, target, null);
    return ApiResponse.success(202, builder -> {});
  }
}
