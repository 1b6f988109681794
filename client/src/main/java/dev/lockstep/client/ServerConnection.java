package dev.lockstep.client;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.InputStreamRequestContent;
import org.eclipse.jetty.client.ProxyAuthenticationProtocolHandler;
import org.eclipse.jetty.client.RedirectProtocolHandler;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.WWWAuthenticationProtocolHandler;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.SocketAddressResolver;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/// A pooled HTTP/1.1 connection to one server. Sends exactly what it is told and returns exactly
/// what came back: redirects are not followed, bodies not decompressed, cookies not kept,
/// authentication challenges not answered, and nothing is sent twice. TCP connections are opened
/// when first needed and kept alive for [#IDLE_CONNECTION_KEPT_MILLIS].
///
/// Safe for use by many threads; at most [ConnectionSettings#connectionsMax()] requests are on
/// their way at a time, the others wait. [#close()] fails what is under way with
/// [ConnectionLostException].
public final class ServerConnection implements AutoCloseable {
  /// An unused TCP connection is closed after this. Shorter than the keep-alive of stock servers
  /// (300 s), so that we rarely send into a connection that they are about to close.
  public static final long IDLE_CONNECTION_KEPT_MILLIS = 60_000;

  /// Room for requests that wait for a free connection. More would mean that nobody paces the
  /// callers.
  private static final int REQUESTS_WAITING_MAX = 256;

  /// Selector, name look-ups, streamed request bodies (one thread each). Callers' own threads do
  /// the rest.
  private static final int THREADS_MAX = 24;

  /// One read of the socket; with it the largest chunk that a streaming reader holds.
  private static final int RESPONSE_BUFFER_BYTES = 128 * 1024;

  private static final int REQUEST_BUFFER_BYTES = 32 * 1024;
  private static final int HEADERS_BYTES_MAX = 1 << 20;

  /// A body whose announced length is below this is read into one array of just that size.
  private static final int EXACT_ALLOCATION_BYTES_MAX = 16 << 20;

  private final ConnectionSettings settings;
  private final HttpClient http;
  private final @Nullable String authorization;
  private final TransferCount transfer = new TransferCount();
  private final @Nullable HttpClientPool pool;

  /// Exchanges that are under way, or did not come to their end.
  private final AtomicInteger unfinished = new AtomicInteger();

  private final AtomicBoolean isClosed = new AtomicBoolean();

  /// Connects to nothing yet.
  ///
  /// @throws IllegalArgumentException if the file of trusted authorities cannot be read
  public ServerConnection(ConnectionSettings settings) {
    this(settings, null);
  }

  /// @param pool asked for a client, and given it back; null = nobody
  ServerConnection(ConnectionSettings settings, @Nullable HttpClientPool pool) {
    this.settings = settings;
    this.authorization = settings.credentials().authorization();
    this.pool = pool;
    HttpClient idle = pool == null ? null : pool.take(settings);
    this.http = idle == null ? start(client(settings)) : idle;
  }

  private static HttpClient start(HttpClient http) {
    try {
      http.start();
    } catch (Exception e) {
      throw new IllegalStateException("the HTTP client did not start: " + e.getMessage(), e);
    }
    // After the start, which adds them: we neither ask for compressed bodies nor unpack them; a 401
    // and a 307 are the
    // caller's to see.
    http.getContentDecoderFactories().clear();
    http.getProtocolHandlers().remove(WWWAuthenticationProtocolHandler.NAME);
    http.getProtocolHandlers().remove(ProxyAuthenticationProtocolHandler.NAME);
    http.getProtocolHandlers().remove(RedirectProtocolHandler.NAME);
    return http;
  }

  private static HttpClient client(ConnectionSettings settings) {
    QueuedThreadPool threads = new QueuedThreadPool(THREADS_MAX, 1);
    threads.setName("client-" + settings.endpoint().authority());
    threads.setDaemon(true);
    threads.setReservedThreads(0);
    ClientConnector connector =
        new ClientConnector() {
          @Override
          protected SslContextFactory.@Nullable Client newSslContextFactory() {
            // Only asked where none was set: an unencrypted connection is spared the load of the
            // certificates.
            return null;
          }
        };
    connector.setExecutor(threads);
    connector.setSelectors(1);
    if (settings.endpoint().tls()) {
      connector.setSslContextFactory(tls(settings.trust()));
    }
    HttpClient http = new HttpClient(new HttpTransport(connector));
    http.setExecutor(threads);
    http.setFollowRedirects(false);
    http.setHttpCookieStore(new HttpCookieStore.Empty());
    http.setUserAgentField(new HttpField(HttpHeader.USER_AGENT, "lockstep"));
    http.setConnectTimeout(settings.connectTimeout().toMillis());
    http.setAddressResolutionTimeout(settings.connectTimeout().toMillis());
    http.setIdleTimeout(IDLE_CONNECTION_KEPT_MILLIS);
    http.setMaxConnectionsPerDestination(settings.connectionsMax());
    http.setMaxRequestsQueuedPerDestination(REQUESTS_WAITING_MAX);
    http.setRequestBufferSize(REQUEST_BUFFER_BYTES);
    http.setResponseBufferSize(RESPONSE_BUFFER_BYTES);
    http.setMaxRequestHeadersSize(HEADERS_BYTES_MAX);
    http.setMaxResponseHeadersSize(HEADERS_BYTES_MAX);
    http.setDefaultRequestContentType(null);
    http.setSocketAddressResolver(new PolicedResolver(http, settings));
    return http;
  }

