package dev.lockstep.shell.bench;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;

/// What changes from run to run, as numbers of documents: one third replaced, one third removed,
/// one third new. The same plan gives the same changes in the same order. Not thread-safe: runs are
/// asked for one after the other, by one contender.
public final class BenchChanges {
  private static final int KINDS = 3;

  private final BenchPlan plan;
  private final BitSet removed = new BitSet();
  private int nextNew;
  private int run;

  public BenchChanges(BenchPlan plan) {
    this.plan = plan;
    this.nextNew = plan.documents();
  }

  /// One run's changes.
  ///
  /// @param version that replaced and new documents have
  /// @param replaced present before and after
  /// @param removed present before
  /// @param inserted never there before
  public record Step(
      int version, List<Integer> replaced, List<Integer> removed, List<Integer> inserted) {
    /// Everything that a follower has to learn of.
    public int size() {
      return replaced.size() + removed.size() + inserted.size();
    }

    /// Of the documents that have to be brought over.
    public long jsonBytes(BenchDocuments documents) {
      return documents.jsonBytes(
          Stream.concat(replaced.stream(), inserted.stream()).mapToInt(Integer::intValue), version);
    }
  }

  /// The changes of the next run. About [BenchPlan#changedPercent] of the documents, at least one
  /// of each kind; documents that an earlier run touched come again only when all had their turn.
  public Step next() {
    int count = Math.max(KINDS, (int) Math.round(plan.documents() * plan.changedPercent() / 100));
    List<Integer> replaced = new ArrayList<>();
    List<Integer> gone = new ArrayList<>();
    List<Integer> inserted = new ArrayList<>();
    BitSet taken = new BitSet();
    for (int i = 0; i < count; i++) {
      if (i % KINDS == 2) {
        inserted.add(nextNew++);
        continue;
      }
      int number = present(position(i, count), taken);
      taken.set(number);
      if (i % KINDS == 0) {
        replaced.add(number);
      } else {
        removed.set(number);
        gone.add(number);
      }
    }
    run++;
    return new Step(run, List.copyOf(replaced), List.copyOf(gone), List.copyOf(inserted));
  }

  private int position(int i, int count) {
    long documents = plan.documents();
    long position =
        switch (plan.spread()) {
          case UNIFORM -> i * documents / count + run;
          case CLUSTERED -> (long) run * count + i;
        };
    return (int) (position % documents);
  }

  /// The first document from there on that is still there and not touched by this run.
  private int present(int position, BitSet taken) {
    int number = position;
    for (int tried = 0; tried < plan.documents(); tried++) {
      if (!removed.get(number) && !taken.get(number)) {
        return number;
      }
      number = number + 1 == plan.documents() ? 0 : number + 1;
    }
    throw new IllegalStateException("all " + plan.documents() + " documents are removed");
  }
}
