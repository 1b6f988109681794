package dev.lockstep.core.document;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AttributePathTest {
  private static List<String> values(String path, String json) {
    return AttributePath.parse(path).values(JsonToVPack.parse(json)).stream()
        .map(VPackSlice::toJson)
        .toList();
  }

  @Test
  void reachesIntoObjects() {
    assertThat(values("a", "{\"a\":1}")).containsExactly("1");
    assertThat(values("a.b.c", "{\"a\":{\"b\":{\"c\":[1]}}}")).containsExactly("[1]");
    assertThat(values("ä.ö", "{\"ä\":{\"ö\":null}}")).containsExactly("null");
    assertThat(
            requireNonNull(AttributePath.parse("a.b").value(JsonToVPack.parse("{\"a\":{\"b\":2}}")))
                .asLong())
        .isEqualTo(2);
  }

  @Test
  void findsNothingWhereThePathBreaks() {
    assertThat(values("a", "{}")).isEmpty();
    assertThat(values("a.b", "{\"a\":1}")).isEmpty();
    assertThat(values("a.b", "{\"a\":[{\"b\":1}]}")).isEmpty();
    assertThat(values("a.b", "[]")).isEmpty();
    assertThat(AttributePath.parse("a.b").value(JsonToVPack.parse("{\"a\":null}"))).isNull();
  }

  @Test
  void expandsArrays() {
    assertThat(values("a[*]", "{\"a\":[1,\"x\",[2]]}")).containsExactly("1", "\"x\"", "[2]");
    assertThat(values("a[*].b", "{\"a\":[{\"b\":1},{\"c\":2},3,{\"b\":null}]}"))
        .containsExactly("1", "null", "null", "null");
    assertThat(values("x.a[*].b.c", "{\"x\":{\"a\":[{\"b\":{\"c\":1}},{\"b\":{\"c\":2}}]}}"))
        .containsExactly("1", "2");
    assertThat(values("a[*]", "{\"a\":[]}")).isEmpty();
    assertThat(values("a[*]", "{\"a\":{\"0\":1}}")).isEmpty();
    assertThat(values("a[*]", "{}")).isEmpty();
  }

  @Test
  void knowsWhetherItExpands() {
    assertThat(AttributePath.parse("a.b").isExpanding()).isFalse();
    assertThat(AttributePath.parse("a[*].b").isExpanding()).isTrue();
    assertThat(AttributePath.parse("a[*].b"))
        .hasToString("a[*].b")
        .isEqualTo(AttributePath.parse("a[*].b"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "a.", ".a", "a..b", "[*]", "a[*].b[*]", "a[*]b", "a.[*]"})
  void refusesMalformedPaths(String path) {
    assertThatThrownBy(() -> AttributePath.parse(path))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
