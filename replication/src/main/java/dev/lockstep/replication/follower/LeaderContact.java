package dev.lockstep.replication.follower;

import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;

/// Whom a synchronization deals with, and how well that goes. Holds no secret.
///
/// @param endpoint of the leader, as the user gave it; empty until it was found to be one
/// @param version that the leader advertises; empty until it has answered
/// @param retries requests that were sent again, and new batches opened in place of lost ones
/// @param lastError of these, or of the job; empty if there was none
public record LeaderContact(String endpoint, String version, long retries, String lastError) {
  static final LeaderContact NONE = new LeaderContact("", "", 0, "");

  LeaderContact at(String known) {
    return new LeaderContact(known, version, retries, lastError);
  }

  LeaderContact withVersion(String told) {
    return new LeaderContact(endpoint, told, retries, lastError);
  }

  LeaderContact retried(String why) {
    return new LeaderContact(endpoint, version, retries + 1, why);
  }

  LeaderContact failed(String why) {
    return new LeaderContact(endpoint, version, retries, why);
  }

  /// Reads what [#render] has written.
  static LeaderContact read(VPackSlice object) {
    return new LeaderContact(
        StoredSync.member(object, "endpoint").asString(),
        StoredSync.member(object, "leaderVersion").asString(),
        StoredSync.member(object, "retries").asLong(),
        StoredSync.member(object, "lastError").asString());
  }

  /// Writes members of the wire's object.
  void render(VPackBuilder target) {
    target
        .member("endpoint", endpoint)
        .member("leaderVersion", version)
        .member("retries", retries)
        .member("lastError", lastError);
  }
}
