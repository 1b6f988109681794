package dev.lockstep.server.http;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.InvalidJsonException;
import dev.lockstep.core.document.InvalidVPackException;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackTooLargeException;
import dev.lockstep.core.document.VPackValidator;
import dev.lockstep.replication.protocol.AnswerSeal;
import dev.lockstep.replication.protocol.FrameFormat;
import dev.lockstep.server.jobs.CancellationSignal;
import dev.lockstep.server.settings.ContentLimits;
import dev.lockstep.server.users.Access;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A request after routing and authentication. Everything but the body may be read by any thread;
/// the body belongs to the thread that runs [Resource#handle].
public final class ApiRequest {
  /// Request and response header by which a Lockstep server says what it speaks beyond the stock
  /// protocol.
  public static final String CAPABILITIES_HEADER = "x-lockstep-capabilities";

  /// Request header of Lockstep's shell and command line; its value is the program's name and
  /// version.
  public static final String CLIENT_HEADER = "x-lockstep-client";

  /// @param protocol such as `HTTP/1.1` or `HTTP/2.0`
  public record Connection(
      String protocol,
      boolean tls,
      String localAddress,
      int localPort,
      String remoteAddress,
      int remotePort) {}

  private final HttpVerb verb;
  private final String database;
  private final String path;
  private final List<String> segments;
  private final Query query;
  private final Headers headers;
  private final String userName;
  private final Access access;
  private final RequestBody body;
  private final Connection connection;
  private final CancellationSignal cancellation;
  private final ContentLimits limits;
  private final Consumer<LockstepException> refusals;
  private @Nullable VPackSlice bodyValue;
  private boolean bodyValueRead;

  private ApiRequest(Builder builder) {
    this.verb = builder.verb;
    this.database = builder.database;
    this.path = builder.path;
    this.segments = List.copyOf(builder.segments);
    this.query = builder.query;
    this.headers = builder.headers;
    this.userName = builder.userName;
    this.access = builder.access == null ? Access.unrestricted(database, false) : builder.access;
    this.body = builder.body;
    this.connection = builder.connection;
    this.cancellation = builder.cancellation;
    this.limits = builder.limits;
    this.refusals = builder.refusals;
  }

  public HttpVerb verb() {
    return verb;
  }

  /// Name of the database the URL addresses; it existed when the request was dispatched.
  public String database() {
    return database;
  }

  /// The decoded path without the database prefix, for messages.
  public String path() {
    return path;
  }

  /// The path's segments after the resource's prefix, each percent-decoded, so that one may hold a
  /// slash. Without empty ones.
  public List<String> segments() {
    return segments;
  }

  /// The segment at `index`, or null if the path is shorter.
  public @Nullable String segment(int index) {
    return index < segments.size() ? segments.get(index) : null;
  }

  public Query query() {
    return query;
  }

  public Headers headers() {
    return headers;
  }

  public @Nullable String header(String name) {
    return headers.get(name);
  }

  /// Empty for superuser tokens and where authentication is off.
  public String userName() {
    return userName;
  }

  public Access access() {
    return access;
  }

  /// The body as it streams in, decompressed; for bodies that are worked on while they arrive.
  public InputStream body() throws IOException {
    return body.stream();
  }

  /// Says that what [#body] gives will be held as a whole, so that its memory is reserved before it
  /// arrives.
  ///
  /// @throws LockstepException 413 if it never fits, 503 if it did not in time
  public void holdBody() {
    body.holdWhole();
  }

  /// Says that nothing read from [#body] so far is held any more; for readers of many values, after
  /// each. Without it everything read counts as held, and reading waits for memory as that grows.
  public void letGoOfBody() {
    body.letGo();
  }

  /// @throws LockstepException 413/413 beyond `bytesMax`
  /// @throws LockstepException 503/503 if it is not what the peer sent
  public byte[] bodyBytes(int bytesMax) throws IOException {
    byte[] bytes = body.bytes(bytesMax);
    @Nullable String checksum = headers.get(FrameFormat.REQUEST_BODY_HEADER);
    if (checksum != null && !checksum.equals(AnswerSeal.ofBody(bytes))) {
      throw new LockstepException(
          ErrorNumber.HTTP_SERVICE_UNAVAILABLE,
          "the body of the request was damaged on the way: its checksum does not fit; send it"
              + " again");
    }
    return bytes;
  }

  /// The body as one value, JSON or VelocyPack as `Content-Type` says. May be called again.
  ///
  /// @throws LockstepException 400/600 if there is none or it is malformed
  public VPackSlice bodyValue() throws IOException {
    VPackSlice value = bodyValueOrNull();
    if (value == null) {
      throw new LockstepException(
          ErrorNumber.HTTP_CORRUPTED_JSON, "VPackError error: expecting a body, but it is empty");
    }
    return value;
  }

  /// As [#bodyValue], null if the body is empty.
  public @Nullable VPackSlice bodyValueOrNull() throws IOException {
    if (!bodyValueRead) {
      byte[] bytes = bodyBytes(Integer.MAX_VALUE - 8);
      bodyValue = bytes.length == 0 ? null : parse(bytes);
      bodyValueRead = true;
    }
    return bodyValue;
  }

