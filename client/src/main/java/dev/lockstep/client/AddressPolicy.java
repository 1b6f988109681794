package dev.lockstep.client;

import java.net.InetSocketAddress;

/// Decides to which addresses a connection may be opened. Asked with the *resolved* address right
/// before each connect, and the connect then goes to that very address: a name that resolves
/// differently the second time cannot slip past it. A server that connects to addresses given by
/// its users needs one (server-side request forgery).
@FunctionalInterface
public interface AddressPolicy {
  /// Permits every address: right for a command that a person started with the address they gave.
  AddressPolicy ANY = _ -> true;

  /// Called on the client's threads, possibly several at a time; must not block.
  boolean permits(InetSocketAddress address);
}
