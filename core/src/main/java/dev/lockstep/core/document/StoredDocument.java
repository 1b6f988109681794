package dev.lockstep.core.document;

import java.io.IOException;
import java.io.OutputStream;

/// The stored form of a document: a VelocyPack object in default layout with plain names: `_key`,
/// `_rev`, then `_from` and `_to` where present, then the other attributes in the order given.
/// `_id` is not stored: it follows from the collection's name and `_key`, so that renaming a
/// collection touches no document. Thread-safe: no state.
public final class StoredDocument {
  private StoredDocument() {}

  /// Builds the stored form of any incoming object: its own `_id`, `_key` and `_rev` are dropped,
  /// translated names and custom values are resolved at any depth, order of attributes and types of
  /// numbers are kept. Incoming bytes that are in stored form already are returned as they are.
  public static Document normalize(VPackSlice incoming, String key, Revision revision) {
    throw new UnsupportedOperationException();
  }

  /// What clients see: `_key`, `_id`, `_rev`, then the other attributes.
  public static VPackSlice withId(VPackSlice stored, String collectionName) {
    throw new UnsupportedOperationException();
  }

  /// [#withId] as JSON, without building it.
  public static void writeJson(VPackSlice stored, String collectionName, OutputStream out)
      throws IOException {
    throw new UnsupportedOperationException();
  }

  public static String key(VPackSlice stored) {
    throw new UnsupportedOperationException();
  }

  public static Revision revision(VPackSlice stored) {
    throw new UnsupportedOperationException();
  }
}
