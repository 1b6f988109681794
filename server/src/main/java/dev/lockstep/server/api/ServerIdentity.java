package dev.lockstep.server.api;

import java.util.List;

/// What the server says about itself.
///
/// @param advertisedVersion the version of ArangoDB whose protocol it speaks
/// @param productVersion Lockstep's own
/// @param serverId unsigned, as the wire prints it
/// @param capabilities what it speaks to other Lockstep servers beyond the stock protocol
/// @param hostName of the machine, empty if unknown
public record ServerIdentity(
    String advertisedVersion,
    String productVersion,
    String serverId,
    List<String> capabilities,
    String hostName) {
  public ServerIdentity {
    capabilities = List.copyOf(capabilities);
  }

  /// The value of the header that announces the capabilities: the product's version, then the
  /// names.
  public String capabilitiesHeader() {
    return String.join(",", capabilities);
  }
}
