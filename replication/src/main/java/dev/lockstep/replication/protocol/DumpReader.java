package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.InvalidJsonException;
import dev.lockstep.core.document.InvalidVPackException;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackTooLargeException;
import org.jspecify.annotations.Nullable;

/// Takes one dump response apart, in any form a leader may send: JSON lines or VelocyPack, in
/// envelopes or bare, documents only or a history with removals. Nothing in it is trusted. One
/// thread.
public final class DumpReader {
  /// Insert or replace.
  private static final long MARKER_DOCUMENT = 2300;

  /// Insert or replace of an edge; very old leaders only.
  private static final long MARKER_EDGE = 2301;

  private static final long MARKER_REMOVE = 2302;

  /// One thing a dump says.
  public sealed interface Entry {
    /// The document, in stored form.
    record Put(Document document) implements Entry {}

    /// The document of this key was removed after what came before.
    record Remove(String key) implements Entry {}
  }

  private final String endpoint;
  private final String url;
  private final ValueSource source;

  /// Set by the first object of the response, as stock followers do: leaders may ignore the wish.
  private @Nullable Boolean isEnveloped;

  private boolean isHistory;

  /// @param endpoint of the leader, for messages
  public DumpReader(String endpoint, DumpPage page) {
    this.endpoint = endpoint;
    this.url = page.url();
    this.source =
        switch (page.form()) {
          case JSON -> ValueSource.lines(page.body());
          case VELOCYPACK, STORED -> ValueSource.velocyPack(page.body());
        };
  }

  /// Whether the response turned out to be a history, in which a key may occur several times and
  /// the last line wins.
  public boolean isHistory() {
    return isHistory;
  }

  /// The next entry, null at the end.
  ///
  /// @throws ProtocolViolationException if the response is malformed
  public @Nullable Entry next() {
    try {
      VPackSlice value = source.next();
      return value == null ? null : entry(value);
    } catch (InvalidJsonException
        | InvalidVPackException
        | VPackTooLargeException
        | MessageException e) {
      throw ProtocolViolationException.inResponse(endpoint, url, String.valueOf(e.getMessage()));
    }
  }

  private Entry entry(VPackSlice value) {
    if (!value.isObject()) {
      throw new MessageException("a document of the dump is no object");
    }
    if (isEnveloped == null) {
      VPackSlice key = value.get("_key");
      VPackSlice data = value.get("data");
      if (key != null && key.isString()) {
        isEnveloped = false;
      } else if (data != null && data.isObject()) {
        isEnveloped = true;
      } else {
        throw new MessageException("a line of the dump has neither '_key' nor 'data'");
      }
    }
    return isEnveloped ? unwrap(value) : new Entry.Put(LeaderDocument.read(value));
  }

  private Entry unwrap(VPackSlice envelope) {
    isHistory |= envelope.get("tick") != null;
    long type = Messages.requiredUnsigned(envelope, "type");
    VPackSlice data = Messages.requiredObject(envelope, "data");
    if (type == MARKER_DOCUMENT || type == MARKER_EDGE) {
      return new Entry.Put(LeaderDocument.read(data));
    }
    if (type == MARKER_REMOVE) {
      isHistory = true;
      return new Entry.Remove(LeaderDocument.key(data));
    }
    throw ProtocolViolationException.unexpectedMarker(endpoint, type);
  }
}
