package dev.lockstep.shell.cli;

import dev.lockstep.client.PercentEncoding;
import dev.lockstep.client.RequestBody;
import dev.lockstep.client.ServerRequest;
import dev.lockstep.client.ServerResponse;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.shell.text.Amounts;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.GZIPInputStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `lockstep import`: documents from a file or standard input into a collection. Streams: at most
/// [#threads] + 1 packages of about [#batchSize] bytes are in memory.
@Command(
    name = "import",
    customSynopsis = "lockstep import --collection NAME [options] [FILE]",
    description = {
      "Imports documents into a collection: one JSON object per line (JSONL) or one JSON array,"
          + " plain or compressed with gzip, from a file or from standard input."
    })
public final class ImportCommand extends CliCommand {
  private static final int BATCH_SIZE_MIN = 1 << 10;

  /// A package must fit in an array together with the document that ends it.
  private static final int BATCH_SIZE_MAX = 256 << 20;

  private static final int THREADS_MAX = 64;

  /// Reasons shown of documents that were refused; with thousands of them the first ones tell as
  /// much.
  private static final int REASONS_SHOWN_MAX = 20;

  private static final int GZIP_MAGIC_FIRST = 0x1f;
  private static final int GZIP_MAGIC_SECOND = 0x8b;

  /// What happens to a document whose key or unique value is there already.
  enum OnDuplicate {
    ERROR,
    UPDATE,
    REPLACE,
    IGNORE
  }

