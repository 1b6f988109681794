package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackToJson;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeEditor;
import dev.lockstep.core.revision.RevisionTreeException;
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

  @Test
  void readsBackTheFullFormWithEveryLeaf() {
    RevisionTreeEditor editor = new RevisionTreeEditor();
    for (long i = 0; i < 1_000; i++) {
      editor.insert(new Revision(Revision.LOWER_BOUND.value() + i * 977));
    }
    RevisionTree tree = editor.toTree();
    VPackBuilder full = new VPackBuilder();
    RevisionTreeCodec.write(tree, false, full);
    assertThat(member(full.toSlice(), "nodes").length()).isEqualTo(RevisionTree.LEAVES);
    assertThat(RevisionTree.differences(RevisionTreeCodec.read(full.toSlice()), tree)).isEmpty();
  }

  private static String json(RevisionTree tree, boolean onlyPopulated) {
    VPackBuilder builder = new VPackBuilder();
    RevisionTreeCodec.write(tree, onlyPopulated, builder);
    return VPackToJson.toJson(builder.toSlice());
  }

  private static VPackSlice member(VPackSlice object, String name) {
    VPackSlice value = object.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no member " + name);
    }
    return value;
  }
}
