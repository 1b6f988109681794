package dev.lockstep.server.api;

import dev.lockstep.server.TranscriptPlayer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Holds conversations with the server over a socket, each once in JSON and once in VelocyPack.
class DocumentApiTest {
  private static final List<String> TRANSCRIPTS =
      List.of(
          "collections.txt",
          "documents.txt",
          "documents-many.txt",
          "indexes.txt",
          "import.txt",
          "schema.txt",
          "simple.txt");

  @TempDir static Path folder;

  private static final List<ApiServer> SERVERS = new ArrayList<>();

  @BeforeAll
  static void start() {
    SERVERS.clear();
  }

  @AfterAll
  static void stop() {
    SERVERS.forEach(ApiServer::close);
  }

  @TestFactory
  Stream<DynamicContainer> answersAsRecorded() {
    return TranscriptPlayer.play(
        DocumentApiTest.class,
        TRANSCRIPTS,
        () -> {
          ApiServer server = new ApiServer(folder);
          SERVERS.add(server);
          return server::send;
        });
  }
}
