package dev.lockstep.client.leader;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.lockstep.client.RequestBody;
import dev.lockstep.client.ServerConnection;
import dev.lockstep.client.ServerRequest;
import dev.lockstep.client.ServerResponse;
import dev.lockstep.client.StreamingResponse;
import dev.lockstep.client.Zstandard;
import dev.lockstep.replication.protocol.AnswerSeal;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.replication.protocol.DamagedAnswerException;
import dev.lockstep.replication.protocol.FrameFormat;
import dev.lockstep.replication.protocol.FrameInput;
import dev.lockstep.replication.protocol.TransferPolicy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// Brings whole answers from a leader, unharmed: asks for checksums where the leader has announced
/// them, and checks them. Learns what the leader can do from what it says, unless it is to be taken
/// for a stock one. Thread-safe.
final class AnswerChannel {
  /// Growth of the buffer for a body whose length was not announced.
  private static final int GROW_BYTES_MIN = 64 << 10;

  private static final String ZSTD = "zstd";
  private static final int HTTP_NO_CONTENT = 204;
  private static final int HTTP_BAD_REQUEST = 400;

  /// Zstandard frames that need more memory than this are none of a leader of ours.
  private static final int ZSTD_WINDOW_LOG_MAX = 23;

  private final ServerConnection connection;
  private final LinkGauge link;
  private final boolean useExtensions;
  private final LongAdder damagedOfAll;
  private final LongAdder damaged = new LongAdder();
  private volatile Set<Capability> capabilities = Set.of();

  /// @param policy what to do for the link's sake
  /// @param useExtensions false: what the leader announces is not heard
  /// @param damagedOfAll counts the damaged answers of all channels
  AnswerChannel(
      ServerConnection connection,
      TransferPolicy policy,
      boolean useExtensions,
      LongAdder damagedOfAll) {
    this.connection = connection;
    this.useExtensions = useExtensions;
    this.link = new LinkGauge(policy, isLoopback(connection.settings().endpoint().host()));
    this.damagedOfAll = damagedOfAll;
  }

  private static boolean isLoopback(String host) {
    return host.equals("localhost") || host.startsWith("127.") || host.equals("::1");
  }

  /// What the leader has announced last; nothing where extensions are not used.
  Set<Capability> capabilities() {
    return capabilities;
  }

  long damagedAnswers() {
    return damaged.sum();
  }

  /// Sends a request and returns the whole answer, whatever its status.
  ///
  /// @param isBulk see [LinkGauge#wantsCompression]
  /// @throws DamagedAnswerException if it is not what the leader sent
  /// @throws FrameInput.TooLongException if it is longer than the connection's limit
  /// @throws IOException as [ServerConnection#send]
  ServerResponse send(ServerRequest request, boolean isBulk)
      throws IOException, InterruptedException {
    if (!capabilities.contains(Capability.FRAMES)) {
      try (StreamingResponse response = connection.open(request)) {
        return plain(response);
      }
    }
    ServerRequest asking = request.withHeader(FrameFormat.HEADER, FrameFormat.CRC32C);
    if (request.body() instanceof RequestBody.Bytes(byte[] content)) {
      asking = asking.withHeader(FrameFormat.REQUEST_BODY_HEADER, AnswerSeal.ofBody(content));
    }
    if (capabilities.contains(Capability.ZSTD)
        && link.wantsCompression(isBulk)
        && Zstandard.isAvailable()) {
      asking = asking.withHeader("Accept-Encoding", ZSTD);
    }
    try (StreamingResponse response = connection.open(asking)) {
      return checked(asking, response);
    } catch (DamagedAnswerException e) {
      damaged.increment();
      damagedOfAll.increment();
      throw e;
    }
  }

  private ServerResponse plain(StreamingResponse response) throws IOException {
    learn(response);
    return answer(
        response, response.status() == HTTP_NO_CONTENT ? new byte[0] : readPlain(response));
  }

