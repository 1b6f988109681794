package dev.lockstep.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;

/// The body of a streaming response.
final class ExchangeInputStream extends InputStream {
  private final Exchange exchange;

  ExchangeInputStream(Exchange exchange) {
    this.exchange = exchange;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    try {
      return exchange.read(target, offset, length);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted =
          new InterruptedIOException("interrupted while waiting for the response");
      interrupted.initCause(e);
      throw interrupted;
    }
  }

  @Override
  public void close() {
    exchange.close();
  }
}
