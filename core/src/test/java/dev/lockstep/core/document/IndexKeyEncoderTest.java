package dev.lockstep.core.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class IndexKeyEncoderTest {
  private static byte[] encode(String json) {
    return IndexKeyEncoder.encode(JsonToVPack.parse(json));
  }

  @Test
  void ordersTheTypes() {
    List<String> ascending =
        List.of(
            "null",
            "false",
            "true",
            "-1e308",
            "-5",
            "0",
            "0.5",
            "1",
            "1e308",
            "\"\"",
            "\"a\"",
            "[]",
            "[null]",
            "{}",
            "{\"a\":1}");
    for (int i = 1; i < ascending.size(); i++) {
      assertThat(Arrays.compareUnsigned(encode(ascending.get(i - 1)), encode(ascending.get(i))))
          .as("%s < %s", ascending.get(i - 1), ascending.get(i))
          .isNegative();
    }
  }

  @Test
  void equalNumbersHaveEqualBytesWhateverTheirType() {
    for (String[] equal :
        new String[][] {
          {"1", "1.0"},
          {"0", "-0.0"},
          {"-7", "-7.0"},
          {"9007199254740992", "9007199254740992.0"},
          {"9223372036854775808", "9223372036854775808.0"},
          {"-9223372036854775808", "-9223372036854775808.0"}
        }) {
      assertThat(encode(equal[0])).as("%s", equal[0]).isEqualTo(encode(equal[1]));
    }
    assertThat(IndexKeyEncoder.encode(null)).isEqualTo(encode("null"));
  }

  @Test
  void ordersNumbersExactlyAcrossTypes() {
    List<BigDecimal> numbers = new ArrayList<>();
    List<VPackSlice> slices = new ArrayList<>();
    RandomValues values = new RandomValues(7);
    for (long around :
        new long[] {
          0,
          1L << 53,
          -(1L << 53),
          1L << 60,
          -(1L << 60),
          Long.MAX_VALUE - 3000,
          Long.MIN_VALUE + 3000
        }) {
      for (int i = 0; i < 40; i++) {
        long value = around + values.random().nextInt(-2500, 2500);
        numbers.add(BigDecimal.valueOf(value));
        slices.add(new VPackBuilder().value(value).toSlice());
        numbers.add(new BigDecimal((double) value));
        slices.add(new VPackBuilder().value((double) value).toSlice());
      }
    }
    for (int i = 0; i < 40; i++) {
      long value =
          values.random().nextBoolean()
              ? -1L - values.random().nextInt(5000)
              : values.random().nextLong();
      numbers.add(new BigDecimal(new BigInteger(Long.toUnsignedString(value))));
      slices.add(new VPackBuilder().unsigned(value).toSlice());
    }
    numbers.add(new BigDecimal(18446744073709551616.0));
    slices.add(new VPackBuilder().value(18446744073709551616.0).toSlice());
    for (int i = 0; i < slices.size(); i++) {
      for (int j = 0; j < slices.size(); j++) {
        assertThat(
                sign(IndexKeyEncoder.encode(slices.get(i)), IndexKeyEncoder.encode(slices.get(j))))
            .as("%s against %s", numbers.get(i), numbers.get(j))
            .isEqualTo(numbers.get(i).compareTo(numbers.get(j)));
      }
    }
  }

  @Test
  void ordersRandomValuesAsTheModelDoes() {
    List<@Nullable Object> values = new ArrayList<>();
    for (int seed = 0; seed < 250; seed++) {
      values.add(new RandomValues(seed).value(2));
    }
    for (int seed = 0; seed < 50; seed++) {
      values.add(new RandomValues(seed).value(2));
    }
    List<byte[]> keys =
        values.stream().map(value -> IndexKeyEncoder.encode(RandomValues.toSlice(value))).toList();
    for (int i = 0; i < values.size(); i++) {
      for (int j = 0; j < values.size(); j++) {
        assertThat(sign(keys.get(i), keys.get(j)))
            .as("%s against %s", values.get(i), values.get(j))
            .isEqualTo(Integer.signum(model(values.get(i), values.get(j))));
      }
    }
  }

  @Test
  void severalValuesOrderByTheFirstThenTheSecond() {
    List<String> firsts =
        List.of("\"\"", "\"\\u0000\"", "\"\\u0000\\u0001\"", "\"a\"", "\"a\\u0000\"", "\"ab\"");
    byte[] previous = {};
    IndexKeyEncoder encoder = new IndexKeyEncoder();
    for (String first : firsts) {
      for (String second : List.of("null", "5", "\"z\"", "{}")) {
        encoder.reset();
        byte[] key =
            encoder.add(JsonToVPack.parse(first)).add(JsonToVPack.parse(second)).toByteArray();
        assertThat(Arrays.compareUnsigned(previous, key)).as("%s %s", first, second).isNegative();
        previous = key;
      }
    }
  }

  @Test
  void noEncodingIsAPrefixOfAnother() {
    List<byte[]> keys = new ArrayList<>();
    for (int seed = 0; seed < 300; seed++) {
      keys.add(IndexKeyEncoder.encode(RandomValues.toSlice(new RandomValues(seed).value(2))));
    }
    for (byte[] a : keys) {
      for (byte[] b : keys) {
        int mismatch = Arrays.mismatch(a, b);
        assertThat(mismatch == -1 || mismatch < Math.min(a.length, b.length)).isTrue();
      }
    }
  }

  @Test
  void theLayoutOfAValueDoesNotMatter() {
    for (int seed = 0; seed < 200; seed++) {
      Object value = new RandomValues(seed).value(3);
      VPackBuilder compact = new VPackBuilder().compact();
      RandomValues.write(value, compact);
      assertThat(IndexKeyEncoder.encode(compact.toSlice()))
          .isEqualTo(IndexKeyEncoder.encode(RandomValues.toSlice(value)));
    }
    assertThat(encode("{\"b\":1,\"a\":2}")).isEqualTo(encode("{\"a\":2,\"b\":1}"));
  }

  @Test
  void notANumberSortsBelowAllNumbers() {
    byte[] notANumber = IndexKeyEncoder.encode(new VPackBuilder().value(Double.NaN).toSlice());
    byte[] lowest =
        IndexKeyEncoder.encode(new VPackBuilder().value(Double.NEGATIVE_INFINITY).toSlice());
    assertThat(Arrays.compareUnsigned(notANumber, lowest)).isNegative();
    assertThat(Arrays.compareUnsigned(encode("true"), notANumber)).isNegative();
  }

  @Test
  void refusesCustomValues() {
    VPackSlice custom = VPackSlice.of(Vectors.bytes("f3" + "0100000000000000"));
    assertThatThrownBy(() -> IndexKeyEncoder.encode(custom))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static int sign(byte[] a, byte[] b) {
    return Integer.signum(Arrays.compareUnsigned(a, b));
  }

  private static int model(@Nullable Object a, @Nullable Object b) {
    int rank = Integer.compare(rank(a), rank(b));
    if (rank != 0 || a == null || b == null) {
      return rank;
    }
    return switch (a) {
      case Boolean left -> left.compareTo((Boolean) b);
      case Number left -> new BigDecimal(left.toString()).compareTo(new BigDecimal(b.toString()));
      case String left ->
          Arrays.compareUnsigned(
              left.getBytes(StandardCharsets.UTF_8), ((String) b).getBytes(StandardCharsets.UTF_8));
      case List<?> left -> modelOfLists(left, (List<?>) b);
      case Map<?, ?> left -> modelOfLists(flat(left), flat((Map<?, ?>) b));
      default -> throw new AssertionError(a.getClass());
    };
  }

  private static int modelOfLists(List<?> a, List<?> b) {
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      int order = model(a.get(i), b.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(a.size(), b.size());
  }

  private static List<@Nullable Object> flat(Map<?, ?> object) {
    Map<String, @Nullable Object> sorted = new TreeMap<>((a, b) -> model(a, b));
    object.forEach((name, value) -> sorted.put((String) name, value));
    List<@Nullable Object> flat = new ArrayList<>();
    sorted.forEach((name, value) -> {
      flat.add(name);
      flat.add(value);
    });
    return flat;
  }

  private static int rank(@Nullable Object value) {
    return switch (value) {
      case null -> 0;
      case Boolean b -> 1;
      case Number n -> 2;
      case String s -> 3;
      case List<?> l -> 4;
      default -> 5;
    };
  }
}
