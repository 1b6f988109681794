package dev.lockstep.server.settings;

import dev.lockstep.server.settings.ConfigurationFile.Assignment;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Options as given, before they become settings: command line over file over default.
final class OptionValues {
  record Given(String text, Origin origin) {}

  private static final Origin COMMAND_LINE = new Origin.CommandLine();
  private static final Origin BUILT_IN = new Origin.BuiltIn();
  private static final Pattern SIZE = Pattern.compile("([0-9]+)\\s*([a-zA-Z]*)|([0-9]{1,3})\\s*%");

  private final Map<Option, List<Given>> given;
  private final boolean help;
  private final boolean version;

  private OptionValues(Map<Option, List<Given>> given, boolean help, boolean version) {
    this.given = given;
    this.help = help;
    this.version = version;
  }

  /// @throws SettingsException on the first argument or line that is not understood
  static OptionValues read(List<String> arguments, Map<String, String> environment) {
    Map<Option, List<Given>> fromCommandLine = new EnumMap<>(Option.class);
    boolean help = false;
    boolean version = false;
    int i = 0;
    while (i < arguments.size()) {
      String argument = arguments.get(i++);
      if (argument.equals("-c")) {
        argument = "--configuration";
      }
      if (argument.equals("--help") || argument.equals("-h")) {
        help = true;
        continue;
      }
      if (argument.equals("--version") || argument.equals("-V")) {
        version = true;
        continue;
      }
      if (!argument.startsWith("--")) {
        add(fromCommandLine, Option.DATABASE_DIRECTORY, argument, COMMAND_LINE);
        continue;
      }
      int equals = argument.indexOf('=');
      String name = argument.substring(2, equals < 0 ? argument.length() : equals);
      Option option = Option.find(name);
      if (option == null) {
        throw new SettingsException(Option.unknown(name, COMMAND_LINE));
      }
      String value;
      if (equals >= 0) {
        value = argument.substring(equals + 1);
      } else if (i < arguments.size() && !arguments.get(i).startsWith("--")) {
        value = arguments.get(i++);
      } else if (option.kind() == Option.Kind.BOOLEAN) {
        value = "true";
      } else {
        throw new SettingsException("option --" + name + " (command line) needs a value");
      }
      add(fromCommandLine, option, value, COMMAND_LINE);
    }
    Map<Option, List<Given>> all = fromFile(fromCommandLine, environment);
    all.putAll(fromCommandLine);
    return new OptionValues(all, help, version);
  }

  private static Map<Option, List<Given>> fromFile(
      Map<Option, List<Given>> fromCommandLine, Map<String, String> environment) {
    Map<Option, List<Given>> fromFile = new EnumMap<>(Option.class);
    List<Given> files = fromCommandLine.get(Option.CONFIGURATION);
    if (files == null || files.getLast().text().equals("none")) {
      return fromFile;
    }
    Path file;
    try {
      file = Path.of(files.getLast().text());
    } catch (InvalidPathException e) {
      throw bad(Option.CONFIGURATION, files.getLast(), "the name of a file");
    }
    for (Assignment assignment : ConfigurationFile.read(file, environment)) {
      Option option = Option.find(assignment.name());
      if (option == null || option == Option.CONFIGURATION) {
        throw new SettingsException(Option.unknown(assignment.name(), assignment.origin()));
      }
      add(fromFile, option, assignment.value(), assignment.origin());
    }
    return fromFile;
  }

  private static void add(
      Map<Option, List<Given>> target, Option option, String text, Origin origin) {
    List<Given> values = target.computeIfAbsent(option, key -> new ArrayList<>());
    if (!values.isEmpty() && !option.isRepeatable()) {
      throw new SettingsException(
          "option --%s is given twice: '%s' (%s) and '%s' (%s)"
              .formatted(
                  option.optionName(),
                  values.getFirst().text(),
                  values.getFirst().origin(),
                  text,
                  origin));
    }
    values.add(new Given(text, origin));
  }

  boolean wantsHelp() {
    return help;
  }

  boolean wantsVersion() {
    return version;
  }

  /// Every value of a repeatable option, or its default.
  List<Given> all(Option option) {
    List<Given> values = given.get(option);
    if (values != null) {
      return values;
    }
    String builtIn = option.builtIn();
    return builtIn == null ? List.of() : List.of(new Given(builtIn, BUILT_IN));
  }

