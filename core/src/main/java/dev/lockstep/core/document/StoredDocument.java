package dev.lockstep.core.document;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The stored form of a document: a VelocyPack object in default layout with plain names: `_key`,
/// `_rev`, then `_from` and `_to` where present, then the other attributes in the order given.
/// `_id` is not stored: it follows from the collection's name and `_key`, so that renaming a
/// collection touches no document. At every depth index tables are sorted, names unique and plain,
/// and there are no custom values. Thread-safe: no state.
public final class StoredDocument {
  static final byte[] KEY = "_key".getBytes(StandardCharsets.US_ASCII);
  static final byte[] REV = "_rev".getBytes(StandardCharsets.US_ASCII);
  static final byte[] ID = "_id".getBytes(StandardCharsets.US_ASCII);
  static final byte[] FROM = "_from".getBytes(StandardCharsets.US_ASCII);
  static final byte[] TO = "_to".getBytes(StandardCharsets.US_ASCII);

  private StoredDocument() {}

  /// Builds the stored form of any incoming object: its own `_id`, `_key` and `_rev` are dropped,
  /// translated names and custom values are resolved at any depth, of members with equal names the
  /// last one is taken; order of attributes and types of numbers are kept. Incoming bytes that are
  /// in stored form already, with this key and revision, are returned as they are: if they fill
  /// their whole buffer, the buffer itself.
  ///
  /// @throws IllegalArgumentException if the value is no object
  public static Document normalize(VPackSlice incoming, String key, Revision revision) {
    byte[] b = incoming.buffer();
    int o = incoming.offset();
    if (!incoming.isObject()) {
      throw new IllegalArgumentException("a document must be an object, not " + incoming.type());
    }
    String printedRevision = revision.toString();
    if (isStored(b, o, key, printedRevision)) {
      int size = VPackLayout.byteSize(b, o);
      return new Document(
          key, revision, o == 0 && size == b.length ? b : Arrays.copyOfRange(b, o, o + size));
    }
    // About as long as what comes in: growing a large buffer would hold it twice.
    int sizeHint = VPackLayout.byteSize(b, o) + 96 + key.length();
    VPackBuilder target = new VPackBuilder(VPackBuilder.BYTES_MAX, sizeHint).lastOfEqualNamesWins();
    target.openObject();
    target.key("_key").value(key);
    target.key("_rev").value(printedRevision);
    if ((b[o] & 0xff) != VPackLayout.HEAD_EMPTY_OBJECT) {
      int count = VPackLayout.count(b, o);
      int from = -1;
      int to = -1;
      int first = VPackLayout.firstItem(b, o);
      int at = first;
      for (int i = 0; i < count; i++) {
        switch (systemName(b, at)) {
          case 'f' -> from = at;
          case 't' -> to = at;
          default -> {}
        }
        at = nextMember(b, at);
      }
      if (from >= 0) {
        copyMember(b, from, key, target);
      }
      if (to >= 0) {
        copyMember(b, to, key, target);
      }
      at = first;
      for (int i = 0; i < count; i++) {
        if (systemName(b, at) == 0) {
          copyMember(b, at, key, target);
        }
        at = nextMember(b, at);
      }
    }
    target.close();
    return new Document(key, revision, target.toByteArray());
  }

  /// What clients see: `_key`, `_id`, `_rev`, then the other attributes. The buffer behind it may
  /// be longer.
  public static VPackSlice withId(VPackSlice stored, String collectionName) {
    // Room for the whole: growing the buffer of a large document would hold it twice. What comes is
    // a name, a text that in UTF-8 takes three bytes a character at most, and one more place in a
    // table.
    int grown = 64 + 3 * collectionName.length() + key(stored).length();
    VPackBuilder target = new VPackBuilder(VPackBuilder.BYTES_MAX, stored.byteSize() + grown);
    writeWithId(stored, collectionName, target);
    return target.takeSlice();
  }

  /// [#withId] as the next value of a builder.
  public static void writeWithId(VPackSlice stored, String collectionName, VPackBuilder target) {
    byte[] b = stored.buffer();
    int o = stored.offset();
    int count = VPackLayout.count(b, o);
    int at = VPackLayout.firstItem(b, o);
    target.openObject();
    for (int i = 0; i < count; i++) {
      int value = VPackLayout.skipName(b, at);
      int next = value + VPackLayout.byteSize(b, value);
      target.key(b, at).raw(b, value, next - value);
      if (i == 0) {
        target.key("_id").value(collectionName + '/' + key(stored));
      }
      at = next;
    }
    target.close();
  }

  /// [#withId] as JSON, without building it.
  public static void writeJson(VPackSlice stored, String collectionName, OutputStream out)
      throws IOException {
    JsonOutput json = new JsonOutput(out);
    writeJson(stored, collectionName, json);
    json.finish();
  }

