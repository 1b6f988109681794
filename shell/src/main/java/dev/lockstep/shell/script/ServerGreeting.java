package dev.lockstep.shell.script;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.client.PercentEncoding;
import dev.lockstep.client.ServerRequest;
import dev.lockstep.client.ServerResponse;
import java.io.IOException;

/// The server's answer to our first request: who it is, or why it does not want us.
public sealed interface ServerGreeting {
  /// It answered.
  record Welcome(String version, String role, String mode) implements ServerGreeting {
    /// What the shell says once it is connected.
    public String sentence(ShellConnection connection) {
      return "Connected to ArangoDB '"
          + connection.settings().endpoint().canonicalText()
          + ", version: "
          + version
          + " ["
          + role
          + ", "
          + mode
          + "], database: '"
          + connection.database()
          + "', username: '"
          + connection.user()
          + "'";
    }
  }

  /// It did not answer, or with an error.
  record Refused(boolean unauthorized, String reason) implements ServerGreeting {
    /// What the shell says when it could not connect.
    public String sentences(ShellConnection connection) {
      return "Could not connect to endpoint '"
          + connection.settings().endpoint().canonicalText()
          + "', database: '"
          + connection.database()
          + "', username: '"
          + connection.user()
          + "'\nError message: '"
          + reason
          + "'";
    }
  }

  /// Asks the server for its version, in the connection's database.
  static ServerGreeting ask(ShellConnection connection) throws InterruptedException {
    ShellConnection.Reply reply =
        connection.exchange(
            ServerRequest.get(
                    PercentEncoding.databasePath(
                        connection.database(), "/_api/version?details=true"))
                .withHeader("Accept", "application/json"));
    ServerResponse response = reply.response();
    if (response == null) {
      return new Refused(false, reply.errorMessage());
    }
    JsonNode body = parsed(response);
    if (response.status() == 200 && body.path("version").isTextual()) {
      JsonNode details = body.path("details");
      return new Welcome(
          body.path("version").asText(),
          details.path("role").asText("SINGLE"),
          details.path("mode").asText("server"));
    }
    String reason =
        response.status() == 200
            ? "this is not an ArangoDB-speaking server"
            : "HTTP "
                + response.status()
                + (body.path("errorMessage").isTextual()
                    ? ": " + body.path("errorMessage").asText()
                    : " " + response.reason());
    return new Refused(response.status() == 401, reason);
  }

  private static JsonNode parsed(ServerResponse response) {
    ObjectMapper mapper = new ObjectMapper();
    try {
      JsonNode node = mapper.readTree(response.body());
      return node == null ? mapper.missingNode() : node;
    } catch (IOException _) {
      return mapper.missingNode();
    }
  }
}
