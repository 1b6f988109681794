package dev.lockstep.server;

import dev.lockstep.core.collection.DocumentSizeLimit;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.StoreSettings;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.server.api.CursorRegistry;
import dev.lockstep.server.api.LogLevelResource;
import dev.lockstep.server.api.ServerIdentity;
import dev.lockstep.server.api.SyncResumption;
import dev.lockstep.server.http.HttpListener;
import dev.lockstep.server.http.RequestStatistics;
import dev.lockstep.server.http.Router;
import dev.lockstep.server.http.TlsIdentity;
import dev.lockstep.server.jobs.JobRegistry;
import dev.lockstep.server.schema.JsonRuleCompiler;
import dev.lockstep.server.settings.Limit;
import dev.lockstep.server.settings.ListenAddress;
import dev.lockstep.server.settings.ServerSettings;
import dev.lockstep.server.settings.SettingsException;
import dev.lockstep.server.users.Accounts;
import dev.lockstep.server.users.Authentication;
import dev.lockstep.server.users.Tokens;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// A running server above an open engine. Started once, closed once, each by one thread.
public final class LockstepServer implements AutoCloseable {
  /// The environment variable with the first password of `root`.
  static final String ROOT_PASSWORD_VARIABLE = "ARANGO_ROOT_PASSWORD";

  private final ServerSettings settings;
  private final DocumentStore store;
  private final Accounts accounts;
  private final Tokens tokens;
  private final CursorRegistry cursors;
  private final ReplicationRoles roles;
  private final HttpListener listener;

  private LockstepServer(
      ServerSettings settings,
      DocumentStore store,
      Accounts accounts,
      Tokens tokens,
      CursorRegistry cursors,
      ReplicationRoles roles,
      HttpListener listener) {
    this.settings = settings;
    this.store = store;
    this.accounts = accounts;
    this.tokens = tokens;
    this.cursors = cursors;
    this.roles = roles;
    this.listener = listener;
  }

  /// Opens the store, creates `root` if there are no users yet, and listens.
  ///
  /// @param engine stays the caller's to close, after this server
  /// @param environment for the first password of `root`
  /// @throws SettingsException if files named by the settings are unusable, or `root` needs a
  ///   password
  /// @throws IOException if an endpoint cannot be bound
  public static LockstepServer start(
      ServerSettings settings, StorageEngine engine, Map<String, String> environment)
      throws IOException {
    return start(settings, engine, environment, LogControl.unchanged());
  }

  static LockstepServer start(
      ServerSettings settings,
      StorageEngine engine,
      Map<String, String> environment,
      LogLevelResource.Levels logLevels)
      throws IOException {
    Clock clock = Clock.systemUTC();
    TlsIdentity tls = tlsIdentity(settings);
    byte[] secret = jwtSecret(settings.authentication().jwtSecretFile());
    Path spool = emptySpool(settings.databaseDirectory());
    ServerIdOnceKnown serverId = new ServerIdOnceKnown();
    DocumentStore store =
        DocumentStore.open(
            engine,
            new HybridLogicalClock(
                System::currentTimeMillis,
                ThreadLocalRandom.current().nextInt(HybridLogicalClock.COUNTER_FIRST_BOUND)),
            StoreSettings.DEFAULT
                .withExpires(definition -> ReplicationRoles.expires(definition, serverId.value))
                .withRules(new JsonRuleCompiler())
                .withUpdatedDocuments(
                    new DocumentSizeLimit(
                        Limit.DOCUMENT_SIZE.setting(),
                        settings.transport().content().documentBytesMax())));
    serverId.value = store.serverId();
    try {
      Accounts accounts = new Accounts(store, settings.authentication().passwordHash());
      createRootIfNeeded(settings, accounts, environment);
      Tokens tokens = new Tokens(secret, settings.authentication().tokenLifetime(), clock);
      Authentication authentication = new Authentication(accounts, tokens, clock);
      JobRegistry jobs = new JobRegistry(settings.jobs(), store::newId, clock);
      CursorRegistry cursors =
          new CursorRegistry(settings.transport().content().cursorsMax(), store::newId);
      RequestStatistics statistics = new RequestStatistics();
      ListenerReference reference = new ListenerReference();
      boolean required = settings.authentication().required();
      ReplicationRoles roles = ReplicationRoles.create(store, settings.replication(), clock);
      Router router =
          ServerWiring.router(
              new ServerWiring.Parts(
                  store,
                  identity(settings, store),
                  accounts,
                  authentication,
                  tokens,
                  required,
                  jobs,
                  cursors,
                  statistics,
                  logLevels,
                  reference::addresses,
                  roles.leader(),
                  roles.follower(),
                  roles.appliers(),
                  roles.connector()::damagedAnswers,
                  roles.refusals(),
                  clock));
      HttpListener listener =
          new HttpListener(
              settings.endpoints(),
              tls,
              settings.transport(),
              router,
              new StoreGatekeeper(store, authentication, required),
              jobs,
              statistics,
              spool);
      reference.listener = listener;
      store.start();
      // Before anybody can ask for their answers.
      new SyncResumption(roles.follower(), jobs).start();
      listener.start();
      roles.leader().start();
      roles.appliers().start();
      return new LockstepServer(settings, store, accounts, tokens, cursors, roles, listener);
    } catch (IOException | RuntimeException e) {
      store.close();
      throw e;
    }
  }

