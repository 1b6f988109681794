package dev.lockstep.shell.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackToJson;
import dev.lockstep.core.revision.RevisionTreeEditor;
import dev.lockstep.replication.protocol.RevisionTreeCodec;
import dev.lockstep.shell.FakeServer;
import dev.lockstep.shell.FakeServer.Answer;
import dev.lockstep.shell.FakeServer.Asked;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// `lockstep verify --tree` against a server of ArangoDB's version 3.9, as far as it is asked.
class VerifyTreeTest {
  private static final String A = "_fw2YvKK--_";
  private static final String B = "_fw2YvKK--A";
  private static final String C = "_fw2YybW---";

  /// Far away from the others: in another bucket.
  private static final String FAR = "_fx2YybW---";

  /// Revisions in one answer, few enough that it takes several.
  private static final int PAGE = 2;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /// By collection: what its documents have, and what its tree says; no tree where that is absent.
  private final Map<String, List<String>> data = new TreeMap<>();

  private final Map<String, List<String>> trees = new TreeMap<>();
  private boolean repairs = true;
  private String version = "3.9.0";
  private FakeServer server;

  @BeforeEach
  void start() throws Exception {
    server = new FakeServer();
    server
        .on("GET /_api/version", 200, "{}")
        .on("GET /_api/replication/logger-state", _ -> Answer.of(200, state()))
        .on("POST /_api/replication/batch", 200, "{\"id\":\"7\",\"lastTick\":\"9\"}")
        .on("DELETE /_api/replication/batch/7", 204, "")
        .on("GET /_api/replication/inventory", _ -> Answer.of(200, inventory()))
        .on("GET /_api/replication/revisions/tree", this::tree)
        .on("PUT /_api/replication/revisions/ranges", this::ranges)
        .on("POST /_api/replication/revisions/tree", this::rebuild);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private String state() {
    return "{\"state\":{\"running\":true,\"lastLogTick\":\"9\",\"time\":\"2000-01-01T00:00:00Z\"},"
        + "\"server\":{\"version\":\""
        + version
        + "\",\"serverId\":\"4711\",\"engine\":\"rocksdb\"},\"clients\":[]}";
  }

  private String inventory() {
    return data.keySet().stream()
        .map(name ->
            "{\"parameters\":{\"name\":\""
                + name
                + "\",\"type\":2,\"isSystem\":false,\"waitForSync\":false},\"indexes\":[]}")
        .collect(Collectors.joining(",", "{\"collections\":[", "]}"));
  }

  private static String parameter(Asked request, String name) {
    return Stream.of(request.path().substring(request.path().indexOf('?') + 1).split("&"))
        .filter(pair -> pair.startsWith(name + "="))
        .map(pair -> URLDecoder.decode(pair.substring(name.length() + 1), StandardCharsets.UTF_8))
        .findFirst()
        .orElse("");
  }

  private Answer tree(Asked request) {
    List<String> revisions = trees.get(parameter(request, "collection"));
    if (revisions == null) {
      return Answer.of(501, "{\"error\":true,\"code\":501,\"errorNum\":9,\"errorMessage\":\"no\"}");
    }
    RevisionTreeEditor editor = new RevisionTreeEditor();
    revisions.forEach(revision -> editor.insert(Revision.parse(revision)));
    VPackBuilder written = new VPackBuilder();
    RevisionTreeCodec.write(editor.toTree(), true, written);
    return Answer.of(200, VPackToJson.toJson(written.toSlice()));
  }

  private Answer ranges(Asked request) {
    Revision resume = Revision.parse(parameter(request, "resume"));
    List<String> left =
        data.getOrDefault(parameter(request, "collection"), List.of()).stream()
            .filter(revision -> Revision.parse(revision).compareTo(resume) >= 0)
            .sorted(Comparator.comparing(Revision::parse))
            .toList();
    List<String> page = left.subList(0, Math.min(PAGE, left.size()));
    String quoted = page.stream().map(text -> '"' + text + '"').collect(Collectors.joining(","));
    return Answer.of(
        200,
        "{\"ranges\":[["
            + quoted
            + "]]"
            + (left.size() > PAGE ? ",\"resume\":\"" + left.get(PAGE) + "\"" : "")
            + "}");
  }

  private Answer rebuild(Asked request) {
    String name = parameter(request, "collection");
    if (repairs) {
      trees.put(name, data.getOrDefault(name, List.of()));
    }
    return Answer.of(204, "");
  }

  private int verify(String... arguments) {
    List<String> all = new ArrayList<>(List.of("verify", "--progress=false"));
    all.addAll(List.of(arguments));
    all.add("tcp://root:geheim@" + server.endpoint().authority());
    return LockstepCommand.create()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  @Test
  void saysThatTreesAgreeWithDocuments() {
    data.put("fruit", List.of(A, B, C));
    trees.put("fruit", List.of(C, A, B));
    data.put("nothing", List.of());
    trees.put("nothing", List.of());
    data.put("_system", List.of(A));

    assertThat(verify("--tree")).as("%s", err).isEqualTo(0);

    assertThat(out.toString().lines())
        .containsExactly(
            "fruit: tree and documents agree (3)", "nothing: tree and documents agree (0)");
    assertThat(server.lines().getLast()).startsWith("DELETE /_api/replication/batch/7");
  }

  @Test
  void saysWhereATreeDiffers() {
    data.put("fruit", List.of(A, B, C, FAR));
    trees.put("fruit", List.of(A, B, C));
    data.put("other", List.of(A));
    trees.put("other", List.of(A));

    assertThat(verify("--tree")).as("%s", err).isEqualTo(1);

    assertThat(out.toString())
        .contains("fruit: DIFFERS\n")
        .contains("  the tree has 3 revisions, the collection 4; they differ in 1 range\n")
        .containsPattern(
            "    _f\\S+ to _f\\S+ \\(\\S+Z to \\S+Z\\): 0 in the tree, 1 in the collection\n")
        .contains("other: tree and documents agree (1)");
    assertThat(server.lines()).noneMatch(line -> line.startsWith("POST /_api/replication/rev"));
  }

  @Test
  void seesThatATreeHasOtherRevisionsOfTheSameNumber() {
    data.put("fruit", List.of(A, C));
    trees.put("fruit", List.of(B, C));

    assertThat(verify("--tree")).isEqualTo(1);

    assertThat(out.toString()).contains("2 in the tree, as many, but others in the collection");
  }

  @Test
  void namesOnlyAsManyRangesAsAreWanted() {
    data.put("fruit", List.of(A, FAR));
    trees.put("fruit", List.of());

    assertThat(verify("--tree", "--show", "1")).isEqualTo(1);

    assertThat(out.toString()).contains("differ in 2 ranges").contains("    and 1 more\n");
  }

  @Test
  void hasATreeRepairedAndLooksAgain() {
    data.put("a/b", List.of(A, B, C));
    trees.put("a/b", List.of(A));
    data.put("fine", List.of(A));
    trees.put("fine", List.of(A));

    assertThat(verify("--tree", "--repair")).as("%s", err).isEqualTo(0);

    assertThat(out.toString())
        .contains("a/b: DIFFERS\n")
        .contains("a/b: built anew\na/b: tree and documents agree (3)\n");
    assertThat(server.lines())
        .filteredOn(line -> line.startsWith("POST /_api/replication/revisions/tree"))
        .containsExactly("POST /_api/replication/revisions/tree?collection=a%2Fb");
  }

  @Test
  void saysThatARepairDidNotHelp() {
    repairs = false;
    data.put("fruit", List.of(A, B));
    trees.put("fruit", List.of(A));

    assertThat(verify("--tree", "--repair")).isEqualTo(1);

    assertThat(out.toString().lines().filter("fruit: DIFFERS"::equals)).hasSize(2);
  }

  @Test
  void acceptsACollectionWithoutTree() {
    data.put("plain", List.of(A));

    assertThat(verify("--tree", "--collection", "plain")).isEqualTo(0);

    assertThat(out.toString())
        .isEqualTo("plain: has no revision tree; followers compare its keys\n");
  }

  @Test
  void doesNotBeginWhereThereIsNothingToCompare() {
    assertThat(verify("--tree", "--collection", "nosuch")).isEqualTo(2);
    assertThat(err.toString()).contains("no collection 'nosuch'");

    version = "3.7.9";
    assertThat(verify("--tree")).isEqualTo(2);
    assertThat(err.toString()).contains("version 3.7.9", "from 3.8.0 on");
    assertThat(server.lines().getLast()).startsWith("DELETE /_api/replication/batch/7");
  }

  @Test
  void refusesArgumentsThatDoNotGoTogether() {
    assertThat(verify("--repair")).isEqualTo(2);
    assertThat(err.toString()).contains("--repair goes with --tree");
    assertThat(verify("--tree", "tcp://a:1")).isEqualTo(2);
    assertThat(err.toString()).contains("there is no FOLLOWER");
    assertThat(verify()).isEqualTo(2);
    assertThat(err.toString()).contains("give LEADER and FOLLOWER, or --tree and one SERVER");
  }
}
