package dev.lockstep.server.http;

import dev.lockstep.server.jobs.JobRegistry;
import dev.lockstep.server.settings.JobSettings;
import dev.lockstep.server.settings.ListenAddress;
import dev.lockstep.server.settings.TransportSettings;
import dev.lockstep.server.users.Access;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A listener with resources of a test and no store behind it. Whoever sends `Basic` anything is
/// `tester`.
final class TransportFixture implements AutoCloseable {
  static final Set<String> DATABASES = Set.of("_system", "other", "späße/1");

  final Router router = new Router();
  final RequestStatistics statistics = new RequestStatistics();
  final JobRegistry jobs =
      new JobRegistry(JobSettings.DEFAULT, new AtomicLong()::incrementAndGet, Clock.systemUTC());
  private final Path spool;
  private final TransportSettings settings;
  private final List<ListenAddress> addresses;
  private final @Nullable TlsIdentity tls;
  private @Nullable HttpListener listener;
  boolean authenticationRequired;

  TransportFixture(Path spool) {
    this(spool, TransportSettings.DEFAULT, List.of(ListenAddress.parse("tcp://127.0.0.1:0")), null);
  }

  TransportFixture(Path spool, TransportSettings settings) {
    this(spool, settings, List.of(ListenAddress.parse("tcp://127.0.0.1:0")), null);
  }

  TransportFixture(
      Path spool,
      TransportSettings settings,
      List<ListenAddress> addresses,
      @Nullable TlsIdentity tls) {
    this.spool = spool;
    this.settings = settings;
    this.addresses = addresses;
    this.tls = tls;
  }

  TransportFixture route(String prefix, Resource resource) {
    router.route(prefix, resource);
    return this;
  }

  TransportFixture start() throws IOException {
    HttpListener started =
        new HttpListener(addresses, tls, settings, router, new Doorman(), jobs, statistics, spool);
    listener = started;
    started.start();
    return this;
  }

  int port() {
    return port(0);
  }

  int port(int index) {
    return Objects.requireNonNull(listener).boundAddresses().get(index).port();
  }

  RawConnection connect() throws IOException {
    return new RawConnection(port());
  }

  void stop(Duration grace) {
    Objects.requireNonNull(listener).stop(grace);
  }

  @Override
  public void close() {
    if (listener != null) {
      listener.close();
    }
  }

  private final class Doorman implements Gatekeeper {
    @Override
    public boolean authenticationRequired() {
      return authenticationRequired;
    }

    @Override
    public @Nullable Identity authenticate(@Nullable String authorization) {
      if (!authenticationRequired) {
        return new Identity("", true);
      }
      return authorization != null && authorization.startsWith("Basic ")
          ? new Identity("tester", false)
          : null;
    }

    @Override
    public Access access(Identity identity, String database) {
      return Access.unrestricted(database, false);
    }

    @Override
    public boolean databaseExists(String name) {
      return DATABASES.contains(name);
    }
  }
}
