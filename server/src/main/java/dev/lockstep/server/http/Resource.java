package dev.lockstep.server.http;

import dev.lockstep.core.LockstepException;
import java.io.IOException;

/// One wire resource: parses a request to a record, calls the product, renders. Called by many
/// threads at once, each on a virtual thread of its own, so blocking is fine.
@FunctionalInterface
public interface Resource {
  /// Permissions are the resource's matter (`request.access()`); the transport has checked only
  /// that the user is who they say and may see the database at all, and that the database exists.
  ///
  /// @throws LockstepException becomes the error body of its number; anything else becomes 500/4
  ///   with a reference to the log
  ApiResponse handle(ApiRequest request) throws IOException;

  /// Whether the stored answer of an asynchronous request to this resource can be fetched
  /// repeatedly until it expires; otherwise fetching consumes it.
  default boolean keepsAsyncAnswer() {
    return false;
  }

  /// Whether a request is answered without authentication. The user is then `""`, with no access
  /// anywhere.
  default boolean isPublic() {
    return false;
  }
}
