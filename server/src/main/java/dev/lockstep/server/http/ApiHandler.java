package dev.lockstep.server.http;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LimitExceededException;
import dev.lockstep.core.LockstepException;
import dev.lockstep.server.http.Gatekeeper.Identity;
import dev.lockstep.server.jobs.CancellationSignal;
import dev.lockstep.server.jobs.JobRegistry;
import dev.lockstep.server.jobs.StoredAnswer;
import dev.lockstep.server.settings.Limit;
import dev.lockstep.server.settings.TransportSettings;
import dev.lockstep.server.users.AccessLevel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.FutureCallback;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes a request from Jetty to its resource and the answer back: limits, path, authentication,
/// database, dispatch (at once or as a job), errors. Every request runs on a virtual thread of its
/// own.
final class ApiHandler extends Handler.Abstract {
  private static final Logger LOG = LoggerFactory.getLogger(ApiHandler.class);

  private static final Map.Entry<String, String> NOSNIFF =
      Map.entry("x-content-type-options", "nosniff");

  private final Router router;
  private final Gatekeeper gatekeeper;
  private final JobRegistry jobs;
  private final TransportSettings settings;
  private final RequestStatistics statistics;
  private final BodyMemory memory;
  private final Path spoolDirectory;

  /// Refers from a 500 to the log.
  private final AtomicLong failures = new AtomicLong();

  /// Whether new requests are refused because the server ends.
  private volatile boolean draining;

  ApiHandler(
      Router router,
      Gatekeeper gatekeeper,
      JobRegistry jobs,
      TransportSettings settings,
      RequestStatistics statistics,
      Path spoolDirectory) {
    this.router = router;
    this.gatekeeper = gatekeeper;
    this.jobs = jobs;
    this.settings = settings;
    this.statistics = statistics;
    this.memory = new BodyMemory(settings.bodyMemoryBytes(), settings.bodyMemoryWait());
    this.spoolDirectory = spoolDirectory;
  }

  /// From now on every new request is answered 503.
  void drain() {
    draining = true;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    long begin = System.nanoTime();
    int inFlight = statistics.begin();
    @Nullable HttpVerb named = HttpVerb.ofName(request.getMethod());
    HttpVerb verb = named == null ? HttpVerb.GET : overridden(named, request);
    Callback completion =
        Callback.from(
            callback,
            () ->
                statistics.end(
                    verb,
                    response.getStatus(),
                    System.nanoTime() - begin,
                    Request.getContentBytesRead(request),
                    Response.getContentBytesWritten(response)));
    new Exchange(request, response, completion, named == null ? null : verb).serve(inFlight);
    return true;
  }

  /// Old proxies pass only GET and POST: a POST may say what it means in a header.
  private static HttpVerb overridden(HttpVerb verb, Request request) {
    if (verb != HttpVerb.POST) {
      return verb;
    }
    for (String name : List.of("x-http-method-override", "x-http-method", "x-method-override")) {
      String value = request.getHeaders().get(name);
      if (value != null) {
        @Nullable HttpVerb wanted = HttpVerb.ofName(value.trim().toUpperCase(Locale.ROOT));
        return wanted == null ? verb : wanted;
      }
    }
    return verb;
  }

  /// The failure as the peer is told; unexpected ones go to the log with a reference.
  ApiResponse toResponse(Throwable failure, String what) {
    if (failure instanceof LockstepException known) {
      countLimit(known);
      // 501 and 503 are answers like any other; 500 is ours to explain.
      if (known.number().httpStatus() == 500) {
        LOG.warn("{}: {}", what, known.getMessage(), known.getCause());
      }
      return ApiResponse.error(known);
    }
    if (failure instanceof UncheckedIOException wrapped && wrapped.getCause() != null) {
      return toResponse(wrapped.getCause(), what);
    }
    if (failure instanceof HttpException bad) {
      String reason = bad.getReason() == null ? "bad request" : bad.getReason();
      return ApiResponse.error(bad.getCode(), bad.getCode(), reason, members -> {});
    }
    String reference = Long.toString(failures.incrementAndGet());
    LOG.error("failure {}: {}", reference, what, failure);
    if (failure instanceof OutOfMemoryError) {
      return ApiResponse.error(
          ErrorNumber.OUT_OF_MEMORY,
          "out of memory; failure " + reference + " in the server's log");
    }
    return ApiResponse.error(
        ErrorNumber.INTERNAL, "internal error; failure " + reference + " in the server's log");
  }

