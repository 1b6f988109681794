package dev.lockstep.replication.protocol;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.CRC32C;

/// One checksum over everything but the body: the request as the leader understood it, status and
/// headers of its answer. With it a bit flipped on the way *to* the leader is found as well: the
/// answer then belongs to another question.
///
/// The path counts in its decoded form and headers without regard to case and order, for proxies
/// may write them in another way; the query counts as it stands.
public final class AnswerSeal {
  private static final Set<String> ACTED_ON_BY_LEADERS = Set.of("accept", "content-type");
  private static final Set<String> ACTED_ON_BY_FOLLOWERS =
      Set.of("content-type", "content-encoding");

  private final List<String> lines = new ArrayList<>();

  /// @param pathAndQuery as in the request line
  public AnswerSeal(String method, String pathAndQuery, int status) {
    int query = pathAndQuery.indexOf('?');
    String path = query < 0 ? pathAndQuery : pathAndQuery.substring(0, query);
    lines.add(
        method
            + ' '
            + decoded(path)
            + (query < 0 ? "" : pathAndQuery.substring(query))
            + ' '
            + status);
  }

  /// Takes a header of the request into account if it is one of those that change the answer.
  /// Credentials are none of them: not even a checksum of theirs shall travel.
  public void asked(String name, String value) {
    add('>', name, value, ACTED_ON_BY_LEADERS);
  }

  /// Takes a header of the answer into account if it is one of those that a follower acts on.
  public void answered(String name, String value) {
    add('<', name, value, ACTED_ON_BY_FOLLOWERS);
  }

  private void add(char way, String name, String value, Set<String> further) {
    String lower = name.toLowerCase(Locale.ROOT);
    boolean counts =
        lower.startsWith("x-arango-") || lower.startsWith("x-lockstep-") || further.contains(lower);
    if (counts && !lower.equals(FrameFormat.HEADER)) {
      lines.add(way + lower + ':' + value.strip());
    }
  }

  /// Eight hexadecimal digits.
  public String text() {
    CRC32C sum = new CRC32C();
    sum.update(lines.getFirst().getBytes(StandardCharsets.UTF_8));
    lines.stream()
        .skip(1)
        .sorted()
        .forEach(line -> sum.update(('\n' + line).getBytes(StandardCharsets.UTF_8)));
    return digits(sum);
  }

  /// Of the body of a request.
  public static String ofBody(byte[] body) {
    CRC32C sum = new CRC32C();
    sum.update(body);
    return digits(sum);
  }

  private static String digits(CRC32C sum) {
    return HexFormat.of().toHexDigits((int) sum.getValue());
  }

  /// Each byte as one character; what is no escape stays as it is.
  private static String decoded(String path) {
    StringBuilder text = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c == '%'
          && i + 2 < path.length()
          && HexFormat.isHexDigit(path.charAt(i + 1))
          && HexFormat.isHexDigit(path.charAt(i + 2))) {
        text.append((char) HexFormat.fromHexDigits(path, i + 1, i + 3));
        i += 2;
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }
}
