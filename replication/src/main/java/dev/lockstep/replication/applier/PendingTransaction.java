package dev.lockstep.replication.applier;

import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.storage.Tick;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What is known of a leader's transaction that is not complete. One thread.
final class PendingTransaction {
  /// Of one collection.
  static final class Part {
    final List<DocumentWrite> writes = new ArrayList<>();
    Tick last = Tick.NONE;
  }

  private final Tick begin;
  private final Map<DocumentCollection, Part> parts = new LinkedHashMap<>();
  private long bytes;

  /// @param begin tick of its first marker
  PendingTransaction(Tick begin) {
    this.begin = begin;
  }

  Tick begin() {
    return begin;
  }

  void add(DocumentCollection collection, DocumentWrite write, Tick tick, long size) {
    Part part = parts.computeIfAbsent(collection, _ -> new Part());
    part.writes.add(write);
    part.last = tick;
    bytes += size;
  }

  /// Roughly what it takes in memory.
  long bytes() {
    return bytes;
  }

  Map<DocumentCollection, Part> parts() {
    return parts;
  }
}
