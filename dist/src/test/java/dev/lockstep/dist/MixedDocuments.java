package dev.lockstep.dist;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.zip.GZIPOutputStream;

/// Documents of every shape that has ever broken a copy, as JSON text, from a seed.
final class MixedDocuments {
  /// Letters of one to four bytes in UTF-8, combining marks, right-to-left text, what JSON must
  /// escape.
  private static final String[] WORDS = {
    "",
    "plain",
    "Grüße",
    "naïve",
    "e\\u0301",
    "日本語",
    "🦊🌍",
    "עברית",
    "\\u0000",
    "line\\nbreak",
    "quo\\\"te",
    "back\\\\slash",
    "\\ud83d\\ude00",
    "tab\\t",
    "long".repeat(50)
  };

  private static final String[] NUMBERS = {
    "0",
    "-0.0",
    "1",
    "1.0",
    "-1",
    "9",
    "10",
    "-6",
    "-7",
    "255",
    "256",
    "65536",
    "2147483648",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "0.1",
    "1e300",
    "-1.5e-300",
    "123456789.125",
    "4.9e-324"
  };

  private final Random random;

  MixedDocuments(long seed) {
    random = new Random(seed);
  }

  /// Writes lines, compressed.
  ///
  /// @param head first members of document i, with a comma after them, or ""
  Path write(Path file, int count, IntFunction<String> head) throws IOException {
    try (Writer out =
        new java.io.OutputStreamWriter(
            new GZIPOutputStream(Files.newOutputStream(file), 1 << 16), StandardCharsets.UTF_8)) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < count; i++) {
        line.setLength(0);
        line.append('{').append(head.apply(i)).append("\"n\":").append(i);
        int members = random.nextInt(8);
        for (int m = 0; m < members; m++) {
          line.append(",\"").append(name()).append(m).append("\":");
          value(line, 3);
        }
        out.append(line.append("}\n"));
      }
    }
    return file;
  }

  /// One document of about `megabytes`, on one line.
  String large(String head, int megabytes) {
    StringBuilder line =
        new StringBuilder(megabytes << 20).append('{').append(head).append("\"parts\":[");
    while (line.length() < megabytes << 20) {
      line.append('"').append("0123456789äöü".repeat(1000)).append("\",");
      value(line, 2);
      line.append(',');
    }
    return line.append("null]}").toString();
  }

  private String name() {
    return switch (random.nextInt(6)) {
      case 0 -> "ünïcode";
      case 1 -> "with space";
      case 2 -> "_under";
      case 3 -> "dotted.name";
      default -> "a";
    };
  }

  private void value(StringBuilder out, int depth) {
    switch (random.nextInt(depth > 0 ? 8 : 6)) {
      case 0 -> out.append("null");
      case 1 -> out.append(random.nextBoolean());
      case 2, 3 -> out.append(NUMBERS[random.nextInt(NUMBERS.length)]);
      case 4, 5 -> out.append('"').append(WORDS[random.nextInt(WORDS.length)]).append('"');
      case 6 -> {
        out.append('[');
        int length = random.nextInt(5);
        for (int i = 0; i < length; i++) {
          out.append(i == 0 ? "" : ",");
          value(out, depth - 1);
        }
        out.append(']');
      }
      default -> {
        out.append('{');
        int length = random.nextInt(5);
        for (int i = 0; i < length; i++) {
          // Names in no order: their order must survive.
          out.append(i == 0 ? "" : ",")
              .append('"')
              .append((char) ('z' - i * 7 % 26))
              .append(i)
              .append("\":");
          value(out, depth - 1);
        }
        out.append('}');
      }
    }
  }
}
