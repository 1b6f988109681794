package dev.lockstep.shell.script;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.shell.text.NearestName;
import dev.lockstep.shell.text.SyncReport;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyArray;
import org.graalvm.polyglot.proxy.ProxyObject;
import org.jspecify.annotations.Nullable;

/// Modules, time, environment and process as a script sees them.
public final class NativeSystem {
  /// Characters of a module name that may occur in our own modules' file names; keeps `require`
  /// inside the `js/` folder.
  private static final Pattern MODULE_NAME = Pattern.compile("[A-Za-z0-9_@][A-Za-z0-9_@/-]*");

  /// The longest `sleep`: a day. Longer is surely a mistake in the unit.
  private static final double SLEEP_MILLIS_MAX = 86_400_000;

  private final Context context;
  private final ScriptSettings settings;
  private final ScriptErrors errors;
  private final SecureRandom random = new SecureRandom();

  /// What a person is told when they interrupt the script now.
  private volatile String interruptNotice = "";

  NativeSystem(Context context, ScriptSettings settings, ScriptErrors errors) {
    this.context = context;
    this.settings = settings;
    this.errors = errors;
  }

  String interruptNotice() {
    return interruptNotice;
  }

  /// Source of a module of ours, or null if there is none of that name.
  @HostAccess.Export
  public @Nullable String moduleSource(String name) throws IOException {
    if (!MODULE_NAME.matcher(name).matches()) {
      return null;
    }
    try (InputStream in = NativeSystem.class.getResourceAsStream("/js/" + name + ".js")) {
      return in == null ? null : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /// Text of a module or script file, or null if there is no such file.
  @HostAccess.Export
  public @Nullable String fileText(String path) {
    Path file = Path.of(path);
    if (!Files.isRegularFile(file)) {
      return null;
    }
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw errors.of(ErrorNumber.SYSTEM_ERROR, "cannot read " + path + ": " + e.getMessage());
    }
  }

  /// Evaluates text in the global scope; the name appears in stack traces unless it is one of our
  /// own modules.
  @HostAccess.Export
  public Value evaluate(String text, String name, boolean own) throws IOException {
    return context.eval(Source.newBuilder("js", text, name).internal(own).build());
  }

  @HostAccess.Export
  public void setThrower(Value function) {
    errors.throwWith(function);
  }

  /// The name in the list that was probably meant, or null if none is near.
  @HostAccess.Export
  public @Nullable String nearestName(String name, Value known) {
    List<String> names = new ArrayList<>();
    for (long i = 0; i < known.getArraySize(); i++) {
      names.add(known.getArrayElement(i).asString());
    }
    return NearestName.of(name, names).orElse(null);
  }

  /// One line about a synchronization that runs.
  ///
  /// @param job the server's object about it, as JSON
  @HostAccess.Export
  public String syncProgress(String job) {
    return SyncReport.of(JsonToVPack.parse(job)).progress();
  }

  /// What there is to tell of a synchronization that is over: lines, or "" for nothing.
  ///
  /// @param job the server's object about it, as JSON
  @HostAccess.Export
  public String syncEnd(String job) {
    return String.join("\n", SyncReport.of(JsonToVPack.parse(job)).end());
  }

  @HostAccess.Export
  public void sleep(double millis) throws InterruptedException {
    if (!(millis >= 0) || millis > SLEEP_MILLIS_MAX) {
      throw errors.of(ErrorNumber.BAD_PARAMETER, "cannot sleep for " + millis / 1000 + " seconds");
    }
    Thread.sleep(Math.round(millis));
  }

  /// Sets what a person is told when they press Ctrl-C now; empty for nothing.
  @HostAccess.Export
  public void setInterruptNotice(String text) {
    interruptNotice = text;
  }

  /// Milliseconds since the epoch, with fractions.
  @HostAccess.Export
  public double nowMillis() {
    var now = Instant.now();
    return now.getEpochSecond() * 1000.0 + now.getNano() / 1e6;
  }

  @HostAccess.Export
  public double nanoTime() {
    return System.nanoTime();
  }

  @HostAccess.Export
  public String workingDirectory() {
    return Path.of("").toAbsolutePath().toString();
  }

  @HostAccess.Export
  public ProxyObject environment() {
    return ProxyObject.fromMap(Map.copyOf(System.getenv()));
  }

  @HostAccess.Export
  public ProxyArray arguments() {
    return ProxyArray.fromList(List.copyOf(settings.arguments()));
  }

  @HostAccess.Export
  public ProxyObject options() {
    return ProxyObject.fromMap(Map.copyOf(settings.options()));
  }

  @HostAccess.Export
  public boolean prettyPrint() {
    return settings.prettyPrint();
  }

  @HostAccess.Export
  public boolean colors() {
    return settings.colors();
  }

  @HostAccess.Export
  public boolean currentModuleDirectory() {
    return settings.currentModuleDirectory();
  }

  @HostAccess.Export
  public String startupDirectory() {
    return settings.startupDirectory().toAbsolutePath().toString();
  }

  @HostAccess.Export
  public double processId() {
    return ProcessHandle.current().pid();
  }

  /// Random characters out of an alphabet, from the system's strong source.
  @HostAccess.Export
  public String randomText(int length, String alphabet) {
    if (length < 0 || length > 65_536) {
      throw errors.of(ErrorNumber.BAD_PARAMETER, "length must be between 0 and 65536");
    }
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }
}
