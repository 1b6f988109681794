package dev.lockstep.replication.follower;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.replication.protocol.Inventory;
import dev.lockstep.replication.protocol.InventoryCollection;
import dev.lockstep.replication.protocol.ReplicatedNames;
import dev.lockstep.replication.protocol.Restriction;
import dev.lockstep.replication.protocol.ServerIdentity;
import dev.lockstep.replication.protocol.SyncOptions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What a synchronization will do, decided as a whole before anything is changed.
///
/// @param items in the order of the work
record SyncPlan(List<Item> items) {
  /// One collection to bring over.
  ///
  /// @param globallyUniqueId of the copy
  /// @param comparable the local collection if only differences are to be taken over; null if the
  ///   collection is to be copied as a whole
  record Item(
      InventoryCollection source,
      String globallyUniqueId,
      @Nullable DocumentCollection comparable) {}

  /// Decides.
  ///
  /// @throws LockstepException 404/1203 where a caller of ours named what the leader does not have,
  ///   or where a collection would have to be created but must not be
  static SyncPlan make(
      Inventory inventory,
      ServerIdentity leader,
      String endpoint,
      SyncRequest request,
      Database database,
      JobRecord record) {
    SyncOptions options = request.options();
    List<Item> items = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (InventoryCollection source :
        inventory.collections().stream().sorted(Inventory.ORDER).toList()) {
      boolean isWanted =
          !source.isDeleted()
              && options.restriction().includes(source.name())
              && ReplicatedNames.isReplicated(
                  source.name(), options.includeSystem(), options.includeFoxxQueues());
      // A leader that lists a name twice would make us replace our own copy.
      if (isWanted && names.add(source.name())) {
        items.add(item(source, leader, options, database, record));
      }
    }
    boolean hasEdges = items.stream().anyMatch(item -> item.source().type() == CollectionType.EDGE);
    if (hasEdges
        && !options.includeSystem()
        && !(options.restriction() instanceof Restriction.Only)) {
      record.warn(
          "named graphs do not come along: they are in the system collection '_graphs', and"
              + " 'includeSystem' is false");
    }
    if (inventory.views() > 0 && options.restriction() instanceof Restriction.Everything) {
      record.warn(inventory.views() + " views of the leader are left out: views are not supported");
    }
    if (options.restriction() instanceof Restriction.Only(Set<String> wanted)) {
      Set<String> missing = new TreeSet<>(wanted);
      missing.removeAll(names);
      if (!missing.isEmpty()) {
        String sentence = missing(missing, endpoint, options);
        if (request.caller() == SyncRequest.Caller.LOCKSTEP) {
          throw new LockstepException(ErrorNumber.COLLECTION_NOT_FOUND, sentence);
        }
        record.warn(sentence);
      }
    }
    return new SyncPlan(items);
  }

  private static String missing(Set<String> names, String endpoint, SyncOptions options) {
    List<String> reasons = new ArrayList<>();
    for (String name : names) {
      if (ReplicatedNames.isNeverReplicated(name)) {
        reasons.add("'" + name + "' is never replicated");
      } else if (!ReplicatedNames.isReplicated(name, options.includeSystem(), true)) {
        reasons.add("'" + name + "' is a system collection, and 'includeSystem' is false");
      } else if (!ReplicatedNames.isReplicated(name, true, options.includeFoxxQueues())) {
        reasons.add("'" + name + "' needs 'includeFoxxQueues'");
      }
    }
    return "collection or view not found: "
        + String.join(", ", names)
        + " (on the leader at "
        + endpoint
        + (reasons.isEmpty() ? "" : "; " + String.join("; ", reasons))
        + ")";
  }

  private static Item item(
      InventoryCollection source,
      ServerIdentity leader,
      SyncOptions options,
      Database database,
      JobRecord record) {
    @Nullable DocumentCollection local = local(source, database);
    if (local == null && options.skipCreateDrop()) {
      throw new LockstepException(
          ErrorNumber.COLLECTION_NOT_FOUND,
          "collection or view not found: "
              + source.name()
              + " (here, and 'skipCreateDrop' forbids to create it)");
    }
    source.notes().forEach(record::warn);
    boolean isComparable =
        options.incremental() && local != null && isComparable(source, local, database, record);
    if (local != null && local.count() > 0 && !isComparable) {
      record.warn(
          "the "
              + local.count()
              + " documents of collection '"
              + local.name()
              + "' will be replaced by the leader's");
    }
    if (source.name().equals("_users")) {
      record.warn("the accounts of this server will be replaced by the leader's, root included");
    }
    warnOfEdges(source.properties(), options, record);
    return new Item(source, globallyUniqueId(source, leader, local), isComparable ? local : null);
  }

  static void warnOfEdges(CollectionProperties properties, SyncOptions options, JobRecord record) {
    boolean isAlone = options.restriction() instanceof Restriction.Only;
    if (properties.type() == CollectionType.EDGE && isAlone) {
      record.warn(
          "'"
              + properties.name()
              + "' is an edge collection; the documents its edges connect are not part of it");
    }
  }

  /// Whether the local collection is an older state of the leader's rather than another collection,
  /// and worth comparing; says why not.
  private static boolean isComparable(
      InventoryCollection source, DocumentCollection local, Database database, JobRecord record) {
    if (local.count() == 0) {
      return false;
    }
    CollectionDefinition ours = local.definition();
    String why = null;
    if (!source.globallyUniqueId().isEmpty()
        && !source.globallyUniqueId().equals(ours.globallyUniqueId())) {
      why =
          "it is another collection: its globally unique id is '"
              + ours.globallyUniqueId()
              + "', the leader's is '"
              + source.globallyUniqueId()
              + "'";
    } else if (ours.properties().type() != source.type()) {
      why = "it has another type";
    } else if (!ours.properties().keyOptions().equals(source.properties().keyOptions())) {
      why = "it has other key options";
    } else if (!ours.name().equals(source.name())
        && (database.collection(source.name()) != null || ours.properties().isSystem())) {
      why = "the leader's name for it is taken here by another one";
    }
    if (why != null) {
      record.warn(
          "collection '"
              + source.name()
              + "' cannot be compared with the leader's and is copied as a whole: "
              + why);
    }
    return why == null;
  }

  private static @Nullable DocumentCollection local(InventoryCollection source, Database database) {
    DocumentCollection same =
        source.globallyUniqueId().isEmpty() ? null : database.collection(source.globallyUniqueId());
    return same == null ? database.collection(source.name()) : same;
  }

  /// The leader's. For leaders that have none: the local collection's, else the one that the leader
  /// would have given.
  private static String globallyUniqueId(
      InventoryCollection source, ServerIdentity leader, @Nullable DocumentCollection local) {
    if (!source.globallyUniqueId().isEmpty()) {
      return source.globallyUniqueId();
    }
    if (local != null) {
      return local.definition().globallyUniqueId();
    }
    return source.name().startsWith("_")
        ? source.name()
        : ReplicatedNames.globallyUniqueId(leader.serverId(), source.id());
  }
}
