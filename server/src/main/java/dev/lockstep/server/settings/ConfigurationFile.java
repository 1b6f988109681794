package dev.lockstep.server.settings;

import dev.lockstep.server.settings.Origin.FileLine;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads files in arangod.conf's form: `[section]`, `name = value` (which is `section.name`), `#`
/// comments, repeated names, `@include file` (relative to the including file; `.conf` may be left
/// out) and `@NAME@` for environment variables.
final class ConfigurationFile {
  /// One assignment.
  record Assignment(String name, String value, Origin origin) {}

  /// Deeper nesting is taken for a circle.
  private static final int INCLUDE_DEPTH_MAX = 16;

  private static final Pattern SECTION = Pattern.compile("\\[\\s*([A-Za-z0-9_.-]*)\\s*]");
  private static final Pattern ASSIGNMENT = Pattern.compile("([A-Za-z0-9_.-]+)\\s*=\\s*(.*)");
  private static final Pattern INCLUDE = Pattern.compile("@include\\s+(.+)");
  private static final Pattern VARIABLE = Pattern.compile("@([A-Za-z_][A-Za-z0-9_]*)@");

  private final Map<String, String> environment;
  private final List<Assignment> assignments = new ArrayList<>();

  private ConfigurationFile(Map<String, String> environment) {
    this.environment = environment;
  }

  /// @return the assignments in the order written
  /// @throws SettingsException if a file cannot be read or a line is none of the forms above
  static List<Assignment> read(Path file, Map<String, String> environment) {
    ConfigurationFile reader = new ConfigurationFile(environment);
    reader.readInto(file, "command line", 0);
    return List.copyOf(reader.assignments);
  }

  private void readInto(Path file, String askedFor, int depth) {
    if (depth > INCLUDE_DEPTH_MAX) {
      throw new SettingsException(
          "configuration files include each other in a circle or deeper than "
              + INCLUDE_DEPTH_MAX
              + " levels ("
              + askedFor
              + ")");
    }
    List<String> lines = lines(file, askedFor);
    String section = "";
    for (int i = 0; i < lines.size(); i++) {
      FileLine origin = new FileLine(file, i + 1);
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#") || line.startsWith(";")) {
        continue;
      }
      Matcher include = INCLUDE.matcher(line);
      Matcher header = SECTION.matcher(line);
      Matcher assignment = ASSIGNMENT.matcher(line);
      if (include.matches()) {
        readInto(
            included(file, expand(include.group(1).strip(), origin)), origin.toString(), depth + 1);
      } else if (header.matches()) {
        section = header.group(1);
      } else if (assignment.matches()) {
        String name = assignment.group(1);
        String full = section.isEmpty() || name.contains(".") ? name : section + "." + name;
        assignments.add(
            new Assignment(full, expand(unquoted(assignment.group(2).strip()), origin), origin));
      } else {
        throw new SettingsException(
            origin
                + ": expecting [section], name = value, @include file or # comment, but found '"
                + line
                + "'");
      }
    }
  }

  private static List<String> lines(Path file, String askedFor) {
    try {
      return Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new SettingsException(
          "configuration file " + file + " does not exist (" + askedFor + ")");
    } catch (MalformedInputException e) {
      throw new SettingsException(
          "configuration file " + file + " is not in UTF-8 (" + askedFor + ")");
    } catch (IOException e) {
      throw new SettingsException(
          "configuration file "
              + file
              + " cannot be read: "
              + e.getMessage()
              + " ("
              + askedFor
              + ")");
    }
  }

  private static Path included(Path from, String name) {
    Path folder = from.toAbsolutePath().getParent();
    Path exact = folder == null ? Path.of(name) : folder.resolve(name);
    if (!Files.exists(exact)) {
      Path withSuffix = exact.resolveSibling(exact.getFileName() + ".conf");
      if (Files.exists(withSuffix)) {
        return withSuffix;
      }
    }
    return exact;
  }

  private static String unquoted(String value) {
    return value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"")
        ? value.substring(1, value.length() - 1)
        : value;
  }

  private String expand(String value, Origin origin) {
    Matcher matcher = VARIABLE.matcher(value);
    StringBuilder expanded = new StringBuilder();
    while (matcher.find()) {
      String text = environment.get(matcher.group(1));
      if (text == null) {
        throw new SettingsException(
            origin + ": the environment variable " + matcher.group(1) + " is not set");
      }
      matcher.appendReplacement(expanded, Matcher.quoteReplacement(text));
    }
    matcher.appendTail(expanded);
    return expanded.toString();
  }
}
