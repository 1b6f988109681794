package dev.lockstep.replication.protocol;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What a synchronization is to do and how: the object that `PUT /_api/replication/sync` and the
/// shell's `syncCollection` take. Every option is checked at birth; `toString()` shows no secret.
/// Source: `docs/protocol.md`, "Options of a synchronization".
///
/// @param endpoint of the leader, as given; the connector judges its form
/// @param database on the leader; null = the one of the same name as the follower's
/// @param incremental transfer differences only, where that is possible
/// @param initialSyncMaxWaitTime longest wait for work that the leader does asynchronously
/// @param requestTimeout longest silence of the leader during one request
/// @param connectTimeout of one attempt to connect
/// @param chunkSize bytes of a dump response to ask for; 0 = the follower's choice
/// @param maxPacketSize largest response accepted, in bytes
/// @param sslProtocol the wire's number of a TLS version; 0 = the best both sides have
/// @param transfer `compression` and `maxBandwidth`
/// @param useExtensions false: the leader is taken for a stock one, whatever it announces
/// @param useChangeLog false: what differs is found by comparing, even where the leader's change
///   log tells it
/// @param isAsync shell only: answer with a job id at once
/// @param progress shell only: show progress while waiting
public record SyncOptions(
    String endpoint,
    @Nullable String database,
    LeaderCredentials credentials,
    boolean incremental,
    Duration initialSyncMaxWaitTime,
    Duration requestTimeout,
    Duration connectTimeout,
    long chunkSize,
    boolean includeSystem,
    boolean includeFoxxQueues,
    Restriction restriction,
    boolean skipCreateDrop,
    boolean verbose,
    long maxPacketSize,
    int sslProtocol,
    TransferPolicy transfer,
    boolean useExtensions,
    boolean useChangeLog,
    ApplierOptions applier,
    boolean isAsync,
    boolean progress) {

  public static final Duration INITIAL_SYNC_MAX_WAIT_TIME_DEFAULT = Duration.ofMinutes(5);
  public static final Duration REQUEST_TIMEOUT_DEFAULT = Duration.ofMinutes(10);
  public static final Duration CONNECT_TIMEOUT_DEFAULT = Duration.ofSeconds(10);
  public static final long MAX_PACKET_SIZE_DEFAULT = 512L << 20;

  /// What stock followers never go below when they ask for a dump.
  public static final long CHUNK_SIZE_MIN = 16 << 10;

  /// What a stock leader never goes beyond.
  public static final long CHUNK_SIZE_MAX = 128L << 20;

  /// A packet smaller than this cannot even hold an inventory.
  public static final long MAX_PACKET_SIZE_MIN = 1 << 20;

  /// Ten years; keeps arithmetic on durations far from overflow.
  private static final double SECONDS_MAX = 315_360_000;

  /// Numbers of the wire's TLS option: 0 library's choice, 1-3 SSL, 4-6 TLS 1.0, 1.2, 1.3, 9
  /// generic.
  private static final int SSL_PROTOCOL_MAX = 9;

  /// Every name we know; the last three are internal to stock peers and ignored.
  private static final List<String> NAMES =
      List.of(
          "endpoint",
          "database",
          "username",
          "password",
          "jwt",
          "incremental",
          "initialSyncMaxWaitTime",
          "requestTimeout",
          "connectTimeout",
          "chunkSize",
          "includeSystem",
          "includeFoxxQueues",
          "restrictType",
          "restrictCollections",
          "skipCreateDrop",
          "verbose",
          "maxPacketSize",
          "sslProtocol",
          "compression",
          "maxBandwidth",
          "useExtensions",
          "useChangeLog",
          "ignoreErrors",
          "lockTimeoutRetries",
          "autoStart",
          "autoResync",
          "autoResyncRetries",
          "adaptivePolling",
          "requireFromPresent",
          "maxConnectRetries",
          "connectionRetryWaitTime",
          "idleMinWaitTime",
          "idleMaxWaitTime",
          "async",
          "progress",
          "barrierId",
          "leaderId",
          "masterId");

  /// Of a synchronization that is over: nothing but what kind it was, and no endpoint.
  public static SyncOptions forgotten(boolean isIncremental) {
    return new Reader(new VPackBuilder().openObject().member("endpoint", "-").close().toSlice())
        .read()
        .withIncremental(isIncremental);
  }

  /// What an option that nobody knows means.
  public enum UnknownOptions {
    /// An error that names it: callers of ours get typing errors told.
    REFUSE,
    /// A warning of the job: stock clients send members of their own.
    WARN
  }

  /// Options and what is to be said about them.
  public record Parsed(SyncOptions options, List<String> warnings) {}

  /// Every name that [#parse] understands.
  public static List<String> names() {
    return NAMES;
  }

  /// Reads and checks the whole object.
  ///
  /// @param config must be an object
  /// @throws LockstepException 400/400 without an endpoint, 400/1410 for an option of the wrong
  ///   type or value; the sentence names it
  public static Parsed parse(VPackSlice config, UnknownOptions unknownOptions) {
    List<String> warnings = unknown(config, unknownOptions);
    return new Parsed(new Reader(config).read(), warnings);
  }

  private static List<String> unknown(VPackSlice config, UnknownOptions policy) {
    List<String> warnings = new ArrayList<>();
    Set<String> seen = new TreeSet<>();
    for (VPackMember member : config.members()) {
      if (!NAMES.contains(member.name()) && seen.add(member.name())) {
        String sentence =
            "unknown option '"
                + ReplicationException.excerpt(member.name())
                + "'"
                + nearest(member.name());
        if (policy == UnknownOptions.REFUSE) {
          throw invalid(sentence);
        }
        warnings.add(sentence + "; it is ignored");
      }
    }
    return warnings;
  }

  /// `; did you mean 'x'?` where a known name is close.
  private static String nearest(String name) {
    String best = "";
    // A third of the letters wrong is still a typing error; more is another word.
    int bestDistance = Math.max(2, name.length() / 3) + 1;
    for (String known : NAMES) {
      int distance = distance(name.toLowerCase(Locale.ROOT), known);
      if (distance < bestDistance) {
        bestDistance = distance;
        best = known;
      }
    }
    return best.isEmpty() ? "" : "; did you mean '" + best + "'?";
  }

  /// Levenshtein distance, without regard to the case of `known`.
  private static int distance(String lowerCase, String known) {
    String other = known.toLowerCase(Locale.ROOT);
    if (lowerCase.length() > 64) {
      return Integer.MAX_VALUE;
    }
    int[] row = new int[other.length() + 1];
    for (int j = 0; j <= other.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= lowerCase.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        int replace = diagonal + (lowerCase.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replace, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[other.length()];
  }

  static LockstepException invalid(String detail) {
    return new LockstepException(
        ErrorNumber.REPLICATION_INVALID_APPLIER_CONFIGURATION,
        ErrorNumber.REPLICATION_INVALID_APPLIER_CONFIGURATION.defaultMessage() + ": " + detail);
  }

  /// Writes the members of the wire's configuration object, without password and token.
  public void render(VPackBuilder target) {
    target.member("requestTimeout", seconds(requestTimeout));
    target.member("connectTimeout", seconds(connectTimeout));
    target.member("ignoreErrors", applier.ignoreErrors());
    target.member("maxConnectRetries", applier.maxConnectRetries());
    target.member("lockTimeoutRetries", applier.lockTimeoutRetries());
    target.member("sslProtocol", sslProtocol);
    target.member("chunkSize", chunkSize);
    target.member("skipCreateDrop", skipCreateDrop);
    target.member("autoStart", applier.autoStart());
    target.member("adaptivePolling", applier.adaptivePolling());
    target.member("autoResync", applier.autoResync());
    target.member("autoResyncRetries", applier.autoResyncRetries());
    target.member("maxPacketSize", maxPacketSize);
    target.member("includeSystem", includeSystem);
    target.member("includeFoxxQueues", includeFoxxQueues);
    target.member("requireFromPresent", applier.requireFromPresent());
    target.member("verbose", verbose);
    target.member("incremental", incremental);
    // Stock peers know none of these; nobody is shown them who has not set them.
    if (transfer.compression() != TransferPolicy.DEFAULT.compression()) {
      target.member("compression", transfer.compression().wireName());
    }
    if (transfer.bytesPerSecondMax() > 0) {
      target.member("maxBandwidth", transfer.bytesPerSecondMax());
    }
    if (!useExtensions) {
      target.member("useExtensions", false);
    }
    if (!useChangeLog) {
      target.member("useChangeLog", false);
    }
    target.member("restrictType", restrictType());
    target.key("restrictCollections").openArray();
    restrictedNames().forEach(target::value);
    target.close();
    target.member("connectionRetryWaitTime", seconds(applier.connectionRetryWaitTime()));
    target.member("initialSyncMaxWaitTime", seconds(initialSyncMaxWaitTime));
    target.member("idleMinWaitTime", seconds(applier.idleMinWaitTime()));
    target.member("idleMaxWaitTime", seconds(applier.idleMaxWaitTime()));
    if (!endpoint.isEmpty()) {
      target.member("endpoint", endpoint);
    }
    if (database != null) {
      target.member("database", database);
    }
    if (credentials instanceof LeaderCredentials.Basic(String user, _)) {
      target.member("username", user);
    }
  }

  /// As [#render], with password and token: for keeping, never for showing.
  public void renderWithSecrets(VPackBuilder target) {
    render(target);
    switch (credentials) {
      case LeaderCredentials.None _ -> {}
      case LeaderCredentials.Basic(_, String password) -> target.member("password", password);
      case LeaderCredentials.Token(String jwt) -> target.member("jwt", jwt);
    }
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }

  private String restrictType() {
    return switch (restriction) {
      case Restriction.Everything _ -> "";
      case Restriction.Only _ -> "include";
      case Restriction.AllBut _ -> "exclude";
    };
  }

  private Iterable<String> restrictedNames() {
    return switch (restriction) {
      case Restriction.Everything _ -> List.of();
      case Restriction.Only(Set<String> names) -> new TreeSet<>(names);
      case Restriction.AllBut(Set<String> names) -> new TreeSet<>(names);
    };
  }

  /// @param value on the leader; null = the one of the same name
  public SyncOptions withDatabase(@Nullable String value) {
    return with(value, incremental, restriction);
  }

  /// The same, but transferring differences only, or everything.
  public SyncOptions withIncremental(boolean value) {
    return with(database, value, restriction);
  }

  /// The same about other collections.
  public SyncOptions withRestriction(Restriction value) {
    return with(database, incremental, value);
  }

  private SyncOptions with(
      @Nullable String newDatabase, boolean newIncremental, Restriction newRestriction) {
    return new SyncOptions(
        endpoint,
        newDatabase,
        credentials,
        newIncremental,
        initialSyncMaxWaitTime,
        requestTimeout,
        connectTimeout,
        chunkSize,
        includeSystem,
        includeFoxxQueues,
        newRestriction,
        skipCreateDrop,
        verbose,
        maxPacketSize,
        sslProtocol,
        transfer,
        useExtensions,
        useChangeLog,
        applier,
        isAsync,
        progress);
  }

  /// The wire's defaults, for showing a configuration that nobody has set: without endpoint.
  public static SyncOptions unconfigured() {
    return new SyncOptions(
        "",
        null,
        new LeaderCredentials.None(),
        false,
        INITIAL_SYNC_MAX_WAIT_TIME_DEFAULT,
        REQUEST_TIMEOUT_DEFAULT,
        CONNECT_TIMEOUT_DEFAULT,
        0,
        true,
        false,
        new Restriction.Everything(),
        false,
        false,
        MAX_PACKET_SIZE_DEFAULT,
        0,
        TransferPolicy.DEFAULT,
        true,
        true,
        ApplierOptions.DEFAULT,
        false,
        true);
  }

  /// Takes the members one by one; each getter knows the type and range it insists on.
  private static final class Reader {
    private final VPackSlice config;

    Reader(VPackSlice config) {
      this.config = config;
    }

    SyncOptions read() {
      VPackSlice endpoint = config.get("endpoint");
      if (endpoint == null || !endpoint.isString() || endpoint.asString().isBlank()) {
        throw new LockstepException(
            ErrorNumber.HTTP_BAD_PARAMETER, "<endpoint> must be a valid endpoint");
      }
      String database = string("database", "");
      ApplierOptions defaults = ApplierOptions.DEFAULT;
      return new SyncOptions(
          endpoint.asString(),
          database.isEmpty() ? null : database,
          credentials(),
          bool("incremental", false),
          wait("initialSyncMaxWaitTime", INITIAL_SYNC_MAX_WAIT_TIME_DEFAULT),
          timeout("requestTimeout", REQUEST_TIMEOUT_DEFAULT),
          timeout("connectTimeout", CONNECT_TIMEOUT_DEFAULT),
          chunkSize(),
          bool("includeSystem", true),
          bool("includeFoxxQueues", false),
          restriction(),
          bool("skipCreateDrop", false),
          bool("verbose", false),
          integer("maxPacketSize", MAX_PACKET_SIZE_DEFAULT, MAX_PACKET_SIZE_MIN, Integer.MAX_VALUE),
          (int) integer("sslProtocol", 0, 0, SSL_PROTOCOL_MAX),
          new TransferPolicy(compression(), bandwidth()),
          bool("useExtensions", true),
          bool("useChangeLog", true),
          new ApplierOptions(
              ignoreErrors(),
              count("lockTimeoutRetries", defaults.lockTimeoutRetries()),
              bool("autoStart", defaults.autoStart()),
              bool("autoResync", defaults.autoResync()),
              count("autoResyncRetries", defaults.autoResyncRetries()),
              bool("adaptivePolling", defaults.adaptivePolling()),
              bool("requireFromPresent", defaults.requireFromPresent()),
              count("maxConnectRetries", defaults.maxConnectRetries()),
              wait("connectionRetryWaitTime", defaults.connectionRetryWaitTime()),
              wait("idleMinWaitTime", defaults.idleMinWaitTime()),
              wait("idleMaxWaitTime", defaults.idleMaxWaitTime())),
          bool("async", false),
          bool("progress", true));
    }

    private LeaderCredentials credentials() {
      String user = string("username", "");
      String password = string("password", "");
      String jwt = string("jwt", "");
      if (!user.isEmpty()) {
        if (user.indexOf(':') >= 0) {
          throw invalid("option 'username' must not contain a colon");
        }
        return new LeaderCredentials.Basic(user, password);
      }
      return jwt.isEmpty() ? new LeaderCredentials.None() : new LeaderCredentials.Token(jwt);
    }

    private Restriction restriction() {
      String type = string("restrictType", "");
      Set<String> names = names("restrictCollections");
      return switch (type) {
        case "" -> {
          if (!names.isEmpty()) {
            throw invalid(
                "option 'restrictCollections' needs 'restrictType' to be \"include\" or"
                    + " \"exclude\"");
          }
          yield new Restriction.Everything();
        }
        case "include", "exclude" -> {
          if (names.isEmpty()) {
            throw invalid(
                "option 'restrictType' is \"" + type + "\", but 'restrictCollections' names none");
          }
          yield type.equals("include")
              ? new Restriction.Only(names)
              : new Restriction.AllBut(names);
        }
        default ->
            throw wrong(
                "restrictType",
                "\"include\", \"exclude\" or \"\"",
                required(config.get("restrictType")));
      };
    }

    private TransferPolicy.Compression compression() {
      String name = string("compression", TransferPolicy.DEFAULT.compression().wireName());
      for (TransferPolicy.Compression compression : TransferPolicy.Compression.values()) {
        if (compression.wireName().equals(name)) {
          return compression;
        }
      }
      throw wrong(
          "compression", "\"auto\", \"none\" or \"zstd\"", required(config.get("compression")));
    }

    private long bandwidth() {
      long bytesPerSecond = integer("maxBandwidth", 0, 0, Long.MAX_VALUE);
      if (bytesPerSecond > 0 && bytesPerSecond < TransferPolicy.BYTES_PER_SECOND_MIN) {
        throw wrong(
            "maxBandwidth",
            "0, or bytes per second, at least " + TransferPolicy.BYTES_PER_SECOND_MIN,
            required(config.get("maxBandwidth")));
      }
      return bytesPerSecond;
    }

    private long chunkSize() {
      long size = integer("chunkSize", 0, 0, Long.MAX_VALUE);
      return size == 0 ? 0 : Math.clamp(size, CHUNK_SIZE_MIN, CHUNK_SIZE_MAX);
    }

    private Set<String> names(String option) {
      VPackSlice value = config.get(option);
      if (value == null) {
        return Set.of();
      }
      String expected = "an array of collection names";
      if (!value.isArray()) {
        throw wrong(option, expected, value);
      }
      Set<String> names = new LinkedHashSet<>();
      for (VPackSlice element : value.elements()) {
        if (!element.isString() || element.asString().isEmpty()) {
          throw wrong(option, expected, value);
        }
        names.add(element.asString());
      }
      return names;
    }

    private int ignoreErrors() {
      VPackSlice value = config.get("ignoreErrors");
      if (value != null && value.isBoolean()) {
        return value.asBoolean() ? Integer.MAX_VALUE : 0;
      }
      return (int) integer("ignoreErrors", 0, 0, Integer.MAX_VALUE);
    }

    private String string(String option, String otherwise) {
      VPackSlice value = config.get(option);
      if (value == null) {
        return otherwise;
      }
      if (!value.isString()) {
        throw wrong(option, "a string", value);
      }
      return value.asString();
    }

    private boolean bool(String option, boolean otherwise) {
      VPackSlice value = config.get(option);
      if (value == null) {
        return otherwise;
      }
      if (!value.isBoolean()) {
        throw wrong(option, "true or false", value);
      }
      return value.asBoolean();
    }

    private int count(String option, int otherwise) {
      return (int) integer(option, otherwise, 0, Integer.MAX_VALUE);
    }

    private long integer(String option, long otherwise, long min, long max) {
      VPackSlice value = config.get(option);
      if (value == null) {
        return otherwise;
      }
      String expected =
          max == Long.MAX_VALUE
              ? "a whole number, at least " + min
              : "a whole number from " + min + " to " + max;
      BigInteger number = wholeNumber(value);
      if (number == null
          || number.compareTo(BigInteger.valueOf(min)) < 0
          || number.compareTo(BigInteger.valueOf(max)) > 0) {
        throw wrong(option, expected, value);
      }
      return number.longValueExact();
    }

    /// JavaScript has doubles only: `1e6` may arrive as one.
    private static @Nullable BigInteger wholeNumber(VPackSlice value) {
      if (value.isInteger()) {
        return value.asBigInteger();
      }
      if (value.isDouble()) {
        double number = value.asDouble();
        if (Double.isFinite(number) && number == Math.rint(number)) {
          return new BigDecimal(number).toBigIntegerExact();
        }
      }
      return null;
    }

    /// A wait: nothing or less means the default.
    private Duration wait(String option, Duration otherwise) {
      Double seconds = seconds(option);
      return seconds == null || seconds <= 0 ? otherwise : duration(seconds);
    }

    private Duration timeout(String option, Duration otherwise) {
      Double seconds = seconds(option);
      if (seconds == null) {
        return otherwise;
      }
      if (seconds <= 0) {
        throw wrong(option, "a number of seconds above 0", required(config.get(option)));
      }
      return duration(seconds);
    }

    private @Nullable Double seconds(String option) {
      VPackSlice value = config.get(option);
      if (value == null) {
        return null;
      }
      // Written this way round so that NaN is refused too.
      if (!value.isNumber() || !(Math.abs(value.asDouble()) <= SECONDS_MAX)) {
        throw wrong(option, "a number of seconds", value);
      }
      return value.asDouble();
    }

    private static Duration duration(double seconds) {
      return Duration.ofMillis(Math.max(1, Math.round(seconds * 1000)));
    }

    private static VPackSlice required(@Nullable VPackSlice value) {
      if (value == null) {
        throw new IllegalStateException("the option was there a moment ago");
      }
      return value;
    }

    private static LockstepException wrong(String option, String expected, VPackSlice value) {
      return invalid(
          "option '" + option + "' must be " + expected + ", not " + shown(option, value));
    }

    /// The value, unless it may be a secret or is too long to be shown.
    private static String shown(String option, VPackSlice value) {
      boolean isSecret = option.equals("password") || option.equals("jwt");
      if (isSecret || value.byteSize() > 200) {
        return switch (value.type()) {
          case NULL -> "null";
          case BOOLEAN -> "a boolean";
          case INTEGER, DOUBLE -> "a number";
          case STRING -> "this string";
          case ARRAY -> "an array";
          case OBJECT -> "an object";
          default -> "a value of that type";
        };
      }
      return value.toJson();
    }
  }
}
