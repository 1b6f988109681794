package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Resource;

/// A part of ArangoDB's API that Lockstep does not have: every request is answered 501 with a
/// sentence.
public final class NotThereResource implements Resource {
  private final ErrorNumber number;
  private final String sentence;

  private NotThereResource(ErrorNumber number, String sentence) {
    this.number = number;
    this.sentence = sentence;
  }

  /// @param feature completes "Lockstep does not have ... (yet)"
  public static NotThereResource of(String feature) {
    return new NotThereResource(
        ErrorNumber.NOT_IMPLEMENTED, "not implemented: Lockstep does not have " + feature);
  }

  /// For what only clusters have.
  public static NotThereResource ofCluster() {
    return new NotThereResource(
        ErrorNumber.CLUSTER_ONLY_ON_COORDINATOR,
        "only allowed in a cluster; this is a single server");
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    throw new LockstepException(number, sentence);
  }
}
