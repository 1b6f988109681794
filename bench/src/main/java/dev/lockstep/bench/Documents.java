package dev.lockstep.bench;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.shell.bench.BenchDocuments;
import dev.lockstep.shell.bench.KeyOrder;
import java.nio.charset.StandardCharsets;

/// The documents of `lockstep bench`, some of them, over and over: more would measure the caches.
final class Documents {
  /// As in the bar we measure against.
  static final int AVERAGE_BYTES = 257;

  /// A power of two.
  static final int COUNT = 1 << 10;

  private static final BenchDocuments SOURCE =
      new BenchDocuments(KeyOrder.SEQUENTIAL, AVERAGE_BYTES);

  /// Some moment; revisions of one load are close together.
  private static final long FIRST_REVISION = Revision.parse("_fw2YvKK--_").value();

  private Documents() {}

  static byte[][] json() {
    byte[][] all = new byte[COUNT][];
    for (int i = 0; i < COUNT; i++) {
      all[i] = SOURCE.json(i, 0).getBytes(StandardCharsets.UTF_8);
    }
    return all;
  }

  static Document[] stored() {
    byte[][] json = json();
    Document[] all = new Document[COUNT];
    for (int i = 0; i < COUNT; i++) {
      all[i] =
          StoredDocument.normalize(
              JsonToVPack.parse(json[i], JsonToVPack.Limits.DEFAULT), key(i), revision(i));
    }
    return all;
  }

  static String key(int number) {
    return SOURCE.key(number);
  }

  /// As a bulk load gives them out: every few, in ascending order.
  static Revision revision(long number) {
    return new Revision(FIRST_REVISION + 7 * number);
  }
}
