package dev.lockstep.server.api;

import dev.lockstep.replication.applier.Applier;
import dev.lockstep.replication.applier.ApplierState;
import dev.lockstep.replication.applier.Appliers;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;

/// What the resources of appliers have in common.
final class ApplierRequests {
  private ApplierRequests() {}

  /// The applier that a request is about: the database's, or with `global=true` the one for all.
  /// For administrators only: an applier makes the server connect to an address that they name.
  static Applier applier(ApiRequest request, Appliers appliers) {
    ReplicationParameters.requireSegments(request, 0);
    request.access().requireAdmin();
    return ReplicationParameters.isGlobal(request)
        ? appliers.global()
        : appliers.of(request.database());
  }

  /// The wire's state object.
  static ApiResponse answer(ApiRequest request, ApplierState state) {
    return ApiResponse.json(200, target -> state.render(target, request.isLockstepClient()));
  }
}
