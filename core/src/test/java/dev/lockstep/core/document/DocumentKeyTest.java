package dev.lockstep.core.document;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentKeyTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "0", "_", "-", "abcXYZ019_-:.@()+,=;$!*'%"})
  void acceptsTheCharactersOfTheSpecification(String key) {
    assertThat(DocumentKey.validate(key)).isNull();
    assertThat(DocumentKey.isValid(key)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "a/b", "a b", "ä", "a\"", "a\\", "#", "&", "?", "a\n", "[", "\u0000", "😀", "~"
      })
  void refusesEverythingElse(String key) {
    assertThat(DocumentKey.validate(key)).isNotNull();
    assertThat(DocumentKey.isValid(key)).isFalse();
  }

  @Test
  void acceptsUpTo254Bytes() {
    assertThat(DocumentKey.validate("k".repeat(254))).isNull();
    assertThat(DocumentKey.validate("k".repeat(255))).contains("254");
  }

  @Test
  void readsHandles() {
    assertThat(DocumentHandle.parse("users/42")).isEqualTo(new DocumentHandle("users", "42"));
    assertThat(new DocumentHandle("users", "42")).hasToString("users/42");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "users", "users/", "/42", "users/4/2", "users//42", "users/a b"})
  void refusesMalformedHandles(String handle) {
    assertThat(DocumentHandle.parse(handle)).isNull();
  }
}
