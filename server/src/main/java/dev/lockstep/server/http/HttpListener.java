package dev.lockstep.server.http;

import dev.lockstep.server.jobs.JobRegistry;
import dev.lockstep.server.settings.ListenAddress;
import dev.lockstep.server.settings.TransportSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.AbstractHTTP2ServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.VirtualThreadPool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The server's sockets: HTTP/1.1 and HTTP/2 without TLS (prior knowledge or upgrade) on `tcp`
/// endpoints, both over TLS on `ssl` endpoints. Started and stopped once, by one thread.
public final class HttpListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpListener.class);

  /// Window of an HTTP/2 stream: large enough that a bulk upload on one stream is not bound by the
  /// round trip.
  private static final int H2_WINDOW_BYTES = 4 << 20;

  private final Server server;
  private final ApiHandler handler;
  private final JobRegistry jobs;
  private final RequestStatistics statistics;
  private final List<ServerConnector> connectors = new ArrayList<>();
  private final List<ListenAddress> addresses;

  /// @param tls key and chain of the `ssl` endpoints; may be null where there are none
  /// @param spoolDirectory exists; takes the bodies of asynchronous requests until they run
  public HttpListener(
      List<ListenAddress> addresses,
      @Nullable TlsIdentity tls,
      TransportSettings settings,
      Router router,
      Gatekeeper gatekeeper,
      JobRegistry jobs,
      RequestStatistics statistics,
      Path spoolDirectory) {
    this.addresses = List.copyOf(addresses);
    this.jobs = jobs;
    this.statistics = statistics;
    this.handler = new ApiHandler(router, gatekeeper, jobs, settings, statistics, spoolDirectory);
    // The number of requests is limited by the handler, which can answer 503; a limit here would
    // only stall.
    VirtualThreadPool threads = new VirtualThreadPool(0);
    threads.setName("http");
    this.server = new Server(threads);
    server.setHandler(handler);
    server.setErrorHandler(new TransportErrorHandler(settings, statistics));
    for (ListenAddress address : addresses) {
      ServerConnector connector = connector(address, tls, settings);
      connectors.add(connector);
      server.addConnector(connector);
    }
  }

  private ServerConnector connector(
      ListenAddress address, @Nullable TlsIdentity tls, TransportSettings settings) {
    HttpConfiguration configuration = configuration(settings);
    HttpConnectionFactory http1 = new HttpConnectionFactory(configuration);
    ConnectionFactory[] protocols;
    if (address.tls()) {
      if (tls == null) {
        throw new IllegalArgumentException("no key for " + address);
      }
      configuration.addCustomizer(new SecureRequestCustomizer(false));
      HTTP2ServerConnectionFactory http2 = new HTTP2ServerConnectionFactory(configuration);
      configure(http2, settings);
      // h2 first: the order is the server's preference.
      ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory("h2", "http/1.1");
      alpn.setDefaultProtocol(http1.getProtocol());
      SslContextFactory.Server context = new SslContextFactory.Server();
      context.setKeyStore(tls.keyStore());
      context.setKeyStorePassword(tls.password());
      protocols =
          new ConnectionFactory[] {
            new SslConnectionFactory(context, alpn.getProtocol()), alpn, http2, http1
          };
    } else {
      HTTP2CServerConnectionFactory http2 = new HTTP2CServerConnectionFactory(configuration);
      configure(http2, settings);
      protocols = new ConnectionFactory[] {http1, http2};
    }
    ServerConnector connector = new ServerConnector(server, 1, 1, protocols);
    connector.setHost(address.host());
    connector.setPort(address.port());
    connector.setAcceptedTcpNoDelay(true);
    connector.setAcceptQueueSize(1024);
    connector.setIdleTimeout(settings.keepAlive().toMillis());
    connector.setShutdownIdleTimeout(1000);
    return connector;
  }

  private static void configure(
      AbstractHTTP2ServerConnectionFactory http2, TransportSettings settings) {
    http2.setInitialStreamRecvWindow(H2_WINDOW_BYTES);
    http2.setInitialSessionRecvWindow(4 * H2_WINDOW_BYTES);
    http2.setMaxConcurrentStreams(256);
    http2.setStreamIdleTimeout(settings.keepAlive().toMillis());
  }

  private static HttpConfiguration configuration(TransportSettings settings) {
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setSendServerVersion(false);
    configuration.setSendXPoweredBy(false);
    // Keys and names may hold any encoded byte; paths are taken apart by RequestPath.
    configuration.setUriCompliance(UriCompliance.UNSAFE);
    configuration.setHttpCompliance(HttpCompliance.RFC7230_LEGACY);
    configuration.setRequestHeaderSize(settings.headerBytesMax());
    configuration.setMaxResponseHeaderSize(64 << 10);
    configuration.setOutputBufferSize(32 << 10);
    configuration.setIdleTimeout(settings.keepAlive().toMillis());
    return configuration;
  }

  /// Binds every endpoint and accepts.
  ///
  /// @throws IOException if one cannot be bound; the message names it. Nothing listens then.
  public void start() throws IOException {
    for (int i = 0; i < connectors.size(); i++) {
      try {
        connectors.get(i).open();
      } catch (IOException e) {
        connectors.forEach(ServerConnector::close);
        throw new IOException("cannot listen on " + addresses.get(i) + ": " + rootMessage(e), e);
      }
    }
    try {
      server.start();
    } catch (Exception e) {
      close();
      throw new IOException("cannot start the listener: " + rootMessage(e), e);
    }
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String message = root.getMessage();
    return message == null ? root.getClass().getSimpleName() : message;
  }

  /// The addresses with the ports in use; as many as were asked for, in the same order.
  public List<ListenAddress> boundAddresses() {
    List<ListenAddress> bound = new ArrayList<>();
    for (int i = 0; i < connectors.size(); i++) {
      ListenAddress address = addresses.get(i);
      bound.add(new ListenAddress(address.tls(), address.host(), connectors.get(i).getLocalPort()));
    }
    return bound;
  }

  /// Ends in order: no new connections, no new requests, jobs cancelled; then waits until the
  /// requests in flight are answered, at most `grace`; then closes everything.
  public void stop(Duration grace) {
    handler.drain();
    connectors.forEach(ServerConnector::close);
    long deadline = System.nanoTime() + grace.toNanos();
    boolean jobsEnded = jobs.shutDown(grace);
    while (statistics.inFlight() > 0 && System.nanoTime() < deadline) {
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    if (!jobsEnded || statistics.inFlight() > 0) {
      LOG.warn(
          "ending with {} requests and {} jobs unfinished after {} s",
          statistics.inFlight(),
          jobs.liveCount(),
          grace.toSeconds());
    }
    close();
  }

  @Override
  public void close() {
    try {
      server.setStopTimeout(0);
      server.stop();
    } catch (Exception e) {
      LOG.warn("the listener did not stop cleanly", e);
    }
  }
}
