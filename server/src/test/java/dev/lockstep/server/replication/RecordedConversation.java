package dev.lockstep.server.replication;

import dev.lockstep.core.document.Revision;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// What two stock programs said to each other, as recorded; the notation is explained in the files.
final class RecordedConversation {
  /// One request and its answer.
  ///
  /// @param verb in capitals
  /// @param target path and query
  /// @param requestHeaders lines as sent
  /// @param headers of the answer, names in lower case
  record Exchange(
      String verb,
      String target,
      List<String> requestHeaders,
      String requestBody,
      int status,
      TreeMap<String, String> headers,
      String body) {
    /// Without the query.
    String path() {
      int query = target.indexOf('?');
      return query < 0 ? target : target.substring(0, query);
    }

    boolean isAbout(String command) {
      return path().contains("/_api/replication/" + command);
    }

    /// Whether the answer says that a job has only been accepted, or is not ready.
    boolean isPending() {
      return status == 202 || (status == 204 && path().contains("/_api/job/") && !isDump());
    }

    boolean isDump() {
      return headers.containsKey("x-arango-replication-checkmore");
    }
  }

  private static final String DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";

  /// Length of the text of document 0; the recording kept all documents equally long.
  private static final int TEXT_LENGTH = 111;

  private RecordedConversation() {}

  static List<Exchange> read(String name) {
    String text = resource(name);
    List<Exchange> exchanges = new ArrayList<>();
    for (String block : text.split("\n\n", -1)) {
      List<String> lines = block.lines().filter(line -> !line.startsWith("#")).toList();
      if (!lines.isEmpty()) {
        exchanges.add(parse(lines));
      }
    }
    return exchanges;
  }

  static String resource(String name) {
    try (InputStream in = RecordedConversation.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Exchange parse(List<String> lines) {
    String verb = "";
    String target = "";
    int status = 0;
    List<String> requestHeaders = new ArrayList<>();
    TreeMap<String, String> headers = new TreeMap<>();
    StringBuilder requestBody = new StringBuilder();
    StringBuilder body = new StringBuilder();
    for (String line : lines) {
      String rest = line.length() > 3 ? line.substring(3) : "";
      if (line.startsWith(">> ")) {
        int space = rest.indexOf(' ');
        verb = rest.substring(0, space);
        target = rest.substring(space + 1);
      } else if (line.startsWith("<< ")) {
        status = Integer.parseInt(rest.substring(0, 3));
      } else if (line.startsWith(">| ")) {
        requestBody.append(rest);
      } else if (line.startsWith("<| $inventory")) {
        body.append(inventoryOf12000Documents());
      } else if (line.startsWith("<| $documents ")) {
        String[] bounds = rest.split(" ", -1);
        body.append(lines(Integer.parseInt(bounds[1]), Integer.parseInt(bounds[2])));
      } else if (line.startsWith("<| ")) {
        body.append(rest).append(rest.startsWith("{\"collections\"") ? "" : "\n");
      } else if (line.startsWith("> ")) {
        requestHeaders.add(line.substring(2));
      } else if (line.startsWith("< ")) {
        int colon = line.indexOf(':');
        headers.put(
            line.substring(2, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      } else {
        throw new IllegalStateException("unreadable line of a recording: " + line);
      }
    }
    return new Exchange(
        verb, target, requestHeaders, requestBody.toString(), status, headers, body.toString());
  }

  /// The inventory of the small collection, with the name and ids of the large one.
  private static String inventoryOf12000Documents() {
    return read("rocksdb-1-leader.txt").stream()
        .filter(exchange -> exchange.isAbout("inventory"))
        .findFirst()
        .orElseThrow()
        .body()
        .replace("\"80\"", "\"4098\"")
        .replace("\"name\":\"test\"", "\"name\":\"mid\"")
        .replace("\"lastLogTick\":\"127\"", "\"lastLogTick\":\"28230\"");
  }

  /// Lines of a dump, documents `from` to `to` - 1.
  private static String lines(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(i -> "{\"data\":" + document(i) + ",\"type\":2300}\n")
        .collect(Collectors.joining());
  }

  /// The documents of the large collection, of the same bytes as in the recording but for the
  /// revisions, which follow each other here.
  static String document(int i) {
    String key = "k%07d".formatted(i);
    // A number without fraction was two characters longer in what had been imported.
    String score = i % 4 == 0 ? Integer.toString(i / 4) : Double.toString(i / 4.0);
    int used =
        2 * Integer.toString(i).length()
            + Integer.toString(i).length()
            + (i % 4 == 0 ? score.length() + 2 : score.length())
            + (i % 3 == 0 ? 4 : 5);
    int ofZero = 2 + 1 + 3 + 4;
    StringBuilder text = new StringBuilder();
    for (int c = 0; c < TEXT_LENGTH - (used - ofZero); c++) {
      text.append(DIGITS.charAt((i + c) % DIGITS.length()));
    }
    return "{\"_id\":\"mid/"
        + key
        + "\",\"_key\":\""
        + key
        + "\",\"_rev\":\""
        + new Revision(Revision.parse("_md976Ly---").value() + i)
        + "\",\"active\":"
        + (i % 3 == 0)
        + ",\"email\":\"user"
        + i
        + "@example.com\",\"i\":"
        + i
        + ",\"name\":\"name "
        + i
        + "\",\"score\":"
        + score
        + ",\"tags\":[\"a\",\"b"
        + i % 10
        + "\"],\"text\":\""
        + text
        + "\"}";
  }
}
