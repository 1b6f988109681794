package dev.lockstep.shell.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Where a password may come from besides an argument, which everybody on a machine can read: a
/// file or an environment variable.
final class Passwords {
  /// Longest password file that makes sense; a wrong path to something large ends here.
  private static final int FILE_BYTES_MAX = 4096;

  private Passwords() {}

  /// The address with its password from the first place that has one: the address itself, the file,
  /// the variable.
  static PeerAddress complete(PeerAddress address, @Nullable Path file, String variable)
      throws CommandFailure {
    if (address.password() != null) {
      return address;
    }
    String found = file == null ? System.getenv(variable) : firstLine(file);
    return found == null ? address : address.withPassword(found);
  }

  /// @throws CommandFailure if the file cannot be read
  static String firstLine(Path file) throws CommandFailure {
    try (var in = Files.newInputStream(file)) {
      return new String(in.readNBytes(FILE_BYTES_MAX), StandardCharsets.UTF_8)
          .lines()
          .findFirst()
          .orElse("");
    } catch (IOException e) {
      throw CommandFailure.notDone(
          "cannot read the password file " + file + ": " + e.getMessage(), e);
    }
  }
}
