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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

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
    Exchange withBody(String newBody) {
      return new Exchange(verb, target, requestHeaders, requestBody, status, headers, newBody);
    }

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
      return headers.containsKey("x-arango-replication-checkmore") && !isTail();
    }

    boolean isTail() {
      return isAbout("logger-follow");
    }
  }

  private static final String DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";

  /// Length of the text of document 0; the recording kept all documents equally long.
  private static final int TEXT_LENGTH = 111;

  /// Bodies too long to be repeated: the inventory of another recording, with another tick and
  /// perhaps another collection.
  private static final Pattern INVENTORY =
      Pattern.compile(
          "\\$inventory of (?<recording>[a-z0-9-]+), tick (?<tick>[0-9]+)"
              + "(, collection (?<name>[a-z]+) (?<id>[0-9]+))?");

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
      } else if (line.startsWith("<| $")) {
        body.append(abbreviated(rest));
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

  /// What a body stands for that begins with a dollar.
  private static String abbreviated(String text) {
    Matcher inventory = INVENTORY.matcher(text);
    if (inventory.matches()) {
      return inventory(inventory);
    }
    String[] words = text.split(" ", -1);
    int[] numbers = Stream.of(words).skip(1).mapToInt(Integer::parseInt).toArray();
    return switch (words[0]) {
      case "$documents" -> lines(numbers[0], numbers[1]);
      case "$keys" -> keys(numbers[0], numbers[1]);
      case "$changed" ->
          IntStream.of(numbers)
              .mapToObj(RecordedConversation::changedDocument)
              .collect(Collectors.joining(",", "[", "]"));
      default -> throw new IllegalStateException("unreadable body of a recording: " + text);
    };
  }

  /// The inventory of another recording at a later tick; of the large collection with its name and
  /// id instead of the small one's.
  private static String inventory(Matcher abbreviation) {
    String inventory =
        read(abbreviation.group("recording") + "-leader.txt").stream()
            .filter(exchange -> exchange.isAbout("inventory"))
            .findFirst()
            .orElseThrow()
            .body()
            .replaceAll(
                "\"(lastLogTick|lastUncommittedLogTick)\":\"[0-9]+\"",
                "\"$1\":\"" + abbreviation.group("tick") + "\"");
    return abbreviation.group("name") == null
        ? inventory
        : inventory
            .replace("\"80\"", "\"" + abbreviation.group("id") + "\"")
            .replace("\"name\":\"test\"", "\"name\":\"" + abbreviation.group("name") + "\"");
  }

  /// Keys `from` to `to` - 1 of the large collection after the change, with their revisions as
  /// RocksDB leaders of the time print them.
  private static String keys(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(i ->
            "[\"%s\",\"%s\"]".formatted(key(i), Long.toUnsignedString(changedRevision(i).value())))
        .collect(Collectors.joining(",", "[", "]"));
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
    String key = key(i);
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
        + revision(i)
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

  private static String key(int i) {
    return "k%07d".formatted(i);
  }

  private static Revision revision(int i) {
    return new Revision(Revision.parse("_md976Ly---").value() + i);
  }

  /// As [#document], after one in a thousand was changed.
  static String changedDocument(int i) {
    return isChanged(i)
        ? document(i)
            .replace("\"" + revision(i) + "\"", "\"" + changedRevision(i) + "\"")
            .replace("\"name " + i + "\"", "\"xx " + i + "\"")
        : document(i);
  }

  static Revision changedRevision(int i) {
    return isChanged(i)
        ? new Revision(Revision.parse("_md977qm---").value() + i / 1000)
        : revision(i);
  }

  private static boolean isChanged(int i) {
    return i % 1000 == 0;
  }
}
