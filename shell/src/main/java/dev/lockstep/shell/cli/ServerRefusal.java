package dev.lockstep.shell.cli;

import java.io.IOException;

/// A server answered a request with an error. The message is the server's own sentence with its
/// number.
public final class ServerRefusal extends IOException {
  private static final long serialVersionUID = 1L;

  private final int httpStatus;
  private final int errorNum;
  private final String errorMessage;

  /// @param errorNum the server's error number, or the HTTP status where the body has none
  /// @param errorMessage the server's sentence, or the status line's text
  ServerRefusal(int httpStatus, int errorNum, String errorMessage) {
    super(errorMessage + " (error " + errorNum + ")");
    this.httpStatus = httpStatus;
    this.errorNum = errorNum;
    this.errorMessage = errorMessage;
  }

  public int httpStatus() {
    return httpStatus;
  }

  public int errorNum() {
    return errorNum;
  }

  public String errorMessage() {
    return errorMessage;
  }
}
