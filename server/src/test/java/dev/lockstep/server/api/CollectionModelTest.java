package dev.lockstep.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random operations over HTTP against a collection and against a map; after each step both must
/// agree. A failure names the seed and the step.
class CollectionModelTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int STEPS = 400;
  private static final int KEYS = 12;

  @TempDir Path folder;

  /// What a document must look like to clients, revision included.
  private final TreeMap<String, ObjectNode> model = new TreeMap<>();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 20_260_101, -7})
  void collectionBehavesLikeAMap(long seed) throws Exception {
    Random random = new Random(seed);
    try (ApiServer server = new ApiServer(folder)) {
      server.send("POST", "/_api/collection", "{\"name\":\"c\"}");
      for (int step = 0; step < STEPS; step++) {
        String did = "seed " + seed + " step " + step + ": " + step(server, random);
        check(server, did, step % 20 == 0);
      }
    }
  }

  private String step(ApiServer server, Random random) throws Exception {
    int choice = random.nextInt(100);
    if (choice == 0) {
      server.send("PUT", "/_api/collection/c/truncate", "");
      model.clear();
      return "truncate";
    }
    String key = "k" + random.nextInt(KEYS);
    if (choice < 35) {
      return insert(server, random, key);
    }
    if (choice < 60) {
      return change(server, random, key);
    }
    if (choice < 75) {
      return remove(server, random, key);
    }
    return many(server, random);
  }

  private String insert(ApiServer server, Random random, String key) throws Exception {
    String mode = List.of("conflict", "ignore", "replace", "update").get(random.nextInt(4));
    boolean keepNull = random.nextBoolean();
    boolean mergeObjects = random.nextBoolean();
    ObjectNode body = body(random);
    body.put("_key", key);
    ApiServer.Reply reply =
        server.send(
            "POST",
            "/_api/document/c?overwriteMode="
                + mode
                + "&keepNull="
                + keepNull
                + "&mergeObjects="
                + mergeObjects,
            body.toString());
    String did =
        "insert " + mode + " keepNull=" + keepNull + " mergeObjects=" + mergeObjects + " " + body;
    ObjectNode old = model.get(key);
    if (old == null) {
      expectStatus(reply, 202, did);
      model.put(key, stored(key, revision(reply), body));
    } else {
      switch (mode) {
        case "conflict" -> expectStatus(reply, 409, did);
        case "ignore" -> {
          expectStatus(reply, 202, did);
          assertThat(revision(reply)).as(did).isEqualTo(old.get("_rev").asText());
        }
        case "replace" -> {
          expectStatus(reply, 202, did);
          model.put(key, stored(key, revision(reply), body));
        }
        default -> {
          expectStatus(reply, 202, did);
          model.put(key, merged(old, body, revision(reply), keepNull, mergeObjects));
        }
      }
    }
    return did;
  }

  private String change(ApiServer server, Random random, String key) throws Exception {
    boolean replace = random.nextBoolean();
    boolean keepNull = random.nextBoolean();
    boolean mergeObjects = random.nextBoolean();
    ObjectNode body = body(random);
    ObjectNode old = model.get(key);
    int precondition = random.nextInt(3);
    Map<String, String> headers =
        switch (precondition) {
          case 0 -> Map.of();
          case 1 ->
              Map.of(
                  "If-Match", old == null ? "\"_none\"" : "\"" + old.get("_rev").asText() + "\"");
          default -> Map.of("If-Match", "\"_wrong\"");
        };
    String path =
        "/_api/document/c/" + key + "?keepNull=" + keepNull + "&mergeObjects=" + mergeObjects;
    ApiServer.Reply reply =
        server.send(
            replace ? "PUT" : "PATCH",
            path,
            headers,
            body.toString().getBytes(StandardCharsets.UTF_8));
    String did = (replace ? "replace " : "update ") + path + " " + headers + " " + body;
    if (old == null) {
      expectStatus(reply, 404, did);
    } else if (precondition == 2) {
      expectStatus(reply, 412, did);
      assertThat(revision(reply)).as(did).isEqualTo(old.get("_rev").asText());
    } else {
      expectStatus(reply, 202, did);
      model.put(
          key,
          replace
              ? stored(key, revision(reply), body)
              : merged(old, body, revision(reply), keepNull, mergeObjects));
    }
    return did;
  }

  private String remove(ApiServer server, Random random, String key) throws Exception {
    boolean returnOld = random.nextBoolean();
    ApiServer.Reply reply =
        server.send("DELETE", "/_api/document/c/" + key + "?returnOld=" + returnOld, "");
    String did = "remove " + key + " returnOld=" + returnOld;
    ObjectNode old = model.remove(key);
    expectStatus(reply, old == null ? 404 : 202, did);
    if (old != null && returnOld) {
      assertThat(tree(reply).get("old")).as(did).isEqualTo(old);
    }
    return did;
  }

  /// Several operations of one kind, each of which may fail on its own.
  private String many(ApiServer server, Random random) throws Exception {
    int kind = random.nextInt(4);
    ArrayNode bodies = JSON.createArrayNode();
    for (int i = random.nextInt(8); i >= 0; i--) {
      bodies.add(body(random).put("_key", "k" + random.nextInt(KEYS)));
    }
    String verb = List.of("POST", "PUT", "PATCH", "DELETE").get(kind);
    ApiServer.Reply reply = server.send(verb, "/_api/document/c", bodies.toString());
    String did = "many " + verb + " " + bodies;
    expectStatus(reply, 202, did);
    JsonNode results = tree(reply);
    assertThat(results.size()).as(did).isEqualTo(bodies.size());
    TreeMap<Integer, Integer> errors = new TreeMap<>();
    for (int i = 0; i < bodies.size(); i++) {
      ObjectNode body = (ObjectNode) bodies.get(i);
      String key = body.get("_key").asText();
      ObjectNode old = model.get(key);
      int expectedError = kind == 0 ? (old == null ? 0 : 1210) : (old == null ? 1202 : 0);
      JsonNode result = results.get(i);
      assertThat(result.path("errorNum").asInt())
          .as("%s, element %d: %s", did, i, result)
          .isEqualTo(expectedError);
      if (expectedError != 0) {
        errors.merge(expectedError, 1, Integer::sum);
        continue;
      }
      String revision = result.get("_rev").asText();
      switch (kind) {
        case 0, 1 -> model.put(key, stored(key, revision, body));
        case 2 -> model.put(key, merged(old, body, revision, true, true));
        default -> model.remove(key);
      }
    }
    List<String> counts = new ArrayList<>();
    errors.forEach((number, count) -> counts.add("\"" + number + "\":" + count));
    assertThat(reply.header("x-arango-error-codes"))
        .as(did)
        .isEqualTo(counts.isEmpty() ? null : "{" + String.join(",", counts) + "}");
    return did;
  }

  // ---- the model

  private static ObjectNode body(Random random) {
    ObjectNode body = JSON.createObjectNode();
    for (String name : List.of("a", "b", "o")) {
      switch (random.nextInt(5)) {
        case 0 -> body.put(name, random.nextInt(5));
        case 1 -> body.putNull(name);
        case 2 -> body.putArray(name).add(random.nextInt(3)).add("\u00e9");
        case 3 -> {
          ObjectNode inner = body.putObject(name);
          inner.put("x", random.nextInt(3));
          if (random.nextBoolean()) {
            inner.putNull("y");
          }
          if (random.nextBoolean()) {
            inner.putObject("z").put("deep", random.nextDouble());
          }
        }
        default -> {}
      }
    }
    return body;
  }

  private static ObjectNode stored(String key, String revision, ObjectNode body) {
    ObjectNode document = JSON.createObjectNode();
    document.put("_key", key).put("_id", "c/" + key).put("_rev", revision);
    body.properties().stream()
        .filter(member -> !member.getKey().startsWith("_"))
        .forEach(member -> document.set(member.getKey(), member.getValue()));
    return document;
  }

  private static ObjectNode merged(
      @Nullable ObjectNode old,
      ObjectNode patch,
      String revision,
      boolean keepNull,
      boolean mergeObjects) {
    ObjectNode document = java.util.Objects.requireNonNull(old).deepCopy();
    document.put("_rev", revision);
    ObjectNode attributes = patch.deepCopy();
    attributes.remove("_key");
    merge(document, attributes, keepNull, mergeObjects);
    return document;
  }

  private static void merge(
      ObjectNode target, ObjectNode patch, boolean keepNull, boolean mergeObjects) {
    for (Map.Entry<String, JsonNode> member : patch.properties()) {
      JsonNode value = member.getValue();
      JsonNode there = target.get(member.getKey());
      if (value.isNull() && !keepNull) {
        target.remove(member.getKey());
      } else if (value.isObject()) {
        // Without a counterpart the patch's own nulls still count as such.
        ObjectNode base =
            mergeObjects && there != null && there.isObject()
                ? (ObjectNode) there
                : JSON.createObjectNode();
        merge(base, (ObjectNode) value, keepNull, mergeObjects);
        target.set(member.getKey(), base);
      } else {
        target.set(member.getKey(), value);
      }
    }
  }

  // ---- comparing

  private void check(ApiServer server, String did, boolean everything) throws Exception {
    assertThat(tree(server.send("GET", "/_api/collection/c/count", "")).get("count").asInt())
        .as(did)
        .isEqualTo(model.size());
    ArrayNode keys = JSON.createArrayNode();
    for (int i = 0; i < KEYS; i++) {
      keys.add("k" + i);
    }
    JsonNode documents = tree(server.send("PUT", "/_api/document/c?onlyget=true", keys.toString()));
    for (int i = 0; i < KEYS; i++) {
      ObjectNode expected = model.get("k" + i);
      if (expected == null) {
        assertThat(documents.get(i).path("errorNum").asInt()).as(did).isEqualTo(1202);
      } else {
        assertThat(documents.get(i)).as(did).isEqualTo(expected);
      }
    }
    if (everything) {
      TreeMap<String, JsonNode> all = new TreeMap<>();
      JsonNode answer =
          tree(server.send("PUT", "/_api/simple/all", "{\"collection\":\"c\",\"batchSize\":5}"));
      while (true) {
        answer.get("result").forEach(document -> all.put(document.get("_key").asText(), document));
        if (!answer.get("hasMore").asBoolean()) {
          break;
        }
        answer = tree(server.send("POST", "/_api/cursor/" + answer.get("id").asText(), ""));
      }
      assertThat(all).as(did).isEqualTo(model);
    }
  }

  private static void expectStatus(ApiServer.Reply reply, int status, String did) {
    assertThat(reply.status()).as("%s answered %s", did, reply.json()).isEqualTo(status);
  }

  private static String revision(ApiServer.Reply reply) throws JsonProcessingException {
    return tree(reply).get("_rev").asText();
  }

  private static JsonNode tree(ApiServer.Reply reply) throws JsonProcessingException {
    return JSON.readTree(reply.json());
  }
}
