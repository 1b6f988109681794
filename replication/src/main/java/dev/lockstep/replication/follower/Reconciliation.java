package dev.lockstep.replication.follower;

import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.replication.protocol.LeaderRefusedException;

/// A way of comparing a [Replica] with the leader's collection in the state of a batch, and of
/// taking over just the differences. A living collection is valid at every moment: no reader misses
/// a document that is the same before and after. What was taken over stays when it fails; another
/// run then has less to do. Memory does not grow with collection or difference. One thread; used
/// once.
sealed interface Reconciliation
    permits ChangeLogReconciliation,
        NewerRevisions,
        RevisionBlockReconciliation,
        RevisionTreeReconciliation,
        KeyChunkReconciliation {
  /// Does it, and compares the result with the leader's state as a whole.
  ///
  /// @throws LeaderSession.RestartNeededException if the batch is gone
  Outcome run() throws InterruptedException;

  /// How it ended.
  sealed interface Outcome {
    /// The collection is the leader's state.
    record Equal() implements Outcome {}

    /// Everything that seemed to differ has been taken over, and yet it is not the leader's state.
    record Unequal(String why) implements Outcome {}

    /// This way of comparing is not possible or leads to nothing here; nothing was changed.
    record NotComparable(String why) implements Outcome {
      private static final int HTTP_NOT_IMPLEMENTED = 501;

      /// @throws LeaderRefusedException the same, if it says something else
      static NotComparable of(LeaderRefusedException refusal) {
        if (refusal.status() == HTTP_NOT_IMPLEMENTED) {
          return new NotComparable("the leader cannot compare it by revisions");
        }
        throw refusal;
      }

      static NotComparable of(RevisionTreeException impossible) {
        return new NotComparable(
            "the revisions here fit into no revision tree: " + impossible.getMessage());
      }
    }
  }
}
