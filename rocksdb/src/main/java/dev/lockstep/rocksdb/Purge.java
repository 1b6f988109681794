package dev.lockstep.rocksdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A range whose keys are gone but whose space is not yet; kept in the database until it is.
///
/// @param sequence RocksDB's position before the purge: snapshots up to it still read the range
record Purge(Keyspace keyspace, KeyRange range, long sequence) {
  private static final int NO_END = -1;

  byte[] encode() {
    byte[] name = keyspace.name().getBytes(UTF_8);
    byte[] to = range.to();
    ByteBuffer out =
        ByteBuffer.allocate(
            Long.BYTES
                + 3 * Integer.BYTES
                + name.length
                + range.from().length
                + (to == null ? 0 : to.length));
    out.putLong(sequence).putInt(name.length).put(name);
    out.putInt(range.from().length).put(range.from());
    if (to == null) {
      out.putInt(NO_END);
    } else {
      out.putInt(to.length).put(to);
    }
    return out.array();
  }

  static Purge decode(byte[] stored) {
    try {
      ByteBuffer in = ByteBuffer.wrap(stored);
      long sequence = in.getLong();
      Keyspace keyspace = Keyspace.valueOf(new String(bytes(in, in.getInt()), UTF_8));
      byte[] from = bytes(in, in.getInt());
      int toLength = in.getInt();
      byte @Nullable [] to = toLength == NO_END ? null : bytes(in, toLength);
      return new Purge(keyspace, new KeyRange(from, to), sequence);
    } catch (BufferUnderflowException | IllegalArgumentException damaged) {
      throw new StorageException("the note of an unfinished purge is damaged", damaged);
    }
  }

  private static byte[] bytes(ByteBuffer in, int length) {
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }
}
