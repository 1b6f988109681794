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
import org.junit.jupiter.params.provider.MethodSource;

class ChangeCodecTest {
  static Stream<Change> everyKind() {
    byte[] definition = {0x0a, 1, 2};
    return Stream.of(
        new Change.DocumentWritten(1, 2, 3, new Revision(-4), Revision.NONE, "schlüssel"),
        new Change.DocumentRemoved(1, 2, 3, new Revision(5), new Revision(4), "k"),
        new Change.CollectionCreated(1, 2, definition),
        new Change.CollectionDropped(1, 2, "h1F/2"),
        new Change.CollectionRenamed(1, 2, "alt", "neu"),
        new Change.PropertiesChanged(1, 2, definition),
        new Change.Truncated(1, 2, 9),
        new Change.GenerationSwapped(1, 2, 9),
        new Change.IndexCreated(1, 2, definition),
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

  @Test
  void storesTheBytesOfFormatOne() {
    byte[] stored =
        ChangeCodec.encode(
            new Change.DocumentWritten(1, 2, 3, new Revision(4), new Revision(5), "ab"));
    assertThat(HexFormat.of().formatHex(stored))
        .isEqualTo(
            "01"
                + "0000000000000001"
                + "0000000000000002"
                + "0000000000000003"
                + "0000000000000004"
                + "0000000000000005"
                + "6162");
  }

  @Test
  void refusesAKindOfALaterVersion() {
    assertThatThrownBy(() -> ChangeCodec.decode(new byte[] {99, 0}))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("unknown kind 99");
  }
}
