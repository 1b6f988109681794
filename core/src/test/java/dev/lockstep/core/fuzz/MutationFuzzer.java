package dev.lockstep.core.fuzz;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Feeds a decoder with damaged forms of good inputs and with damaged forms of those that led
/// somewhere new: to an exception from a place not seen before, or to a success that allocated
/// another amount. Fails when the decoder throws what is not specified, takes too long, or
/// allocates more than it may.
///
/// Everything follows from one seed, which a failure prints together with the input. Runs for
/// `lockstep.fuzz.seconds` (default 0.2) for each decoder.
public final class MutationFuzzer {
  /// What is tested. May throw what it specifies.
  @FunctionalInterface
  public interface Decoder {
    void decode(byte[] input) throws Exception;
  }

  /// One call may not take longer: a thousand times what the largest input takes.
  private static final Duration CALL_MAX = Duration.ofSeconds(10);

  /// What any call may allocate whatever its input: buffers of streams and parsers, an exception.
  private static final long ALLOCATED_BYTES_ALWAYS = 2 << 20;

  private static final int CORPUS_MAX = 4_000;
  private static final int INPUT_BYTES_MAX = 256 << 10;
  private static final int MUTATIONS_MAX = 6;

  /// How far down the stack two exceptions must come from the same lines to be the same.
  private static final int FRAMES_COMPARED = 5;

  private static final long[] INTERESTING = {
    0,
    1,
    2,
    7,
    8,
    9,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0xffff,
    0x7fff_ffffL,
    0x8000_0000L,
    0xffff_ffffL,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -1,
    -2,
    -8
  };

  private static final List<byte[]> TOKENS =
      List.of(
              "[",
              "]",
              "{",
              "}",
              ",",
              ":",
              "\"",
              "\\",
              "\\u0000",
              "\\ud83d",
              "1e999",
              "-0",
              "-1",
              "0.1",
              "18446744073709551615",
              "18446744073709551616",
              "null",
              "true",
              "\"_key\":",
              "\"_rev\":",
              "\"data\":",
              "\"type\":2300",
              "\"skip\":262144",
              "%",
              "%2F",
              "%ff",
              "+",
              "&",
              "=",
              "\n",
              "\r\n",
              "\u0000",
              "ä",
              "😀",
              "_bpq8a-----",
              "NNNNNNNNNNN")
          .stream()
          .map(text -> text.getBytes(StandardCharsets.UTF_8))
          .toList();

  private final String name;
  private final Set<Class<? extends Exception>> specified;
  private final long allocatedPerByte;
  private final long allocatedMore;
  private final long seed = Long.getLong("lockstep.seed", new Random().nextLong());
  private final Random random = new Random(seed);
  private final List<byte[]> corpus = new ArrayList<>();
  private final Set<Long> outcomes = new HashSet<>();
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  // Of the call under way, for the watching thread.
  private volatile byte[] current = new byte[0];
  private volatile long startedNanos;
  private volatile boolean done;

  private long executions;
  private long slowestNanos;
  private byte[] slowest = new byte[0];

  private MutationFuzzer(
      String name,
      Set<Class<? extends Exception>> specified,
      long allocatedPerByte,
      long allocatedMore) {
    this.name = name;
    this.specified = specified;
    this.allocatedPerByte = allocatedPerByte;
    this.allocatedMore = allocatedMore;
  }

  /// @param name of the decoder, for messages
  /// @param specified exceptions that bad input may lead to, subclasses included
  @SafeVarargs
  public static MutationFuzzer of(String name, Class<? extends Exception>... specified) {
    return new MutationFuzzer(name, Set.of(specified), 200, 0);
  }

  /// What the decoder may allocate: `perByte` for each byte of input, and `more` once.
  public MutationFuzzer allocating(long perByte, long more) {
    return new MutationFuzzer(name, specified, perByte, more);
  }

  /// @param examples good inputs, at least one
  /// @return a line about what was done
  public String run(List<byte[]> examples, Decoder decoder) throws InterruptedException {
    corpus.addAll(examples);
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    double seconds = Double.parseDouble(System.getProperty("lockstep.fuzz.seconds", "0.2"));
    Thread worker =
        Thread.ofPlatform()
            .daemon()
            .name("fuzz " + name)
            .start(() -> {
              try {
                loop(examples, decoder, System.nanoTime() + (long) (seconds * 1e9));
              } catch (Throwable e) {
                failure.set(e);
              } finally {
                done = true;
              }
            });
    while (!done) {
      long begun = startedNanos;
      worker.join(Duration.ofMillis(100));
      if (!done && begun == startedNanos && System.nanoTime() - begun > CALL_MAX.toNanos()) {
        AssertionError hang = new AssertionError(describe("takes longer than " + CALL_MAX));
        hang.setStackTrace(worker.getStackTrace());
        throw hang;
      }
    }
    Throwable thrown = failure.get();
    if (thrown != null) {
      throw new AssertionError(describe(String.valueOf(thrown.getMessage())), thrown);
    }
    return "fuzzed %s: %d executions, %d outcomes, slowest %d ms for %d bytes, seed %d"
        .formatted(
            name, executions, outcomes.size(), slowestNanos / 1_000_000, slowest.length, seed);
  }