  static void writeJson(VPackSlice stored, String collectionName, JsonOutput json)
      throws IOException {
    byte[] b = stored.buffer();
    int o = stored.offset();
    int count = VPackLayout.count(b, o);
    json.put('{');
    int at = json.member(b, VPackLayout.firstItem(b, o));
    json.ascii(",\"_id\":");
    byte[] id = (collectionName + '/' + key(stored)).getBytes(StandardCharsets.UTF_8);
    json.string(id, 0, id.length);
    for (int i = 1; i < count; i++) {
      json.put(',');
      at = json.member(b, at);
    }
    json.put('}');
  }

  /// The key of a document in stored form, or of any object with a `_key`.
  ///
  /// @throws IllegalArgumentException if there is no `_key`, or it is no string
  public static String key(VPackSlice document) {
    return text(document, KEY);
  }

  /// The revision of a document in stored form, or of any object with a `_rev`; possibly
  /// [Revision#INVALID].
  ///
  /// @throws IllegalArgumentException if there is no `_rev`, or it is no string
  public static Revision revision(VPackSlice document) {
    return Revision.parse(text(document, REV));
  }

  /// The value itself if it is in the layout of the stored form, else a copy that is.
  ///
  /// @throws IllegalArgumentException if there is a custom value, which cannot be resolved without
  ///   a document around it
  static VPackSlice inStoredLayout(VPackSlice value) {
    if (isStoredValue(value.buffer(), value.offset())) {
      return value;
    }
    VPackBuilder target =
        new VPackBuilder(VPackBuilder.BYTES_MAX, Math.min(value.byteSize() + 64, 1 << 20))
            .lastOfEqualNamesWins();
    copyValue(value.buffer(), value.offset(), null, target);
    return target.toSlice();
  }

  private static String text(VPackSlice document, byte[] name) {
    byte[] b = document.buffer();
    int value = document.isObject() ? VPackLayout.find(b, document.offset(), name) : -1;
    String text = value < 0 ? null : VPackLayout.stringAt(b, value);
    if (text == null) {
      throw new IllegalArgumentException(
          "a document needs a string " + new String(name, StandardCharsets.US_ASCII));
    }
    return text;
  }

  private static int nextMember(byte[] b, int o) {
    int value = VPackLayout.skipName(b, o);
    return value + VPackLayout.byteSize(b, value);
  }

  /// `k`, `r`, `i`, `f` or `t` if the name is `_key`, `_rev`, `_id`, `_from` or `_to`, else 0.
  private static int systemName(byte[] b, int o) {
    int head = b[o] & 0xff;
    if (VPackLayout.isTranslatedName(head)) {
      return "krift".charAt(head - 0x31);
    }
    if (head < VPackLayout.HEAD_STRING + 3
        || head > VPackLayout.HEAD_STRING + 5
        || b[o + 1] != '_') {
      return 0;
    }
    byte[] name =
        switch (b[o + 2]) {
          case 'k' -> KEY;
          case 'r' -> REV;
          case 'i' -> ID;
          case 'f' -> FROM;
          case 't' -> TO;
          default -> null;
        };
    return name != null && VPackLayout.nameEquals(b, o, name, 0, name.length) ? b[o + 2] : 0;
  }

  private static void copyMember(byte[] b, int o, @Nullable String key, VPackBuilder target) {
    target.key(b, o);
    copyValue(b, VPackLayout.skipName(b, o), key, target);
  }

  /// Copies a value in the layout of the stored form; most are in it and are copied as they are.
  ///
  /// @param key stands in for `_key` where a custom `_id` is not inside an object with a `_key`
  private static void copyValue(byte[] b, int o, @Nullable String key, VPackBuilder target) {
    int head = b[o] & 0xff;
    if (head >= 0xf0) {
      target.value(resolveCustom(b, o, key));
    } else if (!VPackLayout.isContainerHead(head) || isStoredContainer(b, o, head)) {
      target.raw(b, o, VPackLayout.byteSize(b, o));
    } else if (VPackLayout.isObjectHead(head)) {
      int keyValue = VPackLayout.find(b, o, KEY);
      String inner = keyValue < 0 ? null : VPackLayout.stringAt(b, keyValue);
      target.openObject();
      int count = VPackLayout.count(b, o);
      int at = count == 0 ? o : VPackLayout.firstItem(b, o);
      for (int i = 0; i < count; i++) {
        copyMember(b, at, inner == null ? key : inner, target);
        at = nextMember(b, at);
      }
      target.close();
    } else {
      target.openArray();
      int count = VPackLayout.count(b, o);
      int at = count == 0 ? o : VPackLayout.firstItem(b, o);
      for (int i = 0; i < count; i++) {
        copyValue(b, at, key, target);
        at += VPackLayout.byteSize(b, at);
      }
      target.close();
    }
  }

  /// A custom value is an `_id` whose collection is known by number only, which the wire accepts in
  /// place of a name.
  private static String resolveCustom(byte[] b, int o, @Nullable String key) {
    if ((b[o] & 0xff) != VPackLayout.HEAD_CUSTOM_ID || key == null) {
      throw new IllegalArgumentException("custom type 0x%02x has no meaning here".formatted(b[o]));
    }
    return Long.toUnsignedString((long) VPackLayout.LONG_LE.get(b, o + 1)) + '/' + key;
  }

