package dev.lockstep.core.document;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class VPackBuilderTest {
  @Test
  void refusesMisuse() {
    assertThatThrownBy(() -> new VPackBuilder().close()).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> new VPackBuilder().key("a")).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> new VPackBuilder().openArray().key("a"))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> new VPackBuilder().openObject().value(1))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> new VPackBuilder().openObject().openArray())
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> new VPackBuilder().openObject().key("a").key("b"))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> new VPackBuilder().openObject().key("a").close())
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> new VPackBuilder().openObject().toByteArray())
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void canBeUsedAgainAfterAReset() throws IOException {
    VPackBuilder builder = new VPackBuilder();
    builder.openObject().key("half").openArray().value("done");
    builder.reset();
    builder.openObject().member("a", 1).member("b", true).close();
    assertThat(builder.toSlice().toJson()).isEqualTo("{\"a\":1,\"b\":true}");
    assertThat(builder.byteSize()).isEqualTo(builder.toByteArray().length);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    builder.writeTo(out);
    assertThat(out.toByteArray()).isEqualTo(builder.toByteArray());
  }

  @Test
  void holdsSeveralValuesOneAfterTheOther() {
    byte[] bytes =
        new VPackBuilder().value(1).value("x").openArray().close().nullValue().toByteArray();
    assertThat(Vectors.hex(bytes)).isEqualTo("31" + "4178" + "01" + "18");
  }

  @Test
  void writesEveryKindOfMember() {
    VPackSlice inner = new VPackBuilder().openArray().value(1).close().toSlice();
    VPackSlice object =
        new VPackBuilder()
            .openObject()
            .member("s", "text")
            .member("l", -77L)
            .member("d", 1.5)
            .member("b", false)
            .member("v", inner)
            .key("n")
            .nullValue()
            .key("u")
            .unsigned(-1L)
            .close()
            .toSlice();
    assertThat(object.toJson())
        .isEqualTo(
            "{\"s\":\"text\",\"l\":-77,\"d\":1.5,\"b\":false,\"v\":[1],\"n\":null,\"u\":18446744073709551615}");
  }

  @Test
  void keepsEqualNamesUnlessAskedNotTo() {
    VPackBuilder keeping = new VPackBuilder().openObject().member("a", 1).member("a", 2).close();
    assertThat(keeping.toSlice().length()).isEqualTo(2);
    VPackBuilder dropping =
        new VPackBuilder()
            .lastOfEqualNamesWins()
            .compact()
            .openObject()
            .member("a", 1)
            .member("a", 2)
            .close();
    assertThat(dropping.toSlice().toJson()).isEqualTo("{\"a\":2}");
  }

  @Test
  void refusesMoreBytesThanItsLimit() {
    assertThat(new VPackBuilder(10).value("123456789").byteSize()).isEqualTo(10);
    assertThatThrownBy(() -> new VPackBuilder(10).value("1234567890"))
        .isInstanceOfSatisfying(
            VPackTooLargeException.class, e -> assertThat(e.bytesMax()).isEqualTo(10));
    VPackBuilder builder = new VPackBuilder(1 << 20);
    assertThatThrownBy(
            () -> {
              while (true) {
                builder.value("x".repeat(100));
              }
            })
        .isInstanceOf(VPackTooLargeException.class);
    assertThat(builder.byteSize()).isBetween((1 << 20) - 101, 1 << 20);
  }

  @Test
  void replacesUnpairedSurrogates() {
    assertThat(new VPackBuilder().value("a\ud800b\udc00").toSlice().asString())
        .isEqualTo("a\ufffdb\ufffd");
    assertThat(new VPackBuilder().value("\ud83d\ude00").toSlice().asString())
        .isEqualTo("\ud83d\ude00");
  }

  @Test
  void growsIntoWideLayoutsAtTheExactLimits() {
    for (int elements = 18_715; elements < 18_730; elements++) {
      VPackBuilder builder = new VPackBuilder().openArray();
      for (int i = 0; i < elements; i++) {
        builder.value(i % 2 == 0 ? "" : "x");
      }
      // Elements of one byte or two, and an index table of two bytes each until the whole exceeds
      // 65535.
      byte[] bytes = builder.close().toByteArray();
      int content = elements + elements / 2;
      boolean narrow = 9 + content + 2 * elements <= 65_535;
      assertThat(bytes[0]).isEqualTo((byte) (narrow ? 0x07 : 0x08));
      assertThat(VPackValidator.validateWhole(bytes, ValidationLimits.REQUEST).length())
          .isEqualTo(elements);
    }
  }

  @Test
  void sortsManyNamesInAnyOrder() {
    RandomValues values = new RandomValues(42);
    VPackBuilder builder = new VPackBuilder().openObject();
    for (int i = 0; i < 5_000; i++) {
      builder.member("name" + Integer.toHexString(values.random().nextInt()) + i, i);
    }
    VPackSlice object = builder.close().toSlice();
    int i = 0;
    for (VPackMember member : object.members()) {
      assertThat(member.value().asLong()).isEqualTo(i++);
      assertThat(requireNonNull(object.get(member.name())).asLong()).isEqualTo(i - 1);
    }
  }
}
