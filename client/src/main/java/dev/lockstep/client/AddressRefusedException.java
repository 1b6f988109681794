package dev.lockstep.client;

/// The [AddressPolicy] permits none of the addresses that the host name stands for. Nothing was
/// connected to.
public final class AddressRefusedException extends TransportException {
  AddressRefusedException(Endpoint endpoint, String path, String detail, Throwable cause) {
    super(endpoint, path, detail, cause);
  }

  AddressRefusedException(Endpoint endpoint, String path, String detail) {
    super(endpoint, path, detail);
  }
}