  /// A refusal may be wrapped by one that says what had been done before.
  private void countLimit(LockstepException failure) {
    if (failure instanceof LimitExceededException limit) {
      statistics.countRefusal(limit.setting());
    } else if (failure.getCause() instanceof LimitExceededException limit) {
      statistics.countRefusal(limit.setting());
    }
  }

  /// One request and its response.
  private final class Exchange {
    private final Request request;
    private final Response response;
    private final Callback callback;
    private final @Nullable HttpVerb verb;
    private final UnreadBody unread;

    Exchange(Request request, Response response, Callback callback, @Nullable HttpVerb verb) {
      this.request = request;
      this.response = response;
      this.callback = callback;
      this.verb = verb;
      this.unread = new UnreadBody(request);
    }

    void serve(int inFlight) {
      StreamedBody body =
          new StreamedBody(
              Content.Source.asInputStream(request),
              request.getLength(),
              request.getHeaders().get(HttpHeader.CONTENT_ENCODING),
              settings.bodyBytesMax(),
              settings.decompressedBytesMax(),
              memory);
      Callback completion = Callback.from(callback, body::close);
      try {
        answer(body, inFlight, completion);
      } catch (Throwable failure) {
        if (response.isCommitted()) {
          if (!isPeerGone(failure)) {
            LOG.warn(
                "{} {} failed while its answer was being sent",
                request.getMethod(),
                request.getHttpURI().getPath(),
                failure);
          }
          completion.failed(failure);
        } else if (isPeerGone(failure)) {
          completion.failed(failure);
        } else {
          sendFailure(failure, completion);
        }
      }
    }

    private void answer(StreamedBody body, int inFlight, Callback completion) throws IOException {
      if (draining) {
        throw new LockstepException(ErrorNumber.SHUTTING_DOWN, "shutdown in progress");
      }
      if (inFlight > settings.requestsInFlightMax()) {
        throw Limit.REQUESTS.exceeded(
            ErrorNumber.QUEUE_FULL,
            settings.requestsInFlightMax(),
            "queue is full: as many requests as are allowed are being worked on already; try"
                + " again");
      }
      checkUrlLength();
      if (verb == null) {
        throw new LockstepException(ErrorNumber.HTTP_METHOD_NOT_ALLOWED);
      }
      if (verb == HttpVerb.OPTIONS) {
        send(ApiResponse.empty(200), completion);
        return;
      }
      RequestPath path = RequestPath.parse(request.getHttpURI().getPath());
      Router.@Nullable Match match = router.find(path.segments());
      Identity identity = identify(path, match);
      if (identity == null) {
        statistics.countUnauthorized();
        send(unauthorized(), completion);
        return;
      }
      if (!gatekeeper.databaseExists(path.database())) {
        throw new LockstepException(ErrorNumber.DATABASE_NOT_FOUND);
      }
      if (match == null) {
        throw new LockstepException(
            ErrorNumber.HTTP_NOT_FOUND, "unknown path '" + path.text() + "'");
      }
      StreamedBody.requireLength(request.getLength(), settings.bodyBytesMax());
      ApiRequest.Builder prepared =
          ApiRequest.builder(verb, path.text())
              .limits(settings.content())
              .refusals(ApiHandler.this::countLimit)
              .database(path.database())
              .segments(match.segments())
              .query(Query.parse(request.getHttpURI().getQuery()))
              .headers(headers(request.getHeaders()))
              .user(identity.userName(), gatekeeper.access(identity, path.database()))
              .connection(
                  new ApiRequest.Connection(
                      request.getConnectionMetaData().getProtocol(),
                      request.isSecure(),
                      Request.getLocalAddr(request),
                      Request.getLocalPort(request),
                      Request.getRemoteAddr(request),
                      Request.getRemotePort(request)));
      String async = request.getHeaders().get("x-arango-async");
      if (async != null && (async.equals("store") || async.equals("true"))) {
        send(
            enqueue(prepared, body, match.resource(), identity, async.equals("store")), completion);
      } else {
        send(match.resource().handle(prepared.body(body).build()), completion);
      }
    }

