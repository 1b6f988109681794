package dev.lockstep.shell.bench;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.IntStream;

/// The documents of a benchmark: each is a function of its number and version alone, so that every
/// contender, every run and every machine has the same. Thread-safe.
public final class BenchDocuments {
  private static final long SEED = 0x6c6f636b73746570L;

  /// Tells the stream of keys from the stream of contents.
  private static final long KEY_STREAM = 0x6b657973L;

  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  /// Sizes vary by up to a quarter around the average: no two neighbours fill pages alike.
  private static final int SIZE_SPREAD_DIVISOR = 4;

  private static final byte[] LETTERS =
      "abcdefghijklmnopqrstuvwxyz      ".getBytes(StandardCharsets.ISO_8859_1);

  private static final String[] KINDS = {"order", "invoice", "return", "offer"};

  private final KeyOrder keys;
  private final int size;

  /// @param size of the JSON in bytes, on average
  public BenchDocuments(KeyOrder keys, int size) {
    this.keys = keys;
    this.size = size;
  }

  /// The key of one document; with [KeyOrder#SEQUENTIAL] in the order of the numbers.
  public String key(int number) {
    if (keys == KeyOrder.SEQUENTIAL) {
      return String.format(Locale.ROOT, "%010d", number);
    }
    SplittableRandom random = new SplittableRandom(SEED ^ (KEY_STREAM + number * GOLDEN_GAMMA));
    long high = random.nextLong() & ~0xf000L | 0x4000L;
    long low = random.nextLong() & ~0xc000_0000_0000_0000L | 0x8000_0000_0000_0000L;
    return new UUID(high, low).toString();
  }

  /// One JSON object in one line, without a line break; ASCII without backslashes.
  ///
  /// @param version 0 for the first content, other numbers for changed ones
  public String json(int number, int version) {
    SplittableRandom random = contents(number, version);
    int length = length(random);
    StringBuilder text = new StringBuilder(length + 16);
    text.append("{\"_key\":\"")
        .append(key(number))
        .append("\",\"number\":")
        .append(number)
        .append(",\"version\":")
        .append(version)
        .append(",\"kind\":\"")
        .append(KINDS[random.nextInt(KINDS.length)])
        .append("\",\"amount\":")
        .append(random.nextInt(1_000_000) / 100.0)
        .append(",\"open\":")
        .append(random.nextBoolean())
        .append(",\"text\":\"");
    while (text.length() < length - 2) {
      // Six letters a number: the generator must not be what is measured.
      long bits = random.nextLong();
      for (int i = 0; i < 6 && text.length() < length - 2; i++, bits >>>= 5) {
        text.append((char) LETTERS[(int) (bits & 31)]);
      }
    }
    return text.append("\"}").toString();
  }

  /// The bytes of several documents' JSON together.
  public long jsonBytes(IntStream numbers, int version) {
    return numbers.mapToLong(number -> length(contents(number, version))).sum();
  }

  private static SplittableRandom contents(int number, int version) {
    return new SplittableRandom(
        (SEED + number * GOLDEN_GAMMA) ^ (version * (long) Integer.MAX_VALUE));
  }

  private int length(SplittableRandom random) {
    int spread = size / SIZE_SPREAD_DIVISOR;
    return size - spread + random.nextInt(2 * spread + 1);
  }
}
