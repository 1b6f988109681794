package dev.lockstep.core.collection;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.storage.Durability;
import java.util.List;

/// Builds a new generation of a collection, which nobody sees until [#swap]. Closing without a swap
/// changes nothing, nor does a crash: the next open purges what was built. One thread.
public final class GenerationLoad implements AutoCloseable {
  GenerationLoad() {}

  /// Called now and then during [#buildIndexes]; whatever it throws ends the build.
  @FunctionalInterface
  public interface Progress {
    void documentsIndexed(long done, long total);
  }

  /// Adds documents in any order of revisions. Of two with the same key the one with the greater
  /// revision stays, whichever comes first.
  ///
  /// @param documents in stored form; their bytes are not copied and must not change
  /// @throws dev.lockstep.core.LockstepException if two different keys claim one revision, if a
  ///   revision is out of range, or if the engine takes no writes
  public void append(List<Document> documents) {
    throw new UnsupportedOperationException();
  }

  /// Takes a document out again; nothing happens if there is none.
  public void remove(String key) {
    throw new UnsupportedOperationException();
  }

  /// Documents in the new generation.
  public long count() {
    throw new UnsupportedOperationException();
  }

  /// Builds all indexes in one pass over the new generation.
  ///
  /// @throws dev.lockstep.core.LockstepException 1210 naming the index and both keys
  public void buildIndexes(Progress progress) {
    throw new UnsupportedOperationException();
  }

  /// Makes the new generation the collection, in one atomic step. A local collection of the same
  /// name (else of the same globally unique id) is replaced and keeps its id and its handle. Ends
  /// this load. Survives power loss when it returns, whatever `durability` says about later writes.
  ///
  /// @return the definition now in force
  public CollectionDefinition swap(Durability durability) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