    private void checkUrlLength() {
      int length = request.getHttpURI().getPathQuery().length();
      if (length > settings.urlBytesMax()) {
        statistics.countRefusal(Limit.URL_SIZE.setting());
        throw new HttpException.RuntimeException(
            414,
            "the URL has %d bytes, more than are accepted (%s is %d)"
                .formatted(length, Limit.URL_SIZE.setting(), settings.urlBytesMax()));
      }
    }

    /// Null if the request may not be answered at all: nobody we know, or no access to the
    /// database.
    private @Nullable Identity identify(RequestPath path, Router.@Nullable Match match) {
      if (match != null && match.resource().isPublic()) {
        return new Identity("", !gatekeeper.authenticationRequired());
      }
      Identity identity =
          gatekeeper.authenticate(request.getHeaders().get(HttpHeader.AUTHORIZATION));
      if (identity == null || identity.superuser() || ownAffair(path.segments(), identity)) {
        return identity;
      }
      if (!gatekeeper.databaseExists(path.database())) {
        return identity;
      }
      AccessLevel level = gatekeeper.access(identity, path.database()).databaseLevel();
      return level.includes(AccessLevel.RO) ? identity : null;
    }

    /// What every user may ask, whatever they may do with the database: about themselves.
    private boolean ownAffair(List<String> segments, Identity identity) {
      return segments.size() >= 3
          && segments.get(0).equals("_api")
          && (segments.get(1).equals("user") && segments.get(2).equals(identity.userName())
              || segments.get(1).equals("database") && segments.get(2).equals("user"));
    }

    private ApiResponse unauthorized() {
      ApiResponse answer =
          ApiResponse.error(
              401,
              ErrorNumber.FORBIDDEN.number(),
              "not authorized to execute this request",
              members -> {});
      if (!request.getHeaders().contains("x-omit-www-authenticate")) {
        answer
            .header("www-authenticate", "Bearer token_type=\"JWT\", realm=\"ArangoDB\"")
            .header("www-authenticate", "Basic realm=\"ArangoDB\"");
      }
      return answer;
    }

    private ApiResponse enqueue(
        ApiRequest.Builder prepared,
        StreamedBody body,
        Resource resource,
        Identity identity,
        boolean store)
        throws IOException {
      statistics.countAsynchronous();
      SpooledBody spooled = SpooledBody.read(body.stream(), spoolDirectory, memory);
      boolean velocyPack = prepared.build().wantsVelocyPack();
      Function<CancellationSignal, StoredAnswer> work =
          signal ->
              runJob(
                  prepared.body(spooled).cancellation(signal).build(),
                  resource,
                  spooled,
                  velocyPack);
      try {
        ApiResponse answer = ApiResponse.empty(202);
        if (store) {
          long id = jobs.submit(identity.userName(), resource.keepsAsyncAnswer(), work);
          answer.header("x-arango-async-id", Long.toUnsignedString(id));
        } else {
          jobs.submitDetached(signal -> work.apply(signal).status());
        }
        return answer;
      } catch (LockstepException e) {
        spooled.close();
        throw e;
      }
    }

    private void send(ApiResponse answer, Callback completion) throws IOException {
      boolean velocyPack = accepts(request.getHeaders().get(HttpHeader.ACCEPT));
      RenderedBody rendered = RenderedBody.of(answer.body(), velocyPack);
      response.setStatus(answer.status());
      HttpFields.Mutable fields = response.getHeaders();
      fields.put(HttpHeader.SERVER, "ArangoDB");
      fields.put(NOSNIFF.getKey(), NOSNIFF.getValue());
      fields.put("x-arango-queue-time-seconds", queueTime());
      addCorsHeaders(fields);
      for (ApiResponse.Header header : answer.headers()) {
        fields.add(header.name(), header.value());
      }
      if (unread.discard()) {
        send(rendered, answer.isCompressible(), completion);
        return;
      }
      if (ResponseSender.isHttp1(request)) {
        fields.put(HttpHeader.CONNECTION, HttpHeaderValue.CLOSE);
      }
      FutureCallback sent = new FutureCallback();
      send(rendered, answer.isCompressible(), sent);
      sent.block();
      unread.linger();
      completion.succeeded();
    }

