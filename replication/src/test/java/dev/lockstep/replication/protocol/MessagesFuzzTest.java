package dev.lockstep.replication.protocol;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.InvalidVPackException;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.fuzz.MutationFuzzer;
import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionBlocksEditor;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeEditor;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.core.storage.Tick;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever a leader answers, the follower reads it or says what is wrong with it.
class MessagesFuzzTest {
  private static final long FIRST = 1761718534384123905L;
  private static final String VELOCYPACK = "application/x-velocypack";

  private static final String DOCUMENT =
      "{\"_key\":\"k1\",\"_id\":\"c/k1\",\"_rev\":\"_fw2YvKK--_\",\"_from\":\"v/1\",\"_to\":\"v/2\","
          + "\"n\":[1,{\"x\":null}],\"text\":\"äöü\"}";

  private static final String COLLECTION =
      "{\"parameters\":{\"name\":\"c\",\"id\":\"4711\",\"cid\":\"4711\",\"type\":2,"
          + "\"globallyUniqueId\":\"h92B84384354F/4711\",\"isSystem\":false,\"deleted\":false,"
          + "\"waitForSync\":false,\"syncByRevision\":true,\"usesRevisionsAsDocumentIds\":true,"
          + "\"keyOptions\":{\"type\":\"autoincrement\",\"allowUserKeys\":true,\"lastValue\":7,"
          + "\"increment\":2,\"offset\":1},\"schema\":{\"rule\":{\"type\":\"object\"},\"level\":"
          + "\"strict\",\"message\":\"m\"}},\"count\":3,\"fingerprint\":\"18446744073709551615\","
          + "\"indexes\":[{\"id\":\"12\",\"name\":\"i\",\"type\":\"persistent\",\"fields\":[\"a.b\"],"
          + "\"unique\":true,\"sparse\":false,\"deduplicate\":true},{\"id\":\"13\",\"type\":\"ttl\","
          + "\"fields\":[\"t\"],\"expireAfter\":60},{\"id\":\"14\",\"type\":\"geo\",\"fields\":[\"g\"],"
          + "\"geoJson\":true}]}";

  private static final RevisionRange RANGE =
      new RevisionRange(new Revision(FIRST - 10), new Revision(FIRST + 1000));

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static RevisionRangesRequest ranges(RevisionForm form) {
    return new RevisionRangesRequest("1", "c", List.of(RANGE), RANGE.first(), true, form);
  }

  private static Arguments message(String name, Consumer<VPackSlice> parser, String... examples) {
    return arguments(name, parser, List.of(examples));
  }

  /// What a leader answers that is asked about a collection.
  private static String stateWithDigest() {
    VPackBuilder rendered = new VPackBuilder();
    new LoggerState(
            new Tick(180086),
            Instant.EPOCH,
            new ServerIdentity("3.11.14", 17, ServerIdentity.ENGINE),
            List.of(),
            new CollectionDigest("4711", new Tick(180086), 7, "0f1e2d3c4b5a69788796a5b4c3d2e1f0"))
        .render(rendered, true);
    return rendered.toSlice().toJson();
  }

