package dev.lockstep.shell.script;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrinterTest {
  private ShellFixture shell;

  @BeforeAll
  void open() throws Exception {
    shell = new ShellFixture();
  }

  @AfterAll
  void close() throws Exception {
    shell.close();
  }

  @BeforeEach
  void prettyAgain() {
    shell.scripts.run("start_pretty_print(); stop_color_print()");
    shell.clear();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'plain'                     | plain",
        "['a', 1.5, -0, true, null]  | [\\n  \"a\",\\n  1.5,\\n  -0,\\n  true,\\n  null\\n]",
        "[]                          | [ ]",
        "({})                        | {\\n}",
        "({a: {}})                   | {\\n  \"a\" : {\\n  }\\n}",
        "({a: [], \"b c\": [1]})     | {\\n  \"a\" : [ ],\\n  \"b c\" : [\\n    1\\n  ]\\n}",
        "({a: undefined})            | {\\n  \"a\" : undefined\\n}",
        "[1, , 2]                    | [\\n  1,\\n  undefined,\\n  2\\n]",
        "\"a\\\\n\\\"b\"             | a\\n\"b",
        "({s: \"a\\\\n\\\"b\"})      | {\\n  \"s\" : \"a\\\\n\\\\\"b\"\\n}",
        "10n ** 20n                  | 100000000000000000000",
        "1e21                        | 1e+21",
        "NaN                         | NaN",
        "null                        | null",
        "(function f(a) { })         | [Function \"f\"]",
        "(class C { })               | [Class \"C\"]",
        "new TypeError('x')          | [TypeError: x]",
        "[new ArangoError({errorNum: 1202})] | [\\n  [ArangoError 1202: document not found]\\n]",
        "new Date(0)                 | \"1970-01-01T00:00:00.000Z\"",
        "/a+/g                       | /a+/g",
        "new Set([1])                | Set [\\n  1\\n]",
        "Buffer.from('abc')          | [Buffer of 3 bytes]",
        "new Uint8Array(2)           | [\\n  0,\\n  0\\n]",
        "Object.create({inherited: 1}, {own: {value: 2, enumerable: true}}) | {\\n"
            + "  \"own\" : 2\\n}",
      })
  void printsAValueOverSeveralLines(String expression, String expected) {
    assertThat(shell.typed(unescape(expression))).isEqualTo(unescape(expected));
  }

  private static String unescape(String text) {
    return text.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "({a: 1, b: [1, {c: 'x'}]}) | { \"a\" : 1, \"b\" : [ 1, { \"c\" : \"x\" } ] }",
        "[]                         | [ ]",
        "({})                       | { }",
      })
  void printsAValueOnOneLineWhenAskedTo(String expression, String expected) {
    shell.typed("stop_pretty_print()");
    assertThat(shell.typed(expression)).isEqualTo(expected);
  }

  @Test
  void printsNothingForUndefinedAndDeclarations() {
    assertThat(shell.typed("undefined")).isEmpty();
    assertThat(shell.typed("var declared = 1")).isEmpty();
    assertThat(shell.typed("assigned = 1")).isEqualTo("1");
  }

  @Test
  void separatesSeveralValuesByABlank() {
    assertThat(shell.typed("print('a', 1, [ ])")).isEqualTo("a 1 [ ]");
    assertThat(shell.typed("output('a'); output('b')")).isEqualTo("ab");
    assertThat(shell.typed("print()")).isEmpty();
  }

  @Test
  void survivesCirclesAndDepth() {
    assertThat(shell.typed("var circle = {}; circle.self = circle; circle"))
        .isEqualTo("{\n  \"self\" : <circular reference>\n}");
    assertThat(shell.typed("var twice = [ ]; [twice, twice]")).isEqualTo("[\n  [ ],\n  [ ]\n]");
    shell.typed("stop_pretty_print()");
    assertThat(
            shell.typed("var deep = [ ]; for (let i = 0; i < 20000; i++) { deep = [deep]; } deep"))
        .contains("...")
        .hasSizeLessThan(5_000);
  }

  @Test
  void colorsOnlyWhenAskedTo() {
    assertThat(shell.typed("({a: 1})")).doesNotContain("\u001b");
    shell.typed("start_color_print()");
    assertThat(shell.typed("({a: 1})")).contains("\u001b[34m\"a\"\u001b[0m : \u001b[36m1\u001b[0m");
  }
}
