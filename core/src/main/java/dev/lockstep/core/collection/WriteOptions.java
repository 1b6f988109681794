package dev.lockstep.core.collection;

import dev.lockstep.core.storage.Durability;
import org.jspecify.annotations.Nullable;

/// @param durability what the writes have survived when the call returns; the collection's
///   `waitForSync` raises it
/// @param returnOld whether results carry the former document
/// @param returnNew whether results carry the stored document
/// @param atomic whether one refusal refuses all; such a call must fit into one commit of the
///   engine, not counting the chunks of large documents. Several writes of such a call are a
///   transaction in the change log
/// @param applied stored with the last commit of the call if nothing was refused and there was
///   something to commit; null: what is stored stays
public record WriteOptions(
    Durability durability,
    boolean returnOld,
    boolean returnNew,
    boolean atomic,
    Origin origin,
    @Nullable AppliedPosition applied) {
  public static final WriteOptions DEFAULT =
      new WriteOptions(Durability.PROCESS_CRASH, false, false, false, Origin.CLIENT);

  /// For documents of a leader.
  public static final WriteOptions REPLICATION =
      new WriteOptions(Durability.PROCESS_CRASH, false, false, false, Origin.REPLICATION);

  public WriteOptions(
      Durability durability, boolean returnOld, boolean returnNew, boolean atomic, Origin origin) {
    this(durability, returnOld, returnNew, atomic, origin, null);
  }

  public WriteOptions withDurability(Durability newDurability) {
    return new WriteOptions(newDurability, returnOld, returnNew, atomic, origin, applied);
  }

  /// For what a leader has logged up to a position.
  public static WriteOptions applying(AppliedPosition applied, boolean atomic) {
    return new WriteOptions(
        Durability.PROCESS_CRASH, false, false, atomic, Origin.REPLICATION, applied);
  }
}
