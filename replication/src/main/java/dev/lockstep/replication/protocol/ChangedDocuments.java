package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.InvalidVPackException;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackSlice;
import org.jspecify.annotations.Nullable;

/// Takes one answer of a tail in [MarkerForm#DOCUMENTS] apart. Nothing in it is trusted. One
/// thread. Source: `docs/protocol.md`, "Changed documents".
public final class ChangedDocuments {
  /// What has become of one document.
  public sealed interface Change {
    /// It was written; this is the document, in stored form.
    record Written(Document document) implements Change {}

    /// It was removed; perhaps one of the same key follows, or is here already.
    ///
    /// @param revision of the removal: later than the document's, earlier than that of one that was
    ///   inserted again
    record Removed(String key, Revision revision) implements Change {}
  }

  private final String endpoint;
  private final String url;
  private final ValueSource source;

  /// @param endpoint of the leader, for messages
  /// @throws ProtocolViolationException if the answer is in another form
  public ChangedDocuments(String endpoint, TailPage page) {
    this.endpoint = endpoint;
    this.url = page.url();
    if (page.form() != MarkerForm.DOCUMENTS && page.body().length > 0) {
      throw ProtocolViolationException.inResponse(
          endpoint, url, "the answer is no " + MarkerForm.DOCUMENTS.mediaType());
    }
    this.source = ValueSource.velocyPack(page.body());
  }

  /// The next one, null at the end.
  ///
  /// @throws ProtocolViolationException if the answer is malformed
  public @Nullable Change next() {
    try {
      VPackSlice value = source.next();
      if (value == null) {
        return null;
      }
      return value.isString()
          ? new Change.Removed(LeaderDocument.checkedKey(value.asString()), revision())
          : new Change.Written(LeaderDocument.read(value));
    } catch (InvalidVPackException | MessageException e) {
      throw ProtocolViolationException.inResponse(endpoint, url, String.valueOf(e.getMessage()));
    }
  }

  private Revision revision() {
    VPackSlice value = source.next();
    if (value == null) {
      throw new MessageException("a removal has no revision");
    }
    return new Revision(Messages.unsigned(value, "revision"));
  }
}
