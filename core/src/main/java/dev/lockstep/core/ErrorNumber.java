package dev.lockstep.core;

/// ArangoDB's error numbers that Lockstep raises, each with its HTTP status and default sentence.
/// Clients and scripts compare these numbers, so none ever changes its meaning. Source:
/// `docs/protocol.md`, "Error numbers".
public enum ErrorNumber {
  NO_ERROR(0, 200, "no error"),
  FAILED(1, 500, "failed"),
  SYSTEM_ERROR(2, 500, "system error"),
  OUT_OF_MEMORY(3, 500, "out of memory"),
  INTERNAL(4, 500, "internal error"),
  NOT_IMPLEMENTED(9, 501, "not implemented"),
  BAD_PARAMETER(10, 400, "bad parameter"),
  FORBIDDEN(11, 403, "forbidden"),
  TYPE_ERROR(17, 400, "type error"),
  LOCK_TIMEOUT(18, 500, "lock timeout"),
  REQUEST_CANCELED(21, 410, "canceled request"),
  LOCKED(28, 500, "locked"),
  DEADLOCK(29, 500, "deadlock detected"),
  SHUTTING_DOWN(30, 503, "shutdown in progress"),
  ONLY_ENTERPRISE(31, 501, "only supported elsewhere"),
  RESOURCE_LIMIT(32, 500, "resource limit exceeded"),
  HTTP_BAD_PARAMETER(400, 400, "bad parameter"),
  HTTP_UNAUTHORIZED(401, 401, "unauthorized"),
  HTTP_FORBIDDEN(403, 403, "forbidden"),
  HTTP_NOT_FOUND(404, 404, "not found"),
  HTTP_METHOD_NOT_ALLOWED(405, 405, "method not supported"),
  HTTP_NOT_ACCEPTABLE(406, 406, "request not acceptable"),
  HTTP_REQUEST_TIMEOUT(408, 408, "request timeout"),
  HTTP_CONFLICT(409, 409, "conflict"),
  HTTP_GONE(410, 410, "content permanently deleted"),
  HTTP_PRECONDITION_FAILED(412, 412, "precondition failed"),
  HTTP_ENTITY_TOO_LARGE(413, 413, "request entity too large"),
  HTTP_SERVER_ERROR(500, 500, "internal server error"),
  HTTP_NOT_IMPLEMENTED(501, 501, "not implemented"),
  HTTP_SERVICE_UNAVAILABLE(503, 503, "service unavailable"),
  HTTP_CORRUPTED_JSON(600, 400, "invalid JSON object"),
  HTTP_SUPERFLUOUS_SUFFICES(601, 400, "superfluous URL suffices"),
  READ_ONLY(1004, 403, "read only"),
  DUPLICATE_IDENTIFIER(1005, 409, "duplicate identifier"),
  CONFLICT(1200, 409, "conflict"),
  DOCUMENT_NOT_FOUND(1202, 404, "document not found"),
  COLLECTION_NOT_FOUND(1203, 404, "collection or view not found"),
  DOCUMENT_HANDLE_BAD(1205, 400, "illegal document identifier"),
  DUPLICATE_NAME(1207, 409, "duplicate name"),
  ILLEGAL_NAME(1208, 400, "illegal name"),
  NO_INDEX(1209, 404, "no suitable index known"),
  UNIQUE_CONSTRAINT_VIOLATED(1210, 409, "unique constraint violated"),
  INDEX_NOT_FOUND(1212, 404, "index not found"),
  CROSS_COLLECTION_REQUEST(1213, 400, "cross collection request not allowed"),
  INDEX_HANDLE_BAD(1214, 400, "illegal index identifier"),
  DOCUMENT_TOO_LARGE(1216, 400, "document too large"),
  COLLECTION_TYPE_INVALID(1218, 400, "collection type invalid"),
  ATTRIBUTE_PARSER_FAILED(1220, 400, "parsing attribute name definition failed"),
  DOCUMENT_KEY_BAD(1221, 400, "illegal document key"),
  DOCUMENT_KEY_UNEXPECTED(1222, 400, "unexpected document key"),
  OUT_OF_DISK_SPACE(1224, 500, "no space left on the disk"),
  DOCUMENT_KEY_MISSING(1226, 400, "missing document key"),
  DOCUMENT_TYPE_INVALID(1227, 400, "invalid document type"),
  DATABASE_NOT_FOUND(1228, 404, "database not found"),
  DATABASE_NAME_INVALID(1229, 400, "database name invalid"),
  USE_SYSTEM_DATABASE(1230, 403, "operation only allowed in system database"),
  INVALID_KEY_GENERATOR(1232, 400, "invalid key generator"),
  INVALID_EDGE_ATTRIBUTE(1233, 400, "edge attribute missing or invalid"),
  INDEX_CREATION_FAILED(1235, 400, "index creation failed"),
  COLLECTION_TYPE_MISMATCH(1237, 400, "collection type mismatch"),
  COLLECTION_NOT_LOADED(1238, 404, "collection not loaded"),
  DOCUMENT_REVISION_BAD(1239, 400, "illegal document revision"),
  REPLICATION_NO_RESPONSE(1400, 500, "no response"),
  REPLICATION_INVALID_RESPONSE(1401, 500, "invalid response"),
  REPLICATION_LEADER_ERROR(1402, 500, "leader error"),
  REPLICATION_LEADER_INCOMPATIBLE(1403, 500, "leader incompatible"),
  REPLICATION_LEADER_CHANGE(1404, 500, "leader change"),
  REPLICATION_LOOP(1405, 500, "loop detected"),
  REPLICATION_UNEXPECTED_MARKER(1406, 500, "unexpected marker"),
  REPLICATION_INVALID_APPLIER_STATE(1407, 500, "invalid applier state"),
  REPLICATION_UNEXPECTED_TRANSACTION(1408, 500, "invalid transaction"),
  REPLICATION_INVALID_APPLIER_CONFIGURATION(1410, 400, "invalid replication applier configuration"),
  REPLICATION_RUNNING(1411, 400, "cannot perform operation while applier is running"),
  REPLICATION_APPLIER_STOPPED(1412, 500, "replication stopped"),
  REPLICATION_NO_START_TICK(1413, 400, "no start tick"),
  REPLICATION_START_TICK_NOT_PRESENT(1414, 500, "start tick not present"),
  QUERY_KILLED(1500, 410, "query killed"),
  QUERY_PARSE(1501, 400, "syntax error"),
  QUERY_EMPTY(1502, 400, "query is empty"),
  CURSOR_NOT_FOUND(1600, 404, "cursor not found"),
  CURSOR_BUSY(1601, 409, "cursor is busy"),
  VALIDATION_FAILED(1620, 400, "schema validation failed"),
  VALIDATION_BAD_PARAMETER(1621, 400, "validation expression is invalid"),
  TRANSACTION_INTERNAL(1650, 500, "internal transaction error"),
  TRANSACTION_NOT_FOUND(1655, 404, "transaction not found"),
  USER_INVALID_NAME(1700, 400, "invalid user name"),
  USER_DUPLICATE(1702, 409, "duplicate user"),
  USER_NOT_FOUND(1703, 404, "user not found"),
  USER_EXTERNAL(1705, 400, "user is external"),
  CLUSTER_ONLY_ON_COORDINATOR(1471, 501, "only allowed in a cluster"),
  CLUSTER_UNSUPPORTED(1470, 501, "not supported in a cluster"),
  CLIENT_UNKNOWN(2000, 500, "unknown client error"),
  CLIENT_COULD_NOT_CONNECT(2001, 500, "could not connect to server"),
  CLIENT_COULD_NOT_WRITE(2002, 500, "could not write to server"),
  CLIENT_COULD_NOT_READ(2003, 500, "could not read from server"),
  QUEUE_FULL(21003, 503, "queue is full");

  private final int number;
  private final int httpStatus;
  private final String defaultMessage;

  ErrorNumber(int number, int httpStatus, String defaultMessage) {
    this.number = number;
    this.httpStatus = httpStatus;
    this.defaultMessage = defaultMessage;
  }

  /// The wire's `errorNum`.
  public int number() {
    return number;
  }

  /// The HTTP status this number is answered with unless the situation demands another (412 for a
  /// failed precondition).
  public int httpStatus() {
    return httpStatus;
  }

  public String defaultMessage() {
    return defaultMessage;
  }
}
