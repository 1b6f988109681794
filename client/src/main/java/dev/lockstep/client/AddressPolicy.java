package dev.lockstep.client;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/// Decides to which addresses a connection may be opened. Asked with the *resolved* address right
/// before each connect, and the connect then goes to that very address: a name that resolves
/// differently the second time cannot slip past it. A server that connects to addresses given by
/// its users needs one (server-side request forgery).
@FunctionalInterface
public interface AddressPolicy {
  /// Permits every address: right for a command that a person started with the address they gave.
  AddressPolicy ANY = (_, _) -> null;

  /// Called on the client's threads, possibly several at a time; must not block.
  ///
  /// @param endpoint as asked for, perhaps with a name
  /// @param address one that the endpoint's host stands for
  /// @return null if it may be connected to; otherwise why not, a clause that names the address
  @Nullable String refusal(Endpoint endpoint, InetSocketAddress address);
}
