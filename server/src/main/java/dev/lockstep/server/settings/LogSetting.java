package dev.lockstep.server.settings;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The level of one topic of the log.
///
/// @param topic `general` is everything without a topic of its own
public record LogSetting(String topic, Level level) {
  public enum Level {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE
  }

  /// Packages whose loggers belong to a topic.
  private static final Map<String, List<String>> PACKAGES =
      Map.of(
          "general", List.of("ROOT"),
          "requests", List.of("dev.lockstep.server.http", "dev.lockstep.server.api"),
          "communication", List.of("org.eclipse.jetty"),
          "replication", List.of("dev.lockstep.replication", "dev.lockstep.client"),
          "authentication", List.of("dev.lockstep.server.users"),
          "engines", List.of("dev.lockstep.rocksdb", "dev.lockstep.core"),
          "startup", List.of("dev.lockstep.server.Main"));

  /// `level`, or `topic=level` with one of ArangoDB's topics that exist here, or a package's name
  /// as topic.
  ///
  /// @throws IllegalArgumentException naming what is known
  public static LogSetting parse(String text) {
    int equals = text.indexOf('=');
    String topic = equals < 0 ? "general" : text.substring(0, equals).strip();
    String name = text.substring(equals + 1).strip().toLowerCase(Locale.ROOT);
    Level level =
        switch (name) {
          case "fatal", "error" -> Level.ERROR;
          case "warn", "warning" -> Level.WARN;
          case "info", "default" -> Level.INFO;
          case "debug" -> Level.DEBUG;
          case "trace" -> Level.TRACE;
          default ->
              throw new IllegalArgumentException(
                  "expecting fatal, error, warning, info, debug or trace as level");
        };
    if (!PACKAGES.containsKey(topic) && !topic.contains(".")) {
      throw new IllegalArgumentException(
          "expecting one of the topics "
              + String.join(", ", PACKAGES.keySet().stream().sorted().toList()));
    }
    return new LogSetting(topic, level);
  }

  /// Names of every topic.
  public static List<String> topics() {
    return PACKAGES.keySet().stream().sorted().toList();
  }

  /// Names of the loggers it governs; `ROOT` is the one above all.
  public List<String> loggers() {
    return PACKAGES.getOrDefault(topic, List.of(topic));
  }
}
