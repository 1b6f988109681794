package dev.lockstep.core.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.arangodb.velocypack.ValueType;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Random values through our codecs, with other implementations as oracles: the driver's VelocyPack
/// library and Jackson.
class VPackRoundTripTest {
  private static final int ROUNDS = 500;

  @Test
  void readsBackWhatItWroteInBothLayouts() {
    for (int seed = 0; seed < ROUNDS; seed++) {
      Object value = new RandomValues(seed).value(4);
      for (VPackBuilder builder :
          new VPackBuilder[] {new VPackBuilder(), new VPackBuilder().compact()}) {
        RandomValues.write(value, builder);
        VPackSlice slice =
            VPackValidator.validateWhole(builder.toByteArray(), ValidationLimits.REQUEST);
        assertThat(RandomValues.toJava(slice)).as("seed %s", seed).isEqualTo(value);
        expectRandomAccess(slice, seed);
      }
    }
  }

  private static void expectRandomAccess(VPackSlice slice, int seed) {
    if (slice.isArray()) {
      int i = 0;
      for (VPackSlice element : slice.elements()) {
        assertThat(slice.at(i++).offset()).as("seed %s", seed).isEqualTo(element.offset());
        expectRandomAccess(element, seed);
      }
      assertThat(slice.length()).isEqualTo(i);
      assertThatThrownBy(() -> slice.at(slice.length()))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> slice.at(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    } else if (slice.isObject()) {
      int members = 0;
      for (VPackMember member : slice.members()) {
        VPackSlice found = Objects.requireNonNull(slice.get(member.name()));
        assertThat(found.offset()).as("seed %s", seed).isEqualTo(member.value().offset());
        assertThat(slice.get(member.name() + "?")).isNull();
        expectRandomAccess(member.value(), seed);
        members++;
      }
      assertThat(slice.length()).isEqualTo(members);
      assertThat(slice.get("no such attribute")).isNull();
    }
  }

  /// Its layout differs from upstream's (wide integers, padding), so bytes are not compared.
  @Test
  void weReadTheBytesOfTheDriversLibrary() {
    for (int seed = 0; seed < ROUNDS; seed++) {
      Object value = new RandomValues(seed).value(4);
      var builder = new com.arangodb.velocypack.VPackBuilder();
      writeWithOracle(null, value, builder);
      byte[] bytes = builder.slice().toByteArray();
      VPackSlice slice = VPackValidator.validateWhole(bytes, ValidationLimits.REQUEST);
      assertThat(RandomValues.toJava(slice)).as("seed %s", seed).isEqualTo(value);
      expectRandomAccess(slice, seed);
    }
  }

  private static void writeWithOracle(
      @Nullable String name, @Nullable Object value, com.arangodb.velocypack.VPackBuilder target) {
    switch (value) {
      case null -> target.add(name, ValueType.NULL);
      case Boolean b -> target.add(name, b);
      case Long l ->
          target.add(
              name, l, l < -6 ? ValueType.INT : l < 10 ? ValueType.SMALLINT : ValueType.UINT);
      case BigInteger i -> target.add(name, i, ValueType.UINT);
      case Double d -> target.add(name, d);
      case String s -> target.add(name, s);
      case List<?> list -> {
        target.add(name, ValueType.ARRAY);
        list.forEach(element -> writeWithOracle(null, element, target));
        target.close();
      }
      case Map<?, ?> map -> {
        target.add(name, ValueType.OBJECT);
        map.forEach((inner, member) -> writeWithOracle((String) inner, member, target));
        target.close();
      }
      default -> throw new AssertionError(value.getClass());
    }
  }

  @Test
  void theDriversLibraryReadsOurBytes() {
    for (int seed = 0; seed < ROUNDS; seed++) {
      Object value = new RandomValues(seed).value(4);
      for (VPackBuilder builder :
          new VPackBuilder[] {new VPackBuilder(), new VPackBuilder().compact()}) {
        RandomValues.write(value, builder);
        expectOracleReads(
            new com.arangodb.velocypack.VPackSlice(builder.toByteArray()), value, seed);
      }
    }
  }

  private static void expectOracleReads(
      com.arangodb.velocypack.VPackSlice slice, @Nullable Object value, int seed) {
    switch (value) {
      case null -> assertThat(slice.isNull()).isTrue();
      case Boolean b -> assertThat(slice.getAsBoolean()).isEqualTo(b);
      case Long l -> assertThat(slice.getAsLong()).isEqualTo(l);
      case BigInteger i -> assertThat(slice.getAsBigInteger()).isEqualTo(i);
      case Double d -> assertThat(slice.getAsDouble()).isEqualTo(d);
      case String s -> assertThat(slice.getAsString()).isEqualTo(s);
      case List<?> list -> {
        assertThat(slice.size()).as("seed %s", seed).isEqualTo(list.size());
        for (int i = 0; i < list.size(); i++) {
          expectOracleReads(slice.get(i), list.get(i), seed);
        }
      }
      case Map<?, ?> map -> {
        assertThat(slice.size()).as("seed %s", seed).isEqualTo(map.size());
        map.forEach((name, member) -> expectOracleReads(slice.get((String) name), member, seed));
      }
      default -> throw new AssertionError(value.getClass());
    }
  }

  @Test
  void jacksonReadsTheJsonWeWrite() throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    for (int seed = 0; seed < ROUNDS; seed++) {
      Object value = new RandomValues(seed).value(4);
      String json = RandomValues.toSlice(value).toJson();
      JsonNode expected = mapper.readTree(mapper.writeValueAsString(value));
      assertThat(mapper.readTree(json)).as("seed %s", seed).isEqualTo(expected);
    }
  }