    private void send(RenderedBody body, boolean compressible, Callback completion)
        throws IOException {
      ResponseSender.send(
          response,
          body,
          verb == HttpVerb.HEAD,
          request.getHeaders().get(HttpHeader.ACCEPT_ENCODING),
          compressible,
          completion);
    }

    private void sendFailure(Throwable failure, Callback completion) {
      try {
        response.reset();
        send(
            toResponse(failure, request.getMethod() + " " + request.getHttpURI().getPath()),
            completion);
      } catch (Throwable second) {
        second.addSuppressed(failure);
        LOG.error("an error could not be answered", second);
        completion.failed(second);
      }
    }

    /// From the first byte of the request's headers to the start of its handling.
    private String queueTime() {
      long nanos = Math.max(0, request.getHeadersNanoTime() - request.getBeginNanoTime());
      String micros = Long.toString(1_000_000 + nanos / 1000 % 1_000_000);
      return nanos / 1_000_000_000 + "." + micros.substring(1);
    }

    private void addCorsHeaders(HttpFields.Mutable fields) {
      String origin = request.getHeaders().get(HttpHeader.ORIGIN);
      if (verb == HttpVerb.OPTIONS) {
        fields.put(HttpHeader.ALLOW, "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
      }
      if (origin == null) {
        return;
      }
      boolean trusted =
          settings.trustedOrigins().contains("*") || settings.trustedOrigins().contains(origin);
      fields.put("access-control-allow-origin", origin);
      fields.put("access-control-allow-credentials", Boolean.toString(trusted));
      fields.put(
          "access-control-expose-headers",
          "etag, content-encoding, content-length, location, server, x-arango-errors,"
              + " x-arango-error-codes, x-arango-async-id");
      fields.put(HttpHeader.VARY, "origin");
      if (verb == HttpVerb.OPTIONS) {
        fields.put("access-control-allow-methods", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
        fields.put("access-control-max-age", "1800");
        String wanted = request.getHeaders().get("access-control-request-headers");
        if (wanted != null) {
          fields.put("access-control-allow-headers", wanted);
        }
      }
    }
  }

  private StoredAnswer runJob(
      ApiRequest request, Resource resource, SpooledBody body, boolean velocyPack) {
    ApiResponse answer;
    try (body) {
      request.cancellation().throwIfCancelled();
      answer = resource.handle(request);
      return store(answer, velocyPack);
    } catch (Throwable failure) {
      try {
        return store(
            toResponse(failure, "job " + request.verb() + " " + request.path()), velocyPack);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private StoredAnswer store(ApiResponse answer, boolean velocyPack) throws IOException {
    RenderedBody rendered = RenderedBody.of(answer.body(), velocyPack);
    int bytesMax = jobs.answerBytesMax();
    ByteArrayOutputStream bytes =
        new ByteArrayOutputStream() {
          @Override
          public void write(byte[] source, int offset, int length) {
            if (count + (long) length > bytesMax) {
              throw Limit.JOB_RESULT_SIZE.exceeded(
                  ErrorNumber.RESOURCE_LIMIT,
                  bytesMax,
                  "the answer has more bytes than a job may store; ask for it directly");
            }
            super.write(source, offset, length);
          }
        };
    rendered.writer().writeTo(bytes);
    List<Map.Entry<String, String>> headers =
        answer.headers().stream()
            .<Map.Entry<String, String>>map(
                header -> new AbstractMap.SimpleImmutableEntry<>(header.name(), header.value()))
            .toList();
    return new StoredAnswer(answer.status(), headers, rendered.contentType(), bytes.toByteArray());
  }

  private static boolean accepts(@Nullable String accept) {
    return accept != null && accept.toLowerCase(Locale.ROOT).contains(ApiResponse.VELOCYPACK);
  }

  /// The connection is gone or the peer broke off: nobody to tell, nothing to repair.
  private static boolean isPeerGone(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof EofException
          || cause instanceof ClosedChannelException
          || cause instanceof TimeoutException) {
        return true;
      }
    }
    return false;
  }

  private static Headers headers(HttpFields fields) {
    Map<String, List<String>> byName = new LinkedHashMap<>();
    for (HttpField field : fields) {
      String value = field.getValue() == null ? "" : field.getValue();
      byName.computeIfAbsent(field.getLowerCaseName(), name -> new ArrayList<>(1)).add(value);
    }
    return Headers.of(byName);
  }
}