  /// As [#bodyValue], which must be an object.
  ///
  /// @throws LockstepException 400/600 if it is not
  public VPackSlice bodyObject() throws IOException {
    VPackSlice value = bodyValue();
    if (!value.isObject()) {
      throw new LockstepException(
          ErrorNumber.HTTP_CORRUPTED_JSON, "expecting an object as the request's body");
    }
    return value;
  }

  private VPackSlice parse(byte[] bytes) {
    try {
      return hasVelocyPackBody()
          ? VPackValidator.validateWhole(bytes, limits.velocyPack())
          : JsonToVPack.parse(bytes, limits.jsonValue());
    } catch (InvalidJsonException | InvalidVPackException e) {
      throw limits.refusal(e);
    } catch (VPackTooLargeException e) {
      throw new LockstepException(
          ErrorNumber.HTTP_ENTITY_TOO_LARGE, "request body: " + e.getMessage(), e);
    }
  }

  /// What the body may contain, and how large an answer may become that is collected.
  public ContentLimits limits() {
    return limits;
  }

  /// Tells the metrics of a refusal that becomes a part of the answer rather than the answer.
  public void countRefusal(LockstepException refusal) {
    refusals.accept(refusal);
  }

  /// Whether the body is VelocyPack; otherwise it is taken for JSON, whatever the header says.
  public boolean hasVelocyPackBody() {
    return mentionsVelocyPack(headers.get("content-type"));
  }

  /// Whether `Accept` asks for VelocyPack.
  public boolean wantsVelocyPack() {
    return mentionsVelocyPack(headers.get("accept"));
  }

  private static boolean mentionsVelocyPack(@Nullable String header) {
    return header != null && header.toLowerCase(Locale.ROOT).contains(ApiResponse.VELOCYPACK);
  }

  /// How the request came in.
  public Connection connection() {
    return connection;
  }

  /// Address and port of the peer.
  public String remoteAddress() {
    return connection.remoteAddress() + ":" + connection.remotePort();
  }

  /// Whether the peer is a Lockstep server (it announced capabilities).
  public boolean isLockstepPeer() {
    return headers.has(CAPABILITIES_HEADER);
  }

  /// Whether the peer is Lockstep's own shell or command line.
  public boolean isLockstepClient() {
    return headers.has(CLIENT_HEADER);
  }

  /// Quiet until the job this request runs as is cancelled, or the server ends.
  public CancellationSignal cancellation() {
    return cancellation;
  }

  /// The error for a known path with a verb it does not have (405/405).
  public LockstepException verbNotSupported() {
    return new LockstepException(ErrorNumber.HTTP_METHOD_NOT_ALLOWED);
  }

  /// The error for a path below a known resource that means nothing (404/404).
  public LockstepException unknownPath() {
    return new LockstepException(ErrorNumber.HTTP_NOT_FOUND, "unknown path '" + path + "'");
  }

  /// Starts a request; the transport's way and the tests'.
  public static Builder builder(HttpVerb verb, String path) {
    return new Builder(verb, path);
  }

  /// Collects the parts of a request. Unset parts: database `_system`, no segments, query, headers
  /// or body, unrestricted access; and the default limits.
  public static final class Builder {
    private final HttpVerb verb;
    private final String path;
    private String database = "_system";
    private List<String> segments = List.of();
    private Query query = Query.EMPTY;
    private Headers headers = Headers.NONE;
    private String userName = "";
    private @Nullable Access access;
    private RequestBody body = RequestBody.of(new byte[0]);
    private Connection connection = new Connection("HTTP/1.1", false, "", 0, "", 0);
    private CancellationSignal cancellation = new CancellationSignal();
    private ContentLimits limits = ContentLimits.DEFAULT;
    private Consumer<LockstepException> refusals = refusal -> {};

    private Builder(HttpVerb verb, String path) {
      this.verb = verb;
      this.path = path;
    }

    public Builder database(String name) {
      database = name;
      return this;
    }

    public Builder segments(List<String> decoded) {
      segments = decoded;
      return this;
    }

    public Builder query(Query parameters) {
      query = parameters;
      return this;
    }

    public Builder headers(Headers fields) {
      headers = fields;
      return this;
    }

    public Builder user(String name, Access rights) {
      userName = name;
      access = rights;
      return this;
    }

    public Builder body(RequestBody source) {
      body = source;
      return this;
    }

    public Builder connection(Connection origin) {
      connection = origin;
      return this;
    }

    public Builder cancellation(CancellationSignal signal) {
      cancellation = signal;
      return this;
    }

    public Builder limits(ContentLimits content) {
      limits = content;
      return this;
    }

    /// @param counter thread-safe
    public Builder refusals(Consumer<LockstepException> counter) {
      refusals = counter;
      return this;
    }

    public ApiRequest build() {
      return new ApiRequest(this);
    }
  }
}
