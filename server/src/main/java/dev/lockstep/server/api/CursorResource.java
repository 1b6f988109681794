package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.users.AccessLevel;
import java.io.IOException;

/// `/_api/cursor`: further batches of results that a simple query began. Queries in AQL are
/// refused.
public final class CursorResource implements Resource {
  private final CursorRegistry cursors;

  public CursorResource(CursorRegistry cursors) {
    this.cursors = cursors;
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    request.access().requireDatabase(AccessLevel.RO);
    String id = request.segment(0);
    if (request.segments().size() > 1) {
      throw request.unknownPath();
    }
    return switch (request.verb()) {
      case POST -> {
        if (id == null) {
          throw new LockstepException(
              ErrorNumber.NOT_IMPLEMENTED,
              "not implemented: this server runs no AQL queries; read documents with /_api/document"
                  + " or /_api/simple");
        }
        yield cursors.next(request, id);
      }
      case PUT -> cursors.next(request, required(id, request));
      case DELETE -> {
        String closed = required(id, request);
        cursors.remove(request, closed);
        yield ApiResponse.success(202, members -> members.member("id", closed));
      }
      default -> throw request.verbNotSupported();
    };
  }

  private static String required(@org.jspecify.annotations.Nullable String id, ApiRequest request) {
    if (id == null) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER,
          "expecting " + request.verb() + " /_api/cursor/<cursor-id>");
    }
    return id;
  }
}
