package dev.lockstep.server;

import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.server.http.Gatekeeper;
import dev.lockstep.server.users.Access;
import dev.lockstep.server.users.Authentication;
import dev.lockstep.server.users.Authentication.Principal;
import org.jspecify.annotations.Nullable;

/// Answers the transport's questions from the store and the accounts.
final class StoreGatekeeper implements Gatekeeper {
  private static final Identity EVERYBODY = new Identity("", true);

  private final DocumentStore store;
  private final Authentication authentication;
  private final boolean authenticationRequired;

  StoreGatekeeper(
      DocumentStore store, Authentication authentication, boolean authenticationRequired) {
    this.store = store;
    this.authentication = authentication;
    this.authenticationRequired = authenticationRequired;
  }

  @Override
  public boolean authenticationRequired() {
    return authenticationRequired;
  }

  @Override
  public @Nullable Identity authenticate(@Nullable String authorization) {
    if (!authenticationRequired) {
      return EVERYBODY;
    }
    Principal principal = authorization == null ? null : authentication.authenticate(authorization);
    return principal == null ? null : new Identity(principal.userName(), principal.superuser());
  }

  @Override
  public Access access(Identity identity, String database) {
    return authentication.access(
        new Principal(identity.userName(), identity.superuser()), database, store.isReadOnly());
  }

  @Override
  public boolean databaseExists(String name) {
    return store.database(name) != null;
  }
}
