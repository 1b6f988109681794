package dev.lockstep.server.api;

import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentCursor;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import java.util.ArrayList;
import java.util.List;

/// The documents in `_graphs`, which name collections. Graphs are not served here, but their
/// definitions are stored and copied, and must not point to a collection that has another name now.
/// Thread-safe: no state.
final class GraphDefinitions {
  private static final String COLLECTION = "_graphs";

  private GraphDefinitions() {}

  /// Replaces a collection's name in every definition of the database.
  static void renameCollection(Database database, String oldName, String newName) {
    DocumentCollection graphs = database.collection(COLLECTION);
    if (graphs == null) {
      return;
    }
    List<DocumentWrite> changes = new ArrayList<>();
    try (DocumentCursor cursor = graphs.view().byRevision(Revision.NONE)) {
      while (cursor.next()) {
        Document graph = cursor.document();
        VPackSlice renamed = renamed(graph.slice(), oldName, newName);
        if (renamed != null) {
          changes.add(new DocumentWrite.Replace(graph.key(), renamed, graph.revision()));
        }
      }
    }
    if (!changes.isEmpty()) {
      graphs.write(changes, WriteOptions.DEFAULT);
    }
  }

  /// Null if the definition does not mention the collection.
  private static @org.jspecify.annotations.Nullable VPackSlice renamed(
      VPackSlice graph, String oldName, String newName) {
    boolean[] changed = {false};
    VPackBuilder builder = new VPackBuilder().openObject();
    for (VPackMember member : graph.members()) {
      builder.key(member.name());
      switch (member.name()) {
        case "edgeDefinitions", "orphanCollections" ->
            copy(member.value(), oldName, newName, builder, changed);
        default -> builder.slice(member.value());
      }
    }
    builder.close();
    return changed[0] ? builder.toSlice() : null;
  }

  /// Copies a value with every string `oldName` in it replaced: these attributes hold nothing but
  /// names of collections.
  private static void copy(
      VPackSlice value, String oldName, String newName, VPackBuilder builder, boolean[] changed) {
    if (value.isArray()) {
      builder.openArray();
      value.elements().forEach(element -> copy(element, oldName, newName, builder, changed));
      builder.close();
    } else if (value.isObject()) {
      builder.openObject();
      for (VPackMember member : value.members()) {
        builder.key(member.name());
        copy(member.value(), oldName, newName, builder, changed);
      }
      builder.close();
    } else if (value.isString() && value.asString().equals(oldName)) {
      builder.value(newName);
      changed[0] = true;
    } else {
      builder.slice(value);
    }
  }
}
