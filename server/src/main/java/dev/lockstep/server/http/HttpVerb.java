package dev.lockstep.server.http;

import org.jspecify.annotations.Nullable;

/// The methods the wire API knows; all others are answered 405.
public enum HttpVerb {
  GET,
  POST,
  PUT,
  PATCH,
  DELETE,
  HEAD,
  OPTIONS;

  /// The verb of that exact name, or null.
  public static @Nullable HttpVerb ofName(String name) {
    return switch (name) {
      case "GET" -> GET;
      case "POST" -> POST;
      case "PUT" -> PUT;
      case "PATCH" -> PATCH;
      case "DELETE" -> DELETE;
      case "HEAD" -> HEAD;
      case "OPTIONS" -> OPTIONS;
      default -> null;
    };
  }
}
