package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.collection.IndexType;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.TestServer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CollectionDigestTest {
  private static final long SERVER = -17;
  private static final Tick TICK = new Tick(4711);

  private final TestServer server = new TestServer();
  private final DocumentCollection collection = server.create("test");
  private final CollectionDigest digest;

  CollectionDigestTest() {
    TestServer.fill(collection, 10);
    digest = CollectionDigest.of(SERVER, TICK, collection.view());
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void matchesTheStateItIsOf() {
    assertThat(digest.matches(SERVER, collection.view())).isTrue();
    assertThat(digest.digest()).matches("[0-9a-f]{32}");
    assertThat(digest.id()).isEqualTo(Long.toUnsignedString(collection.id()));
    assertThat(digest.tick()).isEqualTo(TICK);
  }

  @Test
  void matchesNothingElse() {
    assertThat(digest.matches(SERVER + 1, collection.view())).isFalse();
    assertThat(server.create("empty").view()).matches(view -> !digest.matches(SERVER, view));

    TestServer.insert(collection, "{\"_key\":\"k1\",\"changed\":true}");
    assertThat(digest.matches(SERVER, collection.view())).isFalse();
  }

  @Test
  void coversIndexes() {
    collection.ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("v"), false, false));

    assertThat(digest.matches(SERVER, collection.view())).isFalse();
  }

  /// What came with a damaged answer must not be believed.
  @Test
  void coversItsOwnMembers() {
    assertThat(
            List.of(
                new CollectionDigest("1", TICK, digest.lastKeyValue(), digest.digest()),
                new CollectionDigest(
                    digest.id(), TICK.next(), digest.lastKeyValue(), digest.digest()),
                new CollectionDigest(
                    digest.id(), TICK, digest.lastKeyValue() + 1, digest.digest())))
        .allMatch(damaged -> !damaged.matches(SERVER, collection.view()));
  }

  @Test
  void isReadAsItWasWritten() {
    VPackBuilder rendered = new VPackBuilder();
    digest.render(rendered);

    assertThat(CollectionDigest.parse(rendered.toSlice())).isEqualTo(digest);
  }

  @ParameterizedTest
  @ValueSource(strings = {"id", "tick", "lastKeyValue"})
  void refusesAnAnswerThatLacksAMember(String missing) {
    VPackBuilder message = new VPackBuilder().openObject();
    for (String name : List.of("id", "tick", "lastKeyValue")) {
      if (!name.equals(missing)) {
        message.member(name, "1");
      }
    }
    message.close();

    assertThatThrownBy(() -> CollectionDigest.parse(message.toSlice()))
        .isInstanceOf(MessageException.class)
        .hasMessageContaining(missing);
  }
}
