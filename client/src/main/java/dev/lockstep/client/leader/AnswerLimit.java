package dev.lockstep.client.leader;

import java.util.concurrent.atomic.LongAdder;

/// How long an answer of a leader may be, decompressed, and whose decision that is. An answer is
/// held in memory as a whole, twice while it is decoded: beyond a third of the heap a user's wish
/// could end this server.
///
/// @param bytesMax the least of what user, operator and heap permit
/// @param remedy what to change where an answer is longer
/// @param exceeded counts the longer ones
record AnswerLimit(long bytesMax, String remedy, LongAdder exceeded) {
  /// @param wanted by the user
  /// @param allowed by the operator
  /// @param setting what the operator calls `allowed`; a user who is below need not know it
  static AnswerLimit of(long wanted, long allowed, String setting, LongAdder exceeded) {
    long heapShare = Runtime.getRuntime().maxMemory() / 3;
    if (heapShare < Math.min(wanted, allowed)) {
      return new AnswerLimit(
          heapShare, "that is a third of this server's heap, give it more (-Xmx)", exceeded);
    }
    return allowed < wanted
        ? new AnswerLimit(allowed, "raise " + setting + " (it is " + allowed + ")", exceeded)
        : new AnswerLimit(
            wanted, "raise the option maxPacketSize (it is " + wanted + ")", exceeded);
  }
}
