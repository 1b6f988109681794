package dev.lockstep.bench;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionBlocks;
import dev.lockstep.core.revision.RevisionBlocksEditor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// The blocks of a collection: one more revision, one frozen state, one comparison.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RevisionBlocksBenchmark {
  @Param("1000000")
  private int documents;

  private RevisionBlocksEditor growing = new RevisionBlocksEditor();
  private RevisionBlocks here = growing.toBlocks();
  private RevisionBlocks there = growing.toBlocks();
  private long next;

  /// Two collections that differ in every thousandth revision.
  @Setup
  public void makeBlocks() {
    RevisionBlocksEditor theirs = new RevisionBlocksEditor();
    growing = new RevisionBlocksEditor();
    for (int i = 0; i < documents; i++) {
      Revision revision = Documents.revision(i);
      growing.insert(revision);
      if (i % 1000 != 0) {
        theirs.insert(revision);
      }
    }
    here = growing.toBlocks();
    there = theirs.toBlocks();
    next = documents;
  }

  @Benchmark
  public void insert() {
    growing.insert(Documents.revision(next++));
  }

  /// As with a snapshot between two writes.
  @Benchmark
  public RevisionBlocks insertAndFreeze() {
    growing.insert(Documents.revision(next++));
    return growing.toBlocks();
  }

  /// A first look of a follower: the leader's part and its own.
  @Benchmark
  public RevisionBlockList.Differences differences() {
    return RevisionBlockList.differences(here.all(), there.all().coarsened(documents / 1024));
  }
}
