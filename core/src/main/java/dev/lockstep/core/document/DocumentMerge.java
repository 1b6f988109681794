package dev.lockstep.core.document;

/// The update of a document by a patch (`PATCH`). Thread-safe: no state.
public final class DocumentMerge {
  private DocumentMerge() {}

  /// @param keepNull whether attributes that are null in the patch are stored as null rather than
  ///   removed
  /// @param mergeObjects whether objects on both sides are merged recursively rather than replaced
  /// @return a new object: the attributes of `old` in their order, then the new ones of the patch
  public static VPackSlice merge(
      VPackSlice old, VPackSlice patch, boolean keepNull, boolean mergeObjects) {
    throw new UnsupportedOperationException();
  }
}