  private static SslContextFactory.Client tls(TlsTrust trust) {
    return switch (trust) {
      case TlsTrust.SystemAuthorities _ -> new SslContextFactory.Client();
      case TlsTrust.AuthoritiesFile file -> {
        SslContextFactory.Client factory = new SslContextFactory.Client();
        factory.setTrustStore(file.read());
        yield factory;
      }
      case TlsTrust.Anyone _ -> {
        SslContextFactory.Client factory = new SslContextFactory.Client(true);
        factory.setEndpointIdentificationAlgorithm(null);
        yield factory;
      }
    };
  }

  public ConnectionSettings settings() {
    return settings;
  }

  /// Requests whose headers were sent so far.
  public long requestsSent() {
    return transfer.requests();
  }

  /// Bytes sent so far, as HTTP/1.1 writes them: request lines, headers, bodies; not what frames
  /// chunked bodies, nor what TLS and TCP add.
  public long bytesSent() {
    return transfer.bytesSent();
  }

  /// Bytes received so far; as [#bytesSent].
  public long bytesReceived() {
    return transfer.bytesReceived();
  }

  /// Sends a request and returns the whole response, whatever its status.
  ///
  /// @throws TransportException if no complete response came
  /// @throws InterruptedException if interrupted while waiting; the request is aborted, the server
  ///   may have acted
  public ServerResponse send(ServerRequest request)
      throws TransportException, InterruptedException {
    try (Exchange exchange = begin(request)) {
      ResponseHead head = exchange.awaitHead();
      return new ServerResponse(
          head.status(), head.reason(), head.headers(), readAll(exchange, head));
    }
  }

  private static byte[] readAll(Exchange exchange, ResponseHead head)
      throws TransportException, InterruptedException {
    long announced = announcedLength(head);
    if (announced >= 0 && announced <= EXACT_ALLOCATION_BYTES_MAX) {
      byte[] body = new byte[(int) announced];
      int filled = 0;
      while (filled < body.length) {
        int count = exchange.read(body, filled, body.length - filled);
        if (count < 0) {
          // Only an answer to HEAD announces a body that it does not have; a cut body is a failed
          // read.
          return new byte[0];
        }
        filled += count;
      }
      if (exchange.read(new byte[1], 0, 1) >= 0) {
        throw new IllegalStateException("more bytes than announced");
      }
      return body;
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream(8192);
    byte[] buffer = new byte[RESPONSE_BUFFER_BYTES];
    for (int count = exchange.read(buffer, 0, buffer.length);
        count >= 0;
        count = exchange.read(buffer, 0, buffer.length)) {
      body.write(buffer, 0, count);
    }
    return body.toByteArray();
  }

  private static long announcedLength(ResponseHead head) {
    String length = head.headers().get("Content-Length");
    if (length == null) {
      return -1;
    }
    try {
      return Long.parseLong(length.strip());
    } catch (NumberFormatException _) {
      return -1;
    }
  }

  /// Sends a request and returns as soon as the response's headers are there; the body is read by
  /// the caller. At most a few chunks of the network's are buffered, however large the body and
  /// slow the reader. The caller must close it.
  ///
  /// @throws TransportException if no response came
  /// @throws InterruptedException if interrupted while waiting; the request is aborted, the server
  ///   may have acted
  public StreamingResponse open(ServerRequest request)
      throws TransportException, InterruptedException {
    Exchange exchange = begin(request);
    boolean opened = false;
    try {
      ResponseHead head = exchange.awaitHead();
      opened = true;
      return new StreamingResponse(
          head.status(),
          head.reason(),
          head.headers(),
          new ExchangeInputStream(exchange),
          exchange::close);
    } finally {
      if (!opened) {
        exchange.close();
      }
    }
  }

  private Exchange begin(ServerRequest request) throws ConnectionLostException {
    Endpoint endpoint = settings.endpoint();
    // In this order: what closes at the same time either sees it or is seen.
    unfinished.incrementAndGet();
    if (isClosed.get()) {
      throw new ConnectionLostException(
          endpoint, request.pathAndQuery(), "the connection was closed by its user");
    }
    Request outgoing =
        http.newRequest(endpoint.host(), endpoint.port())
            .scheme(endpoint.tls() ? "https" : "http")
            .method(request.method())
            .path(request.pathAndQuery());
    // The exchange measures silence itself: Jetty's own idle limit would also count the time that
    // our reader takes.
    outgoing.idleTimeout(0, TimeUnit.MILLISECONDS);
    outgoing.headers(fields -> {
      fields.remove(HttpHeader.ACCEPT_ENCODING);
      if (authorization != null) {
        fields.put(HttpHeader.AUTHORIZATION, authorization);
      }
      for (ServerRequest.Header header : request.headers()) {
        fields.add(header.name(), header.value());
      }
    });
    var idle = request.idleTimeout() == null ? settings.idleTimeout() : request.idleTimeout();
    Exchange exchange =
        new Exchange(
            outgoing,
            settings,
            request.pathAndQuery(),
            idle,
            transfer,
            unfinished::decrementAndGet);
    switch (request.body()) {
      case RequestBody.None _ -> {
        if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
          outgoing.headers(fields -> fields.put(HttpHeader.CONTENT_LENGTH, 0));
        }
      }
      case RequestBody.Bytes(byte[] content) -> outgoing.body(new BytesRequestContent(content));
      case RequestBody.Stream(var content, long length) ->
          outgoing.body(
              new InputStreamRequestContent(exchange.observe(content.get()), REQUEST_BUFFER_BYTES) {
                @Override
                public long getLength() {
                  return length;
                }
              });
    }
    exchange.send();
    return exchange;
  }

