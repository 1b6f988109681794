package dev.lockstep.server.api;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.DocumentHandle;
import dev.lockstep.core.document.IndexKeyEncoder;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Whether documents have the attribute values of an example. A name with dots reaches into
/// objects; values are compared as wholes, numbers by value, objects without regard to the order of
/// members; null equals an absent attribute. Not thread-safe.
final class ExampleMatcher {
  private record Attribute(List<String> path, byte[] encodedValue) {}

  private final List<Attribute> attributes = new ArrayList<>();
  private final IndexKeyEncoder encoder = new IndexKeyEncoder();
  private final String collection;

  /// The one key that can match; null if any may.
  private @Nullable String onlyKey;

  /// Whether no document can match.
  private boolean impossible;

  /// @param example an object
  /// @param collection name of the collection the documents are in
  ExampleMatcher(VPackSlice example, String collection) {
    this.collection = collection;
    for (VPackMember member : example.members()) {
      switch (member.name()) {
        case "_id" -> requireKey(keyOfId(member.value()));
        case "_key" -> requireKey(member.value().isString() ? member.value().asString() : null);
        default ->
            attributes.add(
                new Attribute(
                    List.of(member.name().split("\\.", -1)),
                    IndexKeyEncoder.encode(member.value())));
      }
    }
  }

  private @Nullable String keyOfId(VPackSlice id) {
    DocumentHandle handle = id.isString() ? DocumentHandle.parse(id.asString()) : null;
    return handle != null && handle.collection().equals(collection) ? handle.key() : null;
  }

  private void requireKey(@Nullable String key) {
    impossible |= key == null || onlyKey != null && !onlyKey.equals(key);
    onlyKey = key;
  }

  /// Whether no document of this collection can match.
  boolean isImpossible() {
    return impossible;
  }

  /// The one key that can match; null if any may.
  @Nullable String onlyKey() {
    return onlyKey;
  }

  boolean matches(Document document) {
    if (impossible || onlyKey != null && !onlyKey.equals(document.key())) {
      return false;
    }
    VPackSlice body = document.slice();
    for (Attribute attribute : attributes) {
      encoder.reset();
      byte[] encoded = encoder.add(valueAt(body, attribute.path())).toByteArray();
      if (!Arrays.equals(encoded, attribute.encodedValue())) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable VPackSlice valueAt(VPackSlice body, List<String> path) {
    VPackSlice value = body;
    for (String name : path) {
      value = value.isObject() ? value.get(name) : null;
      if (value == null) {
        return null;
      }
    }
    return value;
  }
}