  private String describe(String what) {
    byte[] input = current;
    return "%s, seed %d, execution %d: %s; input of %d bytes in Base64: %s"
        .formatted(
            name,
            seed,
            executions,
            what,
            input.length,
            Base64.getEncoder().encodeToString(Arrays.copyOf(input, Math.min(8192, input.length))));
  }

  private void loop(List<byte[]> examples, Decoder decoder, long untilNanos) throws Exception {
    startedNanos = System.nanoTime();
    for (byte[] example : examples) {
      // The first time classes are loaded and caches filled.
      attempt(example, decoder, false);
    }
    while (System.nanoTime() < untilNanos) {
      byte[] input = mutated();
      if (attempt(input, decoder, true) && corpus.size() < CORPUS_MAX) {
        corpus.add(input);
      }
    }
  }

  /// @return whether the outcome is new
  private boolean attempt(byte[] input, Decoder decoder, boolean isMeasured) throws Exception {
    current = input;
    executions++;
    byte[] given = input.clone();
    long allocatedBefore = threads.getCurrentThreadAllocatedBytes();
    startedNanos = System.nanoTime();
    long outcome;
    try {
      decoder.decode(given);
      long allocated = threads.getCurrentThreadAllocatedBytes() - allocatedBefore;
      outcome = 64 - Long.numberOfLeadingZeros(allocated);
    } catch (Exception e) {
      if (specified.stream().noneMatch(kind -> kind.isInstance(e))) {
        throw e;
      }
      outcome = e.getClass().hashCode();
      StackTraceElement[] stack = e.getStackTrace();
      for (int i = 0; i < Math.min(FRAMES_COMPARED, stack.length); i++) {
        outcome = 31 * outcome + stack[i].hashCode();
      }
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - allocatedBefore;
    long nanos = System.nanoTime() - startedNanos;
    if (isMeasured && nanos > slowestNanos) {
      slowestNanos = nanos;
      slowest = input;
    }
    long limit = ALLOCATED_BYTES_ALWAYS + allocatedMore + allocatedPerByte * input.length;
    if (isMeasured && allocated > limit) {
      throw new AssertionError(allocated + " bytes allocated, " + limit + " are the limit");
    }
    return outcomes.add(outcome);
  }

  private byte[] mutated() {
    byte[] input = pick();
    int mutations = 1 + random.nextInt(MUTATIONS_MAX);
    for (int i = 0; i < mutations; i++) {
      input = mutate(input);
    }
    return input.length <= INPUT_BYTES_MAX ? input : Arrays.copyOf(input, INPUT_BYTES_MAX);
  }

  private byte[] pick() {
    return corpus.get(random.nextInt(corpus.size()));
  }

  private byte[] mutate(byte[] input) {
    if (input.length == 0) {
      return TOKENS.get(random.nextInt(TOKENS.size()));
    }
    int at = random.nextInt(input.length);
    int length = 1 + random.nextInt(Math.min(input.length - at, 1 << random.nextInt(10)));
    return switch (random.nextInt(12)) {
      case 0, 1 -> changed(input, at, (byte) (input[at] ^ 1 << random.nextInt(8)));
      case 2 -> changed(input, at, (byte) random.nextInt(256));
      case 3, 4 -> number(input, at);
      case 5 -> replaced(input, at, length, new byte[0]);
      case 6 -> replaced(input, at, 0, Arrays.copyOfRange(input, at, at + length));
      case 7 -> replaced(input, at, 0, repeated(Arrays.copyOfRange(input, at, at + length)));
      case 8 -> Arrays.copyOf(input, at);
      case 9 -> {
        byte[] other = pick();
        int from = random.nextInt(other.length + 1);
        int to = from + random.nextInt(other.length - from + 1);
        yield replaced(input, at, random.nextBoolean() ? 0 : length, other, from, to);
      }
      default ->
          replaced(
              input,
              at,
              random.nextBoolean() ? 0 : length,
              TOKENS.get(random.nextInt(TOKENS.size())));
    };
  }

  private static byte[] changed(byte[] input, int at, byte value) {
    byte[] result = input.clone();
    result[at] = value;
    return result;
  }

  /// A number that is on some edge, of 1, 2, 4 or 8 bytes, either end first.
  private byte[] number(byte[] input, int at) {
    long value =
        random.nextBoolean()
            ? INTERESTING[random.nextInt(INTERESTING.length)]
            : input.length + random.nextInt(-4, 5);
    int width = 1 << random.nextInt(4);
    byte[] bytes = ByteBuffer.allocate(8).putLong(value).array();
    byte[] result = input.clone();
    boolean lowFirst = random.nextBoolean();
    for (int i = 0; i < width && at + i < result.length; i++) {
      result[at + i] = bytes[lowFirst ? 7 - i : 8 - width + i];
    }
    return result;
  }

  /// Deep nesting and long runs come about so.
  private byte[] repeated(byte[] part) {
    int times = Math.min(1 + random.nextInt(500), 1 + (64 << 10) / part.length);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < times; i++) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  private static byte[] replaced(byte[] input, int at, int length, byte[] by) {
    return replaced(input, at, length, by, 0, by.length);
  }

  private static byte[] replaced(byte[] input, int at, int length, byte[] by, int from, int to) {
    byte[] result = new byte[input.length - length + to - from];
    System.arraycopy(input, 0, result, 0, at);
    System.arraycopy(by, from, result, at, to - from);
    System.arraycopy(input, at + length, result, at + to - from, input.length - at - length);
    return result;
  }
}
