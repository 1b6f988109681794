package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Tick;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a leader says about itself: `GET /_api/replication/logger-state`.
///
/// @param lastLogTick the newest change
/// @param time on the leader; not read from peers
/// @param clients who follows; not read from peers
/// @param collection of the collection that was asked about; null if none was, or there is none
public record LoggerState(
    Tick lastLogTick,
    Instant time,
    ServerIdentity server,
    List<Client> clients,
    @Nullable CollectionDigest collection) {
  public LoggerState {
    clients = List.copyOf(clients);
  }

  public LoggerState(Tick lastLogTick, Instant time, ServerIdentity server, List<Client> clients) {
    this(lastLogTick, time, server, clients, null);
  }

  /// A follower that the leader knows.
  ///
  /// @param database the one it asks for
  /// @param address of its host; empty if it is not known
  /// @param lastServedTick what it has got; older changes may be dropped for its part
  /// @param behind how long the oldest change that it does not have has been there, to about a
  ///   second and at most since the start of the leader; zero where it has everything, or has never
  ///   tailed
  public record Client(
      String syncerId,
      String serverId,
      String clientInfo,
      String database,
      String address,
      Instant time,
      Instant expires,
      Tick lastServedTick,
      Duration behind) {}

  /// @throws MessageException if something we need is missing
  public static LoggerState parse(VPackSlice message) {
    VPackSlice state = Messages.requiredObject(message, "state");
    Tick tick = new Tick(Messages.requiredUnsigned(state, "lastLogTick"));
    VPackSlice collection = Messages.member(message, "collection");
    return new LoggerState(
        tick,
        Instant.EPOCH,
        ServerIdentity.parse(Messages.requiredObject(message, "server")),
        List.of(),
        collection == null || !collection.isObject() ? null : CollectionDigest.parse(collection));
  }

  /// Writes the whole object.
  ///
  /// @param withLag whether to add `database`, `address`, `ticksBehind` and `secondsBehind` of each
  ///   client, which stock servers do not tell
  public void render(VPackBuilder target, boolean withLag) {
    target.openObject();
    target.key("state");
    renderState(target, lastLogTick, time);
    target.key("server");
    server.render(target);
    target.key("clients").openArray();
    for (Client client : clients) {
      target
          .openObject()
          .member("syncerId", client.syncerId())
          .member("serverId", client.serverId())
          .member("clientInfo", client.clientInfo())
          .member("time", wireTime(client.time()))
          .member("expires", wireTime(client.expires()))
          .member("lastServedTick", client.lastServedTick().toString());
      if (withLag) {
        target
            .member("database", client.database())
            .member("address", client.address())
            .key("ticksBehind")
            .unsigned(ticksBehind(client))
            .member("secondsBehind", client.behind().toMillis() / 1000.0);
      }
      target.close();
    }
    target.close();
    if (collection != null) {
      target.key("collection");
      collection.render(target);
    }
    target.close();
  }

  /// Changes that a client has not got.
  public long ticksBehind(Client client) {
    return lastLogTick.compareTo(client.lastServedTick()) > 0
        ? lastLogTick.value() - client.lastServedTick().value()
        : 0;
  }

  /// Writes the `state` object, which inventories carry too.
  static void renderState(VPackBuilder target, Tick lastLogTick, Instant time) {
    target
        .openObject()
        .member("running", true)
        .member("lastLogTick", lastLogTick.toString())
        .member("lastUncommittedLogTick", lastLogTick.toString())
        .key("totalEvents")
        .unsigned(lastLogTick.value())
        .member("time", wireTime(time))
        .close();
  }

  /// The wire's form of a time: UTC, whole seconds.
  public static String wireTime(Instant time) {
    return DateTimeFormatter.ISO_INSTANT.format(time.truncatedTo(ChronoUnit.SECONDS));
  }
}
