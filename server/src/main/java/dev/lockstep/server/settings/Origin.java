package dev.lockstep.server.settings;

import java.nio.file.Path;

/// Where an option's value was written.
sealed interface Origin {
  record CommandLine() implements Origin {
    @Override
    public String toString() {
      return "command line";
    }
  }

  record FileLine(Path file, int line) implements Origin {
    @Override
    public String toString() {
      return file + ":" + line;
    }
  }

  record BuiltIn() implements Origin {
    @Override
    public String toString() {
      return "default";
    }
  }
}
