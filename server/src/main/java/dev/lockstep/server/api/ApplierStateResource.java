package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.replication.applier.Applier;
import dev.lockstep.replication.applier.Appliers;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Resource;

/// `/_api/replication/applier-state`: what an applier does (`GET`), and forgetting what it followed
/// (`DELETE`).
final class ApplierStateResource implements Resource {
  private final Appliers appliers;

  ApplierStateResource(Appliers appliers) {
    this.appliers = appliers;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    Applier applier = ApplierRequests.applier(request, appliers);
    return switch (request.verb()) {
      case GET -> ApplierRequests.answer(request, applier.state());
      case DELETE -> {
        try {
          yield ApplierRequests.answer(request, applier.forget());
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new LockstepException(ErrorNumber.REPLICATION_APPLIER_STOPPED);
        }
      }
      default -> throw request.verbNotSupported();
    };
  }
}
