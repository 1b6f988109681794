package dev.lockstep.shell.cli;

import dev.lockstep.core.document.VPackSlice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// A collection as its server's inventory describes it: properties and indexes. Read as it stands,
/// not through the replication's own reading of it, so that comparing two descriptions also shows
/// what that would drop.
///
/// @param entry the element of the inventory's `collections`
record CollectionDescription(String name, VPackSlice entry) {
  /// What a copy must have like the original. Everything else in a description belongs to the one
  /// server: ids, the key generator's last value, numbers of shards.
  private static final List<String> PROPERTIES =
      List.of(
          "name",
          "type",
          "isSystem",
          "globallyUniqueId",
          "waitForSync",
          "schema",
          "cacheEnabled",
          "syncByRevision",
          "usesRevisionsAsDocumentIds");

  private static final List<String> KEY_OPTIONS =
      List.of("type", "allowUserKeys", "increment", "offset");

  /// Members of an index that say how it fares on the one server, not what it is.
  private static final Set<String> INDEX_STATE =
      Set.of("selectivityEstimate", "figures", "objectId", "progress", "isNewlyCreated");

  /// Those of an inventory, by name.
  ///
  /// @throws CommandFailure if it is none
  static Map<String, CollectionDescription> ofInventory(VPackSlice inventory, String server)
      throws CommandFailure {
    VPackSlice collections = inventory.isObject() ? inventory.get("collections") : null;
    if (collections == null || !collections.isArray()) {
      throw CommandFailure.notDone("the inventory of the " + server + " has no 'collections'");
    }
    Map<String, CollectionDescription> byName = new TreeMap<>();
    for (VPackSlice entry : collections.elements()) {
      VPackSlice parameters = entry.isObject() ? entry.get("parameters") : null;
      VPackSlice name =
          parameters == null || !parameters.isObject() ? null : parameters.get("name");
      if (name == null || !name.isString()) {
        throw CommandFailure.notDone(
            "the inventory of the " + server + " has a collection without name");
      }
      byName.put(name.asString(), new CollectionDescription(name.asString(), entry));
    }
    return byName;
  }

  /// What differs in properties and indexes, as sentences; this is the leader's.
  List<String> differences(CollectionDescription follower) {
    List<String> differences = new ArrayList<>();
    VPackSlice left = member(entry, "parameters");
    VPackSlice right = member(follower.entry, "parameters");
    for (String property : PROPERTIES) {
      compare(
          "property '" + property + "'",
          member(left, property),
          member(right, property),
          differences);
    }
    for (String option : KEY_OPTIONS) {
      compare(
          "property 'keyOptions." + option + "'",
          member(member(left, "keyOptions"), option),
          member(member(right, "keyOptions"), option),
          differences);
    }
    compareIndexes(follower, differences);
    return differences;
  }

  /// How many indexes there are besides primary and edge index.
  int indexCount() {
    return indexes().size();
  }

  private void compareIndexes(CollectionDescription follower, List<String> differences) {
    Map<String, VPackSlice> left = indexes();
    Map<String, VPackSlice> right = follower.indexes();
    Set<String> ids = new TreeSet<>(left.keySet());
    ids.addAll(right.keySet());
    for (String id : ids) {
      VPackSlice leftIndex = left.get(id);
      VPackSlice rightIndex = right.get(id);
      if (leftIndex == null || rightIndex == null) {
        differences.add(
            "index "
                + id
                + (rightIndex == null
                    ? " is missing on the follower"
                    : " is only on the follower"));
        continue;
      }
      Set<String> members = new TreeSet<>();
      leftIndex.members().forEach(member -> members.add(member.name()));
      rightIndex.members().forEach(member -> members.add(member.name()));
      members.removeAll(INDEX_STATE);
      for (String name : members) {
        compare(
            "index " + id + ": '" + name + "'",
            leftIndex.get(name),
            rightIndex.get(name),
            differences);
      }
    }
  }

  private Map<String, VPackSlice> indexes() {
    Map<String, VPackSlice> byId = new TreeMap<>();
    VPackSlice list = member(entry, "indexes");
    if (list != null && list.isArray()) {
      for (VPackSlice index : list.elements()) {
        VPackSlice id = member(index, "id");
        VPackSlice type = member(index, "type");
        boolean isBuiltIn =
            type != null
                && type.isString()
                && (type.asString().equals("primary") || type.asString().equals("edge"));
        if (id != null && id.isString() && !isBuiltIn) {
          byId.put(id.asString(), index);
        }
      }
    }
    return byId;
  }

  private static void compare(
      String what,
      @Nullable VPackSlice left,
      @Nullable VPackSlice right,
      List<String> differences) {
    boolean isEqual =
        left == null || right == null
            ? isAbsent(left) && isAbsent(right)
            : left.isNumber() && right.isNumber()
                // A description may come as JSON or as VelocyPack: here 1 and 1.0 are the same.
                ? left.asDouble() == right.asDouble()
                : ValueDifference.between(left, right) == null;
    if (!isEqual) {
      differences.add(
          what + " is " + shown(left) + " on the leader, " + shown(right) + " on the follower");
    }
  }

  private static boolean isAbsent(@Nullable VPackSlice value) {
    return value == null || value.isNull();
  }

  private static String shown(@Nullable VPackSlice value) {
    return value == null ? "absent" : value.toJson();
  }

  private static @Nullable VPackSlice member(@Nullable VPackSlice object, String name) {
    return object == null || !object.isObject() ? null : object.get(name);
  }
}
