package dev.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A conversation with the server as a text file: what is sent and what must come back. The
/// notation is explained at the top of `transcripts/collections.txt`; `>>` lines are sent as they
/// are, one line of the body each. [TranscriptPlayer] plays it.
final class Transcript {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          // 1.0 is written as 1.0.
          .setNodeFactory(JsonNodeFactory.withExactBigDecimals(true));

  private static final Pattern PLACEHOLDER = Pattern.compile("\\$[A-Za-z_][A-Za-z0-9_]*");

  /// One request and what its answer must be.
  ///
  /// @param line of the file, counted from 1
  /// @param rawBody whether the body goes out as it stands, whatever form the others have
  record Exchange(
      int line,
      String verb,
      String path,
      Map<String, String> requestHeaders,
      String body,
      boolean rawBody,
      int status,
      Map<String, String> responseHeaders,
      @Nullable String responseBody) {
    @Override
    public String toString() {
      return "line " + line + ": " + verb + " " + path;
    }
  }

  /// Values of placeholders so far.
  private final Map<String, JsonNode> values = new HashMap<>();

  /// @param test the class beside whose package's folder `transcripts` the file lies
  static List<Exchange> read(Class<?> test, String name) throws IOException {
    List<Exchange> exchanges = new ArrayList<>();
    try (InputStream in = test.getResourceAsStream("transcripts/" + name)) {
      assertThat(in).as(name).isNotNull();
      BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      List<String> block = new ArrayList<>();
      int lineNumber = 0;
      int blockStart = 1;
      String line;
      do {
        line = reader.readLine();
        lineNumber++;
        if (line == null || line.isBlank()) {
          if (!block.isEmpty()) {
            exchanges.add(parse(blockStart, block));
            block.clear();
          }
        } else if (!line.startsWith("#")) {
          if (block.isEmpty()) {
            blockStart = lineNumber;
          }
          block.add(line);
        }
      } while (line != null);
    }
    return exchanges;
  }

  private static Exchange parse(int line, List<String> block) {
    String[] request = block.getFirst().substring(2).split(" ", 2);
    Map<String, String> requestHeaders = new LinkedHashMap<>();
    Map<String, String> responseHeaders = new LinkedHashMap<>();
    StringBuilder body = new StringBuilder();
    boolean raw = false;
    int status = 0;
    String responseBody = null;
    for (String text : block.subList(1, block.size())) {
      if (text.startsWith(">>")) {
        raw = true;
        body.append(text.length() > 3 ? text.substring(3) : "").append('\n');
      } else if (text.startsWith("> ")) {
        String content = text.substring(2);
        if (isHeader(content)) {
          putHeader(requestHeaders, content);
        } else {
          body.append(content);
        }
      } else if (text.startsWith("< ")) {
        String content = text.substring(2);
        if (status == 0) {
          status = Integer.parseInt(content);
        } else if (isHeader(content)) {
          putHeader(responseHeaders, content);
        } else {
          responseBody = content;
        }
      } else {
        fail("line %d ff.: cannot read '%s'", line, text);
      }
    }
    assertThat(status).as("line %d ff. has no status", line).isNotZero();
    return new Exchange(
        line,
        request[0],
        request[1],
        requestHeaders,
        body.toString(),
        raw,
        status,
        responseHeaders,
        responseBody);
  }

  private static boolean isHeader(String text) {
    return text.matches("[A-Za-z][A-Za-z0-9-]*: .*");
  }

  private static void putHeader(Map<String, String> headers, String text) {
    int colon = text.indexOf(": ");
    headers.put(text.substring(0, colon), text.substring(colon + 2));
  }

  /// Gives a placeholder its value before the conversation begins.
  void bind(String placeholder, String value) {
    values.put(placeholder, TextNode.valueOf(value));
  }

  /// The text with every known placeholder replaced.
  String filled(String text) {
    Matcher matcher = PLACEHOLDER.matcher(text);
    StringBuilder filled = new StringBuilder();
    while (matcher.find()) {
      JsonNode value = values.get(matcher.group());
      matcher.appendReplacement(
          filled, Matcher.quoteReplacement(value == null ? matcher.group() : value.asText()));
    }
    return matcher.appendTail(filled).toString();
  }