  static Stream<Arguments> messages() {
    String revision = new Revision(FIRST).toString();
    return Stream.of(
        message(
            "logger-state",
            LoggerState::parse,
            "{\"state\":{\"running\":true,\"lastLogTick\":\"180086\",\"totalEvents\":180086},"
                + "\"server\":{\"version\":\"3.8.9\",\"serverId\":\"17\",\"engine\":\"rocksdb\"}}",
            stateWithDigest()),
        message(
            "batch",
            BatchOpened::parse,
            "{\"id\":\"180083\",\"lastTick\":\"180082\",\"state\":{\"state\":{\"lastLogTick\":\"1\"},"
                + "\"server\":{\"version\":\"3.11.0\",\"serverId\":\"17\"}}}",
            "{\"id\":180083,\"lastTick\":1}"),
        message(
            "inventory",
            Inventory::parse,
            "{\"collections\":["
                + COLLECTION
                + ","
                + COLLECTION
                + "],\"views\":[],\"state\":{\"lastLogTick\":\"9\"},\"tick\":\"9\"}"),
        message(
            "revisions",
            value -> RevisionMessages.page(value, ranges(RevisionForm.JSON), "/u"),
            "{\"ranges\":[[\""
                + revision
                + "\"]],\"resume\":\"_fw2YvKK--A\",\"resumeHLC\":\"_fw2YvKK--A\"}",
            "{\"ranges\":[[]]}"),
        message(
            "documents of revisions",
            value ->
                RevisionMessages.documents(
                    value,
                    new RevisionDocumentsRequest("1", "c", new long[] {FIRST}, 0, true, false),
                    100,
                    "/u"),
            "[" + DOCUMENT + "]"),
        message("keys", KeysMessages::ready, "{\"id\":\"1-2\",\"count\":17}", "{\"count\":3}"),
        message(
            "chunks",
            KeysMessages::chunks,
            "[{\"low\":\"a\",\"high\":\"b\",\"hash\":\"5328798122211551543\"},"
                + "{\"low\":\"c\",\"high\":\"z\",\"hash\":\"1\"}]"),
        message(
            "keys of a chunk",
            KeysMessages::keys,
            "[[\"a\",\"_fw2YvKK--_\"],[\"b\",\"_fw2YvKK--A\"],[\"c\",\"12345\"]]"),
        message(
            "documents of a chunk",
            value -> KeysMessages.documents(value, 3, 1, 100, "/u"),
            "[null," + DOCUMENT + "," + DOCUMENT + "]"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("messages")
  void anAnswerIsReadOrRefused(String name, Consumer<VPackSlice> parser, List<String> examples)
      throws Exception {
    for (String type : new String[] {"application/json", VELOCYPACK}) {
      boolean isJson = !type.equals(VELOCYPACK);
      report(
          MutationFuzzer.of(name + ", " + type, MessageException.class)
              .run(
                  examples.stream()
                      .map(text -> isJson ? utf8(text) : JsonToVPack.parse(text).toByteArray())
                      .toList(),
                  input -> {
                    VPackSlice value = Messages.value(type, input);
                    // As the client does with what must be an object.
                    boolean isObject = examples.getFirst().startsWith("{");
                    if (!isObject || value.isObject()) {
                      parser.accept(value);
                    }
                  }));
    }
  }

  private static byte[] dump(DumpForm form) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < 5; i++) {
      String document = DOCUMENT.replace("k1", "k" + i);
      if (form == DumpForm.JSON) {
        out.writeBytes(utf8(document + "\n"));
      } else {
        out.writeBytes(JsonToVPack.parse(document).toByteArray());
      }
    }
    return out.toByteArray();
  }

  @ParameterizedTest
  @EnumSource
  void aDumpIsReadOrRefused(DumpForm form) throws Exception {
    String envelopes =
        "{\"type\":2300,\"data\":"
            + DOCUMENT
            + "}\n{\"tick\":\"7\",\"type\":2302,\"key\":\"k\",\"data\":{\"_key\":\"k\"}}\n";
    List<byte[]> examples =
        form == DumpForm.JSON
            ? List.of(dump(form), utf8(envelopes))
            : List.of(
                dump(form),
                JsonToVPack.parse(envelopes.lines().findFirst().orElseThrow()).toByteArray(),
                JsonToVPack.parse("[" + DOCUMENT + "]").toByteArray());
    report(
        MutationFuzzer.of("dump " + form, ProtocolViolationException.class)
            .run(
                examples,
                input -> {
                  DumpReader reader =
                      new DumpReader("e", new DumpPage(form, input, false, 1, null, "/u"));
                  for (var entry = reader.next(); entry != null; entry = reader.next()) {
                    if (entry instanceof DumpReader.Entry.Put(var document)) {
                      document.slice().toJson();
                    }
                  }
                }));
  }

  @ParameterizedTest
  @EnumSource
  void aTailIsReadOrRefused(MarkerForm form) throws Exception {
    List<String> markers =
        List.of(
            "{\"tick\":\"1\",\"type\":2000,\"db\":\"d\",\"cuid\":\"h1/2\",\"data\":"
                + COLLECTION.substring(
                    "{\"parameters\":".length(), COLLECTION.indexOf(",\"count\""))
                + "}",
            "{\"tick\":\"2\",\"type\":2200,\"db\":\"d\",\"tid\":\"9\"}",
            "{\"tick\":\"3\",\"type\":2300,\"db\":\"d\",\"cuid\":\"h1/2\",\"tid\":\"9\",\"data\":"
                + DOCUMENT
                + "}",
            "{\"tick\":\"4\",\"type\":2302,\"database\":\"17\",\"cid\":\"2\",\"cname\":\"c\",\"tid\":\"9\","
                + "\"data\":{\"_key\":\"k\",\"_rev\":\"_fw2YvKK--_\"}}",
            "{\"tick\":\"5\",\"type\":2201,\"db\":\"d\",\"tid\":\"9\"}",
            "{\"tick\":\"6\",\"type\":2100,\"db\":\"d\",\"cuid\":\"h1/2\",\"data\":{\"id\":\"5\",\"type\":"
                + "\"persistent\",\"fields\":[\"a\"],\"unique\":false,\"sparse\":true}}",
            "{\"tick\":\"7\",\"type\":2101,\"db\":\"d\",\"cuid\":\"h1/2\",\"data\":{\"id\":\"5\"}}",
            "{\"tick\":\"8\",\"type\":2002,\"db\":\"d\",\"cuid\":\"h1/2\",\"data\":{\"name\":\"n\"}}");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String marker : markers) {
      out.writeBytes(
          form == MarkerForm.JSON ? utf8(marker + "\n") : JsonToVPack.parse(marker).toByteArray());
    }
    TailPosition position = new TailPosition(false, new Tick(1), new Tick(1), new Tick(1), true);
    report(
        MutationFuzzer.of("tail " + form, ProtocolViolationException.class)
            .run(
                List.of(out.toByteArray()),
                input -> {
                  MarkerReader reader =
                      new MarkerReader("e", new TailPage(form, input, position, "/u"));
                  while (reader.next() != null) {}
                }));
  }

