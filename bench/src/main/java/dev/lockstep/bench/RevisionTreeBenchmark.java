package dev.lockstep.bench;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeEditor;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// The tree of a collection: one more revision, one frozen state, one comparison.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RevisionTreeBenchmark {
  @Param("1000000")
  private int documents;

  private RevisionTreeEditor growing = new RevisionTreeEditor();
  private RevisionTree here = RevisionTree.empty();
  private RevisionTree there = RevisionTree.empty();
  private long next;

  /// Two trees that differ in every thousandth revision.
  @Setup
  public void makeTrees() {
    RevisionTreeEditor ours = new RevisionTreeEditor();
    RevisionTreeEditor theirs = new RevisionTreeEditor();
    for (int i = 0; i < documents; i++) {
      Revision revision = Documents.revision(i);
      ours.insert(revision);
      if (i % 1000 != 0) {
        theirs.insert(revision);
      }
    }
    here = ours.toTree();
    there = theirs.toTree();
    growing = new RevisionTreeEditor(here);
    next = documents;
  }

  @Benchmark
  public void insert() {
    growing.insert(Documents.revision(next++));
  }

  /// As with a snapshot between two writes.
  @Benchmark
  public RevisionTree insertAndFreeze() {
    growing.insert(Documents.revision(next++));
    return growing.toTree();
  }

  @Benchmark
  public List<RevisionRange> differences() {
    return RevisionTree.differences(here, there);
  }
}
