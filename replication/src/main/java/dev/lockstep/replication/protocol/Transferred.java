package dev.lockstep.replication.protocol;

/// What went over a connection to a leader so far, as HTTP/1.1 writes it: request and status lines,
/// headers and bodies; without what TLS and TCP add.
///
/// @param requests answered or not
/// @param damagedAnswers whose checksums did not fit
public record Transferred(long requests, long bytesSent, long bytesReceived, long damagedAnswers) {
  public static final Transferred NOTHING = new Transferred(0, 0, 0, 0);
}
