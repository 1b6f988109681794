package dev.lockstep.client;

import java.nio.file.Path;

/// Which servers an encrypted connection believes.
public sealed interface TlsTrust {
  /// Certificates of the authorities known to the Java runtime, issued for the host name we connect
  /// to.
  record SystemAuthorities() implements TlsTrust {}

  /// Certificates signed by one of the authorities in a PEM file (or a certificate listed there
  /// itself), issued for the host name we connect to.
  record AuthoritiesFile(Path pem) implements TlsTrust {}

  /// Any certificate for any name. Encrypts, but whoever sits on the way can read and change
  /// everything: only ever on explicit request.
  record Anyone() implements TlsTrust {}
}
