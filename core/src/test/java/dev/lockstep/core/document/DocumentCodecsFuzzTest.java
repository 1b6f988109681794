package dev.lockstep.core.document;

import dev.lockstep.core.fuzz.MutationFuzzer;
import java.io.ByteArrayInputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Nothing a peer may send as JSON or VelocyPack makes a codec do anything but read or refuse it.
class DocumentCodecsFuzzTest {
  private static final JsonToVPack.Limits LIMITS = JsonToVPack.Limits.DEFAULT;

  private static final String OBJECT =
      "{\"_key\":\"a\",\"_rev\":\"_fw2YvKK--_\",\"_id\":\"c/a\",\"_from\":\"v/1\",\"_to\":\"v/2\","
          + "\"list\":[1,-1,1.5,18446744073709551615,1e300,true,null,\"text ä 😀\",[],{}],"
          + "\"nested\":{\"a\":{\"b\":[[[{\"c\":\"\\u00e4\\ud83d\\ude00\"}]]]}},\"empty\":\"\"}";

  private static List<byte[]> json() {
    List<byte[]> examples = new ArrayList<>();
    for (String text :
        List.of(
            OBJECT,
            "[" + OBJECT + "," + OBJECT + "]",
            OBJECT + "\n" + OBJECT + "\n\n[1]\n",
            "[1.25,-0.0,123456789012345678901234567890]",
            "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"")) {
      examples.add(text.getBytes(StandardCharsets.UTF_8));
    }
    examples.add(OBJECT.getBytes(StandardCharsets.UTF_16BE));
    examples.add(OBJECT.getBytes(StandardCharsets.UTF_16LE));
    examples.add(OBJECT.getBytes(Charset.forName("UTF-32BE")));
    return examples;
  }

  private static List<byte[]> velocyPack() {
    List<byte[]> examples = new ArrayList<>();
    RandomValues values = new RandomValues(1);
    for (int i = 0; i < 50; i++) {
      examples.add(JsonToVPack.parse(OBJECT.replace("text", "t" + i)).toByteArray());
      examples.add(RandomValues.toSlice(values.object(3)).toByteArray());
    }
    return examples;
  }

  @Test
  void aJsonValueIsReadOrRefused() throws Exception {
    report(
        MutationFuzzer.of("JSON", InvalidJsonException.class, VPackTooLargeException.class)
            .run(json(), input -> useAll(JsonToVPack.parse(input, LIMITS))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"concatenated", "elements", "lines"})
  void aStreamOfJsonValuesIsReadOrRefused(String way) throws Exception {
    report(
        MutationFuzzer.of("JSON " + way, InvalidJsonException.class, VPackTooLargeException.class)
            // Each value has a buffer of its own, and the shortest ones are two characters.
            .allocating(800, 0)
            .run(
                json(),
                input -> {
                  ByteArrayInputStream in = new ByteArrayInputStream(input);
                  try (JsonToVPack.Values values =
                      switch (way) {
                        case "concatenated" -> JsonToVPack.Values.concatenated(in, LIMITS);
                        case "elements" -> JsonToVPack.Values.elementsOf(in, LIMITS);
                        default -> JsonToVPack.Values.lines(in, LIMITS);
                      }) {
                    for (VPackSlice value = values.next(); value != null; value = values.next()) {
                      useAll(value);
                    }
                  }
                }));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatTheValidatorLetsThroughCanBeReadToTheLastByte(boolean fromLeader) throws Exception {
    ValidationLimits limits = fromLeader ? ValidationLimits.DUMP : ValidationLimits.REQUEST;
    report(
        MutationFuzzer.of("VelocyPack " + limits, InvalidVPackException.class)
            .run(
                velocyPack(),
                input -> {
                  VPackSlice value = VPackValidator.validateWhole(input, limits);
                  useAll(value);
                  if (value.isObject()) {
                    Document stored =
                        StoredDocument.normalize(value, "key", new Revision(1L << 60));
                    StoredDocument.withId(stored.slice(), "c").toJson();
                    VPackValidator.validateWhole(
                        stored.slice().toByteArray(), ValidationLimits.REQUEST);
                  }
                }));
  }

  @Test
  void documentsOneAfterTheOtherAreReadOrRefused() throws Exception {
    report(
        MutationFuzzer.of("documents in VelocyPack", InvalidVPackException.class)
            .run(
                velocyPack(),
                input -> {
                  DocumentReader reader =
                      new DocumentReader(input, 0, input.length, ValidationLimits.DUMP);
                  for (Document document = reader.next();
                      document != null;
                      document = reader.next()) {
                    useAll(document.slice());
                  }
                }));
  }

  @Test
  void aRevisionIsReadOrInvalidInEveryForm() throws Exception {
    report(
        MutationFuzzer.of("revision")
            .run(
                Stream.of("_fw2YvKK--_", "1234567", "N9999999999")
                    .map(text -> text.getBytes(StandardCharsets.US_ASCII))
                    .toList(),
                input -> {
                  String text = new String(input, StandardCharsets.ISO_8859_1);
                  for (Revision revision : List.of(Revision.parse(text), Revision.parseHlc(text))) {
                    Objects.requireNonNull(revision.toString() + revision.toHlcString());
                  }
                }));
  }

  /// Touches everything that a reader could.
  static void useAll(VPackSlice value) {
    value.byteSize();
    value.toJson();
    walk(value);
  }

  private static void walk(VPackSlice value) {
    if (value.isObject()) {
      for (VPackMember member : value.members()) {
        value.get(member.name());
        walk(member.value());
      }
    } else if (value.isArray()) {
      for (VPackSlice element : value.elements()) {
        walk(element);
      }
    } else if (value.isString()) {
      value.asString();
    } else if (value.isInteger()) {
      value.asBigInteger();
    } else if (value.isDouble()) {
      value.asDouble();
    }
  }

  private static void report(String line) {
    System.out.println(line);
  }
}
