package dev.lockstep.replication.protocol;

import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Tick;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// What a leader's database holds in the state of a batch: `GET /_api/replication/inventory`.
///
/// @param views how many views the leader has; we cannot take them over
/// @param lastLogTick the newest change the state contains
public record Inventory(List<InventoryCollection> collections, int views, Tick lastLogTick) {
  /// The order of an inventory and of the work on it: vertices before the edges between them, then
  /// by name.
  public static final Comparator<InventoryCollection> ORDER =
      Comparator.comparing((InventoryCollection c) -> c.type() == CollectionType.EDGE)
          .thenComparing(InventoryCollection::name);

  public Inventory {
    collections = List.copyOf(collections);
  }

  /// @throws MessageException if it is incomplete
  public static Inventory parse(VPackSlice message) {
    List<InventoryCollection> collections = new ArrayList<>();
    for (VPackSlice entry : Messages.requiredArray(message, "collections").elements()) {
      if (!entry.isObject()) {
        throw new MessageException("a collection is no object");
      }
      collections.add(InventoryCollection.parse(entry));
    }
    VPackSlice views = Messages.member(message, "views");
    VPackSlice state = Messages.requiredObject(message, "state");
    return new Inventory(
        collections,
        views == null || !views.isArray() ? 0 : views.length(),
        new Tick(Messages.requiredUnsigned(state, "lastLogTick")));
  }

  /// As a leader tells it that tells no totals.
  public Inventory withoutTotals() {
    return new Inventory(
        collections.stream().map(InventoryCollection::withoutTotals).toList(), views, lastLogTick);
  }

  /// Writes the answer for one database.
  ///
  /// @param time on the leader
  public void render(VPackBuilder target, Instant time) {
    target.openObject();
    renderMembers(target);
    target.key("state");
    LoggerState.renderState(target, lastLogTick, time);
    target.member("tick", lastLogTick.toString()).close();
  }

  /// Writes the members that belong to the database: `collections` and `views`.
  public void renderMembers(VPackBuilder target) {
    target.key("collections").openArray();
    collections.forEach(collection -> collection.render(target));
    target.close();
    // The wire has the member, and we have no views to list.
    target.key("views").openArray().close();
  }

  /// Writes the members that follow the databases in an inventory of all of them.
  public static void renderState(VPackBuilder target, Tick lastLogTick, Instant time) {
    target.key("state");
    LoggerState.renderState(target, lastLogTick, time);
    target.member("tick", lastLogTick.toString());
  }
}
