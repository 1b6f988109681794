package dev.lockstep.shell.script;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InputStateTest {
  private ShellFixture shell;

  @BeforeAll
  void open() throws Exception {
    shell = new ShellFixture();
  }

  @AfterAll
  void close() throws Exception {
    shell.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1",
        "var x = 1;",
        "db._collections()",
        "function f() { return 1; }",
        "if (true) { 1 }",
        "`a ${1 + `b`} c`",
        "'{'",
        "/[{(]/.test('x')",
        "/* { */ 1",
        "1 // {",
        "a / b / c",
        "\"it's\"",
        "x = {\n a: 1\n}",
        "",
      })
  void isCompleteWhenItCanRun(String text) {
    assertThat(shell.scripts.inputState(text)).isEqualTo(InputState.COMPLETE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "function f() {",
        "if (true) {",
        "if (true)",
        "db.x.save({",
        "[1,",
        "1 +",
        "foo.",
        "`text",
        "`text ${",
        "`a ${ {b: 1} ",
        "/* comment",
        "x = {\n a: 1,",
        "f(function () {\n  return 1;\n}",
        "var x =",
      })
  void isIncompleteWhileSomethingIsOpen(String text) {
    assertThat(shell.scripts.inputState(text)).isEqualTo(InputState.INCOMPLETE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "}", "'open", "x = )", "return 1", "f(1;", "var 1"})
  void isInvalidWhenNothingCouldSaveIt(String text) {
    // "f(1;" still has an open bracket: one more line is asked for, which then reports the error.
    assertThat(shell.scripts.inputState(text))
        .isEqualTo(text.equals("f(1;") ? InputState.INCOMPLETE : InputState.INVALID);
  }

  @Test
  void doesNotParseALongTextAgainAndAgain() {
    String open = "x = [\n" + "  { \"a\" : \"b\" },\n".repeat(20_000);
    assertThat(shell.scripts.inputState(open)).isEqualTo(InputState.INCOMPLETE);
    assertThat(shell.scripts.inputState(open + "]")).isEqualTo(InputState.COMPLETE);
  }
}
