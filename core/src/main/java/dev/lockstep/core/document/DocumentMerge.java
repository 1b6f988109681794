package dev.lockstep.core.document;

/// The update of a document by a patch (`PATCH`). Thread-safe: no state.
public final class DocumentMerge {
  private DocumentMerge() {}

  /// Applies the patch's attributes: new ones are added, values are replaced, objects are merged or
  /// replaced, arrays always replaced. `_key`, `_id` and `_rev` of the patch are ignored at the top
  /// level. The result is not in stored form yet: give it to [StoredDocument#normalize] with its
  /// new revision.
  ///
  /// @param keepNull whether attributes that are null in the patch become null, rather than being
  ///   removed; this reaches into objects of the patch, not into arrays, and never touches a null
  ///   the document had before
  /// @param mergeObjects whether objects on both sides are merged recursively rather than replaced
  /// @return a new object: the attributes of `old` in their order, then the new ones of the patch
  /// @throws IllegalArgumentException if one of the two is no object
  public static VPackSlice merge(
      VPackSlice old, VPackSlice patch, boolean keepNull, boolean mergeObjects) {
    if (!old.isObject() || !patch.isObject()) {
      throw new IllegalArgumentException("cannot merge " + patch.type() + " into " + old.type());
    }
    int sizeHint = Math.min(old.byteSize() + patch.byteSize(), 1 << 20);
    VPackBuilder target = new VPackBuilder(VPackBuilder.BYTES_MAX, sizeHint);
    // Stored layout on both sides: names are unique and found by index table, so that a hostile
    // patch costs no more.
    VPackSlice left = StoredDocument.inStoredLayout(old);
    VPackSlice right = StoredDocument.inStoredLayout(patch);
    new Merge(keepNull, mergeObjects, target)
        .objects(left.buffer(), left.offset(), right.buffer(), right.offset(), true);
    return target.toSlice();
  }

  private record Merge(boolean keepNull, boolean mergeObjects, VPackBuilder target) {
    void objects(byte[] old, int oldOffset, byte[] patch, int patchOffset, boolean top) {
      target.openObject();
      int at = firstMember(old, oldOffset);
      for (int left = VPackLayout.count(old, oldOffset); left > 0; left--) {
        int oldValue = VPackLayout.skipName(old, at);
        int next = oldValue + VPackLayout.byteSize(old, oldValue);
        int patchValue = top && isIdentity(old, at) ? -1 : find(patch, patchOffset, old, at);
        if (patchValue < 0) {
          target.key(old, at).raw(old, oldValue, next - oldValue);
        } else if (keepNull || (patch[patchValue] & 0xff) != VPackLayout.HEAD_NULL) {
          target.key(old, at);
          if (mergeObjects && isObject(old, oldValue) && isObject(patch, patchValue)) {
            objects(old, oldValue, patch, patchValue, false);
          } else {
            added(patch, patchValue);
          }
        }
        at = next;
      }
      at = firstMember(patch, patchOffset);
      for (int left = VPackLayout.count(patch, patchOffset); left > 0; left--) {
        int value = VPackLayout.skipName(patch, at);
        if (!(top && isIdentity(patch, at)) && find(old, oldOffset, patch, at) < 0) {
          addedMember(patch, at, value);
        }
        at = value + VPackLayout.byteSize(patch, value);
      }
      target.close();
    }

    /// A member of the patch that replaces nothing.
    private void addedMember(byte[] patch, int name, int value) {
      if (keepNull || (patch[value] & 0xff) != VPackLayout.HEAD_NULL) {
        target.key(patch, name);
        added(patch, value);
      }
    }

    private void added(byte[] patch, int value) {
      if (keepNull || !isObject(patch, value)) {
        target.raw(patch, value, VPackLayout.byteSize(patch, value));
        return;
      }
      target.openObject();
      int at = firstMember(patch, value);
      for (int left = VPackLayout.count(patch, value); left > 0; left--) {
        int inner = VPackLayout.skipName(patch, at);
        addedMember(patch, at, inner);
        at = inner + VPackLayout.byteSize(patch, inner);
      }
      target.close();
    }

    private static boolean isIdentity(byte[] b, int name) {
      return VPackLayout.nameEquals(b, name, StoredDocument.KEY, 0, StoredDocument.KEY.length)
          || VPackLayout.nameEquals(b, name, StoredDocument.REV, 0, StoredDocument.REV.length)
          || VPackLayout.nameEquals(b, name, StoredDocument.ID, 0, StoredDocument.ID.length);
    }

    private static boolean isObject(byte[] b, int o) {
      return VPackLayout.isObjectHead(b[o] & 0xff);
    }

    private static int firstMember(byte[] b, int o) {
      return (b[o] & 0xff) == VPackLayout.HEAD_EMPTY_OBJECT ? o : VPackLayout.firstItem(b, o);
    }

    /// The value in the object at `o` of the name that lies at `nameOffset` in another buffer, or
    /// -1.
    private static int find(byte[] b, int o, byte[] names, int nameOffset) {
      int head = names[nameOffset] & 0xff;
      if (VPackLayout.isTranslatedName(head)) {
        return VPackLayout.find(b, o, VPackLayout.translatedNameBytes(head));
      }
      int text = VPackLayout.textOffset(names, nameOffset);
      return VPackLayout.find(b, o, names, text, text + VPackLayout.textLength(names, nameOffset));
    }
  }
}
