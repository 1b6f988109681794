package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;

/// Which server speaks: the `server` member of many answers.
///
/// @param version as advertised
/// @param serverId unsigned 64-bit, never 0
/// @param engine name of the storage engine; empty when the peer does not say (before 3.3)
public record ServerIdentity(String version, long serverId, String engine) {
  /// The engine whose ways of replication this protocol has; stock followers insist on the name.
  public static final String ENGINE = "rocksdb";

  static ServerIdentity parse(VPackSlice server) {
    String version = Messages.string(server, "version", "");
    if (version.isEmpty()) {
      throw new MessageException("'server.version' is missing");
    }
    long id = Messages.requiredUnsigned(server, "serverId");
    if (id == 0) {
      throw new MessageException("'server.serverId' is 0");
    }
    return new ServerIdentity(version, id, Messages.string(server, "engine", ""));
  }

  /// Writes the object.
  public void render(VPackBuilder target) {
    target.openObject().member("version", version).member("serverId", serverIdText());
    if (!engine.isEmpty()) {
      target.member("engine", engine);
    }
    target.close();
  }

  /// Decimal, as on the wire.
  public String serverIdText() {
    return Long.toUnsignedString(serverId);
  }
}