  @Test
  void changedDocumentsAreReadOrRefused() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String change : List.of(DOCUMENT, "\"k\"", "17", DOCUMENT, "\"a:b\"", "4711")) {
      out.writeBytes(JsonToVPack.parse(change).toByteArray());
    }
    TailPosition position = new TailPosition(false, new Tick(1), new Tick(1), new Tick(1), true);
    report(
        MutationFuzzer.of("changed documents", ProtocolViolationException.class)
            .run(
                List.of(out.toByteArray()),
                input -> {
                  ChangedDocuments reader =
                      new ChangedDocuments(
                          "e", new TailPage(MarkerForm.DOCUMENTS, input, position, "/u"));
                  while (reader.next() != null) {}
                }));
  }

  /// A tree has 4 MB of leaves, wherever they come from.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTreeIsReadOrRefused(boolean isJson) throws Exception {
    RevisionTreeEditor editor = new RevisionTreeEditor();
    LongStream.range(0, 200).forEach(i -> editor.insert(new Revision(FIRST + (i << 30))));
    VPackBuilder builder = new VPackBuilder();
    RevisionTreeCodec.write(editor.toTree(), true, builder);
    VPackSlice tree = builder.toSlice();
    RevisionTree other = new RevisionTreeEditor().toTree();
    report(
        MutationFuzzer.of(
                "tree, JSON " + isJson, MessageException.class, RevisionTreeException.class)
            .allocating(200, 32 << 20)
            .run(
                List.of(isJson ? utf8(tree.toJson()) : tree.toByteArray()),
                input -> {
                  RevisionTree read =
                      RevisionTreeCodec.read(
                          Messages.value(isJson ? "application/json" : VELOCYPACK, input));
                  RevisionTree.differences(read, other);
                }));
  }

  /// Some bytes may stand for half a million revisions, of 8 bytes, while they are collected.
  @Test
  void aCompactListIsReadOrRefused() throws Exception {
    long[] revisions =
        LongStream.range(0, 200).map(i -> FIRST + i + i / 7 * 3).distinct().sorted().toArray();
    List<byte[]> examples = List.of(CompactRevisions.write(revisions));
    report(
        MutationFuzzer.of("compact list", MessageException.class)
            .allocating(200, 24 << 20)
            .run(examples, input -> CompactRevisions.read(input, CompactRevisions.REVISIONS_MAX)));
    report(
        MutationFuzzer.of("compact answer", MessageException.class)
            .allocating(200, 48 << 20)
            .run(
                examples,
                input -> CompactRevisions.page(input, ranges(RevisionForm.COMPACT), "/u")));
  }

  @Test
  void blocksAreReadOrRefused() throws Exception {
    RevisionBlocksEditor editor = new RevisionBlocksEditor();
    LongStream.range(0, 3_000).forEach(i -> editor.insert(new Revision(FIRST + i * i)));
    RevisionBlockList ours = editor.toBlocks().all();
    RevisionBlocksRequest request =
        new RevisionBlocksRequest(
            "1", "c", List.of(new RevisionRange(new Revision(1), Revision.GREATEST)), 1);
    report(
        MutationFuzzer.of("blocks", MessageException.class)
            .allocating(100, 24 << 20)
            .run(
                List.of(
                    RevisionBlocksCodec.write(ours.coarsened(50)),
                    RevisionBlocksCodec.write(ours.coarsened(1)),
                    new byte[0]),
                input ->
                    RevisionBlockList.differences(ours, RevisionBlocksCodec.read(input, request))));
  }

  @Test
  void framesAreReadOrRefused() throws Exception {
    List<byte[]> examples = new ArrayList<>();
    for (int length : new int[] {0, 5, 100, 70_000}) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      FrameOutput frames = new FrameOutput(out);
      frames.write(new byte[length]);
      frames.finish();
      examples.add(out.toByteArray());
    }
    report(
        MutationFuzzer.of("frames", IOException.class)
            .run(
                examples,
                input -> new FrameInput(new ByteArrayInputStream(input)).readBody(-1, 1 << 20)));
  }

  @Test
  void optionsAreTakenOrRefused() throws Exception {
    List<byte[]> examples =
        List.of(
            utf8(
                "{\"endpoint\":\"tcp://127.0.0.1:8529\",\"database\":\"d\",\"username\":\"u\","
                    + "\"password\":\"p\",\"restrictType\":\"include\",\"restrictCollections\":[\"c\"],"
                    + "\"incremental\":true,\"chunkSize\":65536,\"requestTimeout\":1.5,"
                    + "\"connectTimeout\":10,\"maxPacketSize\":1048576,\"verbose\":true,"
                    + "\"initialSyncMaxWaitTime\":300,\"includeSystem\":false,\"jwt\":\"\","
                    + "\"idleMinWaitTime\":0.5,\"autoResyncRetries\":2}"));
    report(
        MutationFuzzer.of("options", MessageException.class, LockstepException.class)
            .run(
                examples,
                input ->
                    SyncOptions.parse(
                        Messages.object("application/json", input),
                        SyncOptions.UnknownOptions.WARN)));
  }

  @Test
  void namesAndNumbersInHeadersAreReadOrRefused() throws Exception {
    report(
        MutationFuzzer.of("headers", InvalidVPackException.class)
            .run(
                List.of(utf8(Capability.announcement()), utf8("3.11.14-2"), utf8("3.12.0")),
                input -> {
                  String text = new String(input, StandardCharsets.ISO_8859_1);
                  Capability.parse(text);
                  LeaderVersion.parse(text);
                  new AnswerSeal("GET", text, 200).text();
                }));
  }

  private static void report(String line) {
    System.out.println(line);
  }
}
