package dev.lockstep.core.document;

/// A document as it is stored and transferred.
///
/// @param body the stored form (see [StoredDocument]), exactly one value; never changed by anyone
@SuppressWarnings(
    "ArrayRecordComponent") // opaque bytes: nobody compares documents by record equality
public record Document(String key, Revision revision, byte[] body) {
  /// The body as a value.
  public VPackSlice slice() {
    return VPackSlice.of(body);
  }
}
