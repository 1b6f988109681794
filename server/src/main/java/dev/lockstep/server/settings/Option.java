package dev.lockstep.server.settings;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The options of the server. Those that ArangoDB has too are spelled as there and mean the same.
enum Option {
  CONFIGURATION(
      "configuration",
      Kind.TEXT,
      false,
      null,
      "<file>",
      "Read options from this file, written as arangod.conf is; 'none' reads no file."),
  DATABASE_DIRECTORY(
      "database.directory",
      Kind.TEXT,
      false,
      null,
      "<folder>",
      "The data; created if missing. May be given without the option's name. Required."),
  SERVER_ENDPOINT(
      "server.endpoint",
      Kind.TEXT,
      true,
      "tcp://127.0.0.1:8529",
      "<endpoint>",
      "Where to listen: tcp://host:port or ssl://host:port. Repeatable."),
  SERVER_AUTHENTICATION(
      "server.authentication",
      Kind.BOOLEAN,
      false,
      "true",
      "<true|false>",
      "Whether requests must prove who they are."),
  SERVER_ROOT_PASSWORD_FILE(
      "server.root-password-file",
      Kind.TEXT,
      false,
      null,
      "<file>",
      "Password of the user 'root', who is created at the first start; so does the environment"
          + " variable ARANGO_ROOT_PASSWORD. May be empty only while every endpoint is a loopback"
          + " address."),
  SERVER_JWT_SECRET_KEYFILE(
      "server.jwt-secret-keyfile",
      Kind.TEXT,
      false,
      null,
      "<file>",
      "Secret that signs tokens. Without one it is random, and tokens end with the process."),
  SERVER_SESSION_TIMEOUT(
      "server.session-timeout",
      Kind.SECONDS,
      false,
      "2592000",
      "<seconds>",
      "How long a token of /_open/auth is valid."),
  SERVER_PASSWORD_HASH(
      "server.password-hash",
      Kind.TEXT,
      false,
      "bcrypt",
      "<bcrypt|sha256>",
      "How new passwords are stored. Stock followers that copy _users can check sha256 only; both"
          + " kinds are always accepted here."),
  SERVER_MAXIMAL_QUEUE_SIZE(
      "server.maximal-queue-size",
      Kind.INTEGER,
      false,
      "4096",
      "<count>",
      "Asynchronous requests that may wait or run; more are answered 503."),
  SERVER_MAXIMAL_ASYNC_REQUESTS(
      "server.maximal-async-requests",
      Kind.INTEGER,
      false,
      "64",
      "<count>",
      "Asynchronous requests that run at once."),
  SERVER_MAXIMAL_REQUESTS(
      "server.maximal-requests",
      Kind.INTEGER,
      false,
      "4096",
      "<count>",
      "Requests worked on at once; more are answered 503."),
  SERVER_MAXIMAL_BODY_SIZE(
      "server.maximal-body-size",
      Kind.BYTES,
      false,
      "1GiB",
      "<bytes>",
      "Longest body of a request as it is sent; a longer one is answered 413."),
  SERVER_MAXIMAL_DECOMPRESSED_SIZE(
      "server.maximal-decompressed-size",
      Kind.BYTES,
      false,
      "1GiB",
      "<bytes>",
      "What a compressed body may become; a longer one is answered 413."),
  SERVER_MAXIMAL_DOCUMENT_SIZE(
      "server.maximal-document-size",
      Kind.BYTES,
      false,
      "128MiB",
      "<bytes>",
      "Largest document that clients may write, at most 512MiB; documents of a leader are taken"
          + " whatever their size."),
  SERVER_MAXIMAL_NESTING_DEPTH(
      "server.maximal-nesting-depth",
      Kind.INTEGER,
      false,
      "200",
      "<levels>",
      "Levels of arrays and objects inside each other in what clients send, from 8 to 200."),
  SERVER_MAXIMAL_URL_SIZE(
      "server.maximal-url-size",
      Kind.BYTES,
      false,
      "16KiB",
      "<bytes>",
      "Longest path and query of a request; a longer one is answered 414."),
  SERVER_MAXIMAL_HEADER_SIZE(
      "server.maximal-header-size",
      Kind.BYTES,
      false,
      "1MiB",
      "<bytes>",
      "All headers of a request; more are answered 431."),
  SERVER_MAXIMAL_SPOOL_SIZE(
      "server.maximal-spool-size",
      Kind.BYTES,
      false,
      "8GiB",
      "<bytes>",
      "Largest answer that is collected on the disk before it is sent."),
  SERVER_MAXIMAL_CURSORS(
      "server.maximal-cursors",
      Kind.INTEGER,
      false,
      "256",
      "<count>",
      "Results that clients fetch in parts, open at once; each keeps old data from being removed."),
  SERVER_REQUEST_MEMORY(
      "server.request-memory",
      Kind.BYTES,
      false,
      "50%",
      "<bytes>",
      "Memory for all request bodies that are held as a whole (%% of the heap); more wait, then are"
          + " answered 503."),
  SERVER_REQUEST_MEMORY_TIMEOUT(
      "server.request-memory-timeout",
      Kind.SECONDS,
      false,
      "30",
      "<seconds>",
      "How long a request waits for that memory."),
  SERVER_JOB_RESULT_TIMEOUT(
      "server.job-result-timeout",
      Kind.SECONDS,
      false,
      "3600",
      "<seconds>",
      "How long the answers of asynchronous requests are kept."),
  SERVER_JOB_RESULT_MEMORY(
      "server.job-result-memory",
      Kind.BYTES,
      false,
      "64MiB",
      "<bytes>",
      "Memory for those answers; beyond it the oldest is dropped."),
  SERVER_MAXIMAL_JOB_RESULT_SIZE(
      "server.maximal-job-result-size",
      Kind.BYTES,
      false,
      "64MiB",
      "<bytes>",
      "Longest of those answers; a job with a longer one fails."),
  SERVER_JOB_RESULTS(
      "server.job-results",
      Kind.INTEGER,
      false,
      "10000",
      "<count>",
      "Number of those answers; beyond it the oldest is dropped."),
  SERVER_SHUTDOWN_TIMEOUT(
      "server.shutdown-timeout",
      Kind.SECONDS,
      false,
      "10",
      "<seconds>",
      "How long requests in flight may take to end when the server is told to end."),
  HTTP_KEEP_ALIVE_TIMEOUT(
      "http.keep-alive-timeout",
      Kind.SECONDS,
      false,
      "300",
      "<seconds>",
      "How long an idle connection stays open."),
  HTTP_TRUSTED_ORIGIN(
      "http.trusted-origin",
      Kind.TEXT,
      true,
      null,
      "<origin>",
      "Origin whose web pages may send credentials; '*' trusts all. Repeatable."),
  SSL_KEYFILE(
      "ssl.keyfile",
      Kind.TEXT,
      false,
      null,
      "<file>",
      "PEM file with the private key and the certificate chain of ssl endpoints."),
  ROCKSDB_BLOCK_CACHE_SIZE(
      "rocksdb.block-cache-size",
      Kind.BYTES,
      false,
      "64MiB",
      "<bytes>",
      "Memory, outside of the heap, for data read from disk."),
  ROCKSDB_TOTAL_WRITE_BUFFER_SIZE(
      "rocksdb.total-write-buffer-size",
      Kind.BYTES,
      false,
      "96MiB",
      "<bytes>",
      "Memory, outside of the heap, for data not yet in table files."),
  ROCKSDB_MINIMUM_FREE_BYTES(
      "rocksdb.minimum-free-bytes",
      Kind.BYTES,
      false,
      "64MiB",
      "<bytes>",
      "Space left on the disk below which writes are refused."),
  LOG_LEVEL(
      "log.level",
      Kind.TEXT,
      true,
      "info",
      "<level|topic=level>",
      "Level: fatal, error, warning, info, debug or trace; of a topic: requests, replication,"
          + " authentication, engines, startup. Repeatable."),
  REPLICATION_ADVERTISED_VERSION(
      "replication.advertised-version",
      Kind.TEXT,
      false,
      "3.11.14",
      "<version>",
      "Version of ArangoDB that clients and stock followers are told; decides which protocol they"
          + " speak."),
  REPLICATION_ALLOWED_LEADERS(
      "replication.allowed-leaders",
      Kind.TEXT,
      true,
      null,
      "<host[:port]|network>",
      "A leader that administrators may name: a host as they write it, an address or a network such"
          + " as 10.1.0.0/16. With this option only those, without it any address but link-local"
          + " ones. Repeatable."),
  REPLICATION_ALLOW_WRITES_WHILE_SYNCING(
      "replication.allow-writes-while-syncing",
      Kind.BOOLEAN,
      false,
      "false",
      "<true|false>",
      "Whether clients may write to a collection that is being synchronized. What they write is"
          + " lost when the leader's documents take its place."),
  REPLICATION_BATCHES_MAX(
      "replication.batches-max",
      Kind.INTEGER,
      false,
      "64",
      "<count>",
      "Snapshots that followers may hold at once; each keeps old data from being removed. Beyond it"
          + " 503, and followers wait."),
  REPLICATION_CHANGES_KEPT(
      "replication.changes-kept",
      Kind.INTEGER,
      false,
      "1000000",
      "<count>",
      "Newest changes that are kept for followers to come, some 20 bytes each."),
  REPLICATION_CHANGES_KEPT_TIME(
      "replication.changes-kept-time",
      Kind.SECONDS,
      false,
      "3600",
      "<seconds>",
      "Younger changes are kept as well, and older ones as long as a known follower needs them."),
  REPLICATION_CHANGES_MAX(
      "replication.changes-max",
      Kind.INTEGER,
      false,
      "50000000",
      "<count>",
      "Changes that are kept at most, whatever their age and whoever needs them."),
  REPLICATION_CONNECT_TIMEOUT(
      "replication.connect-timeout",
      Kind.SECONDS,
      false,
      null,
      "<seconds>",
      "Limit of one attempt to connect to a leader, whatever users ask for; at least 1."),
  REPLICATION_DUMPS_MAX(
      "replication.dumps-max",
      Kind.INTEGER,
      false,
      "8",
      "<count>",
      "Answers with data of collections that are made for followers at once, up to 16 MiB each;"
          + " more wait, then are answered 503."),
  REPLICATION_DUMPS_TIMEOUT(
      "replication.dumps-timeout",
      Kind.SECONDS,
      false,
      "60",
      "<seconds>",
      "How long a follower's request waits for one of those answers to end."),
  REPLICATION_MAX_PACKET_SIZE(
      "replication.max-packet-size",
      Kind.BYTES,
      false,
      "2047MiB",
      "<bytes>",
      "Longest answer of a leader, whatever users ask for, decompressed; never more than a third of"
          + " the heap."),
  REPLICATION_QUICK_KEYS_LIMIT(
      "replication.quick-keys-limit",
      Kind.INTEGER,
      false,
      "1000000",
      "<count>",
      "A follower that compares keys and asks quickly is told only the number of documents of a"
          + " larger collection."),
  REPLICATION_REQUEST_TIMEOUT(
      "replication.request-timeout",
      Kind.SECONDS,
      false,
      null,
      "<seconds>",
      "Longest silence of a leader during one request, whatever users ask for; at least 3."),
  REPLICATION_SYNCHRONIZATIONS_MAX(
      "replication.synchronizations-max",
      Kind.INTEGER,
      false,
      "64",
      "<count>",
      "Synchronizations of this server at once, all databases together; one a database."),
  REPLICATION_CA_FILE(
      "replication.ca-file",
      Kind.TEXT,
      false,
      null,
      "<file>",
      "PEM file with the authorities that ssl:// leaders are checked against; without it those of"
          + " the Java runtime."),
  REPLICATION_VERIFY_LEADER(
      "replication.verify-leader",
      Kind.BOOLEAN,
      false,
      "true",
      "<true|false>",
      "Whether the certificates of ssl:// leaders are checked. Without, whoever sits on the way can"
          + " read and change everything.");