  @Nullable Given one(Option option) {
    List<Given> values = all(option);
    return values.isEmpty() ? null : values.getLast();
  }

  private Given required(Option option) {
    Given value = one(option);
    if (value == null) {
      throw new SettingsException("option --" + option.optionName() + " is required");
    }
    return value;
  }

  static SettingsException bad(Option option, Given value, String expected) {
    return new SettingsException(
        "bad value '%s' for option --%s (%s): expecting %s"
            .formatted(value.text(), option.optionName(), value.origin(), expected));
  }

  /// Converts every value; what the converter refuses becomes an error with its message.
  <T> List<T> each(Option option, Function<String, T> converter) {
    return all(option).stream().map(value -> convert(option, value, converter)).toList();
  }

  private static <T> T convert(Option option, Given value, Function<String, T> converter) {
    try {
      return converter.apply(value.text());
    } catch (IllegalArgumentException e) {
      throw bad(option, value, String.valueOf(e.getMessage()).replaceFirst("^expecting ", ""));
    }
  }

  <T> T converted(Option option, Function<String, T> converter) {
    return convert(option, required(option), converter);
  }

  boolean bool(Option option) {
    Given value = required(option);
    return switch (value.text().toLowerCase(Locale.ROOT)) {
      case "true", "yes", "on", "y", "1" -> true;
      case "false", "no", "off", "n", "0" -> false;
      default -> throw bad(option, value, "true or false");
    };
  }

  int integer(Option option, int min, int max) {
    Given value = required(option);
    String expected = "an integer from " + min + " to " + max;
    try {
      int number = Integer.parseInt(value.text());
      if (number < min || number > max) {
        throw bad(option, value, expected);
      }
      return number;
    } catch (NumberFormatException e) {
      throw bad(option, value, expected);
    }
  }

  /// As [#seconds], null if the option is not given.
  @Nullable Duration secondsOrNull(Option option, Duration min, Duration max) {
    return one(option) == null ? null : seconds(option, min, max);
  }

  Duration seconds(Option option, Duration min, Duration max) {
    Given value = required(option);
    String expected = "seconds from " + min.toSeconds() + " to " + max.toSeconds();
    try {
      double seconds = Double.parseDouble(value.text());
      if (!(seconds >= min.toSeconds() && seconds <= max.toSeconds())) {
        throw bad(option, value, expected);
      }
      return Duration.ofMillis(Math.round(seconds * 1000));
    } catch (NumberFormatException e) {
      throw bad(option, value, expected);
    }
  }

  /// `1048576`, `512k`, `64MiB`, `1GB` (decimal, as ArangoDB has it) or a share such as `25%` of
  /// `whole`.
  long bytes(Option option, long min, long max, long whole) {
    Given value = required(option);
    String expected = "a size such as 64MiB or 25% from " + min + " to " + max + " bytes";
    Matcher matcher = SIZE.matcher(value.text().strip());
    if (!matcher.matches()) {
      throw bad(option, value, expected);
    }
    long bytes;
    try {
      if (matcher.group(3) != null) {
        bytes = Math.multiplyExact(whole / 100, Long.parseLong(matcher.group(3)));
      } else {
        long unit =
            switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
              case "", "b" -> 1L;
              case "k", "kib" -> 1L << 10;
              case "kb" -> 1_000L;
              case "m", "mib" -> 1L << 20;
              case "mb" -> 1_000_000L;
              case "g", "gib" -> 1L << 30;
              case "gb" -> 1_000_000_000L;
              default -> throw bad(option, value, expected);
            };
        bytes = Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
      }
    } catch (ArithmeticException | NumberFormatException e) {
      throw bad(option, value, expected);
    }
    if (bytes < min || bytes > max) {
      throw bad(option, value, expected);
    }
    return bytes;
  }

  @Nullable Path path(Option option) {
    Given value = one(option);
    if (value == null) {
      return null;
    }
    try {
      if (value.text().isEmpty()) {
        throw bad(option, value, "the name of a file or folder");
      }
      return Path.of(value.text());
    } catch (InvalidPathException e) {
      throw bad(option, value, "the name of a file or folder");
    }
  }

  Path requiredPath(Option option) {
    Path path = path(option);
    if (path == null) {
      throw new SettingsException("option --" + option.optionName() + " is required");
    }
    return path;
  }
}