  /// The store asks which documents expire, and knows only once it is open which ones are its own.
  private static final class ServerIdOnceKnown {
    private volatile long value;
  }

  /// Breaks the circle between the listener and a resource that tells where it listens.
  private static final class ListenerReference {
    private volatile @Nullable HttpListener listener;

    List<ListenAddress> addresses() {
      HttpListener current = listener;
      return current == null ? List.of() : current.boundAddresses();
    }
  }

  private static ServerIdentity identity(ServerSettings settings, DocumentStore store) {
    String host = System.getenv("HOSTNAME");
    return new ServerIdentity(
        settings.replication().advertisedVersion(),
        productVersion(),
        Long.toUnsignedString(store.serverId()),
        Arrays.stream(Capability.values()).map(Capability::wireName).toList(),
        host == null ? "" : host);
  }

  /// Lockstep's version, as built.
  static String productVersion() {
    Properties properties = new Properties();
    try (InputStream in = LockstepServer.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }

  private static @Nullable TlsIdentity tlsIdentity(ServerSettings settings) {
    Path file = settings.tlsKeyFile();
    if (file == null || settings.endpoints().stream().noneMatch(ListenAddress::tls)) {
      return null;
    }
    try {
      return TlsIdentity.read(file);
    } catch (NoSuchFileException e) {
      throw new SettingsException("option --ssl.keyfile: " + file + " does not exist");
    } catch (IOException e) {
      throw new SettingsException("option --ssl.keyfile: " + e.getMessage());
    }
  }

  private static byte[] jwtSecret(@Nullable Path file) {
    if (file == null) {
      byte[] secret = new byte[32];
      new SecureRandom().nextBytes(secret);
      return secret;
    }
    String text = readFirstFile("--server.jwt-secret-keyfile", file).strip();
    if (text.isEmpty()) {
      throw new SettingsException("option --server.jwt-secret-keyfile: " + file + " is empty");
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String readFirstFile(String option, Path file) {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new SettingsException("option " + option + ": " + file + " does not exist");
    } catch (IOException e) {
      throw new SettingsException(
          "option " + option + ": " + file + " cannot be read: " + e.getMessage());
    }
  }

  private static void createRootIfNeeded(
      ServerSettings settings, Accounts accounts, Map<String, String> environment) {
    if (!accounts.isEmpty()) {
      return;
    }
    Path file = settings.authentication().rootPasswordFile();
    String password = environment.get(ROOT_PASSWORD_VARIABLE);
    if (file != null) {
      // The line's end is the editor's, not the password's.
      password = readFirstFile("--server.root-password-file", file).replaceFirst("\\R\\z", "");
    }
    boolean reachable =
        settings.authentication().required()
            && settings.endpoints().stream().anyMatch(endpoint -> !endpoint.isLoopback());
    if ((password == null || password.isEmpty()) && reachable) {
      throw new SettingsException(
          "the user 'root' is created at this first start and needs a password, because an endpoint"
              + " can be reached from other machines: set "
              + ROOT_PASSWORD_VARIABLE
              + " or --server.root-password-file, or listen on loopback addresses only");
    }
    accounts.createRoot(password == null ? "" : password);
  }

  /// A place for bodies that wait, without what an earlier process left there.
  private static Path emptySpool(Path databaseDirectory) throws IOException {
    Path spool = databaseDirectory.resolve("spool");
    Files.createDirectories(spool);
    try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(spool, "request-*.body")) {
      for (Path leftover : leftovers) {
        Files.deleteIfExists(leftover);
      }
    }
    return spool;
  }

  /// Where it listens, with the ports in use.
  public List<ListenAddress> addresses() {
    return listener.boundAddresses();
  }

  public DocumentStore store() {
    return store;
  }

  public Accounts accounts() {
    return accounts;
  }

  public Tokens tokens() {
    return tokens;
  }

  /// Ends in order: no new requests, jobs cancelled, those in flight get the grace of the settings,
  /// then the store.
  @Override
  public void close() {
    roles.appliers().close();
    roles.follower().close();
    roles.leader().endTails();
    listener.stop(settings.shutdownGrace());
    roles.leader().close();
    roles.connector().close();
    cursors.close();
    store.close();
  }
}
