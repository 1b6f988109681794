package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LimitExceededException;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.VPackBuilder;

/// How large an update by a client may make a document. What a client sends as a whole is limited
/// where it is read; only an update makes a document that nobody has sent.
///
/// @param setting the option as operators write it, for the error
/// @param bytesMax of a document in stored form
public record DocumentSizeLimit(String setting, long bytesMax) {
  /// Nothing but what a value may have at all.
  public static final DocumentSizeLimit NONE = new DocumentSizeLimit("", VPackBuilder.BYTES_MAX);

  /// A document that is larger already, because a leader had it or the setting was another, may
  /// stay so or shrink.
  ///
  /// @throws LockstepException 400/1216 if the update makes it grow beyond the limit
  void requireUpdate(long bytesBefore, long bytesAfter) {
    if (bytesAfter > bytesMax && bytesAfter > bytesBefore) {
      throw new LimitExceededException(
          ErrorNumber.DOCUMENT_TOO_LARGE,
          setting,
          bytesMax,
          "document too large: the update would make it " + bytesAfter + " bytes");
    }
  }
}
