package dev.lockstep.server.settings;

import dev.lockstep.client.leader.PermittedLeader;
import dev.lockstep.core.changelog.ChangeRetention;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.ValidationLimits;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.server.settings.AuthenticationSettings.PasswordHash;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Everything the operator may set, valid once it exists.
///
/// @param endpoints at least one
/// @param tlsKeyFile set if an endpoint wants TLS
/// @param shutdownGrace how long requests in flight may take to end
public record ServerSettings(
    List<ListenAddress> endpoints,
    Path databaseDirectory,
    AuthenticationSettings authentication,
    @Nullable Path tlsKeyFile,
    TransportSettings transport,
    JobSettings jobs,
    StorageSettings storage,
    Duration shutdownGrace,
    List<LogSetting> logLevels,
    ReplicationSettings replication) {
  /// What a command line asks for.
  public sealed interface Request {
    record Help(String text) implements Request {}

    record Version() implements Request {}

    record Serve(ServerSettings settings) implements Request {}
  }

  private static final Pattern VERSION =
      Pattern.compile("3\\.[0-9]{1,3}\\.[0-9]{1,3}(-[A-Za-z0-9.-]+)?");

  /// A terabyte: whatever is above was meant as something else.
  private static final long TERABYTE = 1L << 40;

  private static final Duration YEAR = Duration.ofDays(366);

  public ServerSettings {
    endpoints = List.copyOf(endpoints);
    logLevels = List.copyOf(logLevels);
    if (endpoints.isEmpty()) {
      throw new IllegalArgumentException("no endpoint");
    }
  }

  /// @param arguments of the command line
  /// @param environment for `@NAME@` in configuration files
  /// @throws SettingsException with a sentence for the operator
  public static Request parse(List<String> arguments, Map<String, String> environment) {
    // Asked first, so that help is given whatever else is wrong.
    if (arguments.contains("--help") || arguments.contains("-h")) {
      return new Request.Help(Option.helpText());
    }
    OptionValues values = OptionValues.read(arguments, environment);
    if (values.wantsHelp()) {
      return new Request.Help(Option.helpText());
    }
    if (values.wantsVersion()) {
      return new Request.Version();
    }
    return new Request.Serve(of(values));
  }

  private static ServerSettings of(OptionValues values) {
    List<ListenAddress> endpoints = values.each(Option.SERVER_ENDPOINT, ListenAddress::parse);
    HashSet<ListenAddress> seen = new HashSet<>();
    for (ListenAddress endpoint : endpoints) {
      if (endpoint.port() != 0 && !seen.add(endpoint)) {
        throw new SettingsException("option --server.endpoint names " + endpoint + " twice");
      }
    }
    Path tlsKeyFile = values.path(Option.SSL_KEYFILE);
    if (tlsKeyFile == null && endpoints.stream().anyMatch(ListenAddress::tls)) {
      throw new SettingsException("an ssl:// endpoint needs option --ssl.keyfile");
    }
    long heap = Runtime.getRuntime().maxMemory();
    TransportSettings transport =
        new TransportSettings(
            (int) values.bytes(Option.SERVER_MAXIMAL_URL_SIZE, 1 << 10, 64 << 20, 64 << 20),
            (int) values.bytes(Option.SERVER_MAXIMAL_HEADER_SIZE, 8 << 10, 64 << 20, 64 << 20),
            values.bytes(Option.SERVER_MAXIMAL_BODY_SIZE, 1 << 10, TERABYTE, TERABYTE),
            values.bytes(Option.SERVER_MAXIMAL_DECOMPRESSED_SIZE, 1 << 10, TERABYTE, TERABYTE),
            values.bytes(Option.SERVER_REQUEST_MEMORY, 1 << 20, heap, heap),
            values.seconds(
                Option.SERVER_REQUEST_MEMORY_TIMEOUT, Duration.ZERO, Duration.ofHours(1)),
            values.integer(Option.SERVER_MAXIMAL_REQUESTS, 1, 1_000_000),
            values.seconds(
                Option.HTTP_KEEP_ALIVE_TIMEOUT, Duration.ofSeconds(1), Duration.ofDays(1)),
            Set.copyOf(values.each(Option.HTTP_TRUSTED_ORIGIN, origin -> origin)),
            content(values));
    JobSettings jobs =
        new JobSettings(
            values.integer(Option.SERVER_MAXIMAL_QUEUE_SIZE, 1, 1_000_000),
            values.integer(Option.SERVER_MAXIMAL_ASYNC_REQUESTS, 1, 10_000),
            values.integer(Option.SERVER_JOB_RESULTS, 1, 1_000_000),
            (int) values.bytes(Option.SERVER_MAXIMAL_JOB_RESULT_SIZE, 1 << 10, 1 << 30, 1 << 30),
            values.bytes(Option.SERVER_JOB_RESULT_MEMORY, 1 << 20, heap, heap),
            values.seconds(Option.SERVER_JOB_RESULT_TIMEOUT, Duration.ofSeconds(1), YEAR));
    AuthenticationSettings authentication =
        new AuthenticationSettings(
            values.bool(Option.SERVER_AUTHENTICATION),
            values.path(Option.SERVER_ROOT_PASSWORD_FILE),
            values.path(Option.SERVER_JWT_SECRET_KEYFILE),
            values.seconds(Option.SERVER_SESSION_TIMEOUT, Duration.ofSeconds(1), YEAR),
            values.converted(Option.SERVER_PASSWORD_HASH, ServerSettings::passwordHash));
    StorageSettings storage =
        new StorageSettings(
            values.bytes(Option.ROCKSDB_BLOCK_CACHE_SIZE, 1 << 20, TERABYTE, TERABYTE),
            values.bytes(Option.ROCKSDB_TOTAL_WRITE_BUFFER_SIZE, 2 << 20, TERABYTE, TERABYTE),
            values.bytes(Option.ROCKSDB_MINIMUM_FREE_BYTES, 0, TERABYTE, TERABYTE));
    return new ServerSettings(
        endpoints,
        values.requiredPath(Option.DATABASE_DIRECTORY),
        authentication,
        tlsKeyFile,
        transport,
        jobs,
        storage,
        values.seconds(Option.SERVER_SHUTDOWN_TIMEOUT, Duration.ZERO, Duration.ofHours(1)),
        values.each(Option.LOG_LEVEL, LogSetting::parse),
        replication(values));
  }

  private static ContentLimits content(OptionValues values) {
    int documentMax = VPackBuilder.BYTES_MAX;
    return new ContentLimits(
        (int) values.bytes(Option.SERVER_MAXIMAL_DOCUMENT_SIZE, 1 << 10, documentMax, documentMax),
        values.integer(
            Option.SERVER_MAXIMAL_NESTING_DEPTH,
            ContentLimits.DEPTH_MIN,
            ValidationLimits.DEPTH_MAX),
        values.bytes(Option.SERVER_MAXIMAL_SPOOL_SIZE, 1 << 20, TERABYTE, TERABYTE),
        values.integer(Option.SERVER_MAXIMAL_CURSORS, 1, 100_000));
  }

  private static ReplicationSettings replication(OptionValues values) {
    Path caFile = values.path(Option.REPLICATION_CA_FILE);
    boolean verifiesLeaders = values.bool(Option.REPLICATION_VERIFY_LEADER);
    if (caFile != null && !verifiesLeaders) {
      throw new SettingsException(
          "option --replication.ca-file has no meaning with --replication.verify-leader=false; give"
              + " one of them");
    }
    return new ReplicationSettings(
        values.converted(Option.REPLICATION_ADVERTISED_VERSION, ServerSettings::version),
        values.integer(Option.REPLICATION_BATCHES_MAX, 1, 100_000),
        values.integer(Option.REPLICATION_DUMPS_MAX, 1, 10_000),
        values.seconds(Option.REPLICATION_DUMPS_TIMEOUT, Duration.ZERO, Duration.ofHours(1)),
        values.integer(Option.REPLICATION_SYNCHRONIZATIONS_MAX, 1, 10_000),
        values.bytes(
            Option.REPLICATION_MAX_PACKET_SIZE,
            SyncOptions.MAX_PACKET_SIZE_MIN,
            Integer.MAX_VALUE,
            Integer.MAX_VALUE),
        values.integer(Option.REPLICATION_QUICK_KEYS_LIMIT, 0, Integer.MAX_VALUE),
        values.secondsOrNull(Option.REPLICATION_CONNECT_TIMEOUT, Duration.ofSeconds(1), YEAR),
        values.secondsOrNull(Option.REPLICATION_REQUEST_TIMEOUT, Duration.ofSeconds(3), YEAR),
        caFile,
        verifiesLeaders,
        values.each(Option.REPLICATION_ALLOWED_LEADERS, PermittedLeader::parse),
        values.bool(Option.REPLICATION_ALLOW_WRITES_WHILE_SYNCING),
        retention(values));
  }

  private static ChangeRetention retention(OptionValues values) {
    int kept = values.integer(Option.REPLICATION_CHANGES_KEPT, 0, Integer.MAX_VALUE);
    int max = values.integer(Option.REPLICATION_CHANGES_MAX, 0, Integer.MAX_VALUE);
    if (max < kept) {
      throw new SettingsException(
          "option --replication.changes-max must not be below --replication.changes-kept: "
              + max
              + " < "
              + kept);
    }
    return new ChangeRetention(
        kept, values.seconds(Option.REPLICATION_CHANGES_KEPT_TIME, Duration.ZERO, YEAR), max);
  }

  private static PasswordHash passwordHash(String text) {
    return switch (text) {
      case "bcrypt" -> PasswordHash.BCRYPT;
      case "sha256" -> PasswordHash.SHA256;
      default -> throw new IllegalArgumentException("expecting bcrypt or sha256");
    };
  }

  private static String version(String text) {
    if (!VERSION.matcher(text).matches()) {
      throw new IllegalArgumentException("expecting a version such as 3.11.14");
    }
    return text;
  }
}
