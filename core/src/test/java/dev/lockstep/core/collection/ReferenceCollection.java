package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.collection.DocumentWrite.Insert;
import dev.lockstep.core.collection.DocumentWrite.Remove;
import dev.lockstep.core.collection.DocumentWrite.Replace;
import dev.lockstep.core.collection.DocumentWrite.Update;
import dev.lockstep.core.document.VPackSlice;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a collection with a unique sparse index over `u` must do, said with a map: the oracle of
/// randomized tests.
final class ReferenceCollection {
  private final Map<String, String> valueByKey = new TreeMap<>();

  static DocumentWrite randomWrite(Random random) {
    String key = "k" + random.nextInt(30);
    String u = random.nextInt(4) == 0 ? "" : "'u':" + random.nextInt(40) + ",";
    String padding = DocumentStoreContract.large(random.nextInt(20) == 0 ? 5000 : 5);
    String rest = "'t':[1,'x',%d],'p':'%s'".formatted(random.nextInt(5), padding);
    VPackSlice body = DocumentStoreContract.json("{'_key':'" + key + "'," + u + rest + "}");
    return switch (random.nextInt(6)) {
      case 0, 1 -> Insert.of(body);
      case 2 ->
          new Insert(
              body,
              OverwriteMode.values()[random.nextInt(OverwriteMode.values().length)],
              true,
              true,
              null);
      case 3 -> new Replace(key, body, null);
      case 4 -> new Update(key, body, null, true, true);
      default -> new Remove(key, null);
    };
  }

  /// The refusal to expect, null if there is none.
  @Nullable ErrorNumber apply(DocumentWrite write) {
    return switch (write) {
      case Insert insert -> {
        VPackSlice keySlice = insert.body().get("_key");
        String key = keySlice == null ? "" : keySlice.asString();
        if (!valueByKey.containsKey(key)) {
          yield put(key, value(insert.body()));
        }
        yield switch (insert.mode()) {
          case CONFLICT -> ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED;
          case IGNORE -> null;
          case REPLACE -> put(key, value(insert.body()));
          case UPDATE -> put(key, merged(key, insert.body()));
        };
      }
      case Replace replace ->
          valueByKey.containsKey(replace.key())
              ? put(replace.key(), value(replace.body()))
              : ErrorNumber.DOCUMENT_NOT_FOUND;
      case Update update ->
          valueByKey.containsKey(update.key())
              ? put(update.key(), merged(update.key(), update.patch()))
              : ErrorNumber.DOCUMENT_NOT_FOUND;
      case Remove remove ->
          valueByKey.remove(remove.key()) == null ? ErrorNumber.DOCUMENT_NOT_FOUND : null;
      case DocumentWrite.PutReplicated _,
          DocumentWrite.RemoveRevision _,
          DocumentWrite.RemoveReplicated _,
          DocumentWrite.RemoveOlder _ ->
          throw new IllegalArgumentException("a client's writes only: " + write);
    };
  }

  private String merged(String key, VPackSlice patch) {
    String value = value(patch);
    return value.isEmpty() ? valueByKey.getOrDefault(key, "") : value;
  }

  private static String value(VPackSlice body) {
    VPackSlice u = body.get("u");
    return u == null ? "" : u.toJson();
  }

  private @Nullable ErrorNumber put(String key, String value) {
    boolean taken =
        !value.isEmpty()
            && valueByKey.entrySet().stream()
                .anyMatch(other -> !other.getKey().equals(key) && other.getValue().equals(value));
    if (taken) {
      return ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED;
    }
    valueByKey.put(key, value);
    return null;
  }

  void clear() {
    valueByKey.clear();
  }

  List<String> keys() {
    return List.copyOf(valueByKey.keySet());
  }
}
