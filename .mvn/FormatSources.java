import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// Runs google-java-format over every Java source of the checkout. Judges (`--dry-run --set-exit-if-changed`) in the
/// normal build and rewrites (`--replace`) under `-Pformat`. A source-file program, because the formatter's own command
/// line takes files, not folders.
public final class FormatSources {
  public static void main(String[] arguments) throws Exception {
    List<String> call = new ArrayList<>(Arrays.asList(arguments));
    int options = call.size();
    try (Stream<Path> modules = Files.list(Path.of(""))) {
      for (Path module : modules.filter(path -> Files.isDirectory(path.resolve("src"))).sorted().toList()) {
        call.addAll(javaSources(module.resolve("src")));
      }
    }
    if (call.size() == options) {
      return;
    }
    PrintWriter out = new PrintWriter(System.out, true);
    PrintWriter err = new PrintWriter(System.err, true);
    int status = new Main(out, err, System.in).format(call.toArray(String[]::new));
    err.flush();
    if (status != 0) {
      System.err.println("The files named above are not in the project's format. Run: mvn -N -Pformat verify");
    }
    System.exit(status);
  }

  private static List<String> javaSources(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.map(Path::toString).filter(name -> name.endsWith(".java")).sorted().toList();
    }
  }
}
