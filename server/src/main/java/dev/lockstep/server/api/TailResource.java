package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.leader.TailParameters;
import dev.lockstep.replication.leader.TailPart;
import dev.lockstep.replication.protocol.MarkerForm;
import dev.lockstep.replication.protocol.TailPosition;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What happened after a tick: `/_api/wal/tail`, and in the form of leaders before 3.3
/// `/_api/replication/logger-follow`. For administrators only.
final class TailResource implements Resource {
  private static final String HEADER = "x-arango-replication-";

  private final ReplicationLeader leader;
  private final boolean isLegacy;

  TailResource(ReplicationLeader leader, boolean isLegacy) {
    this.leader = leader;
    this.isLegacy = isLegacy;
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    request.access().requireAdmin();
    // Below /_api/wal the command itself is a segment.
    ReplicationParameters.requireSegments(request, isLegacy ? 0 : 1);
    if (request.verb() != HttpVerb.GET && request.verb() != HttpVerb.PUT) {
      throw request.verbNotSupported();
    }
    requireNoTransactions(request);
    TailParameters parameters = parameters(request);
    ReplicationLeader.InFlight<TailPart> tail;
    try {
      tail = leader.tail(ReplicationParameters.follower(request), parameters);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LockstepException(
          ErrorNumber.SHUTTING_DOWN, ErrorNumber.SHUTTING_DOWN.defaultMessage(), e);
    }
    return answer(tail, parameters.form());
  }

  /// Followers tell which open transactions they know. Our log has complete ones only, so there is
  /// nothing to do about them.
  private static void requireNoTransactions(ApiRequest request) throws IOException {
    if (request.verb() != HttpVerb.PUT) {
      return;
    }
    VPackSlice body = request.bodyValue();
    boolean isList = body.isArray();
    if (isList) {
      for (VPackSlice element : body.elements()) {
        isList &= element.isString();
      }
    }
    if (!isList) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER,
          "invalid body: expecting an array of transaction ids as strings");
    }
  }

  private TailParameters parameters(ApiRequest request) {
    boolean isGlobal = ReplicationParameters.isGlobal(request);
    Tick from = tick(request, "from", Tick.NONE);
    Tick to = tick(request, "to");
    if (to != null && (to.equals(Tick.NONE) || from.compareTo(to) > 0)) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER, "invalid from/to values: from must not be above to");
    }
    long chunkSize =
        request
            .query()
            .longValue("chunkSize", TailParameters.CHUNK_SIZE_DEFAULT, 0, Long.MAX_VALUE);
    return new TailParameters(
        isGlobal ? null : request.database(),
        from,
        to,
        tick(request, "lastScanned"),
        chunkSize == 0
            ? TailParameters.CHUNK_SIZE_DEFAULT
            : Math.clamp(chunkSize, TailParameters.CHUNK_SIZE_MIN, TailParameters.CHUNK_SIZE_MAX),
        request.query().bool("includeSystem", true),
        request.query().bool("includeFoxxQueues", false),
        request.query().string("collection", ""),
        form(request),
        isLegacy,
        waitMax(request));
  }

  private MarkerForm form(ApiRequest request) {
    String accept = request.header("accept");
    if (!isLegacy && accept != null) {
      if (accept.contains(MarkerForm.STORED.mediaType())) {
        return MarkerForm.STORED;
      }
      // Without the collection nobody could tell whose documents they are.
      if (accept.contains(MarkerForm.DOCUMENTS.mediaType())
          && !request.query().string("collection", "").isEmpty()) {
        return MarkerForm.DOCUMENTS;
      }
    }
    return !isLegacy && request.wantsVelocyPack() ? MarkerForm.VELOCYPACK : MarkerForm.JSON;
  }

  private static Duration waitMax(ApiRequest request) {
    double seconds = request.query().doubleValue("wait", 0, 0, TailParameters.WAIT_MAX.toSeconds());
    return Duration.ofMillis((long) (seconds * 1000));
  }

  private static Tick tick(ApiRequest request, String name, Tick otherwise) {
    Tick tick = tick(request, name);
    return tick == null ? otherwise : tick;
  }

  private static @Nullable Tick tick(ApiRequest request, String name) {
    Long value = request.query().unsignedLong(name);
    return value == null ? null : new Tick(value);
  }

  private static ApiResponse answer(ReplicationLeader.InFlight<TailPart> tail, MarkerForm form) {
    TailPart part = tail.part();
    ApiResponse response =
        ReplicationAnswers.of(part.body(), form == MarkerForm.JSON ? null : form.mediaType(), tail);
    TailPosition position = part.position();
    return response
        .header(HEADER + "frompresent", Boolean.toString(position.isFromPresent()))
        .header(HEADER + "active", "true")
        .header(HEADER + "lasttick", position.lastTick().toString())
        .header(HEADER + "lastincluded", position.lastIncluded().toString())
        .header(HEADER + "lastscanned", position.lastScanned().toString())
        .header(HEADER + "checkmore", Boolean.toString(position.hasMore()));
  }
}