  /// How the input is laid out.
  enum Type {
    AUTO,
    JSONL,
    JSON
  }

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = "-",
      description = "The file to read; '-', the default, is standard input.")
  private String file;

  @Option(
      names = "--collection",
      paramLabel = "NAME",
      required = true,
      description = "The collection to import into.")
  private String collection;

  @Option(
      names = "--create-collection",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "false",
      description = "Create the collection if there is none.")
  private boolean createCollection;

  @Option(
      names = "--create-collection-type",
      paramLabel = "document|edge",
      defaultValue = "document",
      description = "Default: ${DEFAULT-VALUE}.")
  private String createCollectionType;

  @Option(
      names = "--overwrite",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "false",
      description = "Remove all documents of the collection first.")
  private boolean overwrite;

  @Option(
      names = "--on-duplicate",
      paramLabel = "error|update|replace|ignore",
      defaultValue = "error",
      description = "What to do with a document whose key exists (default: ${DEFAULT-VALUE}).")
  private OnDuplicate onDuplicate;

  @Option(
      names = "--type",
      paramLabel = "auto|jsonl|json",
      defaultValue = "auto",
      description = "json is one array. Default: told by the first character.")
  private Type type;

  @Option(
      names = "--batch-size",
      paramLabel = "BYTES",
      defaultValue = "8388608",
      description = "How much is sent at a time (default: ${DEFAULT-VALUE}).")
  private int batchSize;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "2",
      description = {
        "Requests under way at a time (default: ${DEFAULT-VALUE}). With more than one, documents of"
            + " different requests may arrive in another order than they stand in the file; 1 keeps"
            + " the order."
      })
  private int threads;

  @Mixin private ProgressOption progress = new ProgressOption();

  @Mixin private ServerOptions server = new ServerOptions();

  /// What happened to the documents so far. Guarded by this command's one collecting thread.
  private final Tally tally = new Tally();

  private static final class Tally {
    long created;
    long errors;
    long updated;
    long ignored;
    long bytes;
    final List<String> reasons = new ArrayList<>();
  }

  @Override
  int run() throws CommandFailure, IOException, InterruptedException {
    if (batchSize < BATCH_SIZE_MIN || batchSize > BATCH_SIZE_MAX) {
      throw usage(
          "--batch-size must be between "
              + BATCH_SIZE_MIN
              + " and "
              + BATCH_SIZE_MAX
              + ", not "
              + batchSize);
    }
    if (threads < 1 || threads > THREADS_MAX) {
      throw usage("--threads must be between 1 and " + THREADS_MAX + ", not " + threads);
    }
    boolean isEdge =
        switch (createCollectionType) {
          case "document" -> false;
          case "edge" -> true;
          default ->
              throw usage(
                  "--create-collection-type is document or edge, not '"
                      + createCollectionType
                      + "'");
        };
    long startedNanos = System.nanoTime();
    try (Source source = Source.open(file);
        ServerApi api = ServerApi.connect(server);
        ProgressLine line = progress.line()) {
      prepareCollection(api, isEdge);
      send(api, source, line, startedNanos);
    }
    report(Duration.ofNanos(System.nanoTime() - startedNanos));
    return tally.errors == 0 ? ExitStatus.OK : ExitStatus.FAILED;
  }

  private void prepareCollection(ServerApi api, boolean isEdge)
      throws IOException, InterruptedException {
    if (createCollection) {
      String json =
          new VPackBuilder()
              .openObject()
              .member("name", collection)
              .member("type", isEdge ? 3 : 2)
              .close()
              .toSlice()
              .toJson();
      try {
        api.send("POST", "/_api/collection", json);
      } catch (ServerRefusal e) {
        int duplicateName = 1207;
        if (e.errorNum() != duplicateName) {
          throw e;
        }
      }
    }
    if (overwrite) {
      api.send(
          api.request(
              "PUT", "/_api/collection/" + PercentEncoding.encode(collection) + "/truncate"));
    }
  }

  private void send(ServerApi api, Source source, ProgressLine line, long startedNanos)
      throws IOException, CommandFailure, InterruptedException {
    DocumentCutter cutter =
        new DocumentCutter(
            source.text(),
            switch (type) {
              case AUTO -> null;
              case JSONL -> DocumentCutter.Layout.LINES;
              case JSON -> DocumentCutter.Layout.ARRAY;
            });
    Deque<Future<Answer>> underWay = new ArrayDeque<>(threads);
    try (ExecutorService senders =
        Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().factory())) {
      try {
        for (DocumentCutter.Lines lines = cutter.next(batchSize);
            lines != null;
            lines = cutter.next(batchSize)) {
          if (underWay.size() == threads) {
            collect(underWay.remove());
          }
          DocumentCutter.Lines cut = lines;
          underWay.add(senders.submit(() -> new Answer(cut, importLines(api, cut))));
          line.show(() -> progressText(source, startedNanos));
        }
        while (!underWay.isEmpty()) {
          collect(underWay.remove());
          line.show(() -> progressText(source, startedNanos));
        }
      } catch (IOException | CommandFailure | InterruptedException e) {
        senders.shutdownNow();
        line.clear();
        err().println("imported before that: " + summary());
        throw e;
      }
    }
  }

  private record Answer(DocumentCutter.Lines lines, VPackSlice result) {}

  private VPackSlice importLines(ServerApi api, DocumentCutter.Lines lines)
      throws IOException, InterruptedException {
    String path =
        "/_api/import?type=documents&details=true&collection="
            + PercentEncoding.encode(collection)
            + "&onDuplicate="
            + onDuplicate.name().toLowerCase(Locale.ROOT);
    ServerRequest request =
        api.request("POST", path)
            .withBody("application/json", new RequestBody.Bytes(lines.bytes()));
    ServerResponse response = api.send(request);
    return ServerApi.body(response);
  }

  private void collect(Future<Answer> future)
      throws IOException, CommandFailure, InterruptedException {
    Answer answer;
    try {
      answer = future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
    VPackSlice result = answer.result();
    tally.created += number(result, "created");
    tally.updated += number(result, "updated");
    tally.ignored += number(result, "ignored");
    tally.errors += number(result, "errors");
    tally.bytes += answer.lines().bytes().length;
    VPackSlice details = result.get("details");
    if (details != null && details.isArray()) {
      for (VPackSlice detail : details.elements()) {
        if (tally.reasons.size() < REASONS_SHOWN_MAX && detail.isString()) {
          tally.reasons.add(
              "in documents "
                  + Amounts.count(answer.lines().first())
                  + " to "
                  + Amounts.count(answer.lines().first() + answer.lines().count() - 1)
                  + ": "
                  + detail.asString());
        }
      }
    }
  }

  private static long number(VPackSlice result, String member) throws CommandFailure {
    VPackSlice value = result.isObject() ? result.get(member) : null;
    if (value == null || !value.isInteger()) {
      throw CommandFailure.notDone(
          "the server's answer to an import has no number '" + member + "'");
    }
    return value.asLong();
  }

  private String progressText(Source source, long startedNanos) {
    Duration spent = Duration.ofNanos(System.nanoTime() - startedNanos);
    long done = tally.created + tally.updated + tally.ignored + tally.errors;
    String rate = Amounts.count((long) Amounts.perSecond(done, spent)) + "/s";
    String documents = Amounts.count(done) + " documents, " + rate;
    return source.size() < 0
        ? collection + ": " + documents
        : ProgressLine.bar(source.bytesRead(), source.size())
            + "  "
            + documents
            + "  "
            + ProgressLine.remaining(source.bytesRead(), source.size(), spent);
  }

  private String summary() {
    return String.format(
        Locale.ROOT,
        "created %s, updated %s, ignored %s, errors %s",
        Amounts.count(tally.created),
        Amounts.count(tally.updated),
        Amounts.count(tally.ignored),
        Amounts.count(tally.errors));
  }

  private void report(Duration took) {
    for (String reason : tally.reasons) {
      err().println(reason);
    }
    if (tally.errors > tally.reasons.size() && !tally.reasons.isEmpty()) {
      err().println("... and " + Amounts.count(tally.errors - tally.reasons.size()) + " more");
    }
    err().flush();
    long done = tally.created + tally.updated + tally.ignored + tally.errors;
    out()
        .println(
            summary()
                + " in "
                + Amounts.seconds(took)
                + " ("
                + Amounts.count((long) Amounts.perSecond(done, took))
                + " documents/s, "
                + Amounts.bytes(tally.bytes)
                + ")");
    out().flush();
  }

  /// The input, decompressed where it begins as gzip does, whatever its name.
  private static final class Source implements AutoCloseable {
    private final CountingInputStream raw;
    private final InputStream text;
    private final long size;

    private Source(CountingInputStream raw, InputStream text, long size) {
      this.raw = raw;
      this.text = text;
      this.size = size;
    }

    static Source open(String name) throws IOException {
      boolean isStandardInput = name.equals("-");
      long size = isStandardInput ? -1 : Files.size(Path.of(name));
      InputStream in = isStandardInput ? System.in : Files.newInputStream(Path.of(name));
      CountingInputStream raw = new CountingInputStream(in);
      boolean isOpen = false;
      try {
        BufferedInputStream buffered = new BufferedInputStream(raw, 1 << 16);
        buffered.mark(2);
        boolean isGzip =
            buffered.read() == GZIP_MAGIC_FIRST && buffered.read() == GZIP_MAGIC_SECOND;
        buffered.reset();
        Source source =
            new Source(raw, isGzip ? new GZIPInputStream(buffered, 1 << 16) : buffered, size);
        isOpen = true;
        return source;
      } finally {
        if (!isOpen) {
          raw.close();
        }
      }
    }

    InputStream text() {
      return text;
    }

    /// Bytes of the file, or -1 where nobody knows.
    long size() {
      return size;
    }

    /// Of those.
    long bytesRead() {
      return raw.bytes;
    }

    @Override
    public void close() throws IOException {
      text.close();
    }
  }

  private static final class CountingInputStream extends FilterInputStream {
    private long bytes;

    CountingInputStream(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int b = in.read();
      bytes += b < 0 ? 0 : 1;
      return b;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = in.read(target, offset, length);
      bytes += Math.max(0, count);
      return count;
    }
  }
}
