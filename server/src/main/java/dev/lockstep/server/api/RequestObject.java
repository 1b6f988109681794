package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackToJson;
import org.jspecify.annotations.Nullable;

/// Typed access to the attributes of an object in a request's body. An attribute that is null
/// counts as absent; one of another type is an error that names it, its value and what was
/// expected. Immutable.
///
/// @param value an object
/// @param path of the object within the body, ending with a dot; empty for the body itself
/// @param error the number its errors carry
record RequestObject(VPackSlice value, String path, ErrorNumber error) {

  static RequestObject of(VPackSlice object) {
    return new RequestObject(object, "", ErrorNumber.BAD_PARAMETER);
  }

  /// Null if absent.
  @Nullable VPackSlice get(String name) {
    VPackSlice attribute = value.get(name);
    return attribute == null || attribute.isNull() ? null : attribute;
  }

  boolean has(String name) {
    return get(name) != null;
  }

  @Nullable String string(String name) {
    VPackSlice attribute = get(name);
    if (attribute == null) {
      return null;
    }
    if (!attribute.isString()) {
      throw bad(name, attribute, "a string");
    }
    return attribute.asString();
  }

  String string(String name, String otherwise) {
    String text = string(name);
    return text == null ? otherwise : text;
  }

  @Nullable Boolean boolOrNull(String name) {
    VPackSlice attribute = get(name);
    if (attribute == null) {
      return null;
    }
    if (!attribute.isBoolean()) {
      throw bad(name, attribute, "true or false");
    }
    return attribute.asBoolean();
  }

  boolean bool(String name, boolean otherwise) {
    Boolean flag = boolOrNull(name);
    return flag == null ? otherwise : flag;
  }

  /// An integer within `min..max`; numbers without a fraction count, however they are written.
  long integer(String name, long otherwise, long min, long max) {
    VPackSlice attribute = get(name);
    if (attribute == null) {
      return otherwise;
    }
    String expected = "an integer from " + min + " to " + max;
    if (!attribute.isNumber()) {
      throw bad(name, attribute, expected);
    }
    double number = attribute.asDouble();
    // Written this way round so that NaN is refused too.
    if (!(number >= min && number <= max) || number != Math.rint(number)) {
      throw bad(name, attribute, expected);
    }
    return attribute.isInteger() ? attribute.asLong() : (long) number;
  }

  @Nullable RequestObject object(String name, ErrorNumber itsError) {
    VPackSlice attribute = get(name);
    if (attribute == null) {
      return null;
    }
    if (!attribute.isObject()) {
      throw new LockstepException(itsError, sentence(name, attribute, "an object"));
    }
    return new RequestObject(attribute, path + name + ".", itsError);
  }

  /// An array; null if absent.
  @Nullable VPackSlice array(String name) {
    VPackSlice attribute = get(name);
    if (attribute != null && !attribute.isArray()) {
      throw bad(name, attribute, "an array");
    }
    return attribute;
  }

  /// The error for an attribute whose value nothing accepts.
  LockstepException bad(String name, VPackSlice attribute, String expected) {
    return new LockstepException(error, sentence(name, attribute, expected));
  }

  private String sentence(String name, VPackSlice attribute, String expected) {
    return "invalid value "
        + shown(attribute)
        + " for attribute '"
        + path
        + name
        + "': expecting "
        + expected;
  }

  /// The error for an attribute that must be there.
  LockstepException missing(String name, String expected) {
    return new LockstepException(
        error, "attribute '" + path + name + "' is missing: expecting " + expected);
  }

  /// A value for a message: its JSON, cut if long.
  static String shown(VPackSlice value) {
    if (value.byteSize() > 2_000) {
      return value.isObject() ? "{...}" : value.isArray() ? "[...]" : "\"...\"";
    }
    String json = VPackToJson.toJson(value);
    return json.length() > 200 ? json.substring(0, 200) + "..." : json;
  }
}
