package dev.lockstep.core.collection;

import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackType;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/// The time in the attribute of a ttl index: a number of seconds since 1970, or an ISO 8601 date
/// with or without time and zone (none: UTC). Anything else never expires.
final class ExpiryTime {
  /// Shorter text is no date; longer text is not worth parsing.
  private static final int TEXT_MIN = "2000-01-01".length();

  private static final int TEXT_MAX = "2000-01-01T00:00:00.000000000+00:00".length();

  private ExpiryTime() {}

  /// Seconds since 1970, null if the value is no time.
  static @Nullable Double seconds(@Nullable VPackSlice value) {
    if (value == null) {
      return null;
    }
    if (value.isNumber()) {
      double seconds = value.asDouble();
      return Double.isFinite(seconds) ? seconds : null;
    }
    if (value.type() == VPackType.STRING) {
      return parse(value.asString());
    }
    return null;
  }

  private static @Nullable Double parse(String text) {
    if (text.length() < TEXT_MIN || text.length() > TEXT_MAX || text.charAt(4) != '-') {
      return null;
    }
    try {
      if (text.length() == TEXT_MIN) {
        return (double) LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toEpochSecond();
      }
      String iso = text.charAt(TEXT_MIN) == ' ' ? text.replaceFirst(" ", "T") : text;
      boolean zoned = iso.endsWith("Z") || iso.indexOf('+') > 0 || iso.lastIndexOf('-') > TEXT_MIN;
      OffsetDateTime time =
          zoned ? OffsetDateTime.parse(iso) : LocalDateTime.parse(iso).atOffset(ZoneOffset.UTC);
      return time.toEpochSecond() + time.getNano() / 1e9;
    } catch (DateTimeParseException e) {
      return null;
    }
  }
}
