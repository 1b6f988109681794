package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The messages by which a follower compares keys with a leader. Nothing in an answer is trusted.
///
/// Source: `docs/protocol.md`, "Keys".
public final class KeysMessages {
  /// Documents of one chunk that a leader gives at most, whatever it is asked for.
  public static final int CHUNK_SIZE_MAX = 20_000;

  private KeysMessages() {}

  /// Reads the answer to a request for a list of keys.
  ///
  /// @throws MessageException if it is no object with a count
  public static KeysAnswer.Ready ready(VPackSlice answer) {
    if (!answer.isObject()) {
      throw new MessageException("expected an object");
    }
    long count = Messages.requiredUnsigned(answer, "count");
    if (count < 0) {
      throw new MessageException("'count' is " + Long.toUnsignedString(count));
    }
    VPackSlice id = Messages.member(answer, "id");
    if (id == null) {
      return new KeysAnswer.Ready("", count);
    }
    return new KeysAnswer.Ready(
        id.isString() ? id.asString() : Long.toUnsignedString(Messages.unsigned(id, "id")), count);
  }

  /// Reads the list of chunks.
  ///
  /// @throws MessageException if it is none, or chunks do not ascend
  public static List<KeyChunk> chunks(VPackSlice answer) {
    List<KeyChunk> chunks = new ArrayList<>();
    @Nullable String previous = null;
    for (VPackSlice element : array(answer).elements()) {
      if (!element.isObject()) {
        throw new MessageException("a chunk is no object");
      }
      String low = LeaderDocument.checkedKey(Messages.string(element, "low", ""));
      String high = LeaderDocument.checkedKey(Messages.string(element, "high", ""));
      if (low.compareTo(high) > 0 || (previous != null && low.compareTo(previous) <= 0)) {
        throw new MessageException(
            "the chunks' keys do not ascend: '"
                + low
                + "' to '"
                + high
                + "' after '"
                + previous
                + "'");
      }
      chunks.add(new KeyChunk(low, high, Messages.requiredUnsigned(element, "hash")));
      previous = high;
    }
    return chunks;
  }

  /// Reads the keys and revisions of one chunk. Revisions may be printed or plain numbers.
  ///
  /// @throws MessageException if there are none, or they do not ascend
  public static List<KeyRevision> keys(VPackSlice answer) {
    List<KeyRevision> keys = new ArrayList<>();
    @Nullable String previous = null;
    for (VPackSlice pair : array(answer).elements()) {
      if (!pair.isArray() || pair.length() != 2 || !pair.at(0).isString()) {
        throw new MessageException("a key with its revision is no pair");
      }
      String key = LeaderDocument.checkedKey(pair.at(0).asString());
      if (previous != null && key.compareTo(previous) <= 0) {
        throw new MessageException(
            "the keys do not ascend: '" + key + "' after '" + previous + "'");
      }
      keys.add(new KeyRevision(key, revision(pair.at(1), key)));
      previous = key;
      if (keys.size() > CHUNK_SIZE_MAX) {
        throw new MessageException("a chunk has more than " + CHUNK_SIZE_MAX + " keys");
      }
    }
    if (keys.isEmpty()) {
      throw new MessageException("a chunk has no keys");
    }
    return keys;
  }

  private static Revision revision(VPackSlice value, String key) {
    Revision revision =
        value.isString()
            ? Revision.parse(value.asString())
            : new Revision(Messages.unsigned(value, "revision"));
    if (!revision.isValid() || revision.equals(Revision.NONE)) {
      throw new MessageException("the revision of key '" + key + "' cannot be read");
    }
    return revision;
  }

  /// The body of a request for documents of a chunk.
  public static VPackSlice positions(int[] positions) {
    VPackBuilder body = new VPackBuilder();
    body.openArray();
    for (int position : positions) {
      body.value(position);
    }
    return body.close().toSlice();
  }

  /// Reads documents of a chunk. For those that are here already there is `null`, or nothing:
  /// leaders that do not know offsets send everything.
  ///
  /// @param wanted number of positions asked for
  /// @param offset how many of them are here already
  /// @throws MessageException if nothing new came, or more than was asked for
  public static FetchedDocuments documents(
      VPackSlice answer, int wanted, int offset, long bytes, String url) {
    List<Document> documents = new ArrayList<>();
    int position = 0;
    for (VPackSlice element : array(answer).elements()) {
      if (position == wanted) {
        throw new MessageException("more documents came than the " + wanted + " asked for");
      }
      if (position >= offset) {
        documents.add(LeaderDocument.read(element));
      }
      position++;
    }
    if (documents.isEmpty()) {
      throw new MessageException(
          "none of the documents came that were asked for, from number " + offset + " on");
    }
    return new FetchedDocuments(documents, bytes, url);
  }

  private static VPackSlice array(VPackSlice answer) {
    if (!answer.isArray()) {
      throw new MessageException("expected an array");
    }
    return answer;
  }
}
