package dev.lockstep.server.http;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.fuzz.MutationFuzzer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whatever stands in a request's line and body, it is read or refused with an error of the wire.
class RequestFuzzTest {
  private static final int BODY_BYTES_MAX = 1 << 20;

  private static final String OBJECT =
      "{\"_key\":\"a\",\"list\":[1,2.5,\"x\",null,{\"y\":[[]]}],\"text\":\"äöü\"}";

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aQueryIsReadOrRefused() throws Exception {
    System.out.println(
        MutationFuzzer.of("query", LockstepException.class)
            .run(
                List.of(
                    utf8("collection=h92B8%2F17&batchId=12&from=0&useEnvelope=false&low=a%25b"),
                    utf8("waitForSync=true&limit=1.5&name=%C3%A4+b&&=x&low=%zz")),
                input -> {
                  Query query = Query.parse(new String(input, StandardCharsets.ISO_8859_1));
                  query.sent("low");
                  for (String name : query.names()) {
                    read(query, name);
                  }
                }));
  }

  private static void read(Query query, String name) {
    List<Runnable> getters =
        List.of(
            () -> query.string(name),
            () -> query.bool(name, false),
            () -> query.longValue(name, 0, 0, Long.MAX_VALUE),
            () -> query.unsignedLong(name),
            () -> query.doubleValue(name, 0, 0, 1e9));
    for (Runnable getter : getters) {
      try {
        getter.run();
      } catch (LockstepException _) {
        // Refused, as specified; the others are asked, too.
      }
    }
  }

  @Test
  void aPathIsReadOrRefused() throws Exception {
    System.out.println(
        MutationFuzzer.of("path", LockstepException.class)
            .run(
                List.of(utf8("/_db/my%20db/_api/document/c/a%2Fb"), utf8("//_api//version/")),
                input -> RequestPath.parse(new String(input, StandardCharsets.ISO_8859_1)).text()));
  }

  private static byte[] compressed(@Nullable String encoding, byte[] plain) throws IOException {
    if (encoding == null) {
      return plain;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out =
        encoding.equals("gzip") ? new GZIPOutputStream(bytes) : new DeflaterOutputStream(bytes)) {
      out.write(plain);
    }
    return bytes.toByteArray();
  }

  /// A megabyte of zeros compresses to a kilobyte: what may come out has a limit of its own.
  @ParameterizedTest
  @CsvSource({
    "application/json,",
    "application/json,gzip",
    "application/json,deflate",
    "application/x-velocypack,",
    "application/x-velocypack,gzip"
  })
  void aBodyIsReadOrRefused(String type, @Nullable String encoding) throws Exception {
    List<byte[]> plain = new ArrayList<>();
    for (String text : List.of(OBJECT, "[" + OBJECT + "," + OBJECT + "]")) {
      plain.add(
          type.equals("application/json") ? utf8(text) : JsonToVPack.parse(text).toByteArray());
    }
    plain.add(utf8("\"" + " ".repeat(BODY_BYTES_MAX - 10) + "\""));
    List<byte[]> examples = new ArrayList<>();
    for (byte[] body : plain) {
      if (encoding != null || body.length < 1000) {
        examples.add(compressed(encoding, body));
      }
    }
    BodyMemory memory = new BodyMemory(64 << 20, Duration.ofSeconds(1));
    System.out.println(
        MutationFuzzer.of("body, " + type + ", " + encoding, LockstepException.class)
            // Read as a whole, then as a value: a few times the limit, whatever came in.
            .allocating(400, 12L * BODY_BYTES_MAX)
            .run(
                examples,
                input -> {
                  try (StreamedBody body =
                      new StreamedBody(
                          new ByteArrayInputStream(input),
                          input.length,
                          encoding,
                          BODY_BYTES_MAX,
                          BODY_BYTES_MAX,
                          memory)) {
                    ApiRequest.builder(HttpVerb.PUT, "/")
                        .headers(Headers.of(Map.of("content-type", List.of(type))))
                        .body(body)
                        .build()
                        .bodyValueOrNull();
                  }
                }));
  }
}