  @Override
  public void close() {
    if (!isClosed.compareAndSet(false, true)) {
      return;
    }
    // A client is used again only if nothing of what it did is left.
    if (pool != null && unfinished.get() == 0) {
      pool.giveBack(settings, http);
    } else {
      stop(http);
    }
  }

  static void stop(HttpClient http) {
    try {
      http.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the HTTP client did not stop: " + e.getMessage(), e);
    }
  }

  @Override
  public String toString() {
    return "ServerConnection[" + settings.endpoint() + "]";
  }

  /// Status line and headers of a response.
  record ResponseHead(int status, String reason, ResponseHeaders headers) {}

  /// Resolves a name and drops the addresses that the policy does not permit. Jetty then connects
  /// to the remaining ones without asking the resolver again.
  private static final class PolicedResolver implements SocketAddressResolver {
    private final HttpClient http;
    private final Endpoint endpoint;
    private final AddressPolicy policy;
    private volatile @Nullable SocketAddressResolver delegate;

    PolicedResolver(HttpClient http, ConnectionSettings settings) {
      this.http = http;
      this.endpoint = settings.endpoint();
      this.policy = settings.addressPolicy();
    }

    private SocketAddressResolver delegate() {
      // Late, because executor and scheduler exist only once the client has started.
      SocketAddressResolver current = delegate;
      if (current == null) {
        current =
            new SocketAddressResolver.Async(
                http.getExecutor(), http.getScheduler(), http.getAddressResolutionTimeout());
        delegate = current;
      }
      return current;
    }

    @Override
    public void resolve(
        String host,
        int port,
        Map<String, Object> context,
        Promise<List<InetSocketAddress>> promise) {
      delegate()
          .resolve(
              host,
              port,
              context,
              new Promise<>() {
                @Override
                public void succeeded(List<InetSocketAddress> addresses) {
                  List<InetSocketAddress> permitted = new ArrayList<>(addresses.size());
                  String refusal = null;
                  for (InetSocketAddress address : addresses) {
                    String why = policy.refusal(endpoint, address);
                    if (why == null) {
                      permitted.add(address);
                    } else if (refusal == null) {
                      refusal = why;
                    }
                  }
                  if (permitted.isEmpty()) {
                    promise.failed(
                        refusal == null
                            ? new UnknownHostException(host)
                            : new NoPermittedAddress(refusal));
                  } else {
                    promise.succeeded(permitted);
                  }
                }

                @Override
                public void failed(Throwable failure) {
                  promise.failed(failure);
                }
              });
    }
  }

  /// Carries the policy's refusal through Jetty to the exchange, which knows endpoint and path.
  static final class NoPermittedAddress extends IOException {
    NoPermittedAddress(String refusal) {
      super(refusal);
    }
  }
}
