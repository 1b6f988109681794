package dev.lockstep.server.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.server.settings.AuthenticationSettings.PasswordHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerSettingsTest {
  @TempDir Path folder;

  private static ServerSettings parse(String... arguments) {
    return parse(Map.of(), arguments);
  }

  private static ServerSettings parse(Map<String, String> environment, String... arguments) {
    ServerSettings.Request request = ServerSettings.parse(List.of(arguments), environment);
    assertThat(request).isInstanceOf(ServerSettings.Request.Serve.class);
    return ((ServerSettings.Request.Serve) request).settings();
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void needsNothingButAFolder() {
    ServerSettings settings = parse("--database.directory", "data");
    assertThat(settings.endpoints()).containsExactly(new ListenAddress(false, "127.0.0.1", 8529));
    assertThat(settings.databaseDirectory()).isEqualTo(Path.of("data"));
    assertThat(settings.authentication().required()).isTrue();
    assertThat(settings.authentication().passwordHash()).isEqualTo(PasswordHash.BCRYPT);
    assertThat(settings.replication().advertisedVersion()).isEqualTo("3.11.14");
    assertThat(settings.jobs()).isEqualTo(JobSettings.DEFAULT);
    assertThat(settings.transport().content()).isEqualTo(ContentLimits.DEFAULT);
    assertThat(settings.replication().allowsWritesWhileSyncing()).isFalse();
    assertThat(settings.replication().permittedLeaders()).isEmpty();
    assertThat(parse("data")).isEqualTo(settings);
    assertThatThrownBy(() -> parse())
        .isInstanceOf(SettingsException.class)
        .hasMessage("option --database.directory is required");
  }

  @Test
  void takesValuesInBothForms() {
    ServerSettings settings =
        parse(
            "--server.endpoint=tcp://0.0.0.0:1",
            "--server.endpoint",
            "tcp://[::1]:2",
            "--server.authentication=false",
            "--server.session-timeout",
            "60",
            "--server.request-memory=64MiB",
            "--http.trusted-origin",
            "*",
            "--log.level",
            "debug",
            "--log.level=replication=trace",
            "data");
    assertThat(settings.endpoints())
        .containsExactly(
            new ListenAddress(false, "0.0.0.0", 1), new ListenAddress(false, "::1", 2));
    assertThat(settings.authentication().required()).isFalse();
    assertThat(settings.authentication().tokenLifetime()).isEqualTo(Duration.ofMinutes(1));
    assertThat(settings.transport().bodyMemoryBytes()).isEqualTo(64 << 20);
    assertThat(settings.transport().trustedOrigins()).containsExactly("*");
    assertThat(settings.logLevels())
        .containsExactly(
            new LogSetting("general", LogSetting.Level.DEBUG),
            new LogSetting("replication", LogSetting.Level.TRACE));
  }

  @Test
  void takesABooleanWithoutItsValue() {
    assertThat(
            parse("--server.authentication", "--database.directory", "data")
                .authentication()
                .required())
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--server.endpont x|unknown option --server.endpont (command line); did you mean"
            + " --server.endpoint?",
        "--endpoint x|did you mean --server.endpoint?",
        "--database-directory x|did you mean --database.directory?",
        "--server.jwt-secret-keyfiel x|did you mean --server.jwt-secret-keyfile?",
        "--loglevel x|did you mean --log.level?",
        "--server.endpoint nonsense|bad value 'nonsense' for option --server.endpoint (command"
            + " line): expecting an endpoint such as tcp://127.0.0.1:8529",
        "--server.endpoint tcp://a:99999|bad value 'tcp://a:99999' for option --server.endpoint",
        "--server.authentication perhaps|bad value 'perhaps' for option --server.authentication"
            + " (command line): expecting true or false",
        "--server.maximal-queue-size 0|bad value '0' for option --server.maximal-queue-size"
            + " (command line): expecting an integer from 1 to 1000000",
        "--server.maximal-queue-size 1.5|expecting an integer",
        "--server.maximal-nesting-depth 201|expecting an integer from 8 to 200",
        "--server.maximal-document-size 1GiB|expecting a size such as 64MiB or 25% from 1024 to"
            + " 536870912 bytes",
        "--replication.synchronizations-max 0|expecting an integer from 1 to 10000",
        "--server.session-timeout never|expecting seconds from 1 to",
        "--server.session-timeout NaN|expecting seconds from 1 to",
        "--server.request-memory 3parsecs|expecting a size such as 64MiB or 25%",
        "--server.request-memory 1k|expecting a size",
        "--log.level loud|bad value 'loud' for option --log.level (command line): expecting fatal,"
            + " error, warning",
        "--log.level bogus=info|expecting one of the topics",
        "--server.password-hash md5|expecting bcrypt or sha256",
        "--replication.advertised-version 4.0.0|expecting a version such as 3.11.14",
        "--replication.advertised-version three|expecting a version such as 3.11.14",
        "--replication.allowed-leaders 10.0.0.5/8|bad value '10.0.0.5/8' for option"
            + " --replication.allowed-leaders (command line): expecting a network's lowest address"
            + " before the slash: 10.0.0.0/8",
        "--replication.allowed-leaders tcp://leader:1|bad value 'tcp://leader:1' for option"
            + " --replication.allowed-leaders (command line): expecting a host name, an address",
        "--replication.ca-file ca.pem --replication.verify-leader false|option"
            + " --replication.ca-file has no meaning with --replication.verify-leader=false",
        "--server.endpoint|option --server.endpoint (command line) needs a value",
        "--server.authentication true --server.authentication false|option --server.authentication"
            + " is given twice: 'true' (command line) and 'false' (command line)",
        "--server.endpoint ssl://127.0.0.1:1|an ssl:// endpoint needs option --ssl.keyfile",
        "--server.endpoint tcp://a:1 --server.endpoint tcp://a:1|names tcp://a:1 twice",
        "--configuration /nowhere/at/all.conf|configuration file /nowhere/at/all.conf does not"
            + " exist (command line)",
      })
  void namesWhatIsWrong(String arguments, String message) {
    assertThatThrownBy(() -> parse(("--database.directory=data " + arguments).split(" ")))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining(message);
  }

  @Test
  void readsAFileWithSectionsRepeatsCommentsVariablesAndIncludes() throws IOException {
    file(
        "more.conf",
        """
        [log]
        level = warning
        level = requests=debug
        """);
    Path conf =
        file(
            "server.conf",
            """
            # a comment
            ; another
            database.directory = @DATA@/db

            [server]
            endpoint = tcp://127.0.0.1:1
              endpoint=tcp://127.0.0.1:2
            authentication = "false"
            [http]
            keep-alive-timeout = 7
            @include more
            """);
    ServerSettings settings = parse(Map.of("DATA", "/d"), "--configuration", conf.toString());
    assertThat(settings.databaseDirectory()).isEqualTo(Path.of("/d/db"));
    assertThat(settings.endpoints()).extracting(ListenAddress::port).containsExactly(1, 2);
    assertThat(settings.authentication().required()).isFalse();
    assertThat(settings.transport().keepAlive()).isEqualTo(Duration.ofSeconds(7));
    assertThat(settings.logLevels()).hasSize(2);
  }

  @Test
  void letsTheCommandLineWinOverTheFile() throws IOException {
    Path conf = file("a.conf", "[server]\nendpoint = tcp://127.0.0.1:1\nauthentication = false\n");
    ServerSettings settings =
        parse("-c", conf.toString(), "--server.endpoint", "tcp://127.0.0.1:9", "data");
    assertThat(settings.endpoints()).extracting(ListenAddress::port).containsExactly(9);
    assertThat(settings.authentication().required()).isFalse();
    assertThat(parse("--configuration", "none", "data").endpoints()).hasSize(1);
  }

  @Test
  void namesTheLineOfAFile() throws IOException {
    Path unknown = file("u.conf", "\n[server]\nendpiont = x\n");
    assertThatThrownBy(() -> parse("-c", unknown.toString()))
        .hasMessageContaining(
            "unknown option --server.endpiont ("
                + unknown
                + ":3); did you mean --server.endpoint?");
    Path bad = file("b.conf", "[server]\n\n\nauthentication = perhaps\n");
    assertThatThrownBy(() -> parse("-c", bad.toString(), "data"))
        .hasMessageContaining("(" + bad + ":4)");
    Path garbage = file("g.conf", "what is this\n");
    assertThatThrownBy(() -> parse("-c", garbage.toString()))
        .hasMessageContaining(garbage + ":1: expecting [section]");
    Path variable = file("v.conf", "database.directory = @NOT_SET@\n");
    assertThatThrownBy(() -> parse("-c", variable.toString()))
        .hasMessageContaining(variable + ":1: the environment variable NOT_SET is not set");
    Path circle = file("c.conf", "@include c\n");
    assertThatThrownBy(() -> parse("-c", circle.toString())).hasMessageContaining("in a circle");
  }

  @Test
  void helpsAndTellsItsVersionWhateverElseIsWrong() {
    ServerSettings.Request help = ServerSettings.parse(List.of("--bogus", "--help"), Map.of());
    assertThat(help)
        .isInstanceOfSatisfying(
            ServerSettings.Request.Help.class,
            text -> {
              for (Option option : Option.values()) {
                assertThat(text.text()).contains("--" + option.optionName());
              }
              assertThat(text.text().lines()).allMatch(line -> line.length() <= 120);
            });
    assertThat(ServerSettings.parse(List.of("--version"), Map.of()))
        .isInstanceOf(ServerSettings.Request.Version.class);
  }

  @ParameterizedTest
  @CsvSource({
    "tcp://127.0.0.1:8529, tcp://127.0.0.1:8529, true",
    "http://localhost, tcp://localhost:8529, true",
    "http+ssl://[::1]:1, ssl://[::1]:1, true",
    "https://0.0.0.0:2, ssl://0.0.0.0:2, false",
    "ssl://[::]:3, ssl://[::]:3, false",
    "http@tcp://10.1.2.3:4/, tcp://10.1.2.3:4, false",
  })
  void understandsEndpoints(String text, String canonical, boolean loopback) {
    ListenAddress address = ListenAddress.parse(text);
    assertThat(address).hasToString(canonical);
    assertThat(address.isLoopback()).isEqualTo(loopback);
  }

  @ParameterizedTest
  @CsvSource({"1048576,1048576", "2048k,2097152", "1MB,1000000", "2MiB,2097152", "1g,1073741824"})
  void understandsSizes(String text, long bytes) {
    assertThat(parse("--rocksdb.minimum-free-bytes", text, "data").storage().freeBytesMin())
        .isEqualTo(bytes);
  }
}