  /// Checks a header; a placeholder in it takes its value from what it stands for.
  void checkHeader(String name, String expected, @Nullable String actual) {
    assertThat(actual).as("header %s", name).isNotNull();
    Matcher matcher = PLACEHOLDER.matcher(expected);
    StringBuilder pattern = new StringBuilder();
    List<String> unknown = new ArrayList<>();
    int end = 0;
    while (matcher.find()) {
      pattern.append(Pattern.quote(expected.substring(end, matcher.start())));
      JsonNode value = values.get(matcher.group());
      if (value == null) {
        unknown.add(matcher.group());
        pattern.append("(.+?)");
      } else {
        pattern.append(Pattern.quote(value.asText()));
      }
      end = matcher.end();
    }
    pattern.append(Pattern.quote(expected.substring(end)));
    Matcher found = Pattern.compile(pattern.toString()).matcher(actual);
    assertThat(found.matches())
        .as("header %s: expecting '%s', got '%s'", name, filled(expected), actual)
        .isTrue();
    for (int i = 0; i < unknown.size(); i++) {
      remember(unknown.get(i), TextNode.valueOf(found.group(i + 1)));
    }
  }

  void checkBody(String expected, String actual) throws IOException {
    assertThat(differences(expected, actual)).as("body %s", actual).isEmpty();
  }

  /// What an answer says differently; placeholders without a value take theirs from it.
  List<String> differences(String expected, String actual) throws IOException {
    JsonNode actualTree;
    try {
      actualTree = JSON.readTree(actual);
    } catch (IOException e) {
      throw new AssertionError("the body is no JSON: " + actual, e);
    }
    List<String> differences = new ArrayList<>();
    compare("", JSON.readTree(expected), actualTree, differences);
    return differences;
  }

  private void compare(String path, JsonNode expected, JsonNode actual, List<String> differences) {
    if (expected.isTextual() && PLACEHOLDER.matcher(expected.textValue()).matches()) {
      String name = expected.textValue();
      JsonNode known = values.get(name);
      if (known == null) {
        remember(name, actual);
      } else if (!known.asText().equals(actual.asText())) {
        differences.add(path + ": expecting " + name + " = " + known + ", got " + actual);
      }
    } else if (expected.isObject() && actual.isObject()) {
      boolean partial = expected.has("...");
      TreeSet<String> names = new TreeSet<>();
      expected.fieldNames().forEachRemaining(names::add);
      names.remove("...");
      if (!partial) {
        actual.fieldNames().forEachRemaining(names::add);
      }
      for (String name : names) {
        JsonNode wanted = expected.get(name);
        JsonNode got = actual.get(name);
        if (wanted == null || got == null) {
          differences.add(path + "/" + name + ": expecting " + wanted + ", got " + got);
        } else {
          compare(path + "/" + name, wanted, got, differences);
        }
      }
    } else if (expected.isArray() && actual.isArray() && expected.size() == actual.size()) {
      for (int i = 0; i < expected.size(); i++) {
        compare(path + "/" + i, expected.get(i), actual.get(i), differences);
      }
    } else if (expected.isNumber() && actual.isNumber()) {
      // 1 and 1.0 are different documents to a client.
      if (expected.isIntegralNumber() != actual.isIntegralNumber()
          || expected.decimalValue().compareTo(actual.decimalValue()) != 0) {
        differences.add(path + ": expecting " + expected + ", got " + actual);
      }
    } else if (!expected.equals(actual)) {
      differences.add(path + ": expecting " + expected + ", got " + actual);
    }
  }

  /// What the file should say of an answer: the answer itself, but with placeholders where there
  /// are some by now, or where their values stand, and without the members that are not shown.
  String recorded(@Nullable String expected, String actual) throws IOException {
    return JSON.writeValueAsString(
        recorded(expected == null ? null : JSON.readTree(expected), JSON.readTree(actual)));
  }

  private JsonNode recorded(@Nullable JsonNode expected, JsonNode actual) {
    if (expected != null
        && expected.isTextual()
        && PLACEHOLDER.matcher(expected.textValue()).matches()) {
      return expected;
    }
    if (actual.isObject()) {
      boolean partial = expected != null && expected.has("...");
      ObjectNode object = JSON.createObjectNode();
      for (Map.Entry<String, JsonNode> member : actual.properties()) {
        JsonNode known = expected == null ? null : expected.get(member.getKey());
        if (!partial || known != null) {
          object.set(member.getKey(), recorded(known, member.getValue()));
        }
      }
      return partial ? object.put("...", 0) : object;
    }
    if (actual.isArray()) {
      boolean comparable =
          expected != null && expected.isArray() && expected.size() == actual.size();
      ArrayNode array = JSON.createArrayNode();
      for (int i = 0; i < actual.size(); i++) {
        array.add(
            recorded(comparable ? Objects.requireNonNull(expected).get(i) : null, actual.get(i)));
      }
      return array;
    }
    for (Map.Entry<String, JsonNode> value : values.entrySet()) {
      if (actual.isTextual() && actual.equals(value.getValue())) {
        return TextNode.valueOf(value.getKey());
      }
    }
    return actual;
  }

  private void remember(String placeholder, JsonNode value) {
    if (!placeholder.equals("$_")) {
      values.put(placeholder, value);
    }
  }
}
