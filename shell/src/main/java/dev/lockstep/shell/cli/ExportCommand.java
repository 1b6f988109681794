package dev.lockstep.shell.cli;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.shell.text.Amounts;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.zip.GZIPOutputStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `lockstep export`: one consistent state of a collection into a file or standard output. Memory
/// does not grow with the collection.
@Command(
    name = "export",
    customSynopsis = "lockstep export --collection NAME [options] [FILE]",
    description = {
      "Exports one consistent state of a collection: one JSON object per line (JSONL) or one JSON"
          + " array, plain or compressed with gzip, to a file or to standard output."
    })
public final class ExportCommand extends CliCommand {
  /// How the output is laid out.
  enum Type {
    JSONL,
    JSON
  }

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = "-",
      description =
          "The file to write; '-', the default, is standard output. A name that ends in .gz means"
              + " --compress.")
  private String file;

  @Option(
      names = "--collection",
      paramLabel = "NAME",
      required = true,
      description = "The collection to export.")
  private String collection;

  @Option(
      names = "--type",
      paramLabel = "jsonl|json",
      defaultValue = "jsonl",
      description = "json is one array (default: ${DEFAULT-VALUE}).")
  private Type type;

  @Option(
      names = "--compress",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "false",
      description = "Compress with gzip.")
  private boolean compress;

  @Option(
      names = "--overwrite",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "false",
      description = "Replace FILE if it exists.")
  private boolean overwrite;

  @Mixin private ProgressOption progress = new ProgressOption();

  @Mixin private ServerOptions server = new ServerOptions();

  @Override
  int run() throws CommandFailure, IOException, InterruptedException {
    if (file.equals("-")) {
      // Not System.out: it is buffered for text and swallows failures.
      write(new FileOutputStream(FileDescriptor.out), "standard output");
      return ExitStatus.OK;
    }
    Path target = Path.of(file);
    if (Files.exists(target) && !overwrite) {
      throw new FileAlreadyExistsException(file);
    }
    // Under its own name only when it is complete: half an export looks like a whole one.
    Path partial = target.resolveSibling(target.getFileName() + ".partial");
    try {
      write(Files.newOutputStream(partial), file);
      Files.move(partial, target, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
    return ExitStatus.OK;
  }

  private void write(OutputStream raw, String name)
      throws CommandFailure, IOException, InterruptedException {
    long startedNanos = System.nanoTime();
    CountingOutputStream counted = new CountingOutputStream(new BufferedOutputStream(raw, 1 << 16));
    long documents = 0;
    try (OutputStream out =
            compress || file.endsWith(".gz") ? new GZIPOutputStream(counted, 1 << 16) : counted;
        ServerApi api = ServerApi.connect(server);
        LeaderSnapshot state = LeaderSnapshot.open(api);
        ProgressLine line = progress.line()) {
      if (!state.collections().containsKey(collection)) {
        throw CommandFailure.notDone(
            "database '"
                + api.database()
                + "' at "
                + api.endpoint()
                + " has no collection '"
                + collection
                + "'");
      }
      DocumentSource source = state.documents(collection);
      out.write(
          type == Type.JSON
              ? "[\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII)
              : new byte[0]);
      for (Document document = source.next(); document != null; document = source.next()) {
        if (documents > 0) {
          out.write(
              type == Type.JSON
                  ? ",\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII)
                  : new byte[] {'\n'});
        }
        StoredDocument.writeJson(document.slice(), collection, out);
        documents++;
        long count = documents;
        line.show(() ->
            collection
                + ": "
                + Amounts.count(count)
                + " documents, "
                + Amounts.bytes(counted.bytes)
                + ", "
                + Amounts.count((long) Amounts.perSecond(count, since(startedNanos)))
                + "/s");
      }
      out.write(
          (type == Type.JSON ? "\n]\n" : documents > 0 ? "\n" : "")
              .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    }
    Duration took = since(startedNanos);
    err()
        .println(
            Amounts.count(documents)
                + " documents, "
                + Amounts.bytes(counted.bytes)
                + " to "
                + name
                + " in "
                + Amounts.seconds(took));
    err().flush();
  }

  private static Duration since(long startedNanos) {
    return Duration.ofNanos(System.nanoTime() - startedNanos);
  }

  private static final class CountingOutputStream extends FilterOutputStream {
    private long bytes;

    CountingOutputStream(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      bytes++;
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      out.write(source, offset, length);
      bytes += length;
    }
  }
}
