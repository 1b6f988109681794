package dev.lockstep.client.leader;

import dev.lockstep.client.Endpoint;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One entry of the list of permitted leaders.
public sealed interface PermittedLeader {
  /// A host by name, as an endpoint gives it; whatever it resolves to.
  ///
  /// @param host in lower case, without a dot at the end
  /// @param port null = any
  record Named(String host, @Nullable Integer port) implements PermittedLeader {
    @Override
    public boolean permits(String endpointHost, byte[] address, int endpointPort) {
      return host.equals(normalized(endpointHost)) && (port == null || port == endpointPort);
    }

    @Override
    public boolean permitsLinkLocal(byte[] address, int endpointPort) {
      return false;
    }
  }

  /// An address, or a network.
  ///
  /// @param first its lowest address
  /// @param prefixBits how many leading bits of an address decide
  /// @param port null = any
  record Network(InetAddress first, int prefixBits, @Nullable Integer port)
      implements PermittedLeader {
    @Override
    public boolean permits(String endpointHost, byte[] address, int endpointPort) {
      return contains(address) && (port == null || port == endpointPort);
    }

    @Override
    public boolean permitsLinkLocal(byte[] address, int endpointPort) {
      return first.isLinkLocalAddress() && permits("", address, endpointPort);
    }

    private boolean contains(byte[] address) {
      byte[] network = first.getAddress();
      if (address.length != network.length) {
        return false;
      }
      for (int bit = 0; bit < prefixBits; bit++) {
        if (((address[bit / 8] ^ network[bit / 8]) >> (7 - bit % 8) & 1) != 0) {
          return false;
        }
      }
      return true;
    }
  }

  /// What is expected of a text.
  String EXPECTED =
      "a host name, an address, either with or without :port, or a network such as 10.1.0.0/16";

  /// @param endpointHost as the user gave it
  /// @param address that it resolved to, 4 or 16 bytes
  boolean permits(String endpointHost, byte[] address, int port);

  /// As [#permits] for an address that nobody means by accident.
  boolean permitsLinkLocal(byte[] address, int port);

  /// Reads `host`, `host:port`, an IPv4 address with or without port, an IPv6 address,
  /// `[IPv6]:port` or a network in CIDR notation. Asks no name server.
  ///
  /// @throws IllegalArgumentException saying what is expected
  static PermittedLeader parse(String text) {
    String trimmed = text.strip();
    int slash = trimmed.indexOf('/');
    if (slash >= 0) {
      return network(trimmed.substring(0, slash), trimmed.substring(slash + 1));
    }
    InetAddress bare = literal(trimmed);
    if (bare != null) {
      return new Network(usable(bare), 8 * bare.getAddress().length, null);
    }
    Endpoint endpoint;
    try {
      endpoint = Endpoint.parse("tcp://" + trimmed);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(EXPECTED, e);
    }
    Integer port = Grammar.PORT.matcher(trimmed).find() ? endpoint.port() : null;
    InetAddress address = literal(endpoint.host());
    if (address != null) {
      return new Network(usable(address), 8 * address.getAddress().length, port);
    }
    String host = normalized(endpoint.host());
    if (!Grammar.NAME.matcher(host).matches()) {
      throw new IllegalArgumentException(EXPECTED);
    }
    return new Named(host, port);
  }

  private static Network network(String address, String bits) {
    InetAddress first = literal(address);
    Matcher digits = Grammar.PREFIX_BITS.matcher(bits);
    if (first == null || !digits.matches()) {
      throw new IllegalArgumentException(EXPECTED);
    }
    byte[] bytes = first.getAddress();
    int prefixBits = Integer.parseInt(bits);
    if (prefixBits > 8 * bytes.length) {
      throw new IllegalArgumentException(
          "at most " + 8 * bytes.length + " bits after the slash of this network");
    }
    byte[] lowest = bytes.clone();
    for (int bit = prefixBits; bit < 8 * bytes.length; bit++) {
      lowest[bit / 8] &= (byte) ~(0x80 >> bit % 8);
    }
    if (!Arrays.equals(lowest, bytes)) {
      throw new IllegalArgumentException(
          "a network's lowest address before the slash: "
              + address(lowest).getHostAddress()
              + "/"
              + prefixBits);
    }
    return new Network(first, prefixBits, null);
  }

  private static InetAddress usable(InetAddress address) {
    if (address.isAnyLocalAddress() || address.isMulticastAddress()) {
      throw new IllegalArgumentException(
          "an address that a leader can have, none that is multicast or unspecified");
    }
    return address;
  }

  /// The address that a text spells out; null if it is none. IPv4 only in its usual form: `10.1` is
  /// a typing error rather than an address.
  private static @Nullable InetAddress literal(String text) {
    boolean isIpv6 = text.indexOf(':') >= 0 && text.indexOf(':') != text.lastIndexOf(':');
    if (!isIpv6 && !Grammar.IPV4.matcher(text).matches()) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException _) {
      return null;
    }
  }

  /// The address of 4 or 16 bytes.
  static InetAddress address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("an address has 4 or 16 bytes, not " + bytes.length, e);
    }
  }

  private static String normalized(String host) {
    String lower = host.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }

  /// The forms of the parts of an entry.
  final class Grammar {
    private static final Pattern PORT = Pattern.compile(":[0-9]+$");
    private static final Pattern PREFIX_BITS = Pattern.compile("[0-9]{1,3}");
    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    /// With a letter somewhere: digits and dots alone are an address that is not one.
    private static final Pattern NAME = Pattern.compile("(?=.*[a-z])[a-z0-9_]([a-z0-9_.-]{0,252})");

    private Grammar() {}
  }
}
