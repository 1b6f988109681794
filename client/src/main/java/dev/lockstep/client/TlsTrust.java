package dev.lockstep.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;

/// Which servers an encrypted connection believes.
public sealed interface TlsTrust {
  /// Certificates of the authorities known to the Java runtime, issued for the host name we connect
  /// to.
  record SystemAuthorities() implements TlsTrust {}

  /// Certificates signed by one of the authorities in a PEM file (or a certificate listed there
  /// itself), issued for the host name we connect to.
  record AuthoritiesFile(Path pem) implements TlsTrust {
    /// The certificates that are in the file now; each new connection reads it again.
    ///
    /// @throws IllegalArgumentException with a sentence that names the file, if it cannot be read
    ///   or holds no certificate
    public KeyStore read() {
      try (InputStream in = Files.newInputStream(pem)) {
        KeyStore authorities = KeyStore.getInstance(KeyStore.getDefaultType());
        authorities.load(null, null);
        int count = 0;
        for (Certificate certificate :
            CertificateFactory.getInstance("X.509").generateCertificates(in)) {
          authorities.setCertificateEntry("authority-" + count++, certificate);
        }
        if (count == 0) {
          throw new IllegalArgumentException("no certificate in " + pem);
        }
        return authorities;
      } catch (NoSuchFileException e) {
        throw new IllegalArgumentException(pem + " does not exist", e);
      } catch (IOException | GeneralSecurityException e) {
        throw new IllegalArgumentException(
            "cannot read trusted certificates from " + pem + ": " + e.getMessage(), e);
      }
    }
  }

  /// Any certificate for any name. Encrypts, but whoever sits on the way can read and change
  /// everything: only ever on explicit request.
  record Anyone() implements TlsTrust {}
}
