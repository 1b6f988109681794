package dev.lockstep.server.settings;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.InvalidJsonException;
import dev.lockstep.core.document.InvalidVPackException;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackTooLargeException;
import dev.lockstep.core.document.ValidationLimits;

/// Limits of what clients' requests contain and what is collected for an answer.
///
/// @param documentBytesMax largest document that a client may send, as text and as VelocyPack
/// @param depthMax most levels of arrays and objects inside each other in a client's body
/// @param spooledBytesMax largest answer that is collected on the disk before it is sent
/// @param cursorsMax answers in parts that clients may have open at once
public record ContentLimits(
    int documentBytesMax, int depthMax, long spooledBytesMax, int cursorsMax) {
  /// Below this many levels not even requests of administrators could be read.
  static final int DEPTH_MIN = 8;

  /// A document of 128 MiB: what fits, with its stored form and the engine's batch beside it, into
  /// a heap of 512 MB, and some room above the 100 MB that are promised.
  public static final ContentLimits DEFAULT =
      new ContentLimits(128 << 20, ValidationLimits.DEPTH_MAX, 8L << 30, 256);

  public ContentLimits {
    if (documentBytesMax < 1
        || documentBytesMax > VPackBuilder.BYTES_MAX
        || depthMax < DEPTH_MIN
        || depthMax > ValidationLimits.DEPTH_MAX
        || spooledBytesMax < 1
        || cursorsMax < 1) {
      throw new IllegalArgumentException(
          "content limits out of range: documentBytesMax="
              + documentBytesMax
              + " depthMax="
              + depthMax
              + " spooledBytesMax="
              + spooledBytesMax
              + " cursorsMax="
              + cursorsMax);
    }
  }

  /// For a JSON body that is a document or consists of documents.
  public JsonToVPack.Limits jsonDocument() {
    return new JsonToVPack.Limits(documentBytesMax, depthMax);
  }

  /// For any other JSON body, which is limited by its own size.
  public JsonToVPack.Limits jsonValue() {
    return new JsonToVPack.Limits(VPackBuilder.BYTES_MAX, depthMax);
  }

  public ValidationLimits velocyPack() {
    return new ValidationLimits(depthMax, false);
  }

  /// What the wire answers for input that a codec refused: 400/600 for what is malformed or too
  /// deep, 400/1216 for a document that is too large.
  ///
  /// @param e one of the codecs' exceptions
  public LockstepException refusal(RuntimeException e) {
    if (e instanceof VPackTooLargeException tooLarge) {
      return tooLarge.bytesMax() == documentBytesMax
          ? Limit.DOCUMENT_SIZE.exceeded(
              ErrorNumber.DOCUMENT_TOO_LARGE,
              documentBytesMax,
              "document too large: " + e.getMessage())
          : new LockstepException(
              ErrorNumber.DOCUMENT_TOO_LARGE, "document too large: " + e.getMessage(), e);
    }
    String message = "VPackError error: " + e.getMessage();
    return isTooDeep(e)
        ? Limit.NESTING_DEPTH.exceeded(ErrorNumber.HTTP_CORRUPTED_JSON, depthMax, message)
        : new LockstepException(ErrorNumber.HTTP_CORRUPTED_JSON, message, e);
  }

  private static boolean isTooDeep(RuntimeException e) {
    return switch (e) {
      case InvalidJsonException json -> json.isTooDeep();
      case InvalidVPackException velocyPack -> velocyPack.isTooDeep();
      default -> false;
    };
  }
}
