package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// 100,000 documents of mixed shapes arrive equal, by `lockstep verify` and by checksum.
class EqualCopyIT {
  private static final int DOCUMENTS = 100_000;
  private static final String[] UNICODE = {
    "Grüße", "日本語", "🐿", "\\u0000nul", "\\\"quoted\\\"", "Ω≈ç√"
  };

  @TempDir Path folder;

  /// Only from its number, so that a failure can be repeated.
  private static String mixed(int number) {
    Random random = new Random(number);
    StringBuilder document = new StringBuilder("{");
    if (number % 3 != 0) {
      document.append("\"_key\":\"key-").append(number).append(":@(.)\",");
    }
    document.append("\"n\":").append(number);
    document
        .append(",\"text\":\"")
        .append(UNICODE[number % UNICODE.length])
        .append(' ')
        .append(number)
        .append('"');
    switch (number % 7) {
      case 0 -> document.append(",\"i\":").append(random.nextLong());
      case 1 -> document.append(",\"d\":").append(number).append(".0");
      case 2 -> document.append(",\"d\":").append(random.nextGaussian() * 1e200);
      case 3 -> document.append(",\"u\":18446744073709551615,\"z\":-0.0");
      case 4 -> document.append(",\"deep\":{\"a\":{\"b\":{\"c\":[1,1.0,[],{},null,true,\"x\"]}}}");
      case 5 -> document.append(",\"zuletzt\":1,\"Anfang\":2,\"mitte\":{\"z\":1,\"a\":2}");
      default ->
          document.append(",\"empty\":\"\",\"list\":[").append("{\"k\":1},".repeat(9)).append("0]");
    }
    return document.append('}').toString();
  }

  @Test
  void documentsOfEveryShapeArriveEqualWithIndexesAndProperties() {
    try (LockstepServer leader = LockstepServer.in(folder, "leader").password("leading").start();
        LockstepServer follower =
            LockstepServer.in(folder, "follower").password("following").start()) {
      Sync.create(leader, "{\"name\":\"mixed\",\"waitForSync\":false}");
      Sync.load(leader, "mixed", DOCUMENTS, EqualCopyIT::mixed);
      for (int i = 0; i < 2; i++) {
        leader
            .send(
                "POST",
                "/_api/document/mixed",
                "{\"_key\":\"large" + i + "\",\"large\":\"" + "ä0123456789".repeat(900_000) + "\"}")
            .hasStatus(202);
      }
      leader
          .send(
              "POST",
              "/_api/index?collection=mixed",
              "{\"type\":\"persistent\",\"fields\":[\"n\",\"text\"],\"unique\":false,\"name\":\"byN\"}")
          .hasStatus(201);
      leader
          .send(
              "POST",
              "/_api/index?collection=mixed",
              "{\"type\":\"hash\",\"fields\":[\"u\"],\"sparse\":true}")
          .hasStatus(201);
      for (String generator : new String[] {"traditional", "autoincrement", "padded", "uuid"}) {
        Sync.create(
            leader,
            "{\"name\":\"keys-"
                + generator
                + "\",\"keyOptions\":{\"type\":\""
                + generator
                + "\"}}");
        Sync.load(leader, "keys-" + generator, 1_000, number -> "{\"n\":" + number + "}");
      }
      Sync.create(leader, "{\"name\":\"edges\",\"type\":3}");
      Sync.load(
          leader,
          "edges",
          1_000,
          number ->
              "{\"_from\":\"mixed/large0\",\"_to\":\"mixed/key-"
                  + (3 * number + 1)
                  + ":@(.)\",\"n\":"
                  + number
                  + "}");

      Sync.run(
              follower,
              Sync.options(
                  leader,
                  "mixed",
                  "keys-traditional",
                  "keys-autoincrement",
                  "keys-padded",
                  "keys-uuid",
                  "edges"))
          .hasStatus(200);

      assertThat(follower.count("mixed")).isEqualTo(DOCUMENTS + 2);
      assertThat(follower.checksum("mixed")).isEqualTo(leader.checksum("mixed"));
      for (String collection :
          new String[] {
            "mixed", "keys-traditional", "keys-autoincrement", "keys-padded", "keys-uuid", "edges"
          }) {
        LockstepProcess.run(
                "verify",
                leader.endpointWithUser(),
                follower.endpointWithUser(),
                "--collection",
                collection)
            .hasStatus(0);
      }
      // The generator goes on where the leader's was, not over keys that exist.
      follower.send("POST", "/_api/document/keys-autoincrement", "{\"n\":-1}").hasStatus(202);
      var differs =
          LockstepProcess.run(
                  "verify",
                  leader.endpointWithUser(),
                  follower.endpointWithUser(),
                  "--collection",
                  "keys-autoincrement")
              .hasStatus(1);
      assertThat(differs.out() + differs.err()).contains("1001");
      assertThat(follower.stop()).isZero();
      assertThat(leader.stop()).isZero();
    }
  }
}
