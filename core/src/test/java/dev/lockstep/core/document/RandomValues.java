package dev.lockstep.core.document;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/// Seeded random values as plain Java objects: null, Boolean, Long, BigInteger (above
/// [Long#MAX_VALUE]), Double, String, List, Map with unique names in random order. What tests
/// compare the codecs with.
final class RandomValues {
  private static final String[] PIECES = {
    "a", "b", "Z", "0", "_", "key", "ä", "ß", "€", "你", "😀", "\"", "\\", "\n", "\t", "\u0000",
    "\u001f", "\u007f", "/", " "
  };

  private final RandomGenerator random;

  RandomValues(long seed) {
    this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }

  RandomGenerator random() {
    return random;
  }

  @Nullable Object value(int depth) {
    return switch (random.nextInt(depth > 0 ? 12 : 8)) {
      case 0 -> null;
      case 1 -> random.nextBoolean();
      case 2 -> (long) random.nextInt(-10, 20);
      case 3 -> random.nextLong() >> random.nextInt(64);
      case 4 -> unsigned();
      case 5 -> number();
      case 6, 7 -> text();
      case 8, 9 -> array(depth - 1);
      default -> object(depth - 1);
    };
  }

  private Object unsigned() {
    BigInteger value = new BigInteger(Long.toUnsignedString(random.nextLong()));
    return value.bitLength() <= 63 ? (Object) value.longValue() : value;
  }

  private double number() {
    return switch (random.nextInt(5)) {
      case 0 -> random.nextInt(100);
      case 1 -> random.nextDouble();
      case 2 -> -0.0;
      case 3 -> random.nextInt(-1000, 1000) / 100.0;
      default -> {
        double any = Double.longBitsToDouble(random.nextLong());
        yield Double.isFinite(any) ? any : 0.5;
      }
    };
  }

  String text() {
    int pieces = random.nextInt(20) == 0 ? random.nextInt(300) : random.nextInt(12);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < pieces; i++) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }

  List<@Nullable Object> array(int depth) {
    int length = random.nextInt(20) == 0 ? random.nextInt(300) : random.nextInt(8);
    List<@Nullable Object> array = new ArrayList<>();
    boolean alike = random.nextInt(3) == 0;
    for (int i = 0; i < length; i++) {
      array.add(alike ? Long.valueOf(random.nextInt(10)) : value(depth));
    }
    return array;
  }

  Map<String, @Nullable Object> object(int depth) {
    int length = random.nextInt(20) == 0 ? random.nextInt(100) : random.nextInt(8);
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    for (int i = 0; i < length; i++) {
      object.put(random.nextBoolean() ? text() : "attribute" + random.nextInt(50), value(depth));
    }
    return object;
  }

  static VPackSlice toSlice(@Nullable Object value) {
    VPackBuilder builder = new VPackBuilder();
    write(value, builder);
    return builder.toSlice();
  }

  static void write(@Nullable Object value, VPackBuilder target) {
    switch (value) {
      case null -> target.nullValue();
      case Boolean b -> target.value(b);
      case Long l -> target.value(l);
      case BigInteger i -> target.unsigned(i.longValue());
      case Double d -> target.value(d);
      case String s -> target.value(s);
      case List<?> list -> {
        target.openArray();
        list.forEach(element -> write(element, target));
        target.close();
      }
      case Map<?, ?> map -> {
        target.openObject();
        map.forEach((name, member) -> write(member, target.key((String) name)));
        target.close();
      }
      default -> throw new AssertionError(value.getClass());
    }
  }

  /// Reads a value back through every accessor of the slice.
  static @Nullable Object toJava(VPackSlice slice) {
    return switch (slice.type()) {
      case NULL -> null;
      case BOOLEAN -> slice.asBoolean();
      case INTEGER -> {
        BigInteger value = slice.asBigInteger();
        yield value.bitLength() <= 63 ? (Object) slice.asLong() : value;
      }
      case DOUBLE -> slice.asDouble();
      case STRING -> slice.asString();
      case ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        slice.elements().forEach(element -> list.add(toJava(element)));
        yield list;
      }
      case OBJECT -> {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        slice.members().forEach(member -> map.put(member.name(), toJava(member.value())));
        yield map;
      }
      default -> throw new AssertionError(slice.type());
    };
  }
}
