package dev.lockstep.client;

import java.util.Locale;
import java.util.Set;

/// Where a server listens, in any of ArangoDB's spellings: `tcp://`, `http://`, `http+tcp://`
/// without and `ssl://`, `https://`, `http+ssl://` with TLS. Two endpoints are equal if they name
/// the same listener, however they were spelled.
///
/// @param tls whether the connection is encrypted
/// @param host host name or address; an IPv6 address without its brackets
/// @param port 1 to 65535
public record Endpoint(boolean tls, String host, int port) {
  /// The port that ArangoDB's tools assume when an endpoint names none.
  public static final int PORT_DEFAULT = 8529;

  private static final Set<String> PLAIN = Set.of("tcp", "http", "http+tcp");
  private static final Set<String> ENCRYPTED = Set.of("ssl", "https", "http+ssl");
  private static final Set<String> UNSUPPORTED =
      Set.of(
          "unix",
          "http+unix",
          "srv",
          "http+srv",
          "vst",
          "vst+tcp",
          "vst+ssl",
          "vst+unix",
          "vst+srv",
          "h2");
  private static final String EXPECTED =
      "expected for example tcp://127.0.0.1:8529 or ssl://example.org:8529";

  /// @throws IllegalArgumentException for an empty host or a port outside 1 to 65535
  public Endpoint {
    if (host.isEmpty()) {
      throw new IllegalArgumentException("the endpoint has no host; " + EXPECTED);
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + " is not between 1 and 65535");
    }
  }

  /// Reads an endpoint as a person writes it. A missing port is [#PORT_DEFAULT]; one trailing slash
  /// is ignored.
  ///
  /// @throws IllegalArgumentException with a sentence that names the text, if it is no endpoint or
  ///   one whose transport is not supported (sockets in the file system, DNS SRV look-ups,
  ///   VelocyStream)
  public static Endpoint parse(String text) {
    String trimmed = text.strip();
    int separator = trimmed.indexOf("://");
    if (separator <= 0) {
      throw new IllegalArgumentException("'" + text + "' is no endpoint: " + EXPECTED);
    }
    String scheme = trimmed.substring(0, separator).toLowerCase(Locale.ROOT);
    boolean tls = ENCRYPTED.contains(scheme);
    if (UNSUPPORTED.contains(scheme)) {
      throw new IllegalArgumentException(
          "endpoint '"
              + text
              + "': the transport "
              + scheme
              + ":// is not supported; use tcp:// or ssl://");
    }
    if (!tls && !PLAIN.contains(scheme)) {
      throw new IllegalArgumentException(
          "endpoint '" + text + "': unknown scheme '" + scheme + "'; " + EXPECTED);
    }
    String authority = trimmed.substring(separator + 3);
    if (authority.endsWith("/")) {
      authority = authority.substring(0, authority.length() - 1);
    }
    if (authority.indexOf('@') >= 0) {
      // The text may hold a password: it is not repeated.
      throw new IllegalArgumentException(
          "an endpoint must not contain a user or a password; " + EXPECTED);
    }
    if (authority
        .chars()
        .anyMatch(c -> c == '/' || c == '?' || c == '#' || Character.isWhitespace(c))) {
      throw new IllegalArgumentException(
          "endpoint '" + text + "': only a host and a port may follow the scheme");
    }
    return parseAuthority(text, tls, authority);
  }

  private static Endpoint parseAuthority(String text, boolean tls, String authority) {
    String host;
    String port;
    if (authority.startsWith("[")) {
      int end = authority.indexOf(']');
      if (end < 0) {
        throw new IllegalArgumentException(
            "endpoint '" + text + "': the bracket of the IPv6 address is not closed");
      }
      host = authority.substring(1, end);
      String rest = authority.substring(end + 1);
      if (!rest.isEmpty() && !rest.startsWith(":")) {
        throw new IllegalArgumentException(
            "endpoint '" + text + "': expected a port after the IPv6 address");
      }
      port = rest.isEmpty() ? "" : rest.substring(1);
    } else {
      int colon = authority.indexOf(':');
      if (colon != authority.lastIndexOf(':')) {
        throw new IllegalArgumentException(
            "endpoint '" + text + "': an IPv6 address needs brackets, as in tcp://[::1]:8529");
      }
      host = colon < 0 ? authority : authority.substring(0, colon);
      port = colon < 0 ? "" : authority.substring(colon + 1);
      if (colon >= 0 && port.isEmpty()) {
        throw new IllegalArgumentException(
            "endpoint '" + text + "': the port is missing after ':'");
      }
    }
    if (host.isEmpty()) {
      throw new IllegalArgumentException(
          "endpoint '" + text + "': the host is missing; " + EXPECTED);
    }
    return new Endpoint(tls, host, port.isEmpty() ? PORT_DEFAULT : parsePort(text, port));
  }

  private static int parsePort(String text, String port) {
    if (port.length() <= 5 && port.chars().allMatch(c -> c >= '0' && c <= '9')) {
      int number = Integer.parseInt(port);
      if (number >= 1 && number <= 65_535) {
        return number;
      }
    }
    throw new IllegalArgumentException(
        "endpoint '" + text + "': '" + port + "' is no port between 1 and 65535");
  }

  /// Host and port as they stand in a URL or a prompt, an IPv6 address in brackets:
  /// `127.0.0.1:8529`.
  public String authority() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  /// The one spelling used in messages: `http+tcp://127.0.0.1:8529` or `http+ssl://[::1]:8530`.
  public String canonicalText() {
    return (tls ? "http+ssl://" : "http+tcp://") + authority();
  }

  /// As users write it in arguments: `tcp://127.0.0.1:8529` or `ssl://[::1]:8530`.
  public String shortText() {
    return (tls ? "ssl://" : "tcp://") + authority();
  }

  @Override
  public String toString() {
    return canonicalText();
  }
}