  private byte[] readPlain(StreamingResponse response) throws IOException {
    try (InputStream body = link.watch(response.body())) {
      return readAll(body, length(response.header("content-length")));
    }
  }

  private static ServerResponse answer(StreamingResponse response, byte[] body) {
    return new ServerResponse(response.status(), response.reason(), response.headers(), body);
  }

  private ServerResponse checked(ServerRequest request, StreamingResponse response)
      throws IOException {
    String told = response.header(FrameFormat.HEADER);
    if (told == null) {
      return unchecked(response);
    }
    AnswerSeal seal = new AnswerSeal(request.method(), request.pathAndQuery(), response.status());
    request.headers().forEach(header -> seal.asked(header.name(), header.value()));
    response
        .headers()
        .asMap()
        .forEach((name, values) -> values.forEach(value -> seal.answered(name, value)));
    if (!seal.text().equals(told.strip())) {
      throw new DamagedAnswerException("the checksum of request, status and headers does not fit");
    }
    learn(response);
    return answer(
        response, response.status() == HTTP_NO_CONTENT ? new byte[0] : readFrames(response));
  }

  private byte[] readFrames(StreamingResponse response) throws IOException {
    try (InputStream body = link.watch(response.body());
        InputStream decompressed = decompressed(body, response.header("content-encoding"))) {
      return new FrameInput(decompressed)
          .readBody(
              length(response.header(FrameFormat.LENGTH_HEADER)),
              connection.settings().responseBytesMax());
    } catch (ZstdIOException e) {
      throw new DamagedAnswerException("it cannot be decompressed: " + e.getMessage(), e);
    }
  }

  private static InputStream decompressed(InputStream body, @Nullable String encoding)
      throws IOException {
    if (encoding == null) {
      return body;
    }
    if (!encoding.equals(ZSTD)) {
      throw new DamagedAnswerException("it is encoded as '" + encoding + "', which nobody wanted");
    }
    return new ZstdInputStreamNoFinalizer(body).setLongMax(ZSTD_WINDOW_LOG_MAX);
  }

  /// An answer without checksums is believed if it is a failure, for then it may come from a proxy
  /// on the way, or if the leader says that it cannot make them: it may be another version by now.
  /// A 400, however, is what becomes of a request whose first line or headers were damaged.
  private ServerResponse unchecked(StreamingResponse response) throws IOException {
    String announced = response.header(Capability.HEADER);
    boolean canMakeThem =
        announced == null || Capability.parse(announced).contains(Capability.FRAMES);
    boolean isFailure = response.status() >= 300 && response.status() != HTTP_BAD_REQUEST;
    if (canMakeThem && !isFailure) {
      throw new DamagedAnswerException(
          "it has no checksums ("
              + FrameFormat.HEADER
              + "), although the leader has announced them; if this happens always, something"
              + " between the servers removes them");
    }
    return plain(response);
  }

  private void learn(StreamingResponse response) {
    String announced = response.header(Capability.HEADER);
    if (useExtensions && announced != null) {
      capabilities = Capability.parse(announced);
    }
  }

  private static long length(@Nullable String header) {
    if (header != null) {
      try {
        return Long.parseLong(header.strip());
      } catch (NumberFormatException _) {
        // Then it is found out by reading.
      }
    }
    return -1;
  }

  /// Into one array of just the right size where the length is known, for a body may be a single
  /// huge document. More than the connection's limit fails while reading.
  private byte[] readAll(InputStream in, long announced) throws IOException {
    long limit = connection.settings().responseBytesMax();
    if (announced >= 0 && announced <= Math.min(limit, Integer.MAX_VALUE - 8)) {
      byte[] body = new byte[(int) announced];
      int filled = in.readNBytes(body, 0, body.length);
      // The end, too, so that the connection can be used again.
      if (in.read() >= 0) {
        throw new DamagedAnswerException("more than the announced " + announced + " bytes");
      }
      return filled == body.length ? body : Arrays.copyOf(body, filled);
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream(GROW_BYTES_MIN);
    in.transferTo(body);
    return body.toByteArray();
  }
}
