package dev.lockstep.shell.cli;

import dev.lockstep.client.PercentEncoding;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeEditor;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.shell.text.Amounts;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Compares the revision trees of a server with its documents: both as a follower gets them, in one
/// batch, so that writers may go on. A tree that differs would have followers miss documents or ask
/// for the same ones again and again. Works with every server that has trees. Memory: two trees and
/// a page of revisions. One thread.
final class TreeVerification {
  private final ServerApi api;
  private final PrintWriter out;
  private final ProgressLine line;
  private final int shownMax;

  /// @param shownMax most ranges of a collection that are told one by one
  TreeVerification(ServerApi api, PrintWriter out, ProgressLine line, int shownMax) {
    this.api = api;
    this.out = out;
    this.line = line;
    this.shownMax = shownMax;
  }

  /// Compares, and says what differs.
  ///
  /// @param named the collections to compare
  /// @return those whose trees differ
  /// @throws CommandFailure if the server has no trees, or not such a collection
  List<String> run(List<String> named) throws CommandFailure, IOException, InterruptedException {
    try (LeaderSnapshot snapshot = open()) {
      Set<String> known = snapshot.collections().keySet();
      for (String name : named) {
        if (!known.contains(name)) {
          throw CommandFailure.notDone(
              "the server at "
                  + api.endpoint()
                  + " has no collection '"
                  + name
                  + "' in '"
                  + api.database()
                  + "'");
        }
      }
      return differing(snapshot, named);
    }
  }

  /// As [#run], for all collections.
  ///
  /// @param includeSystem also those of the system
  List<String> runAll(boolean includeSystem)
      throws CommandFailure, IOException, InterruptedException {
    try (LeaderSnapshot snapshot = open()) {
      List<String> names =
          snapshot.collections().keySet().stream()
              .filter(name -> includeSystem || !name.startsWith("_"))
              .sorted()
              .toList();
      if (names.isEmpty()) {
        out.println("nothing to compare: there is no collection that is no system collection");
      }
      return differing(snapshot, names);
    }
  }

  private LeaderSnapshot open() throws CommandFailure, InterruptedException {
    LeaderSnapshot snapshot = LeaderSnapshot.open(api);
    if (!snapshot.version().hasRevisionTrees()) {
      snapshot.close();
      throw CommandFailure.notDone(
          "the server at "
              + api.endpoint()
              + " is version "
              + snapshot.version()
              + ": there are revision trees from 3.8.0 on");
    }
    return snapshot;
  }

  private List<String> differing(LeaderSnapshot snapshot, List<String> names)
      throws InterruptedException {
    List<String> differing = new ArrayList<>();
    for (String name : names) {
      if (!agrees(snapshot, name)) {
        differing.add(name);
      }
      out.flush();
    }
    return differing;
  }

  /// Has the server build trees anew from its documents.
  void rebuild(List<String> collections) throws IOException, ServerRefusal, InterruptedException {
    for (String name : collections) {
      api.send(
          "POST",
          "/_api/replication/revisions/tree?collection=" + PercentEncoding.encode(name),
          "");
      out.println(name + ": built anew");
      out.flush();
    }
  }

  private boolean agrees(LeaderSnapshot snapshot, String name) throws InterruptedException {
    RevisionTree kept = snapshot.revisionTree(name);
    if (kept == null) {
      out.println(name + ": has no revision tree; followers compare its keys");
      return true;
    }
    RevisionTreeEditor editor = new RevisionTreeEditor();
    try {
      snapshot.revisions(
          name,
          revision -> {
            editor.insert(revision);
            line.show(() -> name + ": " + Amounts.count(editor.count()) + " revisions listed");
          });
    } catch (RevisionTreeException impossible) {
      line.clear();
      out.println(
          name
              + ": DIFFERS\n  there is a tree, and a document that no tree can take: "
              + impossible.getMessage());
      return false;
    }
    line.clear();
    RevisionTree built = editor.toTree();
    List<RevisionRange> differences = RevisionTree.differences(kept, built);
    if (differences.isEmpty() && kept.sameRevisions(built)) {
      out.println(name + ": tree and documents agree (" + Amounts.count(built.count()) + ")");
      return true;
    }
    out.println(
        name
            + ": DIFFERS\n  the tree has "
            + Amounts.count(kept.count())
            + " revisions, the collection "
            + Amounts.count(built.count())
            + "; they differ in "
            + Amounts.count(differences.size())
            + (differences.size() == 1 ? " range" : " ranges"));
    for (RevisionRange range : differences.subList(0, Math.min(shownMax, differences.size()))) {
      out.println("    " + described(range, kept, built));
    }
    if (differences.size() > shownMax) {
      out.println("    and " + Amounts.count(differences.size() - shownMax) + " more");
    }
    return false;
  }

  private static String described(RevisionRange range, RevisionTree kept, RevisionTree built) {
    long inTree = kept.countWithin(List.of(range));
    long inData = built.countWithin(List.of(range));
    return range.first().toHlcString()
        + " to "
        + range.last().toHlcString()
        + " ("
        + Instant.ofEpochMilli(range.first().timeMillis())
        + " to "
        + Instant.ofEpochMilli(range.last().timeMillis())
        + "): "
        + Amounts.count(inTree)
        + " in the tree, "
        + (inTree == inData ? "as many, but others" : Amounts.count(inData))
        + " in the collection";
  }
}
