package dev.lockstep.core.document;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DocumentMergeTest {
  private static String merge(String old, String patch, boolean keepNull, boolean mergeObjects) {
    return DocumentMerge.merge(
            JsonToVPack.parse(old), JsonToVPack.parse(patch), keepNull, mergeObjects)
        .toJson();
  }

  @Test
  void addsReplacesAndMergesRecursively() {
    assertThat(
            merge(
                "{\"a\":1,\"o\":{\"x\":1,\"y\":{\"p\":1}}}",
                "{\"b\":2,\"a\":[1],\"o\":{\"y\":{\"q\":2},\"z\":3}}",
                true,
                true))
        .isEqualTo("{\"a\":[1],\"o\":{\"x\":1,\"y\":{\"p\":1,\"q\":2},\"z\":3},\"b\":2}");
  }

  @Test
  void replacesArraysAndUnlikeTypes() {
    assertThat(
            merge(
                "{\"a\":[1,2],\"b\":{\"x\":1},\"c\":1}",
                "{\"a\":[3],\"b\":2,\"c\":{\"y\":1}}",
                true,
                true))
        .isEqualTo("{\"a\":[3],\"b\":2,\"c\":{\"y\":1}}");
  }

  @Test
  void replacesObjectsWhenToldNotToMerge() {
    assertThat(merge("{\"o\":{\"x\":1}}", "{\"o\":{\"y\":2}}", true, false))
        .isEqualTo("{\"o\":{\"y\":2}}");
  }

  @Test
  void keepsNullsOfThePatchByDefault() {
    assertThat(
            merge(
                "{\"a\":1,\"o\":{\"x\":1}}",
                "{\"a\":null,\"b\":null,\"o\":{\"x\":null}}",
                true,
                true))
        .isEqualTo("{\"a\":null,\"o\":{\"x\":null},\"b\":null}");
  }

  @Test
  void removesWhatThePatchNullsWhenToldSo() {
    assertThat(
            merge(
                "{\"a\":1,\"b\":2,\"o\":{\"x\":1,\"y\":2}}",
                "{\"a\":null,\"c\":null,\"o\":{\"x\":null},\"n\":{\"p\":null,\"q\":1}}",
                false,
                true))
        .isEqualTo("{\"b\":2,\"o\":{\"y\":2},\"n\":{\"q\":1}}");
    assertThat(merge("{\"o\":{\"x\":1}}", "{\"o\":{\"y\":null,\"z\":1}}", false, false))
        .isEqualTo("{\"o\":{\"z\":1}}");
  }

  @Test
  void nullsThatWereThereAndNullsInArraysStay() {
    assertThat(
            merge(
                "{\"a\":null,\"o\":{\"x\":null}}",
                "{\"b\":[null,{\"y\":null}],\"o\":{\"z\":1}}",
                false,
                true))
        .isEqualTo("{\"a\":null,\"o\":{\"x\":null,\"z\":1},\"b\":[null,{\"y\":null}]}");
  }

  @Test
  void keepsTheIdentityOfTheDocument() {
    assertThat(
            merge(
                "{\"_key\":\"k\",\"_rev\":\"r\",\"a\":1}",
                "{\"_key\":\"other\",\"_id\":\"c/other\",\"_rev\":null,\"a\":2,\"o\":{\"_key\":1}}",
                false,
                true))
        .isEqualTo("{\"_key\":\"k\",\"_rev\":\"r\",\"a\":2,\"o\":{\"_key\":1}}");
  }

  @Test
  void takesPatchesInAnyLayout() {
    VPackBuilder patch = new VPackBuilder().compact().openObject().member("a", 1);
    patch.key("o").openObject().member("x", 2).member("y", 3).close().member("a", 4).close();
    assertThat(
            DocumentMerge.merge(
                    JsonToVPack.parse("{\"a\":0,\"o\":{\"x\":0}}"), patch.toSlice(), true, true)
                .toJson())
        .isEqualTo("{\"a\":4,\"o\":{\"x\":2,\"y\":3}}");
  }

  @Test
  void refusesWhatIsNoObject() {
    assertThatThrownBy(() -> merge("{}", "[]", true, true))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> merge("1", "{}", true, true))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void agreesWithASimpleModel() {
    for (int seed = 0; seed < 500; seed++) {
      RandomValues values = new RandomValues(seed);
      Map<String, Object> old = values.object(3);
      Map<String, Object> patch = values.object(3);
      // Shared names at both levels, so that there is something to merge.
      old.forEach((name, value) -> {
        if (values.random().nextInt(3) == 0) {
          patch.put(name, value instanceof Map<?, ?> ? values.object(2) : values.value(2));
        }
      });
      boolean keepNull = values.random().nextBoolean();
      boolean mergeObjects = values.random().nextBoolean();
      VPackSlice merged =
          DocumentMerge.merge(
              RandomValues.toSlice(old), RandomValues.toSlice(patch), keepNull, mergeObjects);
      VPackValidator.validateWhole(merged.buffer(), ValidationLimits.REQUEST);
      assertThat(RandomValues.toJava(merged))
          .as("seed %s", seed)
          .isEqualTo(model(old, patch, keepNull, mergeObjects));
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> model(
      Map<String, @Nullable Object> old,
      Map<String, @Nullable Object> patch,
      boolean keepNull,
      boolean mergeObjects) {
    Map<String, Object> merged = new LinkedHashMap<>(old);
    patch.forEach((name, value) -> {
      if (value == null && !keepNull) {
        merged.remove(name);
      } else if (value instanceof Map<?, ?> inner) {
        boolean both = mergeObjects && old.get(name) instanceof Map<?, ?>;
        Map<String, Object> base =
            both ? (Map<String, Object>) requireNonNull(old.get(name)) : Map.of();
        merged.put(name, model(base, (Map<String, Object>) inner, keepNull, mergeObjects));
      } else {
        merged.put(name, value);
      }
    });
    return merged;
  }
}