  @Test
  void jsonThereAndBackKeepsBytesAndTypes() throws Exception {
    for (int seed = 0; seed < ROUNDS; seed++) {
      VPackSlice slice = RandomValues.toSlice(new RandomValues(seed).value(4));
      byte[] json = VPackToJson.toBytes(slice);
      VPackSlice again = JsonToVPack.parse(json, JsonToVPack.Limits.DEFAULT);
      assertThat(again.toByteArray()).as("seed %s", seed).isEqualTo(slice.toByteArray());
      StringBuilder text = new StringBuilder();
      VPackToJson.write(slice, text);
      assertThat(text.toString().getBytes(StandardCharsets.UTF_8)).isEqualTo(json);
    }
  }

  @Test
  void weReadTheJsonThatJacksonWrites() throws Exception {
    ObjectMapper mapper =
        new ObjectMapper()
            .enable(DeserializationFeature.USE_LONG_FOR_INTS)
            .enable(com.fasterxml.jackson.core.JsonGenerator.Feature.ESCAPE_NON_ASCII);
    for (int seed = 0; seed < ROUNDS; seed++) {
      Object value = new RandomValues(seed).value(4);
      byte[] json = mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(value);
      assertThat(RandomValues.toJava(JsonToVPack.parse(json, JsonToVPack.Limits.DEFAULT)))
          .as("seed %s", seed)
          .isEqualTo(value);
    }
  }

  /// Whatever bytes come in: a verdict, and if it is "valid", everything can be read.
  @Test
  void validBytesCanBeReadAndInvalidBytesAreRefused() {
    int valid = 0;
    for (int seed = 0; seed < 15_000; seed++) {
      byte[] bytes = damagedValue(seed);
      try {
        int size = VPackValidator.validate(bytes, 0, bytes.length, ValidationLimits.DUMP);
        valid++;
        assertThat(size).isBetween(1, bytes.length);
        // Nothing behind the value may be needed to read it.
        readEverything(VPackSlice.of(Arrays.copyOf(bytes, size)), size);
      } catch (InvalidVPackException e) {
        assertThat(e.byteOffset()).isBetween(0, bytes.length);
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed + ": " + Vectors.hex(bytes), e);
      }
    }
    assertThat(valid).isGreaterThan(1_000);
  }

  private static byte[] damagedValue(int seed) {
    RandomValues values = new RandomValues(seed);
    var random = values.random();
    if (random.nextInt(10) == 0) {
      byte[] noise = new byte[random.nextInt(1, 40)];
      random.nextBytes(noise);
      noise[0] = (byte) random.nextInt(0x20);
      return noise;
    }
    VPackBuilder builder = random.nextBoolean() ? new VPackBuilder() : new VPackBuilder().compact();
    RandomValues.write(random.nextBoolean() ? values.object(2) : values.array(2), builder);
    byte[] bytes = builder.toByteArray();
    for (int damage = random.nextInt(4); damage > 0; damage--) {
      int at = random.nextInt(Math.min(bytes.length, random.nextBoolean() ? 12 : bytes.length));
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] = (byte) random.nextInt();
        case 1 -> bytes[at] += random.nextBoolean() ? 1 : -1;
        case 2 -> bytes[at] = bytes[random.nextInt(bytes.length)];
        default -> bytes = Arrays.copyOf(bytes, Math.max(1, bytes.length - random.nextInt(4)));
      }
    }
    return bytes;
  }

  private static void readEverything(VPackSlice slice, int size) {
    assertThat(slice.byteSize()).isEqualTo(size);
    if (slice.type() == VPackType.NONE || slice.type() == VPackType.ILLEGAL) {
      return;
    }
    slice.toJson();
    if (slice.isArray()) {
      List<Integer> offsets = new ArrayList<>();
      slice.elements().forEach(element -> offsets.add(element.offset()));
      for (int i = 0; i < slice.length(); i++) {
        assertThat(slice.at(i).offset()).isEqualTo(offsets.get(i));
      }
    } else if (slice.isObject()) {
      slice.members().forEach(member -> slice.get(member.name()));
      Document document = StoredDocument.normalize(slice, "key", Revision.LOWER_BOUND);
      byte[] body = document.body();
      assertThat(VPackValidator.validateWhole(body, ValidationLimits.REQUEST).byteSize())
          .isEqualTo(body.length);
      assertThat(StoredDocument.normalize(document.slice(), "key", Revision.LOWER_BOUND).body())
          .isSameAs(body);
    }
  }
}
