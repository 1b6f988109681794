package dev.lockstep.server.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// A body kept until an asynchronous request gets its turn: in memory if it is small, in a
/// temporary file otherwise, so that a full queue of imports does not fill the heap. Closing
/// removes the file.
final class SpooledBody implements RequestBody, AutoCloseable {
  /// With the default queue of 4096 jobs all bodies in memory take 64 MiB.
  static final int IN_MEMORY_MAX = 16 << 10;

  private final byte[] head;
  private final @Nullable Path file;
  private final long length;
  private final BodyMemory memory;
  private final InputStream stream;
  private @Nullable StreamedBody reader;

  private SpooledBody(byte[] head, @Nullable Path file, long length, BodyMemory memory)
      throws IOException {
    this.head = head;
    this.file = file;
    this.length = length;
    this.memory = memory;
    this.stream = file == null ? new ByteArrayInputStream(head) : Files.newInputStream(file);
  }

  /// Reads everything; the stream has its own limit.
  static SpooledBody read(InputStream in, Path directory, BodyMemory memory) throws IOException {
    byte[] head = in.readNBytes(IN_MEMORY_MAX + 1);
    if (head.length <= IN_MEMORY_MAX) {
      return new SpooledBody(head, null, head.length, memory);
    }
    Path file = Files.createTempFile(directory, "request-", ".body");
    try {
      long length = head.length;
      try (OutputStream out = Files.newOutputStream(file)) {
        out.write(head);
        length += in.transferTo(out);
      }
      return new SpooledBody(new byte[0], file, length, memory);
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  private StreamedBody reader() {
    if (reader == null) {
      reader = new StreamedBody(stream, length, null, length, length, memory);
    }
    return reader;
  }

  @Override
  public InputStream stream() throws IOException {
    return reader().stream();
  }

  @Override
  public void holdWhole() {
    reader().holdWhole();
  }

  @Override
  public void letGo() {
    reader().letGo();
  }

  @Override
  public byte[] bytes(int limit) throws IOException {
    return file == null && head.length <= limit ? head : reader().bytes(limit);
  }

  @Override
  public void close() {
    try {
      if (reader != null) {
        reader.close();
      }
      stream.close();
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
