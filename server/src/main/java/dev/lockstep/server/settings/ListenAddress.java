package dev.lockstep.server.settings;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Where the server listens: `tcp://host:port` or `ssl://host:port`, IPv6 addresses in brackets.
/// `http+tcp://`, `http+ssl://`, `http://` and `https://` mean the same.
///
/// @param host a name or an address, without brackets
/// @param port 0 lets the system choose one
public record ListenAddress(boolean tls, String host, int port) {
  public static final int DEFAULT_PORT = 8529;

  private static final Pattern FORM =
      Pattern.compile(
          "(?:(?:http[+@])?(tcp|ssl)|(https?))://(?:\\[([0-9a-fA-F:.%]+)]|([^/:\\[\\]@]+))(?::([0-9]{1,5}))?/?");

  public ListenAddress {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port " + port + " is not within 0..65535");
    }
  }

  /// @throws IllegalArgumentException if the text is no endpoint; the message says what is expected
  public static ListenAddress parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "expecting an endpoint such as tcp://127.0.0.1:8529 or ssl://[::1]:8529");
    }
    boolean tls = "ssl".equals(matcher.group(1)) || "https".equals(matcher.group(2));
    String host = matcher.group(3) != null ? matcher.group(3) : matcher.group(4);
    String port = matcher.group(5);
    return new ListenAddress(tls, host, port == null ? DEFAULT_PORT : Integer.parseInt(port));
  }

  /// Whether only this machine can reach it.
  public boolean isLoopback() {
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        if (!address.isLoopbackAddress()) {
          return false;
        }
      }
      return true;
    } catch (UnknownHostException e) {
      return false;
    }
  }

  @Override
  public String toString() {
    return (tls ? "ssl://" : "tcp://")
        + (host.indexOf(':') >= 0 ? "[" + host + "]" : host)
        + ":"
        + port;
  }
}
