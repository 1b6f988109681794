package dev.lockstep.shell.script;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenConstructsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "(",
        "[1, {",
        "`",
        "`${",
        "`${`",
        "/*",
        "f(\"a)\"",
        "x = /[(]/; (",
        "// (\n(",
        "`${ { } ",
        "'a\\"
      })
  void areFound(String text) {
    assertThat(OpenConstructs.anyIn(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "()",
        "`${ {a: `}`} }`",
        "/* ( */",
        "// (",
        "'('",
        "\"`\"",
        "/[/(]/",
        "/\\(/",
        "a / b / (c)",
        ")("
      })
  void areNotSeenWhereThereAreNone(String text) {
    assertThat(OpenConstructs.anyIn(text)).isFalse();
  }
}
