package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackBuilder;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SyncOptionsTest {
  private static final String ENDPOINT = "\"endpoint\":\"tcp://leader:8529\"";

  @Test
  void hasTheDocumentedDefaults() {
    SyncOptions options = parse("");

    assertThat(options.endpoint()).isEqualTo("tcp://leader:8529");
    assertThat(options.database()).isNull();
    assertThat(options.credentials()).isEqualTo(new LeaderCredentials.None());
    assertThat(options.incremental()).isFalse();
    assertThat(options.initialSyncMaxWaitTime()).hasSeconds(300);
    assertThat(options.requestTimeout()).hasSeconds(600);
    assertThat(options.connectTimeout()).hasSeconds(10);
    assertThat(options.chunkSize()).isZero();
    assertThat(options.includeSystem()).isTrue();
    assertThat(options.includeFoxxQueues()).isFalse();
    assertThat(options.restriction()).isEqualTo(new Restriction.Everything());
    assertThat(options.skipCreateDrop()).isFalse();
    assertThat(options.verbose()).isFalse();
    assertThat(options.maxPacketSize()).isEqualTo(536870912);
    assertThat(options.sslProtocol()).isZero();
    assertThat(options.transfer()).isEqualTo(TransferPolicy.DEFAULT);
    assertThat(options.useExtensions()).isTrue();
    assertThat(options.useChangeLog()).isTrue();
    assertThat(options.applier()).isEqualTo(ApplierOptions.DEFAULT);
    assertThat(options.applier().connectionRetryWaitTime()).hasSeconds(15);
    assertThat(options.applier().idleMaxWaitTime()).hasMillis(2500);
    assertThat(options.applier().maxConnectRetries()).isEqualTo(100);
    assertThat(options.isAsync()).isFalse();
    assertThat(options.progress()).isTrue();
  }

  @Test
  void readsEveryOption() {
    SyncOptions options =
        parse(
            """
            "database":"shop","username":"u","password":"p","jwt":"ignored","incremental":true,
            "initialSyncMaxWaitTime":1.5,"requestTimeout":2,"connectTimeout":0.5,"chunkSize":1048576,
            "includeSystem":false,"includeFoxxQueues":true,"restrictType":"exclude",
            "restrictCollections":["a","b","a"],"skipCreateDrop":true,"verbose":true,
            "maxPacketSize":2097152,"sslProtocol":5,"compression":"none","maxBandwidth":65536,
            "useExtensions":false,"useChangeLog":false,"ignoreErrors":3,"lockTimeoutRetries":1,
            "autoStart":true,"autoResync":true,"autoResyncRetries":4,"adaptivePolling":false,
            "requireFromPresent":false,"maxConnectRetries":7,"connectionRetryWaitTime":8,
            "idleMinWaitTime":0.25,"idleMaxWaitTime":9,"async":true,"progress":false,
            "barrierId":"1","leaderId":2,"masterId":null\
            """);

    assertThat(options.database()).isEqualTo("shop");
    assertThat(options.credentials()).isEqualTo(new LeaderCredentials.Basic("u", "p"));
    assertThat(options.incremental()).isTrue();
    assertThat(options.initialSyncMaxWaitTime()).hasMillis(1500);
    assertThat(options.requestTimeout()).hasSeconds(2);
    assertThat(options.connectTimeout()).hasMillis(500);
    assertThat(options.chunkSize()).isEqualTo(1048576);
    assertThat(options.includeSystem()).isFalse();
    assertThat(options.includeFoxxQueues()).isTrue();
    assertThat(options.restriction()).isEqualTo(new Restriction.AllBut(Set.of("a", "b")));
    assertThat(options.skipCreateDrop()).isTrue();
    assertThat(options.verbose()).isTrue();
    assertThat(options.maxPacketSize()).isEqualTo(2097152);
    assertThat(options.sslProtocol()).isEqualTo(5);
    assertThat(options.transfer())
        .isEqualTo(new TransferPolicy(TransferPolicy.Compression.NONE, 65536));
    assertThat(options.useExtensions()).isFalse();
    assertThat(options.useChangeLog()).isFalse();
    assertThat(options.applier())
        .isEqualTo(
            new ApplierOptions(
                3,
                1,
                true,
                true,
                4,
                false,
                false,
                7,
                Duration.ofSeconds(8),
                Duration.ofMillis(250),
                Duration.ofSeconds(9)));
    assertThat(options.isAsync()).isTrue();
    assertThat(options.progress()).isFalse();
  }

  @Test
  void usesTheTokenOnlyWithoutUserName() {
    assertThat(parse("\"jwt\":\"abc\",\"password\":\"p\"").credentials())
        .isEqualTo(new LeaderCredentials.Token("abc"));
  }

  @Test
  void takesTrueAsAnyNumberOfErrors() {
    assertThat(parse("\"ignoreErrors\":true").applier().ignoreErrors())
        .isEqualTo(Integer.MAX_VALUE);
    assertThat(parse("\"ignoreErrors\":false").applier().ignoreErrors()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "initialSyncMaxWaitTime",
        "connectionRetryWaitTime",
        "idleMinWaitTime",
        "idleMaxWaitTime"
      })
  void takesNoWaitAtAllForTheDefault(String option) {
    assertThat(parse("\"" + option + "\":0")).isEqualTo(parse(""));
    assertThat(parse("\"" + option + "\":-3.5")).isEqualTo(parse(""));
  }

  @Test
  void acceptsWholeDoublesForWholeNumbers() {
    assertThat(parse("\"chunkSize\":1e6").chunkSize()).isEqualTo(1_000_000);
  }

  @Test
  void keepsChunksWithinWhatTheWireAllows() {
    assertThat(parse("\"chunkSize\":1").chunkSize()).isEqualTo(16384);
    assertThat(parse("\"chunkSize\":99999999999").chunkSize()).isEqualTo(128 << 20);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"endpoint\":\"\"}", "{\"endpoint\":7}", "{\"endpoint\":null}"})
  void insistsOnAnEndpoint(String config) {
    assertThatThrownBy(
            () -> SyncOptions.parse(JsonToVPack.parse(config), SyncOptions.UnknownOptions.WARN))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(400))
        .hasMessage("<endpoint> must be a valid endpoint");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "database                | 1       | a string",
        "username                | true    | a string",
        "password                | 12345   | a string",
        "jwt                     | []      | a string",
        "incremental             | \"yes\" | true or false",
        "incremental             | 1       | true or false",
        "incremental             | null    | true or false",
        "initialSyncMaxWaitTime  | \"5\"   | a number of seconds",
        "requestTimeout          | false   | a number of seconds",
        "requestTimeout          | 0       | a number of seconds above 0",
        "connectTimeout          | -1      | a number of seconds above 0",
        "connectTimeout          | 1e300   | a number of seconds",
        "chunkSize               | -1      | a whole number, at least 0",
        "chunkSize               | 1.5     | a whole number, at least 0",
        "chunkSize               | \"2M\"  | a whole number, at least 0",
        "includeSystem           | \"\"    | true or false",
        "includeFoxxQueues       | {}      | true or false",
        "restrictType            | \"only\"| \"include\", \"exclude\" or \"\"",
        "restrictType            | 1       | a string",
        "restrictCollections     | \"test\"| an array of collection names",
        "restrictCollections     | [1]     | an array of collection names",
        "restrictCollections     | [\"\"]  | an array of collection names",
        "skipCreateDrop          | 0       | true or false",
        "verbose                 | \"1\"   | true or false",
        "maxPacketSize           | 10      | a whole number from 1048576 to 2147483647",
        "maxPacketSize           | 18446744073709551615 | a whole number from 1048576 to"
            + " 2147483647",
        "sslProtocol             | 10      | a whole number from 0 to 9",
        "useExtensions           | \"no\"  | true or false",
        "useExtensions           | 0       | true or false",
        "useExtensions           | null    | true or false",
        "useChangeLog            | \"no\"  | true or false",
        "ignoreErrors            | -1      | a whole number from 0 to 2147483647",
        "ignoreErrors            | \"all\" | a whole number from 0 to 2147483647",
        "lockTimeoutRetries      | 0.5     | a whole number from 0 to 2147483647",
        "autoStart               | 1       | true or false",
        "autoResync              | \"no\"  | true or false",
        "autoResyncRetries       | -2      | a whole number from 0 to 2147483647",
        "adaptivePolling         | 1       | true or false",
        "requireFromPresent      | 1       | true or false",
        "maxConnectRetries       | true    | a whole number from 0 to 2147483647",
        "connectionRetryWaitTime | []      | a number of seconds",
        "idleMinWaitTime         | {}      | a number of seconds",
        "idleMaxWaitTime         | \"1\"   | a number of seconds",
        "async                   | 1       | true or false",
        "progress                | null    | true or false"
      })
  void namesTheOptionThatIsWrong(String option, String value, String expected) {
    assertThatThrownBy(() -> parse("\"" + option + "\":" + value))
        .isInstanceOfSatisfying(
            LockstepException.class,
            e -> {
              assertThat(e.number().number()).isEqualTo(1410);
              assertThat(e.number().httpStatus()).isEqualTo(400);
            })
        .hasMessageStartingWith(
            "invalid replication applier configuration: option '"
                + option
                + "' must be "
                + expected
                + ", not ");
  }

  @Test
  void wantsBothOrNoneOfTheRestriction() {
    assertThatThrownBy(() -> parse("\"restrictType\":\"include\""))
        .hasMessageContaining("restrictCollections");
    assertThatThrownBy(() -> parse("\"restrictType\":\"include\",\"restrictCollections\":[]"))
        .hasMessageContaining("restrictCollections");
    assertThatThrownBy(() -> parse("\"restrictCollections\":[\"a\"]"))
        .hasMessageContaining("restrictType");
  }

  @Test
  void neverRepeatsASecret() {
    assertThatThrownBy(() -> parse("\"password\":[\"hunter2\"]"))
        .hasMessageNotContaining("hunter2");
    assertThatThrownBy(() -> parse("\"jwt\":{\"t\":\"hunter2\"}"))
        .hasMessageNotContaining("hunter2");
    SyncOptions options = parse("\"username\":\"u\",\"password\":\"hunter2\"");
    assertThat(options.toString()).doesNotContain("hunter2");
    assertThat(parse("\"jwt\":\"hunter2\"").toString()).doesNotContain("hunter2");
    VPackBuilder rendered = new VPackBuilder().openObject();
    options.render(rendered);
    assertThat(rendered.close().toSlice().toJson())
        .doesNotContain("hunter2")
        .contains("\"username\":\"u\"");
  }

  /// Jobs and appliers go on after a restart with what was stored.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\"useExtensions\":false",
        "\"useChangeLog\":false",
        "\"compression\":\"zstd\",\"maxBandwidth\":65536,\"incremental\":true"
      })
  void whatIsStoredIsReadBackTheSame(String members) {
    SyncOptions options = parse(members);
    VPackBuilder stored = new VPackBuilder().openObject();
    options.renderWithSecrets(stored);

    assertThat(
            SyncOptions.parse(stored.close().toSlice(), SyncOptions.UnknownOptions.REFUSE)
                .options())
        .isEqualTo(options);
  }

  @Test
  void showsNobodyWhatStockPeersDoNotKnowUnlessItWasSet() {
    VPackBuilder rendered = new VPackBuilder().openObject();
    parse("\"useExtensions\":true,\"useChangeLog\":true").render(rendered);
    assertThat(rendered.close().toSlice().toJson())
        .doesNotContain("useExtensions", "useChangeLog", "compression", "maxBandwidth");
  }

  @Test
  void refusesAnUnknownOptionAndKnowsTheNearestName() {
    assertThatThrownBy(() ->
            SyncOptions.parse(
                JsonToVPack.parse("{" + ENDPOINT + ",\"connectRetryWaitTime\":5}"),
                SyncOptions.UnknownOptions.REFUSE))
        .hasMessage(
            "invalid replication applier configuration: unknown option 'connectRetryWaitTime'; did"
                + " you mean 'connectionRetryWaitTime'?");
  }

  @Test
  void warnsOfAnUnknownOptionWhereStockClientsSendThem() {
    SyncOptions.Parsed parsed =
        SyncOptions.parse(
            JsonToVPack.parse("{" + ENDPOINT + ",\"keepBarrier\":false,\"Incremental\":true}"),
            SyncOptions.UnknownOptions.WARN);

    assertThat(parsed.warnings())
        .containsExactly(
            "unknown option 'keepBarrier'; it is ignored",
            "unknown option 'Incremental'; did you mean 'incremental'?; it is ignored");
    assertThat(parsed.options().incremental()).isFalse();
  }

  private static SyncOptions parse(String members) {
    String config = "{" + ENDPOINT + (members.isEmpty() ? "" : ",") + members + "}";
    return SyncOptions.parse(JsonToVPack.parse(config), SyncOptions.UnknownOptions.REFUSE)
        .options();
  }
}
