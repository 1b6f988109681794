package dev.lockstep.shell.cli;

import dev.lockstep.core.document.Document;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// Documents of one collection in stored form, in the order their server gives them. One thread.
interface DocumentSource {
  /// The next document, or null after the last one.
  ///
  /// @throws CommandFailure if the server's answer makes no sense
  @Nullable Document next() throws CommandFailure, IOException, InterruptedException;
}
