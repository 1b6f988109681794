package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.users.Authentication;
import dev.lockstep.server.users.Tokens;
import java.io.IOException;

/// `POST /_open/auth`: a token for a name and a password.
public final class TokenResource implements Resource {
  private final Authentication authentication;
  private final Tokens tokens;
  private final boolean authenticationRequired;

  public TokenResource(
      Authentication authentication, Tokens tokens, boolean authenticationRequired) {
    this.authentication = authentication;
    this.tokens = tokens;
    this.authenticationRequired = authenticationRequired;
  }

  @Override
  public boolean isPublic() {
    return true;
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    if (!request.segments().isEmpty()) {
      throw request.unknownPath();
    }
    if (request.verb() != HttpVerb.POST) {
      throw request.verbNotSupported();
    }
    RequestObject body =
        new RequestObject(request.bodyObject(), "", ErrorNumber.HTTP_BAD_PARAMETER);
    String user = body.string("username");
    String password = body.string("password");
    if (user == null) {
      throw body.missing("username", "the name of a user");
    }
    if (password == null) {
      throw body.missing("password", "the user's password");
    }
    if (authenticationRequired && !authentication.checkPassword(user, password)) {
      throw new LockstepException(ErrorNumber.HTTP_UNAUTHORIZED, "wrong credentials");
    }
    return ApiResponse.object(200, builder -> builder.member("jwt", tokens.issue(user)));
  }
}
