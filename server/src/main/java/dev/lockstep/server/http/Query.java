package dev.lockstep.server.http;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The parameters of a request's URL, decoded, with typed access. Where a value is not of the type
/// asked for, the typed getters throw [LockstepException] 400/10 that names the parameter, the
/// value and what was expected; where it is no percent-encoded UTF-8, all getters of it throw
/// 400/400. Of a repeated parameter the last value counts. Immutable.
public final class Query {
  public static final Query EMPTY = new Query(Map.of(), Set.of(), "");

  private final Map<String, String> parameters;

  /// Those whose values could not be decoded and are kept as they came: nobody may ever ask for
  /// them.
  private final Set<String> undecodable;

  private final String raw;

  private Query(Map<String, String> parameters, Set<String> undecodable, String raw) {
    this.parameters = parameters;
    this.undecodable = undecodable;
    this.raw = raw;
  }

  /// @param raw the part of the URL after `?`, still encoded
  public static Query parse(@Nullable String raw) {
    if (raw == null || raw.isEmpty()) {
      return EMPTY;
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    Set<String> undecodable = new HashSet<>();
    for (String pair : raw.split("&", -1)) {
      if (pair.isEmpty()) {
        continue;
      }
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      String value = equals < 0 ? "" : pair.substring(equals + 1);
      String decoded = PercentEncoding.decode(name, true);
      undecodable.remove(decoded);
      try {
        parameters.put(decoded, PercentEncoding.decode(value, true));
      } catch (LockstepException _) {
        parameters.put(decoded, value);
        undecodable.add(decoded);
      }
    }
    return new Query(parameters, undecodable, raw);
  }

  /// For tests and inner calls: values that are not encoded.
  public static Query of(Map<String, String> parameters) {
    return new Query(new LinkedHashMap<>(parameters), Set.of(), "");
  }

  /// As received, still encoded.
  public String raw() {
    return raw;
  }

  public Set<String> names() {
    return Collections.unmodifiableSet(parameters.keySet());
  }

  public boolean has(String name) {
    return parameters.containsKey(name);
  }

  public @Nullable String string(String name) {
    String value = parameters.get(name);
    return value == null || isDecodable(name) ? value : PercentEncoding.decode(value, true);
  }

  public String string(String name, String otherwise) {
    String value = string(name);
    return value == null ? otherwise : value;
  }

  /// Whether a parameter is absent, or its value is percent-encoded UTF-8.
  public boolean isDecodable(String name) {
    return !undecodable.contains(name);
  }

  /// A parameter as it was received, still encoded; empty if it is not given. For peers that do not
  /// encode. What was made with [#of] has none.
  public String sent(String name) {
    String value = "";
    for (String pair : raw.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals >= 0 && PercentEncoding.decode(pair.substring(0, equals), true).equals(name)) {
        value = pair.substring(equals + 1);
      }
    }
    return value;
  }

  /// @throws LockstepException 400/400 if the parameter is missing or empty
  public String requiredString(String name) {
    String value = string(name);
    if (value == null || value.isEmpty()) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER, "expecting a value for the parameter '" + name + "'");
    }
    return value;
  }

  /// `true`, `yes`, `on`, `y`, `1` and `false`, `no`, `off`, `n`, `0`, in any case. A parameter
  /// given without a value counts as not given.
  public boolean bool(String name, boolean otherwise) {
    Boolean value = boolOrNull(name);
    return value == null ? otherwise : value;
  }

  /// As [#bool], null if not given.
  public @Nullable Boolean boolOrNull(String name) {
    String value = string(name);
    if (value == null || value.isEmpty()) {
      return null;
    }
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "true", "yes", "on", "y", "1" -> true;
      case "false", "no", "off", "n", "0" -> false;
      // How JavaScript clients, arangojs among them, spell an option that nobody set.
      case "undefined" -> null;
      default -> throw bad(name, value, "true or false");
    };
  }

  /// A signed decimal within `min..max`.
  public long longValue(String name, long otherwise, long min, long max) {
    String value = string(name);
    if (value == null || value.isEmpty()) {
      return otherwise;
    }
    String expected = "an integer from " + min + " to " + max;
    try {
      long number = Long.parseLong(value);
      if (number < min || number > max) {
        throw bad(name, value, expected);
      }
      return number;
    } catch (NumberFormatException e) {
      throw bad(name, value, expected);
    }
  }

  /// An unsigned 64-bit decimal, such as an id or a tick; null if not given.
  public @Nullable Long unsignedLong(String name) {
    String value = string(name);
    if (value == null || value.isEmpty()) {
      return null;
    }
    try {
      return Long.parseUnsignedLong(value);
    } catch (NumberFormatException e) {
      throw bad(name, value, "an unsigned 64-bit integer");
    }
  }

  public double doubleValue(String name, double otherwise, double min, double max) {
    String value = string(name);
    if (value == null || value.isEmpty()) {
      return otherwise;
    }
    String expected = "a number from " + min + " to " + max;
    try {
      double number = Double.parseDouble(value);
      // Written this way round so that NaN is refused too.
      if (!(number >= min && number <= max)) {
        throw bad(name, value, expected);
      }
      return number;
    } catch (NumberFormatException e) {
      throw bad(name, value, expected);
    }
  }

  /// One of a few words; anything else is refused with the list of them. `undefined` counts as not
  /// given, see [#boolOrNull].
  public String oneOf(String name, String otherwise, List<String> words) {
    String value = string(name);
    if (value == null || value.isEmpty() || value.equals("undefined")) {
      return otherwise;
    }
    if (!words.contains(value)) {
      throw bad(name, value, "one of " + String.join(", ", words));
    }
    return value;
  }

  /// The error for a parameter whose value no getter accepts.
  public static LockstepException bad(String name, String value, String expected) {
    String shown = value.length() > 100 ? value.substring(0, 100) + "..." : value;
    return new LockstepException(
        ErrorNumber.BAD_PARAMETER,
        "invalid value '" + shown + "' for parameter '" + name + "': expecting " + expected);
  }
}
