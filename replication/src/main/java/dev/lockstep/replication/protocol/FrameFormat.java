package dev.lockstep.replication.protocol;

/// How a body travels between two Lockstep servers so that no damage goes unnoticed.
///
/// A body is cut into frames of [#FRAME_BYTES] (the last one may be shorter). Before each stand its
/// length and a CRC-32C, 4 bytes each, most significant first; a frame of length 0 ends the body.
/// The checksum counts all bytes of the body up to the end of the frame, so that a frame that is
/// missing, repeated or in the wrong place is found as well.
public final class FrameFormat {
  /// In a request: the follower wants frames, the value is [#CRC32C]. In an answer: the body is in
  /// frames, the value is the [AnswerSeal].
  public static final String HEADER = "x-lockstep-frames";

  public static final String CRC32C = "crc32c";

  /// In an answer in frames: length of the body without them, decimal; missing if the leader did
  /// not know it beforehand.
  public static final String LENGTH_HEADER = "x-lockstep-length";

  /// In a request: the checksum of its body, [AnswerSeal#ofBody].
  public static final String REQUEST_BODY_HEADER = "x-lockstep-body-crc32c";

  /// Bytes of the body in a frame.
  public static final int FRAME_BYTES = 256 << 10;

  static final int FRAME_HEAD_BYTES = 8;

  private FrameFormat() {}

  /// Bytes that a body takes with its frames.
  public static long framedLength(long length) {
    long frames = (length + FRAME_BYTES - 1) / FRAME_BYTES;
    return length + (frames + 1) * FRAME_HEAD_BYTES;
  }
}
