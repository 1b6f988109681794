package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.WriteResult;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackToJson;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// What a client is told about one write that was not refused: `_id`, `_key`, `_rev` and, where
/// they belong, `_oldRev`, `new` and `old`.
record WrittenElement(
    String collection,
    String key,
    Revision revision,
    @Nullable Revision oldRevision,
    @Nullable Document newDocument,
    @Nullable Document oldDocument)
    implements SpooledArray.Element {

  /// @param withOldRevision false for removals, whose `_rev` is that of the removed document
  static WrittenElement of(
      String collection, WriteResult.Written written, boolean withOldRevision) {
    return new WrittenElement(
        collection,
        written.key(),
        written.revision(),
        withOldRevision ? written.oldRevision() : null,
        written.newDocument(),
        written.oldDocument());
  }

  static WrittenElement of(String collection, WriteResult.Ignored ignored) {
    return new WrittenElement(collection, ignored.key(), ignored.revision(), null, null, null);
  }

  /// Names of collections, keys and revisions consist of characters that JSON takes as they are.
  @Override
  public void writeJson(OutputStream out) throws IOException {
    StringBuilder head = new StringBuilder(128);
    head.append("{\"_id\":\"").append(collection).append('/').append(key);
    head.append("\",\"_key\":\"").append(key);
    head.append("\",\"_rev\":\"").append(revision).append('"');
    if (oldRevision != null) {
      head.append(",\"_oldRev\":\"").append(oldRevision).append('"');
    }
    ascii(head.toString(), out);
    if (newDocument != null) {
      ascii(",\"new\":", out);
      StoredDocument.writeJson(newDocument.slice(), collection, out);
    }
    if (oldDocument != null) {
      ascii(",\"old\":", out);
      StoredDocument.writeJson(oldDocument.slice(), collection, out);
    }
    out.write('}');
  }

  private static void ascii(String text, OutputStream out) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Override
  public VPackSlice toVPack() {
    VPackBuilder builder = new VPackBuilder().openObject();
    builder
        .member("_id", collection + "/" + key)
        .member("_key", key)
        .member("_rev", revision.toString());
    if (oldRevision != null) {
      builder.member("_oldRev", oldRevision.toString());
    }
    if (newDocument != null) {
      builder.member("new", StoredDocument.withId(newDocument.slice(), collection));
    }
    if (oldDocument != null) {
      builder.member("old", StoredDocument.withId(oldDocument.slice(), collection));
    }
    return builder.close().toSlice();
  }

  /// What a client is told about one refused operation among many.
  ///
  /// @param current revision of the document that failed a precondition, else null
  record Refusal(
      LockstepException error,
      @Nullable String collection,
      @Nullable String key,
      @Nullable Revision current)
      implements SpooledArray.Element {
    static Refusal of(String collection, WriteResult.Refused refused) {
      boolean conflict = refused.error().number() == ErrorNumber.CONFLICT;
      return new Refusal(
          refused.error(), collection, refused.key(), conflict ? refused.current() : null);
    }

    static Refusal of(LockstepException error) {
      return new Refusal(error, null, null, null);
    }

    @Override
    public void writeJson(OutputStream out) throws IOException {
      VPackToJson.write(toVPack(), out);
    }

    @Override
    public VPackSlice toVPack() {
      VPackBuilder builder = new VPackBuilder().openObject();
      builder
          .member("error", true)
          .member("errorNum", error.number().number())
          .member("errorMessage", String.valueOf(error.getMessage()));
      if (error.detail() != null) {
        builder.member("detail", error.detail());
      }
      if (current != null && key != null) {
        builder
            .member("_id", collection + "/" + key)
            .member("_key", key)
            .member("_rev", current.toString());
      }
      return builder.close().toSlice();
    }
  }
}
