package dev.lockstep.shell.bench;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// `rsync` of one file with a document per line, sorted by key, onto the disk (`--fsync`): no
/// database, the physical side of the work. Both sides are its processes and cannot be told apart.
public final class RsyncContender implements Contender {
  private static final Pattern BYTES = Pattern.compile("Total bytes (?:sent|received): ([0-9,.]+)");

  private final BenchPlan plan;
  private final Path folder;
  private final ExternalProgram rsync;
  private final BenchDocuments documents;
  private final BenchChanges changes;
  private final long allBytes;

  /// Key to number and version.
  private final TreeMap<String, Content> present = new TreeMap<>();

  private record Content(int number, int version) {}

  /// @param folder for its files; exists, is removed by the caller
  /// @throws IOException that says how to install rsync, if it is missing
  public RsyncContender(BenchPlan plan, Path folder) throws IOException {
    this.plan = plan;
    this.folder = folder;
    this.rsync = ExternalProgram.find("rsync", "rsync");
    this.documents = new BenchDocuments(plan.keys(), plan.size());
    this.changes = new BenchChanges(plan);
    this.allBytes = documents.jsonBytes(IntStream.range(0, plan.documents()), 0);
  }

  @Override
  public String name() {
    return "rsync";
  }

  @Override
  public void prepare() throws IOException, InterruptedException {
    for (int i = 0; i < plan.documents(); i++) {
      present.put(documents.key(i), new Content(i, 0));
    }
    writeSource();
    if (plan.scenario() != BenchScenario.FULL) {
      copy();
    }
  }

  private Path source() {
    return folder.resolve("source.jsonl");
  }

  private Path target() {
    return folder.resolve("target.jsonl");
  }

  private void writeSource() throws IOException {
    try (BufferedWriter file = Files.newBufferedWriter(source(), StandardCharsets.ISO_8859_1)) {
      for (Map.Entry<String, Content> entry : present.entrySet()) {
        Content content = entry.getValue();
        file.write(documents.json(content.number(), content.version()));
        file.write('\n');
      }
    }
  }

  @Override
  public Measurement run(int run) throws IOException, InterruptedException {
    long count = plan.documents();
    long documentBytes = allBytes;
    if (plan.scenario() == BenchScenario.FULL) {
      Files.deleteIfExists(target());
    } else if (plan.scenario() == BenchScenario.INCREMENTAL) {
      BenchChanges.Step step = changes.next();
      step.removed().forEach(number -> present.remove(documents.key(number)));
      step.replaced().forEach(number -> put(number, step.version()));
      step.inserted().forEach(number -> put(number, step.version()));
      writeSource();
      count = step.size();
      documentBytes = step.jsonBytes(documents);
    }
    Duration cpuBefore = ProcessUsage.cpuOfEndedChildren();
    long begun = System.nanoTime();
    String said = copy();
    Duration wall = Duration.ofNanos(System.nanoTime() - begun);
    return new Measurement(
        wall,
        ProcessUsage.cpuOfEndedChildren().minus(cpuBefore),
        null,
        count,
        documentBytes,
        wireBytes(said),
        null,
        null);
  }

  private void put(int number, int version) {
    present.put(documents.key(number), new Content(number, version));
  }

  private String copy() throws IOException, InterruptedException {
    return ExternalProgram.run(
        rsync.call(
            "--fsync",
            "--ignore-times",
            "--no-whole-file",
            "--block-size=1024",
            "--stats",
            source().toString(),
            target().toString()),
        folder.resolve("rsync.log"));
  }

  /// Sum of both directions.
  static long wireBytes(String statistics) {
    Matcher matcher = BYTES.matcher(statistics);
    long sum = 0;
    while (matcher.find()) {
      sum += Long.parseLong(matcher.group(1).replaceAll("[^0-9]", ""));
    }
    return sum;
  }

  @Override
  public void check() throws IOException {
    long position = Files.mismatch(source(), target());
    if (position >= 0) {
      throw new IOException("source and target differ from byte " + position + " on");
    }
  }

  @Override
  public void close() {
    // No process outlives a run, and the caller removes the files.
  }
}
