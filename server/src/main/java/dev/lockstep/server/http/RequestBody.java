package dev.lockstep.server.http;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/// Where a request's body comes from. Read once, by the request's thread.
public interface RequestBody {
  /// Decompressed; ends with an [LockstepException] 413 where the limit is exceeded.
  InputStream stream() throws IOException;

  /// Everything, at most `bytesMax` bytes; waits until there is memory for it.
  ///
  /// @throws LockstepException 413/413 if it is longer
  byte[] bytes(int bytesMax) throws IOException;

  /// Says that what [#stream] gives will be held as a whole: waits until there is memory for it.
  ///
  /// @throws LockstepException 413 if it never fits, 503 if it did not in time
  default void holdWhole() {}

  /// Says that nothing read from [#stream] so far is held any more. A reader that never says so is
  /// taken to collect everything, and waits for memory as that grows.
  default void letGo() {}

  /// A body that is in memory already.
  static RequestBody of(byte[] bytes) {
    return new RequestBody() {
      @Override
      public InputStream stream() {
        return new ByteArrayInputStream(bytes);
      }

      @Override
      public byte[] bytes(int bytesMax) {
        if (bytes.length > bytesMax) {
          throw tooLarge(bytesMax);
        }
        return bytes;
      }
    };
  }

  /// The error for a body beyond a limit of the resource that reads it.
  static LockstepException tooLarge(long bytesMax) {
    return new LockstepException(
        ErrorNumber.HTTP_ENTITY_TOO_LARGE,
        "request body is larger than the limit of " + bytesMax + " bytes");
  }
}
