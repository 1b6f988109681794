package dev.lockstep.server;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.rocksdb.RocksSettings;
import dev.lockstep.rocksdb.RocksStorageEngine;
import dev.lockstep.server.settings.ListenAddress;
import dev.lockstep.server.settings.ServerSettings;
import dev.lockstep.server.settings.SettingsException;
import dev.lockstep.server.settings.StorageSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The server's process: `lockstep server`.
public final class Main {
  private static final int EXIT_OK = 0;
  private static final int EXIT_FAILED = 1;
  private static final int EXIT_USAGE = 2;

  private Main() {}

  public static void main(String[] arguments) {
    widenCarriers();
    ServerSettings.Request request;
    try {
      request = ServerSettings.parse(List.of(arguments), System.getenv());
    } catch (SettingsException e) {
      System.err.println("lockstep server: " + e.getMessage());
      System.exit(EXIT_USAGE);
      return;
    }
    switch (request) {
      case ServerSettings.Request.Help(String text) -> System.out.print(text);
      case ServerSettings.Request.Version _ ->
          System.out.println("lockstep " + LockstepServer.productVersion());
      case ServerSettings.Request.Serve(ServerSettings settings) -> serve(settings);
    }
  }

  /// Calls into the storage engine hold the thread that carries them, some until a disk has synced.
  /// With only as many carriers as cores, a few such calls would stall every other request.
  private static void widenCarriers() {
    String property = "jdk.virtualThreadScheduler.parallelism";
    if (System.getProperty(property) == null) {
      int carriers = Math.max(8, 4 * Runtime.getRuntime().availableProcessors());
      System.setProperty(property, Integer.toString(carriers));
    }
  }

  private static void serve(ServerSettings settings) {
    LogControl log = LogControl.configure(settings.logLevels());
    Logger logger = LoggerFactory.getLogger(Main.class);
    @Nullable StorageEngine engine = null;
    LockstepServer server;
    try {
      Files.createDirectories(settings.databaseDirectory());
      engine =
          RocksStorageEngine.open(
              settings.databaseDirectory().resolve("engine"), rocksSettings(settings.storage()));
      server = LockstepServer.start(settings, engine, System.getenv(), log);
    } catch (SettingsException e) {
      fail(engine, e.getMessage(), EXIT_USAGE);
      return;
    } catch (IOException | StorageException | LockstepException e) {
      logger.debug("start failed", e);
      fail(engine, e.getMessage(), EXIT_FAILED);
      return;
    }
    CountDownLatch ended = new CountDownLatch(1);
    endOnSignal(server, engine, logger, ended);
    long startMillis =
        ProcessHandle.current()
            .info()
            .startInstant()
            .map(start -> Duration.between(start, Instant.now()).toMillis())
            .orElse(0L);
    System.out.println(
        "lockstep "
            + LockstepServer.productVersion()
            + " is ready on "
            + server.addresses().stream()
                .map(ListenAddress::toString)
                .collect(Collectors.joining(", "))
            + " ("
            + startMillis
            + " ms)");
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static RocksSettings rocksSettings(StorageSettings storage) {
    return new RocksSettings(
        storage.blockCacheBytes(),
        storage.writeBufferBytes(),
        storage.freeBytesMin(),
        RocksSettings.DEFAULT.backgroundThreads());
  }

  private static void fail(@Nullable StorageEngine engine, @Nullable String message, int status) {
    System.err.println("lockstep server: " + message);
    if (engine != null) {
      engine.close();
    }
    System.exit(status);
  }

  /// SIGTERM and SIGINT end the process through the shutdown hooks with status 143 or 130; an
  /// orderly end is status 0, so the hook ends the process itself when everything is closed.
  private static void endOnSignal(
      LockstepServer server, StorageEngine engine, Logger logger, CountDownLatch ended) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  logger.info("ending");
                  int status = EXIT_OK;
                  try {
                    server.close();
                    engine.close();
                    logger.info("ended");
                  } catch (RuntimeException e) {
                    logger.error("the end was not clean", e);
                    status = EXIT_FAILED;
                  }
                  ended.countDown();
                  System.out.flush();
                  Runtime.getRuntime().halt(status);
                },
                "end"));
  }
}
