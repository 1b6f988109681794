package dev.lockstep.replication.protocol;

import java.io.IOException;

/// An answer is not what the leader sent: a checksum does not fit, or a part is missing.
public final class DamagedAnswerException extends IOException {
  private static final long serialVersionUID = 1L;

  /// @param detail what does not fit, as a part of a sentence
  public DamagedAnswerException(String detail) {
    super(detail);
  }

  /// @param detail what does not fit, as a part of a sentence
  public DamagedAnswerException(String detail, Throwable cause) {
    super(detail, cause);
  }
}
