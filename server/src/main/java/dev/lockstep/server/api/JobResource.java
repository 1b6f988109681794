package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.jobs.JobRegistry;
import dev.lockstep.server.jobs.JobRegistry.Outcome;
import dev.lockstep.server.jobs.StoredAnswer;
import java.time.Instant;
import java.util.Map;

/// `/_api/job`: what became of asynchronous requests. A user sees only their own.
public final class JobResource implements Resource {
  private static final int IDS_DEFAULT = 100;

  private final JobRegistry jobs;

  public JobResource(JobRegistry jobs) {
    this.jobs = jobs;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    return switch (request.verb()) {
      case GET -> read(request);
      case PUT -> take(request);
      case DELETE -> delete(request);
      default -> throw request.verbNotSupported();
    };
  }

  private static String onlySegment(ApiRequest request) {
    if (request.segments().size() != 1) {
      throw new LockstepException(ErrorNumber.HTTP_BAD_PARAMETER);
    }
    return request.segments().getFirst();
  }

  /// What is no number is nobody's job.
  private static long id(String text) {
    try {
      return Long.parseUnsignedLong(text);
    } catch (NumberFormatException e) {
      throw unknown();
    }
  }

  private static LockstepException unknown() {
    return new LockstepException(ErrorNumber.HTTP_NOT_FOUND);
  }

  private ApiResponse read(ApiRequest request) {
    String word = onlySegment(request);
    if (word.equals("done") || word.equals("pending")) {
      int count = (int) request.query().longValue("count", IDS_DEFAULT, 0, Integer.MAX_VALUE);
      return ApiResponse.value(
          200,
          builder -> {
            builder.openArray();
            jobs.ids(request.userName(), word.equals("done"), count == 0 ? IDS_DEFAULT : count)
                .forEach(id -> builder.value(Long.toUnsignedString(id)));
            builder.close();
          });
    }
    return switch (jobs.state(request.userName(), id(word))) {
      case Outcome.Pending pending -> ApiResponse.empty(204);
      case Outcome.Done done -> ApiResponse.empty(200);
      case Outcome.Unknown unknown -> throw unknown();
    };
  }

  private ApiResponse take(ApiRequest request) {
    if (request.segments().size() == 2 && request.segments().get(1).equals("cancel")) {
      if (!jobs.cancel(request.userName(), id(request.segments().getFirst()))) {
        throw unknown();
      }
      return ApiResponse.object(200, builder -> builder.member("result", true));
    }
    long id = id(onlySegment(request));
    return switch (jobs.take(request.userName(), id)) {
      case Outcome.Pending pending -> ApiResponse.empty(204);
      case Outcome.Done(StoredAnswer answer) -> render(answer, id);
      case Outcome.Unknown unknown -> throw unknown();
    };
  }

  private static ApiResponse render(StoredAnswer answer, long id) {
    ApiResponse response =
        answer.contentType().isEmpty()
            ? ApiResponse.empty(answer.status())
            : ApiResponse.bytes(answer.status(), answer.contentType(), answer.body());
    for (Map.Entry<String, String> header : answer.headers()) {
      response.header(header.getKey(), header.getValue());
    }
    return response.header("x-arango-async-id", Long.toUnsignedString(id));
  }

  private ApiResponse delete(ApiRequest request) {
    String word = onlySegment(request);
    switch (word) {
      case "all" -> jobs.deleteAll(request.userName());
      case "expired" -> {
        request.query().requiredString("stamp");
        double stamp = request.query().doubleValue("stamp", 0, 0, 1e12);
        jobs.deleteStartedBefore(
            request.userName(), Instant.ofEpochMilli(Math.round(stamp * 1000)));
      }
      default -> {
        if (!jobs.delete(request.userName(), id(word))) {
          throw unknown();
        }
      }
    }
    return ApiResponse.object(200, builder -> builder.member("result", true));
  }
}
