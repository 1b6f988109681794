package dev.lockstep.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.document.InvalidVPackException;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackTooLargeException;
import dev.lockstep.core.document.ValidationLimits;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VPackArrayReaderTest {
  private static List<String> read(byte[] array) throws IOException {
    VPackArrayReader reader =
        new VPackArrayReader(new ByteArrayInputStream(array), 1 << 20, ValidationLimits.REQUEST);
    List<String> elements = new ArrayList<>();
    for (VPackSlice element = reader.next(); element != null; element = reader.next()) {
      elements.add(element.toJson());
    }
    return elements;
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "01                                     | []",
        "02 05 31 32 33                         | [1, 2, 3]",
        "03 06 00 31 32 33                      | [1, 2, 3]",
        "04 08 00 00 00 31 32 33                | [1, 2, 3]",
        "05 0c 00 00 00 00 00 00 00 31 32 33    | [1, 2, 3]",
        "02 0c 00 00 00 00 00 00 00 31 32 33    | [1, 2, 3]",
        "06 09 03 31 32 33 03 04 05             | [1, 2, 3]",
        "06 0b 02 00 00 00 00 00 00 31 32       | x",
        "06 0d 02 00 00 00 00 00 00 31 32 09 0a | [1, 2]",
        "07 0e 00 03 00 31 32 33 05 00 06 00 07 00 | [1, 2, 3]",
        "08 18 00 00 00 03 00 00 00 31 32 33 09 00 00 00 0a 00 00 00 0b 00 00 00 | [1, 2, 3]",
        "09 2c 00 00 00 00 00 00 00 31 32 33 09 00 00 00 00 00 00 00 0a 00 00 00 00 00 00 00 0b 00"
            + " 00 00 00 00 00 00 03 00 00 00 00 00 00 00 | [1, 2, 3]",
        "13 06 31 32 33 03                      | [1, 2, 3]",
      })
  void readsEveryLayout(String bytes, String expected) throws IOException {
    if (expected.equals("x")) {
      assertThatThrownBy(() -> read(hex(bytes))).isInstanceOf(InvalidVPackException.class);
    } else {
      assertThat(read(hex(bytes)).toString()).isEqualTo(expected);
    }
  }

  @Test
  void readsWhatTheBuilderWrites() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int run = 0; run < 200; run++) {
      VPackBuilder builder = run % 2 == 0 ? new VPackBuilder() : new VPackBuilder().compact();
      List<String> expected = new ArrayList<>();
      builder.openArray();
      int count = random.nextInt(run < 190 ? 20 : 400);
      for (int i = 0; i < count; i++) {
        VPackSlice element = element(random, run % 3 == 0);
        expected.add(element.toJson());
        builder.slice(element);
      }
      byte[] array = builder.close().toByteArray();
      assertThat(read(array)).as("seed %d run %d", seed, run).isEqualTo(expected);
      if (array.length > 1) {
        byte[] cut = java.util.Arrays.copyOf(array, 1 + random.nextInt(array.length - 1));
        assertThatThrownBy(() -> read(cut))
            .as("seed %d run %d cut at %d of %d", seed, run, cut.length, array.length)
            .isInstanceOf(InvalidVPackException.class);
      }
    }
  }

  private static VPackSlice element(Random random, boolean compact) {
    VPackBuilder builder = compact ? new VPackBuilder().compact() : new VPackBuilder();
    switch (random.nextInt(8)) {
      case 0 -> builder.value(random.nextLong());
      case 1 -> builder.value("x".repeat(random.nextInt(300)));
      case 2 -> builder.value(random.nextDouble());
      case 3 -> builder.nullValue();
      case 4 -> builder.unsigned(random.nextLong());
      case 5 -> builder.openArray().value(1).value("two").close();
      case 6 -> builder.value(random.nextInt(16) - 6);
      default -> {
        builder.openObject();
        for (int i = random.nextInt(40); i > 0; i--) {
          builder.member("attribute" + i, "value".repeat(i));
        }
        builder.close();
      }
    }
    return builder.toSlice();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0a", // no array
        "02 05 31 32", // shorter than announced
        "02 05 31 32 33 34", // longer than announced
        "02 01", // shorter than its head
        "05 ff ff ff ff ff ff ff ff 31", // absurd length
        "02 05 31 41 33", // an element that exceeds the array
        "06 09 02 31 32 33 03 04 05", // fewer elements announced than there are
        "13 06 31 32 33 04", // the count at the end is not judged, see below
        "02 03 17", // a reserved type
        "13 80 80 80 80 80 80 80 80 80 80", // an endless length
        "02 06 bf ff ff ff", // a long string that cannot fit
      })
  void refusesWhatIsMalformed(String bytes) throws IOException {
    if (bytes.startsWith("13 06")) {
      // The position of the trailer already says how many elements there are; the number itself
      // adds nothing.
      assertThat(read(hex(bytes))).hasSize(3);
    } else {
      assertThatThrownBy(() -> read(hex(bytes))).isInstanceOf(InvalidVPackException.class);
    }
  }

  @Test
  void refusesElementsBeyondTheLimitBeforeReadingThem() throws IOException {
    ByteArrayOutputStream array = new ByteArrayOutputStream();
    array.write(hex("05 ff ff ff 7f 00 00 00 00 bf 00 00 00 40 00 00 00 00"));
    VPackArrayReader reader =
        new VPackArrayReader(
            new ByteArrayInputStream(array.toByteArray()), 1 << 20, ValidationLimits.REQUEST);
    assertThatThrownBy(reader::next).isInstanceOf(VPackTooLargeException.class);
  }
}
