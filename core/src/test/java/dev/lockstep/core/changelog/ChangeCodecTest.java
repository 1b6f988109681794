package dev.lockstep.core.changelog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.storage.StorageException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ChangeCodecTest {
  static Stream<Change> everyKind() {
    byte[] definition = {0x0a, 1, 2};
    return Stream.of(
        new Change.DocumentWritten(1, 2, 3, new Revision(-4), Revision.NONE, "schlüssel"),
        new Change.DocumentRemoved(1, 2, 3, new Revision(5), new Revision(4), "k"),
        new Change.CollectionCreated(1, 2, definition),
        new Change.CollectionDropped(1, 2, "h1F/2"),
        new Change.CollectionRenamed(1, 2, "h1F/2", "alt", "neu"),
        new Change.PropertiesChanged(1, 2, definition),
        new Change.Truncated(1, 2, 9),
        new Change.GenerationSwapped(1, 2, 9),
        new Change.IndexCreated(1, 2, 7, definition),
        new Change.IndexDropped(1, 2, 7),
        new Change.DatabaseCreated(8, "shop"),
        new Change.DatabaseDropped(8, "shop"),
        new Change.TransactionBegun(1, 77),
        new Change.TransactionCommitted(1, 77));
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void comesBackAsItWent(Change change) {
    assertThat(ChangeCodec.decode(ChangeCodec.encode(change))).isEqualTo(change);
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void refusesAnEntryCutInItsNumbers(Change change) {
    byte[] cut = Arrays.copyOf(ChangeCodec.encode(change), 8);
    assertThatThrownBy(() -> ChangeCodec.decode(cut)).isInstanceOf(StorageException.class);
  }

  /// The table of `docs/storage-format.md`: what any older server wrote must be read for ever. A
  /// number is written here as its last digit.
  static Stream<Arguments> formatOne() {
    byte[] definition = {0x0a};
    return Stream.of(
        Arguments.of(
            new Change.DocumentWritten(1, 2, 3, new Revision(4), new Revision(5), "ab"),
            "01 1 2 3 4 5 6162"),
        Arguments.of(
            new Change.DocumentRemoved(1, 2, 3, new Revision(5), new Revision(4), "ü"),
            "02 1 2 3 5 4 c3bc"),
        Arguments.of(new Change.CollectionCreated(1, 2, definition), "03 1 2 0a"),
        Arguments.of(new Change.CollectionDropped(1, 2, "h1/2"), "04 1 2 68312f32"),
        Arguments.of(
            new Change.CollectionRenamed(1, 2, "h1/2", "a", "b"), "10 1 2 68312f3200610062"),
        Arguments.of(new Change.PropertiesChanged(1, 2, definition), "06 1 2 0a"),
        Arguments.of(new Change.Truncated(1, 2, 9), "07 1 2 9"),
        Arguments.of(new Change.GenerationSwapped(1, 2, 9), "08 1 2 9"),
        Arguments.of(new Change.IndexCreated(1, 2, 7, definition), "0f 1 2 7 0a"),
        Arguments.of(new Change.IndexDropped(1, 2, 7), "0a 1 2 7"),
        Arguments.of(new Change.DatabaseCreated(8, "db"), "0b 8 6462"),
        Arguments.of(new Change.DatabaseDropped(8, "db"), "0c 8 6462"),
        Arguments.of(new Change.TransactionBegun(1, 7), "0d 1 7"),
        Arguments.of(new Change.TransactionCommitted(1, 7), "0e 1 7"));
  }

  @ParameterizedTest
  @MethodSource("formatOne")
  void storesTheBytesOfFormatOne(Change change, String layout) {
    StringBuilder expected = new StringBuilder();
    for (String part : layout.split(" ")) {
      expected.append(part.length() == 1 ? "000000000000000" + part : part);
    }

    assertThat(HexFormat.of().formatHex(ChangeCodec.encode(change))).isEqualTo(expected.toString());
    assertThat(ChangeCodec.decode(HexFormat.of().parseHex(expected))).isEqualTo(change);
  }

  @Test
  void readsAnIndexThatWasLoggedWithoutItsId() {
    byte[] entry = HexFormat.of().parseHex("09" + "00000000000000010000000000000002" + "0a");

    assertThat(ChangeCodec.decode(entry))
        .isEqualTo(new Change.IndexCreated(1, 2, 0, new byte[] {0x0a}));
  }

  @Test
  void readsARenameThatWasLoggedWithoutWhatFollowersKnow() {
    byte[] entry = HexFormat.of().parseHex("05" + "00000000000000010000000000000002" + "610062");

    assertThat(ChangeCodec.decode(entry))
        .isEqualTo(new Change.CollectionRenamed(1, 2, "", "a", "b"));
  }

  @Test
  void refusesARenameThatLacksAName() {
    byte[] entry = HexFormat.of().parseHex("10" + "00000000000000010000000000000002" + "610062");

    assertThatThrownBy(() -> ChangeCodec.decode(entry))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("has 2 parts, not 3");
  }

  @Test
  void refusesAKindOfALaterVersion() {
    assertThatThrownBy(() -> ChangeCodec.decode(new byte[] {99, 0}))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("unknown kind 99");
  }
}
