package dev.lockstep.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PercentEncodingTest {
  @Test
  void leavesOnlyUnreservedCharacters() {
    assertThat(PercentEncoding.encode("aZ09-._~")).isEqualTo("aZ09-._~");
    assertThat(PercentEncoding.encode("a/b c%d+é")).isEqualTo("a%2Fb%20c%25d%2B%C3%A9");
    assertThat(PercentEncoding.encode("")).isEmpty();
    assertThat(PercentEncoding.databasePath("x/y", "/_api/version"))
        .isEqualTo("/_db/x%2Fy/_api/version");
  }

  @Test
  void isUndoneByAnyDecoder() {
    StringBuilder all = new StringBuilder();
    for (int c = 1; c < 0x3000; c += 7) {
      all.append((char) c);
    }
    all.appendCodePoint(0x1F600);
    assertThat(URLDecoder.decode(PercentEncoding.encode(all.toString()), StandardCharsets.UTF_8))
        .isEqualTo(all.toString());
  }
}
