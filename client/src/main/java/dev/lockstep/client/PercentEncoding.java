package dev.lockstep.client;

import java.nio.charset.StandardCharsets;

/// Percent-encoding of text for URLs (RFC 3986): everything but letters, digits and `- . _ ~`
/// becomes `%XX` of its UTF-8 bytes. One form serves path segments and query values; nothing is
/// encoded that need not be decoded the same way in both, `+` included.
public final class PercentEncoding {
  private static final String HEX = "0123456789ABCDEF";

  private PercentEncoding() {}

  /// Encodes one path segment or one query name or value; a `/` in it becomes `%2F`.
  public static String encode(String text) {
    int plain = 0;
    while (plain < text.length() && isUnreserved(text.charAt(plain))) {
      plain++;
    }
    if (plain == text.length()) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length() + 16);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (isUnreserved((char) (b & 0xff))) {
        out.append((char) b);
      } else {
        out.append('%').append(HEX.charAt((b >> 4) & 0xf)).append(HEX.charAt(b & 0xf));
      }
    }
    return out.toString();
  }

  /// The path of a resource inside a database: `/_db/<database>` + `path`, where `path` begins with
  /// a slash and is already encoded.
  public static String databasePath(String database, String path) {
    return "/_db/" + encode(database) + path;
  }

  private static boolean isUnreserved(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '.'
        || c == '_'
        || c == '~';
  }
}
