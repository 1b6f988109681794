package dev.lockstep.server.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.DocumentRule;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonRuleCompilerTest {
  private static final String DRAFT_2020 =
      "'$schema':'https://json-schema.org/draft/2020-12/schema'";

  private static VPackSlice json(String text) {
    return JsonToVPack.parse(text.replace('\'', '"'));
  }

  private static DocumentRule compile(String rule) {
    return new JsonRuleCompiler().compile(json(rule));
  }

  private static VPackSlice stored(String document) {
    return StoredDocument.normalize(json(document), "the-key", new Revision(5000)).slice();
  }

  private static @Nullable String violation(String rule, String document) {
    return compile(rule).violation(stored(document));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "valid",
      value = {
        "{}                                       | {}                     | valid",
        "{'required':['n']}                       | {'n':null}             | valid",
        "{'required':['n']}                       | {'m':1}                | document: required"
            + " property 'n' not found (rule '/required')",
        "{'properties':{'n':{'type':'number'}}}   | {'n':1}                | valid",
        "{'properties':{'n':{'type':'number'}}}   | {'n':-1.5}             | valid",
        "{'properties':{'n':{'type':'number'}}}   | {'n':'1'}              | '/n': string found,"
            + " number expected (rule '/properties/n/type')",
        "{'properties':{'n':{'type':'integer'}}}  | {'n':18446744073709551615} | valid",
        "{'properties':{'n':{'type':'integer'}}}  | {'n':1.5}              | '/n': number found,"
            + " integer expected (rule '/properties/n/type')",
        "{'properties':{'n':{'multipleOf':1}}}    | {'n':9007199254740993} | valid",
        "{'properties':{'n':{'type':'boolean'}}}  | {'n':true}             | valid",
        "{'properties':{'n':{'items':{'maximum':6}}}} | {'n':[1,6,7,8]}    | '/n/2': must have a"
            + " maximum value of 6 (rule '/properties/n/items/maximum')",
        "{'properties':{'n':{'minItems':2}}}      | {'n':[[]]}             | '/n': must have at"
            + " least 2 items but found 1 (rule '/properties/n/minItems')",
        "{'properties':{'n':{'uniqueItems':true}}} | {'n':[1,{'a':[2]},{'a':[2]}]} | '/n': must"
            + " have only unique items in the array (rule '/properties/n/uniqueItems')",
        "{'properties':{'n':{'enum':[1,'a',{'b':[1,2.5,null]}]}}} | {'n':{'b':[1,2.5,null]}} |"
            + " valid",
        "{'properties':{'n':{'enum':[1,'a']}}}    | {'n':2}                | '/n': does not have a"
            + " value in the enumeration [1, \"a\"] (rule '/properties/n/enum')",
        "{'properties':{'n':{'pattern':'^b+$'}}}  | {'n':'abbb'}           | '/n': does not match"
            + " the regex pattern ^b+$ (rule '/properties/n/pattern')",
        "{'properties':{'n':{'pattern':'b'}}}     | {'n':'abc'}            | valid",
        "{'properties':{'n':{'format':'date-time'}}} | {'n':'2024-02-30T00:00:00Z'} | '/n': does"
            + " not match the date-time pattern must be a valid RFC 3339 date-time (rule"
            + " '/properties/n/format')",
        "{'patternProperties':{'^x':{'type':'null'}}} | {'xy':null,'y':1}  | valid",
        "{'anyOf':[{'required':['a']},{'required':['b']}]} | {'c':1}       | document: required"
            + " property 'a' not found (rule '/anyOf/0/required'); document: required property 'b'"
            + " not found (rule '/anyOf/1/required')",
        "{'not':{'required':['a']}}               | {'b':1}                | valid",
        "{'definitions':{'d':{'minimum':3}},'properties':{'n':{'$ref':'#/definitions/d'}}} |"
            + " {'n':2} | '/n': must have a minimum value of 3 (rule '/definitions/d/minimum')",
        "{'properties':{'a~b/c':{'type':'null'}}} | {'a~b/c':1}            | '/a~0b~1c': integer"
            + " found, null expected (rule '/properties/a~0b~1c/type')",
      })
  void tellsWhatADocumentBreaksAndWhere(String rule, String document, @Nullable String expected) {
    assertThat(violation(rule, document)).isEqualTo(expected);
  }

  @Test
  void doesNotSeeSystemAttributesOfTheDocumentButThoseInside() {
    String closed = "{'additionalProperties':false,'properties':{'n':{},'_x':{}}}";
    assertThat(violation(closed, "{'_from':'a/b','_to':'a/c','n':1,'_x':2}")).isNull();
    assertThat(violation(closed, "{'n':1,'o':2}")).contains("'o'");
    assertThat(violation("{'required':['_key']}", "{}")).contains("'_key'");
    assertThat(violation("{'maxProperties':1}", "{'_from':'a/b','n':1}")).isNull();
    assertThat(violation("{'minProperties':1}", "{'_from':'a/b'}"))
        .contains("at least 1 properties");
    String inside = "{'properties':{'n':{'required':['_key'],'maxProperties':1}}}";
    assertThat(violation(inside, "{'n':{'_key':1}}")).isNull();
    assertThat(violation(inside, "{'n':{'_key':1,'_id':2}}")).contains("at most 1 properties");
  }

  @Test
  void understandsLaterDraftsByName() {
    assertThat(violation("{'const':{'n':1}}", "{'n':2}")).as("no keyword of draft 4").isNull();
    assertThat(violation("{" + DRAFT_2020 + ",'const':{'n':1}}", "{'n':1}")).isNull();
    assertThat(violation("{" + DRAFT_2020 + ",'const':{'n':1}}", "{'n':2}"))
        .contains("must be the constant value");
    assertThat(
            violation(
                "{'$schema':'http://json-schema.org/draft-07/schema','if':{'required':['a']},'then':{'required':['b']}}",
                "{'a':1}"))
        .contains("'b'");
    assertThat(violation("{" + DRAFT_2020 + ",'unevaluatedProperties':false}", "{'n':2}"))
        .contains("'n'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'nonsense'}                      | is no valid JSON Schema: '/type': does not have"
            + " a value in the enumeration",
        "{'properties':{'n':5}}                   | is no valid JSON Schema: '/properties/n':"
            + " integer found, object expected",
        "{'required':'n'}                         | is no valid JSON Schema: '/required': string"
            + " found, array expected",
        "{'properties':{'n':{'pattern':'(a'}}}    | is no valid JSON Schema:"
            + " '/properties/n/pattern': does not match the regex pattern",
        "{'properties':{'n':{'$ref':'#/definitions/d'}}} | is no usable JSON Schema: Reference"
            + " /definitions/d cannot be resolved",
        "{'$schema':'http://example.org/mine'}    | has the unknown $schema"
            + " \"http://example.org/mine\": expecting one of"
            + " http://json-schema.org/draft-04/schema#,",
        "{'$schema':4}                            | has the unknown $schema 4",
        "{'$ref':'file:///etc/passwd'}            | is no usable JSON Schema: ",
        "{'$ref':'classpath:logback.xml'}         | is no usable JSON Schema: ",
        "{'$ref':'other.json'}                    | is no usable JSON Schema: ",
      })
  void refusesWhatIsNoSchema(String rule, String message) {
    assertThatThrownBy(() -> compile(rule))
        .isInstanceOfSatisfying(
            LockstepException.class,
            error -> assertThat(error.number()).isEqualTo(ErrorNumber.VALIDATION_BAD_PARAMETER))
        .hasMessageStartingWith(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'$ref':'http://127.0.0.1:PORT/a'}",
        "{'properties':{'n':{'$ref':'http://127.0.0.1:PORT/a#/b'}}}",
        "{'id':'http://127.0.0.1:PORT/a','allOf':[{'$ref':'b'}]}",
        "{'$schema':'http://127.0.0.1:PORT/a'}",
        "{'$schema':'https://json-schema.org/draft/2020-12/schema','$dynamicRef':'http://127.0.0.1:PORT/a#x'}",
      })
  void fetchesNothing(String rule) throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      socket.setSoTimeout(1);
      String aimed = rule.replace("PORT", Integer.toString(socket.getLocalPort()));
      try {
        assertThat(violation(aimed, "{'n':1}")).isNotEmpty();
      } catch (LockstepException e) {
        assertThat(e.number()).isEqualTo(ErrorNumber.VALIDATION_BAD_PARAMETER);
      }
      assertThatThrownBy(socket::accept).isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void refusesARuleThatIsTooLong() {
    String rule = "{'description':'" + "x".repeat(JsonRuleCompiler.BYTES_MAX) + "'}";
    assertThatThrownBy(() -> compile(rule)).hasMessageContaining("more than the 1048576 allowed");
  }

  @Test
  void givesUpWhereAPatternBacktracksOrRecursesWithoutEnd() {
    // With a reference to a group Java remembers no positions that failed.
    String rule = "{'properties':{'n':{'pattern':'^(a+)+(b)?\\\\2$'}}}";
    assertThat(violation(rule, "{'n':'" + "a".repeat(20) + "bb'}")).isNull();
    assertThat(violation(rule, "{'n':'" + "a".repeat(60) + "b'}"))
        .isEqualTo("the rule takes too many steps for this document");
    assertThat(
            violation(
                "{'properties':{'n':{'pattern':'^(a|b)*$'}}}",
                "{'n':'" + "ab".repeat(100_000) + "'}"))
        .isEqualTo("the pattern repeats too often within a long text");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{'$ref':'#'}", "{'allOf':[{'$ref':'#'}]}", "{'not':{'not':{'$ref':'#'}}}"})
  void givesUpWhereARuleRefersToItselfWithoutEnd(String rule) {
    assertThat(violation(rule, "{'n':1}"))
        .isEqualTo("the rule recurses too deep for this document");
  }

  @Test
  void givesUpWhereReferencesMultiply() {
    StringBuilder rule = new StringBuilder("{'$ref':'#/definitions/d0','definitions':{");
    for (int i = 0; i < 40; i++) {
      String next = "{'$ref':'#/definitions/d" + (i + 1) + "'}";
      rule.append("'d" + i + "':{'allOf':[" + next + "," + next + "]},");
    }
    rule.append("'d40':{}}}");
    assertThat(violation(rule.toString(), "{'n':1}"))
        .isEqualTo("the rule takes too many steps for this document");
  }

  /// On a virtual thread, as requests are.
  @Test
  void judgesTheDeepestDocumentByARecursiveRule() throws Exception {
    DocumentRule rule =
        compile(
            "{'definitions':{'tree':{'anyOf':[{'type':'null'},{'type':'object','allOf':[{'required':['n'],'properties':{'n':{'$ref':'#/definitions/tree'}}}]}]}},'$ref':'#/definitions/tree'}");
    String good = "{'n':".repeat(199) + "null" + "}".repeat(199);
    String bad = "{'n':".repeat(199) + "1" + "}".repeat(199);
    List<@Nullable String> results = new ArrayList<>();
    Thread.ofVirtual()
        .start(() -> {
          results.add(rule.violation(stored(good)));
          results.add(rule.violation(stored(bad)));
        })
        .join();
    assertThat(results.get(0)).isNull();
    assertThat(results.get(1)).startsWith("document: object found, null expected");
  }

  @Test
  void judgesALargeDocumentWithoutATreeOfIt() {
    DocumentRule rule = compile("{'properties':{'n':{'items':{'type':'number'}}}}");
    VPackBuilder builder = new VPackBuilder().openObject().key("n").openArray();
    for (int i = 0; i < 2_000_000; i++) {
      builder.value(i % 10);
    }
    VPackSlice document = builder.value("x").close().close().toSlice();
    assertThat(rule.violation(document)).startsWith("'/n/2000000': string found");
  }

  @Test
  void oneRuleJudgesOnManyThreadsAtOnce() throws Exception {
    DocumentRule rule = compile("{'properties':{'n':{'pattern':'^[0-9]+$','maxLength':4}}}");
    List<Callable<Boolean>> tasks = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      String value = i % 2 == 0 ? Integer.toString(i) : "x" + i;
      boolean valid = i % 2 == 0;
      tasks.add(() -> (rule.violation(stored("{'n':'" + value + "'}")) == null) == valid);
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (Future<Boolean> right : threads.invokeAll(tasks)) {
        assertThat(right.get()).isTrue();
      }
    }
  }
}
