package dev.lockstep.shell.cli;

import dev.lockstep.client.ConnectionSettings;
import dev.lockstep.client.Credentials;
import dev.lockstep.client.Endpoint;
import dev.lockstep.client.TlsTrust;
import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Options of every command that talks to one server, in arangosh's spelling. Used as picocli
/// argument group or mixin.
public final class ServerOptions {
  @Option(
      names = "--server.endpoint",
      paramLabel = "<endpoint>",
      defaultValue = "http+tcp://127.0.0.1:8529",
      description =
          "Server to connect to: tcp://HOST:PORT, or ssl://HOST:PORT for TLS; 'none' to start"
              + " unconnected. Default: ${DEFAULT-VALUE}")
  private String endpoint = "http+tcp://127.0.0.1:8529";

  @Option(
      names = "--server.username",
      paramLabel = "<user>",
      defaultValue = "root",
      description = "Default: ${DEFAULT-VALUE}")
  private String username = "root";

  @Option(
      names = "--server.password",
      paramLabel = "<password>",
      description =
          "Asked for if not given and the server wants one. Others on this machine can see a"
              + " command line: better use a file or the environment variable LOCKSTEP_PASSWORD"
              + " (or, in the shell, @NAME@ for the variable NAME).")
  private @Nullable String password;

  @Option(
      names = "--server.password-file",
      paramLabel = "<file>",
      description = "A file whose first line is the password.")
  private @Nullable Path passwordFile;

  @Option(
      names = "--server.database",
      paramLabel = "<name>",
      defaultValue = "_system",
      description = "Default: ${DEFAULT-VALUE}")
  private String database = "_system";

  @Option(
      names = "--server.authentication",
      paramLabel = "<bool>",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "Ask for a password at once if none is given. Default: false (asked when the server"
              + " refuses).")
  private boolean authentication;

  @Option(
      names = "--server.connection-timeout",
      paramLabel = "<seconds>",
      defaultValue = "5",
      description = "Default: ${DEFAULT-VALUE}")
  private double connectionTimeout = 5;

  @Option(
      names = "--server.request-timeout",
      paramLabel = "<seconds>",
      defaultValue = "1200",
      description = "Longest silence of the server during one request. Default: ${DEFAULT-VALUE}")
  private double requestTimeout = 1200;

  @Option(
      names = "--server.max-packet-size",
      paramLabel = "<bytes>",
      defaultValue = "1073741824",
      hidden = true,
      description = "Largest answer accepted. Default: ${DEFAULT-VALUE}")
  private long maxPacketSize = ConnectionSettings.RESPONSE_BYTES_MAX_DEFAULT;

  @Option(
      names = "--server.force-json",
      paramLabel = "<bool>",
      arity = "0..1",
      fallbackValue = "true",
      hidden = true,
      description = "Accepted; JSON is always spoken.")
  private boolean forceJson;

  @Option(
      names = "--server.ask-jwt-secret",
      paramLabel = "<bool>",
      arity = "0..1",
      fallbackValue = "true",
      description = "Ask for the server's JWT secret and log in as superuser with it.")
  private boolean askJwtSecret;

  @Option(
      names = "--server.jwt-secret-keyfile",
      paramLabel = "<file>",
      description = "File with the server's JWT secret: log in as superuser with it.")
  private @Nullable Path jwtSecretFile;

  @Option(
      names = "--ssl.cafile",
      paramLabel = "<file>",
      description =
          "PEM file of the authorities whose certificates are believed, instead of the system's.")
  private @Nullable Path authoritiesFile;

  @Option(
      names = "--ssl.insecure",
      paramLabel = "<bool>",
      arity = "0..1",
      fallbackValue = "true",
      description = "Believe any certificate: encrypted, but nobody knows with whom.")
  private boolean insecure;

  @Option(
      names = "--ssl.protocol",
      paramLabel = "<number>",
      hidden = true,
      description = "Accepted; TLS 1.2 and 1.3 are always spoken.")
  private int sslProtocol;

  /// Whether a server is to be connected to at all (`--server.endpoint none`).
  public boolean connects() {
    return !endpoint.equals("none");
  }

  public String database() {
    return database;
  }

  public String username() {
    return username;
  }

  /// Whether asking for a password could help when the server refuses us.
  public boolean passwordUnknown() {
    return knownPassword() == null && !askJwtSecret && jwtSecretFile == null;
  }

  /// The connection these options describe. Asks for a password or secret on the terminal where
  /// told to.
  ///
  /// @throws UsageException if an option's value makes no sense or a file cannot be read
  public ConnectionSettings connectionSettings() {
    Credentials credentials;
    if (jwtSecretFile != null) {
      try {
        credentials =
            new Credentials.Bearer(SuperuserToken.signed(Files.readString(jwtSecretFile).strip()));
      } catch (IOException e) {
        throw new UsageException(
            "--server.jwt-secret-keyfile: cannot read " + jwtSecretFile + ": " + e.getMessage());
      }
    } else if (askJwtSecret) {
      credentials =
          new Credentials.Bearer(
              SuperuserToken.signed(askSecret("Please specify the JWT secret: ")));
    } else {
      String secret = knownPassword();
      if (secret == null && authentication) {
        secret = askPassword();
      }
      credentials = basic(secret == null ? "" : secret);
    }
    TlsTrust trust =
        insecure
            ? new TlsTrust.Anyone()
            : authoritiesFile != null
                ? new TlsTrust.AuthoritiesFile(authoritiesFile)
                : new TlsTrust.SystemAuthorities();
    try {
      return ConnectionSettings.of(connects() ? Endpoint.parse(endpoint) : UNCONNECTED, credentials)
          .withConnectTimeout(seconds("--server.connection-timeout", connectionTimeout))
          .withIdleTimeout(seconds("--server.request-timeout", requestTimeout))
          .withResponseBytesMax(maxPacketSize)
          .withTrust(trust);
    } catch (IllegalArgumentException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  /// Stands in until a script calls `reconnect`; nothing is sent to it.
  private static final Endpoint UNCONNECTED =
      new Endpoint(false, "127.0.0.1", Endpoint.PORT_DEFAULT);

  private @Nullable String knownPassword() {
    if (password != null) {
      return password;
    }
    if (passwordFile == null) {
      return System.getenv("LOCKSTEP_PASSWORD");
    }
    try {
      return Passwords.firstLine(passwordFile);
    } catch (CommandFailure e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  /// The same credentials with a password typed now.
  public Credentials basic(String typedPassword) {
    try {
      return new Credentials.Basic(username, typedPassword);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--server.username: " + e.getMessage());
    }
  }

  /// Asks on the terminal, without echo.
  ///
  /// @throws UsageException if there is no terminal
  public static String askPassword() {
    return askSecret("Please specify a password: ");
  }

  /// Whether somebody sits at a terminal and can be asked.
  public static boolean canAsk() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  private static String askSecret(String prompt) {
    Console console = System.console();
    if (console == null || !console.isTerminal()) {
      throw new UsageException(
          "a password is needed and there is no terminal to ask on; give --server.password");
    }
    char[] typed = console.readPassword("%s", prompt);
    if (typed == null) {
      throw new UsageException("no password given");
    }
    return new String(typed);
  }

  private static Duration seconds(String option, double seconds) {
    if (!(seconds > 0) || seconds > 1e9) {
      throw new UsageException(option + " must be a positive number of seconds, not " + seconds);
    }
    return Duration.ofMillis(Math.max(1, Math.round(seconds * 1000)));
  }
}
