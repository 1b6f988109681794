package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.replication.applier.Applier;
import dev.lockstep.replication.applier.ApplierState;
import dev.lockstep.replication.applier.Appliers;
import dev.lockstep.replication.applier.LeaderCheck;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Resource;

/// `/_api/replication/applier-state`: what an applier does (`GET`), and forgetting what it followed
/// (`DELETE`). `GET` with `checkLeader=true`, which stock servers do not know, asks the leader as
/// well, which takes up to some seconds, and adds its answer as `leader`.
final class ApplierStateResource implements Resource {
  private final Appliers appliers;

  ApplierStateResource(Appliers appliers) {
    this.appliers = appliers;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    Applier applier = ApplierRequests.applier(request, appliers);
    return switch (request.verb()) {
      case GET ->
          request.query().bool("checkLeader", false)
              ? checked(request, applier)
              : ApplierRequests.answer(request, applier.state());
      case DELETE -> {
        try {
          yield ApplierRequests.answer(request, applier.forget());
        } catch (InterruptedException e) {
          throw interrupted();
        }
      }
      default -> throw request.verbNotSupported();
    };
  }

  private static ApiResponse checked(ApiRequest request, Applier applier) {
    LeaderCheck check;
    try {
      check = applier.checkLeader();
    } catch (InterruptedException e) {
      throw interrupted();
    }
    ApplierState state = applier.state();
    return ApiResponse.object(
        200,
        members -> {
          state.renderMembers(members, request.isLockstepClient());
          members.key("leader");
          if (check == null) {
            members.nullValue();
          } else {
            check.render(members);
          }
        });
  }

  private static LockstepException interrupted() {
    Thread.currentThread().interrupt();
    return new LockstepException(ErrorNumber.REPLICATION_APPLIER_STOPPED);
  }
}
