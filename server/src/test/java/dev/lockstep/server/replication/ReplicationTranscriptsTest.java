package dev.lockstep.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.OverwriteMode;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.collection.WriteResult;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.server.RunningServer;
import dev.lockstep.server.TranscriptPlayer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// The conversations in which a follower finds out what differs, by keys or by revisions, and what
/// happens later; and how a follower is set up.
class ReplicationTranscriptsTest {
  @TempDir static Path folder;

  private static final List<RunningServer> SERVERS = new ArrayList<>();

  @BeforeAll
  static void start() {
    SERVERS.clear();
  }

  @AfterAll
  static void stop() {
    SERVERS.forEach(RunningServer::close);
  }

  @TestFactory
  Stream<DynamicContainer> aLeaderAnswersAsRecorded() {
    return TranscriptPlayer.play(
        ReplicationTranscriptsTest.class,
        List.of("keys.txt", "revisions.txt", "tail.txt"),
        () -> new Peer(leader(), Map.of()));
  }

  @TestFactory
  Stream<DynamicContainer> aFollowerAnswersAsRecorded() {
    return TranscriptPlayer.play(
        ReplicationTranscriptsTest.class,
        List.of("set-up.txt"),
        () -> new Peer(start("follower"), Map.of("$leader", "tcp://127.0.0.1:" + leader().port())));
  }

  private record Peer(RunningServer server, Map<String, String> variables)
      implements TranscriptPlayer.Server {
    @Override
    public TranscriptPlayer.Reply send(
        String verb, String path, Map<String, String> headers, byte[] body) {
      return new Reply(server.send(verb, path, headers, body));
    }
  }

  /// A leader with the documents that the transcripts begin with.
  private static RunningServer leader() {
    RunningServer leader = start("leader");
    Database system = leader.server().store().requireDatabase("_system");
    DocumentCollection fruit = create(system, "fruit");
    insert(fruit, "{\"_key\":\"a\",\"name\":\"apple\"}", Revision.parse("_fw2YvKK--_"));
    insert(fruit, "{\"_key\":\"b\",\"name\":\"banana\"}", Revision.parse("_fw2YvKK--A"));
    insert(fruit, "{\"_key\":\"c\",\"name\":\"cherry\"}", Revision.parse("_fw2YybW---"));
    DocumentCollection numbers = create(system, "numbers");
    for (int i = 0; i < 203; i++) {
      insert(
          numbers,
          "{\"_key\":\"n%03d\",\"i\":%d}".formatted(i, i),
          new Revision(Revision.parse("_fw2YvKK---").value() + i));
    }
    insert(create(system, "old"), "{\"_key\":\"x\"}", new Revision(4711));
    create(system, "nothing");
    return leader;
  }

  private static RunningServer start(String name) {
    try {
      RunningServer server =
          RunningServer.start(
              folder.resolve(name + SERVERS.size()),
              new MemoryStorageEngine(),
              Map.of("ARANGO_ROOT_PASSWORD", "secret"),
              "--replication.quick-keys-limit",
              "100");
      SERVERS.add(server);
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static DocumentCollection create(Database database, String name) {
    return database.createCollection(CollectionProperties.of(name, CollectionType.DOCUMENT));
  }

  private static void insert(DocumentCollection collection, String json, Revision revision) {
    assertThat(
            collection.write(
                new DocumentWrite.Insert(
                    JsonToVPack.parse(json), OverwriteMode.CONFLICT, true, true, revision),
                WriteOptions.REPLICATION))
        .isInstanceOf(WriteResult.Written.class);
  }

  private record Reply(RunningServer.Reply reply) implements TranscriptPlayer.Reply {
    @Override
    public int status() {
      return reply.status();
    }

    @Override
    public @Nullable String header(String name) {
      return reply.headers().firstValue(name).orElse(null);
    }

    @Override
    public byte[] body() {
      return reply.bytes();
    }
  }
}
