package dev.lockstep.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import dev.lockstep.server.api.LogLevelResource;
import dev.lockstep.server.settings.LogSetting;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.LoggerFactory;

/// The process's log: one line per event on standard error, with times in UTC. Configured in code:
/// reading a file of the log's own would cost a good part of the start.
final class LogControl implements LogLevelResource.Levels {
  private final LoggerContext context;

  private LogControl(LoggerContext context) {
    this.context = context;
  }

  /// Replaces whatever configuration there is.
  static LogControl configure(List<LogSetting> settings) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(
        "%d{\"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'\",UTC} %-5level [%thread] %logger{0}: %msg%n%ex");
    encoder.start();
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setContext(context);
    console.setTarget("System.err");
    console.setEncoder(encoder);
    console.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.addAppender(console);
    root.setLevel(Level.INFO);
    LogControl control = new LogControl(context);
    // Jetty's information is about itself.
    control.set(LogSetting.parse("communication=warning"));
    // Would log each document that takes a pattern too long, which its writer is told.
    context.getLogger("com.networknt.schema").setLevel(Level.OFF);
    settings.forEach(control::set);
    return control;
  }

  /// The log as it is, for servers inside of another program.
  static LogControl unchanged() {
    return new LogControl((LoggerContext) LoggerFactory.getILoggerFactory());
  }

  @Override
  public Map<String, String> current() {
    Map<String, String> levels = new TreeMap<>();
    for (String topic : LogSetting.topics()) {
      LogSetting setting = new LogSetting(topic, LogSetting.Level.INFO);
      Level level = context.getLogger(setting.loggers().getFirst()).getEffectiveLevel();
      String name = level.toString().toLowerCase(Locale.ROOT);
      levels.put(topic, name.equals("warn") ? "warning" : name);
    }
    return levels;
  }

  @Override
  public void set(LogSetting setting) {
    Level level =
        switch (setting.level()) {
          case ERROR -> Level.ERROR;
          case WARN -> Level.WARN;
          case INFO -> Level.INFO;
          case DEBUG -> Level.DEBUG;
          case TRACE -> Level.TRACE;
        };
    setting.loggers().forEach(name -> context.getLogger(name).setLevel(level));
  }
}
