package dev.lockstep.shell.cli;

import dev.lockstep.client.Credentials;
import dev.lockstep.client.Endpoint;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// A server as a person names it in an argument: `tcp://host:port`, with `user@` or
/// `user:password@` before the host if they like; characters of user and password that mean
/// something in a URL are percent-encoded. Never shows the password.
///
/// @param user `root` where none was named
/// @param password null where none was named, which is not the same as an empty one
record PeerAddress(Endpoint endpoint, String user, @Nullable String password) {
  static final String USER_DEFAULT = "root";

  /// @throws IllegalArgumentException with a sentence that does not repeat a password
  static PeerAddress parse(String text) {
    int scheme = text.indexOf("://");
    int at = text.lastIndexOf('@');
    if (scheme < 0 || at < scheme) {
      return new PeerAddress(Endpoint.parse(text), USER_DEFAULT, null);
    }
    String userInfo = text.substring(scheme + 3, at);
    Endpoint endpoint = Endpoint.parse(text.substring(0, scheme + 3) + text.substring(at + 1));
    int colon = userInfo.indexOf(':');
    String user = decoded(colon < 0 ? userInfo : userInfo.substring(0, colon));
    if (user.isEmpty()) {
      throw new IllegalArgumentException(
          "the user before '@" + endpoint.authority() + "' is empty");
    }
    return new PeerAddress(
        endpoint, user, colon < 0 ? null : decoded(userInfo.substring(colon + 1)));
  }

  /// As [#parse], for a command.
  ///
  /// @param argument its name, for the message
  static PeerAddress parsed(String text, String argument) throws CommandFailure {
    try {
      return parse(text);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.notDone(argument + ": " + e.getMessage(), e);
    }
  }

  private static String decoded(String text) {
    try {
      // A plus is a plus here: only forms mean a blank by it.
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "a '%' in user or password is not followed by two hexadecimal digits", e);
    }
  }

  PeerAddress withUser(String value) {
    return new PeerAddress(endpoint, value, password);
  }

  PeerAddress withPassword(String value) {
    return new PeerAddress(endpoint, user, value);
  }

  /// An absent password counts as empty, as it does for a server whose `root` has none.
  Credentials credentials() {
    return new Credentials.Basic(user, password == null ? "" : password);
  }

  @Override
  public String toString() {
    return user + "@" + endpoint;
  }
}
