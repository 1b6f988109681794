package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.server.settings.Limit;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Bytes of an answer that cannot be sent yet, because its headers depend on what comes later or
/// because the peer does not read before it has sent everything. Small ones stay in memory, the
/// rest goes to a temporary file that has no name and vanishes with the process. Not thread-safe.
final class Spool extends OutputStream {
  /// What one answer holds on the heap.
  static final int MEMORY_BYTES_MAX = 1 << 20;

  private static final int COPY_BYTES = 64 << 10;

  private final long bytesMax;
  private byte[] memory = new byte[512];
  private int inMemory;
  private long inFile;
  private @Nullable FileChannel file;

  /// @param bytesMax most bytes of the temporary file: a full disk would hit everybody
  Spool(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  @Override
  public void write(int b) throws IOException {
    if (inMemory == memory.length) {
      makeRoom(1);
    }
    memory[inMemory++] = (byte) b;
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    if (memory.length - inMemory < length) {
      makeRoom(length);
      if (memory.length - inMemory < length) {
        append(ByteBuffer.wrap(source, offset, length));
        return;
      }
    }
    System.arraycopy(source, offset, memory, inMemory, length);
    inMemory += length;
  }

  /// Grows the buffer up to its limit; beyond, empties it into the file.
  private void makeRoom(int wanted) throws IOException {
    if (inFile == 0 && wanted <= MEMORY_BYTES_MAX - inMemory) {
      memory =
          Arrays.copyOf(
              memory, Math.min(MEMORY_BYTES_MAX, Math.max(2 * memory.length, inMemory + wanted)));
      return;
    }
    append(ByteBuffer.wrap(memory, 0, inMemory));
    inMemory = 0;
  }

  private void append(ByteBuffer bytes) throws IOException {
    if (inFile + bytes.remaining() > bytesMax) {
      throw Limit.SPOOL_SIZE.exceeded(
          ErrorNumber.RESOURCE_LIMIT,
          bytesMax,
          "resource limit exceeded: the answer is too large; ask for less at once");
    }
    if (file == null) {
      Path path = Files.createTempFile("lockstep-answer-", ".spool");
      // The platform removes the name at once where it can, so that not even a crash leaves the
      // file behind.
      file =
          FileChannel.open(
              path,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
    }
    while (bytes.hasRemaining()) {
      inFile += file.write(bytes, inFile);
    }
  }

  long size() {
    return inFile + inMemory;
  }

  /// Copies everything written so far.
  void writeTo(OutputStream out) throws IOException {
    if (file != null) {
      ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
      for (long position = 0; position < inFile; ) {
        int read = file.read(buffer.clear(), position);
        if (read < 0) {
          throw new IOException(
              "the temporary file of an answer was cut at "
                  + position
                  + " of "
                  + inFile
                  + " bytes");
        }
        out.write(buffer.array(), 0, read);
        position += read;
      }
    }
    out.write(memory, 0, inMemory);
  }

  /// Gives back memory and file. Repeating is harmless.
  @Override
  public void close() throws IOException {
    memory = new byte[0];
    inMemory = 0;
    inFile = 0;
    if (file != null) {
      file.close();
      file = null;
    }
  }
}
