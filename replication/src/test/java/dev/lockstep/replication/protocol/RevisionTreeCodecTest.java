package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackToJson;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeEditor;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.core.revision.TreeVectors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class RevisionTreeCodecTest {
  @TestFactory
  List<DynamicTest> acceptsAndRefusesWhatAStockFollowerDoes() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    try (InputStream in = getClass().getResourceAsStream("/vectors/merkle-parse.json")) {
      VPackSlice vectors = JsonToVPack.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
      for (VPackSlice vector : member(vectors, "trees").elements()) {
        tests.add(
            DynamicTest.dynamicTest(
                member(vector, "name").asString(),
                () -> {
                  VPackSlice sent = JsonToVPack.parse(member(vector, "json").asString());
                  if (member(vector, "accepted").asBoolean()) {
                    assertThat(json(RevisionTreeCodec.read(sent), true))
                        .isEqualTo(member(vector, "reserialized").asString());
                  } else {
                    assertThatThrownBy(() -> RevisionTreeCodec.read(sent))
                        .isInstanceOf(RevisionTreeException.class);
                  }
                }));
      }
    }
    assertThat(tests).hasSize(16);
    return tests;
  }

  @Test
  void writesTheTreeOfThreeRevisionsAsAStockLeader() {
    RevisionTreeEditor editor = new RevisionTreeEditor();
    for (String revision : List.of("_fw2YvKK--_", "_fw2YvKK--A", "_fw2YybW---")) {
      editor.insert(Revision.parse(revision));
    }
    assertThat(json(editor.toTree(), true))
        .isEqualTo(
            "{\"version\":1,\"maxDepth\":6,\"rangeMax\":\"_jpq8a-----\",\"rangeMin\":\"_bpq8a-----\","
                + "\"initialRangeMin\":\"_bpq8a-----\",\"count\":3,\"hash\":1563629593008361409,"
                + "\"nodes\":[{\"skip\":134747},{\"count\":3,\"hash\":1563629593008361409}]}");
  }

  @TestFactory
  List<DynamicTest> writesEveryTreeAsAStockLeaderToTheByte() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode vector : TreeVectors.read("merkle-trees.json").get("trees")) {
      JsonNode expected = vector.get("expected").get("json");
      tests.add(
          DynamicTest.dynamicTest(
              vector.get("name").asText(),
              () -> {
                RevisionTree tree =
                    TreeVectors.build(
                        vector.get("input").get("operations"), (result, editor) -> {});
                assertThat(TreeVectors.sha256(json(tree, true)))
                    .isEqualTo(expected.get("onlyPopulated").get("sha256").asText());
                assertThat(TreeVectors.sha256(json(tree, false)))
                    .isEqualTo(expected.get("full").get("sha256").asText());
                assertThat(TreeVectors.sha256(written(tree, true).toByteArray()))
                    .isEqualTo(expected.get("onlyPopulated").get("velocypackSha256").asText());
                for (boolean onlyPopulated : new boolean[] {true, false}) {
                  RevisionTree read =
                      RevisionTreeCodec.read(written(tree, onlyPopulated).toSlice());
                  assertThat(json(read, true)).isEqualTo(json(tree, true));
                }
              }));
    }
    assertThat(tests).hasSize(25);
    return tests;
  }

  private static String json(RevisionTree tree, boolean onlyPopulated) {
    return VPackToJson.toJson(written(tree, onlyPopulated).toSlice());
  }

  private static VPackBuilder written(RevisionTree tree, boolean onlyPopulated) {
    VPackBuilder builder = new VPackBuilder();
    RevisionTreeCodec.write(tree, onlyPopulated, builder);
    return builder;
  }

  private static VPackSlice member(VPackSlice object, String name) {
    VPackSlice value = object.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no member " + name);
    }
    return value;
  }
}
