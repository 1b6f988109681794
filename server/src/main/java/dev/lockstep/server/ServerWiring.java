package dev.lockstep.server;

import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.replication.applier.Appliers;
import dev.lockstep.replication.follower.ReplicationFollower;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.server.api.AvailabilityResource;
import dev.lockstep.server.api.CursorRegistry;
import dev.lockstep.server.api.DatabaseResource;
import dev.lockstep.server.api.DocumentApi;
import dev.lockstep.server.api.EchoResource;
import dev.lockstep.server.api.EndpointResource;
import dev.lockstep.server.api.EngineResource;
import dev.lockstep.server.api.JobResource;
import dev.lockstep.server.api.LogLevelResource;
import dev.lockstep.server.api.MetricsResource;
import dev.lockstep.server.api.NotThereResource;
import dev.lockstep.server.api.ReplicationRoutes;
import dev.lockstep.server.api.ServerIdentity;
import dev.lockstep.server.api.ServerResource;
import dev.lockstep.server.api.StatusResource;
import dev.lockstep.server.api.TimeResource;
import dev.lockstep.server.api.TokenResource;
import dev.lockstep.server.api.UserResource;
import dev.lockstep.server.api.VersionResource;
import dev.lockstep.server.api.WalResource;
import dev.lockstep.server.http.RequestStatistics;
import dev.lockstep.server.http.Router;
import dev.lockstep.server.jobs.JobRegistry;
import dev.lockstep.server.settings.Limit;
import dev.lockstep.server.settings.ListenAddress;
import dev.lockstep.server.users.Accounts;
import dev.lockstep.server.users.Authentication;
import dev.lockstep.server.users.Tokens;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// Which resource answers which path: the whole wire API on one page.
final class ServerWiring {
  /// What resources are made of.
  record Parts(
      DocumentStore store,
      ServerIdentity identity,
      Accounts accounts,
      Authentication authentication,
      Tokens tokens,
      boolean authenticationRequired,
      JobRegistry jobs,
      CursorRegistry cursors,
      RequestStatistics statistics,
      LogLevelResource.Levels logLevels,
      Supplier<List<ListenAddress>> addresses,
      ReplicationLeader leader,
      ReplicationFollower follower,
      Appliers appliers,
      LongSupplier damagedAnswers,
      Map<Limit, LongSupplier> refusals,
      Clock clock) {}

  private ServerWiring() {}

  static Router router(Parts parts) {
    Router router = new Router();
    DocumentStore store = parts.store();

    // Collections, documents, indexes, and queries that need no language.
    DocumentApi.route(
        router, store, parts.accounts()::grantNewCollection, parts.cursors(), new SecureRandom());

    // Databases, users, tokens, jobs.
    router.route("/_api/database", new DatabaseResource(store, parts.accounts()));
    router.route("/_api/user", new UserResource(store, parts.accounts()));
    router.route(
        "/_open/auth",
        new TokenResource(parts.authentication(), parts.tokens(), parts.authenticationRequired()));
    router.route("/_api/job", new JobResource(parts.jobs()));

    // The server itself.
    router.route("/_api/version", new VersionResource(parts.identity()));
    router.route("/_api/engine", new EngineResource());
    router.route("/_api/endpoint", new EndpointResource(parts.addresses()));
    router.route("/_admin/status", new StatusResource(store, parts.identity()));
    router.route("/_admin/server", new ServerResource(store));
    router.route("/_admin/server/availability", new AvailabilityResource(store));
    router.route("/_admin/time", new TimeResource(parts.clock()));
    router.route("/_admin/echo", new EchoResource());
    router.route(
        "/_admin/metrics",
        new MetricsResource(
            store,
            parts.jobs(),
            parts.statistics(),
            parts.leader(),
            parts.appliers(),
            parts.damagedAnswers(),
            parts.refusals()));
    router.route("/_admin/log/level", new LogLevelResource(parts.logLevels()));
    router.route("/_admin/wal/flush", new WalResource(store));

    // Leader and follower.
    ReplicationRoutes.register(
        router, store, parts.leader(), parts.follower(), parts.appliers(), parts.clock());

    routeWhatIsNotThere(router);
    return router;
  }

  /// 501 with a sentence is a better answer than "unknown path" for what users of ArangoDB expect.
  private static void routeWhatIsNotThere(Router router) {
    router.route("/_api/cluster/endpoints", NotThereResource.ofCluster());
    router.route("/_admin/cluster", NotThereResource.ofCluster());
    router.route("/_api/query", NotThereResource.of("queries (AQL) yet"));
    router.route("/_api/explain", NotThereResource.of("queries (AQL) yet"));
    router.route("/_api/query-cache", NotThereResource.of("queries (AQL) yet"));
    router.route("/_api/aqlfunction", NotThereResource.of("queries (AQL) yet"));
    router.route(
        "/_api/transaction", NotThereResource.of("transactions over several requests yet"));
    router.route("/_api/gharial", NotThereResource.of("named graphs yet"));
    router.route("/_api/traversal", NotThereResource.of("traversals yet"));
    router.route("/_api/view", NotThereResource.of("views yet"));
    router.route("/_api/analyzer", NotThereResource.of("analyzers yet"));
    router.route("/_api/foxx", NotThereResource.of("Foxx services"));
    router.route("/_admin/execute", NotThereResource.of("scripts that run in the server"));
    router.route("/_api/tasks", NotThereResource.of("scheduled scripts"));
    router.route("/_api/batch", NotThereResource.of("multipart batches of requests"));
    router.route(
        "/_api/export", NotThereResource.of("/_api/export; use the command lockstep export"));
    router.route(
        "/_admin/statistics", NotThereResource.of("/_admin/statistics; use /_admin/metrics"));
    router.route(
        "/_admin/statistics-description",
        NotThereResource.of("/_admin/statistics; use /_admin/metrics"));
    router.route("/_admin/aardvark", NotThereResource.of("a web interface"));
  }
}