  /// Whether the object is in stored form, with this key and revision.
  private static boolean isStored(byte[] b, int o, String key, String printedRevision) {
    if (!beginsAsStored(b, o)) {
      return false;
    }
    int keyValue = keyValue(b, o);
    return VPackLayout.isAsciiString(b, keyValue, key)
        && VPackLayout.isAsciiString(b, revisionValue(b, keyValue), printedRevision)
        && isStoredContainer(b, o, b[o] & 0xff);
  }

  /// Whether the members of an object follow each other as in a stored document: strings `_key` and
  /// `_rev`, then `_from`, `_to`, then no name of these, nor `_id`.
  static boolean beginsAsStored(byte[] b, int o) {
    int head = b[o] & 0xff;
    if (head < 0x0b || head > 0x0e) {
      return false;
    }
    int count = VPackLayout.count(b, o);
    int at = VPackLayout.firstItem(b, o);
    if (count < 2 || !isPlainStringMember(b, at, KEY)) {
      return false;
    }
    at = nextMember(b, at);
    if (!isPlainStringMember(b, at, REV)) {
      return false;
    }
    at = nextMember(b, at);
    int expected = 'f';
    for (int i = 2; i < count; i++) {
      int system = systemName(b, at);
      if (system == 0) {
        expected = 0;
      } else if ((system == 'f' && expected == 'f') || (system == 't' && expected != 0)) {
        expected = system == 'f' ? 't' : 0;
      } else {
        return false;
      }
      at = nextMember(b, at);
    }
    return true;
  }

  private static boolean isPlainStringMember(byte[] b, int o, byte[] name) {
    return (b[o] & 0xff) == VPackLayout.HEAD_STRING + name.length
        && VPackLayout.nameEquals(b, o, name, 0, name.length)
        && VPackLayout.isString(b, o + 1 + name.length);
  }

  /// Where the value of `_key` starts in an object that begins as stored.
  static int keyValue(byte[] b, int o) {
    return VPackLayout.firstItem(b, o) + 1 + KEY.length;
  }

  /// Where the value of `_rev` starts, given that of `_key`.
  static int revisionValue(byte[] b, int keyValue) {
    return keyValue + VPackLayout.byteSize(b, keyValue) + 1 + REV.length;
  }

  private static boolean isStoredValue(byte[] b, int o) {
    int head = b[o] & 0xff;
    return VPackLayout.isContainerHead(head) ? isStoredContainer(b, o, head) : head < 0xf0;
  }

  private static boolean isStoredContainer(byte[] b, int o, int head) {
    if (head == VPackLayout.HEAD_EMPTY_ARRAY || head == VPackLayout.HEAD_EMPTY_OBJECT) {
      return true;
    }
    if (head == VPackLayout.HEAD_COMPACT_ARRAY) {
      return false;
    }
    int count = VPackLayout.count(b, o);
    int at = VPackLayout.firstItem(b, o);
    if (head < VPackLayout.HEAD_EMPTY_OBJECT) {
      for (int i = 0; i < count; i++) {
        if (!isStoredValue(b, at)) {
          return false;
        }
        at += VPackLayout.byteSize(b, at);
      }
      return true;
    }
    if (head == VPackLayout.HEAD_COMPACT_OBJECT && count > 1) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      int value = VPackLayout.skipName(b, at);
      if (VPackLayout.isTranslatedName(b[at] & 0xff) || !isStoredValue(b, value)) {
        return false;
      }
      at = value + VPackLayout.byteSize(b, value);
    }
    // The default layout of one member is compact; its count takes the one byte that must be left.
    return count == 1
        ? head == VPackLayout.HEAD_COMPACT_OBJECT && at == o + VPackLayout.byteSize(b, o) - 1
        : isStrictlySorted(b, o, head, count);
  }

  private static boolean isStrictlySorted(byte[] b, int o, int head, int count) {
    return isStrictlySorted(
        b, o, VPackLayout.indexTable(b, o, count), count, VPackLayout.fieldWidth(head));
  }

  /// Whether the index table of an object is sorted and no name repeats; names must be plain.
  static boolean isStrictlySorted(byte[] b, int o, int table, int count, int width) {
    int previousText = 0;
    int previousLength = -1;
    long previousPrefix = 0;
    for (int i = 0; i < count; i++) {
      int name = o + VPackLayout.readSize(b, table + i * width, width);
      int text = VPackLayout.textOffset(b, name);
      int length = VPackLayout.textLength(b, name);
      long prefix = VPackLayout.prefix(b, text, length);
      if (previousLength >= 0) {
        int order =
            prefix != previousPrefix
                ? Long.compareUnsigned(previousPrefix, prefix)
                : Arrays.compareUnsigned(
                    b, previousText, previousText + previousLength, b, text, text + length);
        if (order >= 0) {
          return false;
        }
      }
      previousText = text;
      previousLength = length;
      previousPrefix = prefix;
    }
    return true;
  }
}
