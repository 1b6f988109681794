package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.InvalidJsonException;
import dev.lockstep.core.document.InvalidVPackException;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackTooLargeException;
import dev.lockstep.core.document.VPackValidator;
import dev.lockstep.core.document.ValidationLimits;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the small messages of a peer, JSON or VelocyPack, and their members. Peers of ten years
/// differ in whether an id is a number or a string, so the getters take both.
public final class Messages {
  private Messages() {}

  /// A whole answer as one object.
  ///
  /// @param contentType of the answer; VelocyPack if it says so, else JSON
  /// @throws MessageException if it is not one well-formed object
  public static VPackSlice object(@Nullable String contentType, byte[] body) {
    VPackSlice value = value(contentType, body);
    if (!value.isObject()) {
      throw new MessageException("expected an object");
    }
    return value;
  }

  /// A whole answer as one value of any type.
  ///
  /// @param contentType of the answer; VelocyPack if it says so, else JSON
  /// @throws MessageException if it is not one well-formed value
  public static VPackSlice value(@Nullable String contentType, byte[] body) {
    try {
      return contentType != null && contentType.contains("velocypack")
          ? VPackValidator.validateWhole(body, ValidationLimits.DUMP)
          : JsonToVPack.parse(body, JsonToVPack.Limits.DEFAULT);
    } catch (InvalidJsonException | InvalidVPackException | VPackTooLargeException e) {
      throw new MessageException("the body cannot be read: " + e.getMessage(), e);
    }
  }

  /// The names in a list of databases.
  public static List<String> databases(VPackSlice message) {
    List<String> names = new ArrayList<>();
    for (VPackSlice name : requiredArray(message, "result").elements()) {
      if (!name.isString() || name.asString().isEmpty()) {
        throw new MessageException("the name of a database is no text");
      }
      names.add(name.asString());
    }
    return names;
  }

  static @Nullable VPackSlice member(VPackSlice object, String name) {
    VPackSlice value = object.get(name);
    return value == null || value.isNull() ? null : value;
  }

  static VPackSlice requiredObject(VPackSlice object, String name) {
    VPackSlice value = member(object, name);
    if (value == null || !value.isObject()) {
      throw new MessageException("the object '" + name + "' is missing");
    }
    return value;
  }

  static VPackSlice requiredArray(VPackSlice object, String name) {
    VPackSlice value = member(object, name);
    if (value == null || !value.isArray()) {
      throw new MessageException("the array '" + name + "' is missing");
    }
    return value;
  }

  static String string(VPackSlice object, String name, String otherwise) {
    VPackSlice value = member(object, name);
    return value == null || !value.isString() ? otherwise : value.asString();
  }

  static boolean bool(VPackSlice object, String name, boolean otherwise) {
    VPackSlice value = member(object, name);
    return (value == null || !value.isBoolean()) ? otherwise : value.asBoolean();
  }

  /// An unsigned 64-bit number given as number or as decimal string.
  static long unsigned(VPackSlice object, String name, long otherwise) {
    VPackSlice value = member(object, name);
    return value == null ? otherwise : unsigned(value, name);
  }

  static long requiredUnsigned(VPackSlice object, String name) {
    VPackSlice value = member(object, name);
    if (value == null) {
      throw new MessageException("'" + name + "' is missing");
    }
    return unsigned(value, name);
  }

  /// An unsigned 64-bit number or its decimal text.
  ///
  /// @param name of the value, for the message
  static long unsigned(VPackSlice value, String name) {
    try {
      if (value.isString()) {
        return Long.parseUnsignedLong(value.asString());
      }
      if (value.isInteger()) {
        return value.asUnsignedLong();
      }
    } catch (NumberFormatException | ArithmeticException e) {
      throw new MessageException("'" + name + "' is no unsigned 64-bit number", e);
    }
    throw new MessageException("'" + name + "' is no unsigned 64-bit number");
  }
}
