package dev.lockstep.shell.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.document.JsonToVPack;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class CollectionDescriptionTest {
  private static final String COLLECTION =
      """
      {"parameters":{"name":"c","id":"71","type":2,"waitForSync":false,"globallyUniqueId":"h1/71","schema":null,
        "keyOptions":{"type":"autoincrement","allowUserKeys":true,"increment":5,"offset":10,"lastValue":20}},
       "indexes":[{"id":"80","name":"idx_80","type":"persistent","fields":["a"],"unique":true,"sparse":false}]}\
      """;

  @Test
  void findsACopyEqual() throws Exception {
    String copy =
        COLLECTION
            .replace("\"id\":\"71\"", "\"id\":\"999\"")
            .replace("\"lastValue\":20", "\"lastValue\":25")
            .replace("\"increment\":5", "\"increment\":5.0")
            .replace("\"sparse\":false", "\"sparse\":false,\"selectivityEstimate\":0.5");

    assertThat(description(COLLECTION).differences(description(copy))).isEmpty();
    assertThat(description(COLLECTION).indexCount()).isEqualTo(1);
  }

  @Test
  void namesPropertiesThatDiffer() throws Exception {
    String copy =
        COLLECTION
            .replace("\"waitForSync\":false", "\"waitForSync\":true")
            .replace("\"offset\":10,", "");

    assertThat(description(COLLECTION).differences(description(copy)))
        .containsExactly(
            "property 'waitForSync' is false on the leader, true on the follower",
            "property 'keyOptions.offset' is 10 on the leader, absent on the follower");
  }

  @Test
  void namesIndexesThatDiffer() throws Exception {
    String other = COLLECTION.replace("\"unique\":true", "\"unique\":false");
    String moved = COLLECTION.replace("\"id\":\"80\"", "\"id\":\"81\"");

    assertThat(description(COLLECTION).differences(description(other)))
        .containsExactly("index 80: 'unique' is true on the leader, false on the follower");
    assertThat(description(COLLECTION).differences(description(moved)))
        .containsExactly("index 80 is missing on the follower", "index 81 is only on the follower");
  }

  @Test
  void takesAbsentForNull() throws Exception {
    assertThat(
            description(COLLECTION)
                .differences(description(COLLECTION.replace("\"schema\":null,", ""))))
        .isEmpty();
  }

  @Test
  void refusesWhatIsNoInventory() {
    assertThatThrownBy(() -> CollectionDescription.ofInventory(JsonToVPack.parse("{}"), "leader"))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("leader");
  }

  private static CollectionDescription description(String json) throws CommandFailure {
    return Objects.requireNonNull(
        CollectionDescription.ofInventory(
                JsonToVPack.parse("{\"collections\":[" + json + "]}"), "leader")
            .get("c"));
  }
}