  /// The form of a value.
  enum Kind {
    TEXT,
    BOOLEAN,
    INTEGER,
    SECONDS,
    BYTES
  }

  private final String optionName;
  private final Kind kind;
  private final boolean repeatable;
  private final @Nullable String builtIn;
  private final String placeholder;
  private final String help;

  Option(
      String optionName,
      Kind kind,
      boolean repeatable,
      @Nullable String builtIn,
      String placeholder,
      String help) {
    this.optionName = optionName;
    this.kind = kind;
    this.repeatable = repeatable;
    this.builtIn = builtIn;
    this.placeholder = placeholder;
    this.help = help;
  }

  /// Without the leading dashes.
  String optionName() {
    return optionName;
  }

  Kind kind() {
    return kind;
  }

  boolean isRepeatable() {
    return repeatable;
  }

  @Nullable String builtIn() {
    return builtIn;
  }

  static @Nullable Option find(String name) {
    for (Option option : values()) {
      if (option.optionName.equals(name)) {
        return option;
      }
    }
    return null;
  }

  /// The sentence about a name that is no option, with the nearest one that is.
  static String unknown(String name, Origin origin) {
    List<String> names =
        Arrays.stream(values())
            .map(Option::optionName)
            .sorted(Comparator.comparingInt(candidate -> distance(name, candidate)))
            .toList();
    return "unknown option --%s (%s); did you mean --%s? `lockstep server --help` lists all options"
        .formatted(name, origin, names.getFirst());
  }

