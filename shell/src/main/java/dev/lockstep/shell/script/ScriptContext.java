package dev.lockstep.shell.script;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.Value;

/// One JavaScript world with arangosh's globals and modules. All methods but [#interrupt()] belong
/// to the thread that made it.
public final class ScriptContext implements AutoCloseable {
  private static final String BOOTSTRAP = "bootstrap";

  /// Text below this is simply parsed to find out whether it is complete; above, only once nothing
  /// looks open.
  private static final int CHEAP_TO_PARSE_CHARS = 8_192;

  /// How long a script may take to notice that it was interrupted. It is checked at every loop turn
  /// and call, so this is only ever reached by a host call that cannot be interrupted.
  private static final Duration INTERRUPT_LIMIT = Duration.ofSeconds(5);

  private final Context context;
  private final NativeSystem system;
  private final ShellOutput output;
  private final Value shell;

  public ScriptContext(
      ScriptSettings settings,
      ShellConnection connection,
      ShellOutput output,
      NativeTerminal.LineSource input) {
    this.output = output;
    this.context =
        Context.newBuilder("js")
            .allowHostAccess(HostAccess.EXPLICIT)
            .allowExperimentalOptions(true)
            // An interpreter is what we ship: scripts wait for servers, they do not compute.
            .option("engine.WarnInterpreterOnly", "false")
            // Only for its uncatchable quit(); the bootstrap removes the globals it brings along.
            .option("js.shell", "true")
            .option("js.ecmascript-version", "latest")
            .build();
    ScriptErrors errors = new ScriptErrors();
    this.system = new NativeSystem(context, settings, errors);
    try {
      Value bootstrap =
          context.eval(Source.newBuilder("js", bootstrapText(), BOOTSTRAP).internal(true).build());
      this.shell =
          bootstrap.execute(
              system,
              new NativeConnection(connection, errors),
              new NativeTerminal(output, input),
              new NativeFiles(errors, settings.temporaryFolder()));
    } catch (IOException e) {
      throw new IllegalStateException("cannot read the shell's own modules: " + e.getMessage(), e);
    }
  }

  private static String bootstrapText() throws IOException {
    try (InputStream in = ScriptContext.class.getResourceAsStream("/js/" + BOOTSTRAP + ".js")) {
      if (in == null) {
        throw new IOException("missing in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /// Runs typed text in the global scope and prints its value, unless that is undefined.
  public Outcome evaluateAndPrint(String text) {
    return guarded(
        () -> shell.invokeMember("printResult", context.eval(source(text, ExceptionText.TYPED))));
  }

  /// Runs text in the global scope; nothing is printed but by the text itself.
  public Outcome run(String text) {
    return guarded(() -> context.eval(source(text, ExceptionText.TYPED)));
  }

  /// Runs a file in the global scope. Modules it requires by relative name are looked for beside
  /// it.
  ///
  /// @throws IOException if the file cannot be read
  public Outcome runFile(Path file) throws IOException {
    String text = Files.readString(file);
    return guarded(() -> {
      shell.invokeMember("enterScript", file.toAbsolutePath().normalize().toString());
      context.eval(source(text, file.toString()));
    });
  }

  /// Parses a file without running it.
  ///
  /// @throws IOException if the file cannot be read
  public Outcome check(Path file) throws IOException {
    String text = Files.readString(file);
    return guarded(() -> context.parse(source(text, file.toString())));
  }

  /// Whether typed text can be run, needs more lines, or is wrong.
  public InputState inputState(String text) {
    if (text.length() > CHEAP_TO_PARSE_CHARS && OpenConstructs.anyIn(text)) {
      return InputState.INCOMPLETE;
    }
    try {
      context.parse(source(text, ExceptionText.TYPED));
      return InputState.COMPLETE;
    } catch (PolyglotException e) {
      if (!e.isSyntaxError()) {
        return InputState.INVALID;
      }
      return e.isIncompleteSource() || OpenConstructs.anyIn(text)
          ? InputState.INCOMPLETE
          : InputState.INVALID;
    }
  }

  /// Names that could continue a chain such as `db.us` or `require`, each complete (`db.users`).
  /// Never fails: nothing is offered where something goes wrong.
  public List<String> completions(String chain) {
    List<String> names = new ArrayList<>();
    try {
      Value found = shell.invokeMember("completions", chain);
      for (long i = 0; i < found.getArraySize(); i++) {
        names.add(found.getArrayElement(i).asString());
      }
    } catch (PolyglotException _) {
      names.clear();
    }
    return names;
  }

  /// Stops what is running now, from another thread. Returns when it has stopped, or has not
  /// noticed for some seconds.
  public void interrupt() {
    try {
      context.interrupt(INTERRUPT_LIMIT);
    } catch (TimeoutException _) {
      output.printError("the script does not react; press Ctrl-C again to leave");
    } catch (IllegalStateException _) {
      // The context was closed meanwhile: there is nothing left to stop.
    }
  }

  private static Source source(String text, String name) {
    try {
      return Source.newBuilder("js", text, name).cached(false).build();
    } catch (IOException e) {
      throw new IllegalStateException("a source made of text is not read from anywhere", e);
    }
  }

  private Outcome guarded(Runnable body) {
    system.setInterruptNotice("");
    try {
      body.run();
      return new Outcome.Finished();
    } catch (PolyglotException e) {
      if (e.isExit()) {
        return new Outcome.Exited(e.getExitStatus());
      }
      if (e.isInterrupted() || e.isCancelled()) {
        return new Outcome.Interrupted(system.interruptNotice());
      }
      return new Outcome.Failed(ExceptionText.of(e));
    } finally {
      output.flush();
    }
  }

  @Override
  public void close() {
    context.close(true);
  }
}
