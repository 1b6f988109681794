package dev.lockstep.core.collection;

import dev.lockstep.core.storage.Durability;

/// @param durability what the writes have survived when the call returns; the collection's
///   `waitForSync` raises it
/// @param returnOld whether results carry the former document
/// @param returnNew whether results carry the stored document
/// @param atomic whether one refusal refuses all; such a call must fit into one commit of the
///   engine, not counting the chunks of large documents
public record WriteOptions(
    Durability durability, boolean returnOld, boolean returnNew, boolean atomic, Origin origin) {
  public static final WriteOptions DEFAULT =
      new WriteOptions(Durability.PROCESS_CRASH, false, false, false, Origin.CLIENT);

  /// For documents of a leader.
  public static final WriteOptions REPLICATION =
      new WriteOptions(Durability.PROCESS_CRASH, false, false, false, Origin.REPLICATION);

  public WriteOptions withDurability(Durability newDurability) {
    return new WriteOptions(newDurability, returnOld, returnNew, atomic, origin);
  }
}
