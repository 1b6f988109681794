package dev.lockstep.server.settings;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LimitExceededException;

/// The options that limit what requests may take. Whoever meets one is told its name and value, and
/// the metrics count how often that happens.
public enum Limit {
  BATCHES(Option.REPLICATION_BATCHES_MAX),
  BODY_MEMORY(Option.SERVER_REQUEST_MEMORY),
  BODY_SIZE(Option.SERVER_MAXIMAL_BODY_SIZE),
  CURSORS(Option.SERVER_MAXIMAL_CURSORS),
  DECOMPRESSED_SIZE(Option.SERVER_MAXIMAL_DECOMPRESSED_SIZE),
  DOCUMENT_SIZE(Option.SERVER_MAXIMAL_DOCUMENT_SIZE),
  DUMPS(Option.REPLICATION_DUMPS_MAX),
  HEADER_SIZE(Option.SERVER_MAXIMAL_HEADER_SIZE),
  JOB_RESULT_SIZE(Option.SERVER_MAXIMAL_JOB_RESULT_SIZE),
  LEADER_ANSWER_SIZE(Option.REPLICATION_MAX_PACKET_SIZE),
  NESTING_DEPTH(Option.SERVER_MAXIMAL_NESTING_DEPTH),
  QUEUE_SIZE(Option.SERVER_MAXIMAL_QUEUE_SIZE),
  REQUESTS(Option.SERVER_MAXIMAL_REQUESTS),
  SPOOL_SIZE(Option.SERVER_MAXIMAL_SPOOL_SIZE),
  SYNCHRONIZATIONS(Option.REPLICATION_SYNCHRONIZATIONS_MAX),
  URL_SIZE(Option.SERVER_MAXIMAL_URL_SIZE);

  private final String setting;

  Limit(Option option) {
    this.setting = "--" + option.optionName();
  }

  /// The option as operators write it.
  public String setting() {
    return setting;
  }

  /// The error of a request that met it.
  ///
  /// @param value what the option is set to
  /// @param what the sentence about what happened, without an end
  public LimitExceededException exceeded(ErrorNumber number, long value, String what) {
    return new LimitExceededException(number, setting, value, what);
  }
}
