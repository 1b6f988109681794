package dev.lockstep.server.api;

import dev.lockstep.core.document.InvalidVPackException;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackTooLargeException;
import dev.lockstep.core.document.ValidationLimits;
import dev.lockstep.core.fuzz.MutationFuzzer;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class VPackArrayReaderFuzzTest {
  @Test
  void anArrayIsReadElementByElementOrRefused() throws Exception {
    List<byte[]> examples =
        Stream.of(
                "[]",
                "[1,2,3]",
                "[{\"_key\":\"a\"},{\"_key\":\"bb\",\"x\":[1,2,{\"y\":null}]},\"text\"]",
                "[" + "{\"a\":\"some text\"},".repeat(300) + "0]")
            .map(text -> JsonToVPack.parse(text).toByteArray())
            .toList();
    System.out.println(
        MutationFuzzer.of(
                "array of VelocyPack", InvalidVPackException.class, VPackTooLargeException.class)
            // Elements of up to a megabyte are held one at a time, before it is known that the
            // stream ends.
            .allocating(200, 2 << 20)
            .run(
                examples,
                input -> {
                  VPackArrayReader reader =
                      new VPackArrayReader(
                          new ByteArrayInputStream(input), 1 << 20, ValidationLimits.REQUEST);
                  while (reader.next() != null) {}
                }));
  }
}