  /// Edits (insert, delete, replace, swap of neighbours) between two names; the last part weighs
  /// twice, so that `--endpoint` finds `--server.endpoint`.
  static int distance(String a, String b) {
    return edits(a, b) + Math.min(edits(lastPart(a), lastPart(b)), edits(a, lastPart(b)));
  }

  private static String lastPart(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private static int edits(String first, String second) {
    String a = first.toLowerCase(Locale.ROOT);
    String b = second.toLowerCase(Locale.ROOT);
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int replaced = cost[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        cost[i][j] = Math.min(replaced, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
      }
    }
    return cost[a.length()][b.length()];
  }

  /// The text of `--help`.
  static String helpText() {
    StringBuilder text = new StringBuilder();
    text.append("Usage: lockstep server [options] --database.directory <folder>\n\n");
    text.append(
        "Starts a Lockstep server. Options may be written --name value or --name=value, or in a"
            + " file:\n");
    text.append("the command line wins over the file, the file over the defaults.\n\nOptions:\n");
    for (Option option : values()) {
      text.append("  --")
          .append(option.optionName)
          .append(' ')
          .append(option.placeholder)
          .append('\n');
      String help = option.help.replace("%%", "%");
      if (option.builtIn != null) {
        help += " Default: " + option.builtIn + ".";
      }
      wrap(help, text);
    }
    text.append("  --help\n      Print this and end.\n");
    text.append("  --version\n      Print the version and end.\n\n");
    text.append(
        """
        Exit status: 0 ended by request (SIGTERM, SIGINT, --help, --version); 1 could not start or failed while running
        (data folder in use, port taken, ...); 2 bad options, nothing was started.
        """);
    return text.toString();
  }

  private static void wrap(String help, StringBuilder text) {
    int column = 0;
    for (String word : help.split(" ")) {
      if (column == 0 || column + word.length() + 1 > 110) {
        text.append(column == 0 ? "" : "\n").append("      ").append(word);
        column = 6 + word.length();
      } else {
        text.append(' ').append(word);
        column += word.length() + 1;
      }
    }
    text.append('\n');
  }
}
