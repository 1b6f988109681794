package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.applier.Applier;
import dev.lockstep.replication.applier.ApplierState;
import dev.lockstep.replication.applier.Appliers;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// `PUT` of `applier-start`, `applier-stop` and `make-follower` (older name: `make-slave`) below
/// `/_api/replication`. All answer with the applier's state.
final class ApplierCommandResource implements Resource {
  /// What is to be done.
  enum Command {
    START,
    STOP,
    /// Forget, synchronize, then follow.
    SET_UP
  }

  private final Appliers appliers;
  private final Command command;

  ApplierCommandResource(Appliers appliers, Command command) {
    this.appliers = appliers;
    this.command = command;
  }

  /// A lost connection to us shall not cost anybody the outcome of hours.
  @Override
  public boolean keepsAsyncAnswer() {
    return true;
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    if (request.verb() != HttpVerb.PUT) {
      throw request.verbNotSupported();
    }
    Applier applier = ApplierRequests.applier(request, appliers);
    try {
      ApplierState state =
          switch (command) {
            case START -> appliers.start(applier, from(request));
            case STOP -> applier.stop();
            case SET_UP -> {
              SyncOptions.Parsed parsed =
                  SyncOptions.parse(
                      request.bodyObject(), ReplicationParameters.unknownOptions(request));
              yield appliers.setUp(applier, parsed.options());
            }
          };
      return ApplierRequests.answer(request, state);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LockstepException(ErrorNumber.REPLICATION_APPLIER_STOPPED);
    }
  }

  private static @Nullable Tick from(ApiRequest request) {
    String from = request.query().string("from", "");
    if (from.isEmpty()) {
      return null;
    }
    try {
      return new Tick(Long.parseUnsignedLong(from));
    } catch (NumberFormatException e) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER,
          "invalid value for 'from': expecting a tick, a decimal number, not '" + from + "'",
          e);
    }
  }
}
