package dev.lockstep.shell.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A configuration file in ArangoDB's form: `[section]` lines, `name = value` lines (or
/// `section.name = value` before the first section), comments that begin with `#` or `;`, and
/// `@include other`. A name may repeat.
final class ConfigurationFile {
  /// Files including files including files; more is surely a circle.
  private static final int INCLUDE_DEPTH_MAX = 8;

  /// One setting and where it was read, for messages.
  record Setting(String name, String value, Path file, int line) {}

  private ConfigurationFile() {}

  /// @throws UsageException naming file and line, if the file cannot be read or a line has neither
  ///   form
  static List<Setting> read(Path file) {
    List<Setting> settings = new ArrayList<>();
    read(file, settings, 1);
    return settings;
  }

  private static void read(Path file, List<Setting> settings, int depth) {
    if (depth > INCLUDE_DEPTH_MAX) {
      throw new UsageException(
          "configuration file " + file + ": more than " + INCLUDE_DEPTH_MAX + " nested includes");
    }
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw new UsageException("cannot read configuration file " + file + ": " + e.getMessage());
    }
    String section = "";
    for (int number = 1; number <= lines.size(); number++) {
      String line = lines.get(number - 1).strip();
      if (line.isEmpty() || line.startsWith("#") || line.startsWith(";")) {
        continue;
      }
      if (line.startsWith("@include")) {
        String name = line.substring("@include".length()).strip();
        Path included = file.resolveSibling(name);
        read(
            Files.exists(included) ? included : file.resolveSibling(name + ".conf"),
            settings,
            depth + 1);
      } else if (line.startsWith("[") && line.endsWith("]")) {
        section = line.substring(1, line.length() - 1).strip();
      } else {
        int equals = line.indexOf('=');
        String name = equals < 0 ? "" : line.substring(0, equals).strip();
        if (name.isEmpty()) {
          throw new UsageException(
              file + ", line " + number + ": expected 'name = value', not '" + line + "'");
        }
        settings.add(
            new Setting(
                section.isEmpty() ? name : section + "." + name,
                line.substring(equals + 1).strip(),
                file,
                number));
      }
    }
  }
}
