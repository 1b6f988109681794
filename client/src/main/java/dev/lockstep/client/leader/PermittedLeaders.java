package dev.lockstep.client.leader;

import dev.lockstep.client.AddressPolicy;
import dev.lockstep.client.Endpoint;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which leaders this server connects to when a user names one. Judges the address that the
/// connection would really go to, however it was written or found: `2852039166`, a name in DNS and
/// an IPv6 address that wraps an IPv4 one are all the address they stand for.
///
/// - Multicast and unspecified addresses (`0.0.0.0`, `::`): never.
/// - Link-local addresses (`169.254.0.0/16`, `fe80::/10`), where clouds keep the secrets of their
///   machines: only if a listed address or network lies in these ranges itself; a network such as
///   `0.0.0.0/0` that happens to contain them is not enough, nor is a listed name.
/// - Every other address: if nothing is listed, or if a listed address or network contains it, or
///   if the endpoint was given with a listed name.
public final class PermittedLeaders implements AddressPolicy {
  private static final byte[] LOW_96_ZERO = new byte[12];
  private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

  /// RFC 6052: what a gateway takes for IPv4 in an IPv6 network.
  private static final byte[] NAT64 = {0, 0x64, -1, -101, 0, 0, 0, 0, 0, 0, 0, 0};

  private final List<PermittedLeader> listed;
  private final String optionName;

  /// @param listed empty = no restriction but the built-in ones
  /// @param optionName with dashes, for the sentences
  public PermittedLeaders(List<PermittedLeader> listed, String optionName) {
    this.listed = List.copyOf(listed);
    this.optionName = optionName;
  }

  @Override
  public @Nullable String refusal(Endpoint endpoint, InetSocketAddress address) {
    InetAddress resolved = address.getAddress();
    if (resolved == null) {
      return "host name '" + endpoint.host() + "' is not known";
    }
    byte[] bytes = unwrapped(resolved.getAddress());
    InetAddress target = PermittedLeader.address(bytes);
    String text = new Endpoint(false, target.getHostAddress(), address.getPort()).authority();
    if (target.isMulticastAddress() || target.isAnyLocalAddress()) {
      return "the address " + text + " is multicast or unspecified, which no leader has";
    }
    if (target.isLinkLocalAddress()) {
      return listed.stream().anyMatch(leader -> leader.permitsLinkLocal(bytes, address.getPort()))
          ? null
          : "the address "
              + text
              + " is link-local, where clouds hand out credentials; it is permitted only if "
              + optionName
              + " lists it";
    }
    return listed.isEmpty()
            || listed.stream()
                .anyMatch(leader -> leader.permits(endpoint.host(), bytes, address.getPort()))
        ? null
        : "the address " + text + " is not among those that " + optionName + " permits";
  }

  /// The IPv4 address inside an IPv6 one (mapped, compatible, NAT64), if there is one.
  private static byte[] unwrapped(byte[] address) {
    if (address.length != 16) {
      return address;
    }
    byte[] prefix = Arrays.copyOf(address, 12);
    byte[] last = Arrays.copyOfRange(address, 12, 16);
    // ::, ::1 and their neighbours are addresses of their own.
    boolean isCompatible = Arrays.equals(prefix, LOW_96_ZERO) && last[0] != 0;
    return isCompatible || Arrays.equals(prefix, MAPPED) || Arrays.equals(prefix, NAT64)
        ? last
        : address;
  }
}
