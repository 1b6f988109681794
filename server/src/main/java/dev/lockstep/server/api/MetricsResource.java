package dev.lockstep.server.api;

import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.replication.applier.Appliers;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.RequestStatistics;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.jobs.JobRegistry;
import dev.lockstep.server.settings.Limit;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/// `GET /_admin/metrics[/v2]` in Prometheus' text form. Names that ArangoDB has mean the same here;
/// our own begin with `lockstep_`.
public final class MetricsResource implements Resource {
  private final DocumentStore store;
  private final JobRegistry jobs;
  private final RequestStatistics requests;
  private final ReplicationLeader leader;
  private final Appliers appliers;
  private final LongSupplier damagedAnswers;
  private final Map<Limit, LongSupplier> refusals;

  /// @param damagedAnswers of leaders so far
  /// @param refusals because of limits that are met without an answer to a request
  public MetricsResource(
      DocumentStore store,
      JobRegistry jobs,
      RequestStatistics requests,
      ReplicationLeader leader,
      Appliers appliers,
      LongSupplier damagedAnswers,
      Map<Limit, LongSupplier> refusals) {
    this.leader = leader;
    this.appliers = appliers;
    this.damagedAnswers = damagedAnswers;
    this.refusals = refusals;
    this.store = store;
    this.jobs = jobs;
    this.requests = requests;
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    boolean known =
        request.segments().isEmpty()
            || request.segments().size() == 1 && request.segments().getFirst().equals("v2");
    if (!known) {
      throw request.unknownPath();
    }
    request.access().requireAdmin();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.create()
        .write(text, snapshots(), EscapingScheme.UNDERSCORE_ESCAPING);
    return ApiResponse.bytes(200, "text/plain; charset=utf-8", text.toByteArray());
  }

  private MetricSnapshots snapshots() {
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    String prefix = "arangodb_http_request_statistics_";
    all.metricSnapshot(
        counter(prefix + "total_requests", "Requests answered", requests.requests()));
    all.metricSnapshot(
        counter(
            prefix + "async_requests", "Requests run as jobs", requests.asynchronousRequests()));
    for (HttpVerb verb : HttpVerb.values()) {
      all.metricSnapshot(
          counter(
              prefix + "http_" + verb.name().toLowerCase(Locale.ROOT) + "s",
              verb + " requests answered",
              requests.requests(verb)));
    }
    all.metricSnapshot(latency());
    all.metricSnapshot(
        counter(
            "lockstep_http_unauthorized_requests",
            "Requests answered 401",
            requests.unauthorizedRequests()));
    CounterSnapshot.Builder byClass =
        CounterSnapshot.builder()
            .name("lockstep_http_responses")
            .help("Answers by class of their status");
    for (int statusClass = 1; statusClass <= 5; statusClass++) {
      byClass.dataPoint(
          CounterDataPointSnapshot.builder()
              .labels(Labels.of("class", statusClass + "xx"))
              .value(requests.responses(statusClass))
              .build());
    }
    all.metricSnapshot(byClass.build());
    all.metricSnapshot(
        counter(
            "lockstep_http_bytes_received", "Bytes of request bodies", requests.bytesReceived()));
    all.metricSnapshot(
        counter("lockstep_http_bytes_sent", "Bytes of response bodies", requests.bytesSent()));
    all.metricSnapshot(
        gauge("lockstep_http_requests_in_flight", "Requests being worked on", requests.inFlight()));
    all.metricSnapshot(gauge("lockstep_jobs", "Jobs waiting or running", jobs.liveCount()));
    all.metricSnapshot(
        gauge("lockstep_job_result_bytes", "Bytes of stored answers of jobs", jobs.answerBytes()));
    all.metricSnapshot(
        gauge(
            "lockstep_replication_batches",
            "Snapshots that followers hold",
            leader.batches().openBatches()));
    all.metricSnapshot(
        counter(
            "lockstep_replication_damaged_answers",
            "Answers of leaders whose checksums did not fit",
            damagedAnswers.getAsLong()));
    all.metricSnapshot(limits());
    addFollowers(all);
    addAppliers(all);
    addStore(all);
    addProcess(all);
    return all.build();
  }

  /// Settings that were never met are told, too: an increase from nothing cannot be seen.
  private CounterSnapshot limits() {
    CounterSnapshot.Builder counts =
        CounterSnapshot.builder()
            .name("lockstep_limit_refusals")
            .help("Requests and leaders' answers that met a limit, by the setting to change");
    for (Limit limit : Limit.values()) {
      long count =
          requests.refusals(limit.setting()) + refusals.getOrDefault(limit, () -> 0).getAsLong();
      counts.dataPoint(count(Labels.of("setting", limit.setting()), count));
    }
    return counts.build();
  }

  private HistogramSnapshot latency() {
    double[] bounds =
        Arrays.copyOf(
            RequestStatistics.LATENCY_BOUNDS, RequestStatistics.LATENCY_BOUNDS.length + 1);
    bounds[bounds.length - 1] = Double.POSITIVE_INFINITY;
    return HistogramSnapshot.builder()
        .name("arangodb_client_connection_statistics_total_time")
        .help("Seconds from the start of a request to the end of its answer")
        .dataPoint(
            HistogramDataPointSnapshot.builder()
                .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, requests.latencies()))
                .sum(requests.seconds())
                .build())
        .build();
  }

  private void addFollowers(MetricSnapshots.Builder all) {
    LoggerState state = leader.loggerState();
    GaugeSnapshot.Builder ticks =
        labelled("lockstep_follower_ticks_behind", "Changes that a follower has not got");
    GaugeSnapshot.Builder seconds =
        labelled(
            "lockstep_follower_seconds_behind",
            "How long the oldest change that a follower has not got is there");
    for (LoggerState.Client client : state.clients()) {
      Labels labels =
          Labels.of(
              "server",
              client.serverId(),
              "database",
              client.database(),
              "syncer",
              client.syncerId(),
              "info",
              client.clientInfo());
      ticks.dataPoint(point(labels, state.ticksBehind(client)));
      seconds.dataPoint(point(labels, client.behind().toMillis() / 1000.0));
    }
    all.metricSnapshot(ticks.build());
    all.metricSnapshot(seconds.build());
    all.metricSnapshot(
        gauge(
            "lockstep_changes_first_tick",
            "Oldest change that is still in the log",
            store.changeLog().firstAvailable().value()));
  }

  private void addAppliers(MetricSnapshots.Builder all) {
    GaugeSnapshot.Builder running =
        labelled("lockstep_applier_running", "1 while an applier tails");
    GaugeSnapshot.Builder ticks =
        labelled("lockstep_applier_ticks_behind", "Changes of the leader that are not applied");
    GaugeSnapshot.Builder seconds =
        labelled(
            "lockstep_applier_seconds_behind",
            "Seconds for which the oldest change that is not applied has been known");
    CounterSnapshot.Builder documents =
        CounterSnapshot.builder()
            .name("lockstep_applier_documents")
            .help("Documents that an applier wrote or removed");
    CounterSnapshot.Builder failures =
        CounterSnapshot.builder()
            .name("lockstep_applier_failed_connects")
            .help("Attempts to reach the leader that failed");
    appliers
        .configured()
        .forEach((name, state) -> {
          Labels labels = Labels.of("database", name);
          running.dataPoint(point(labels, state.isRunning() ? 1 : 0));
          ticks.dataPoint(point(labels, state.ticksBehind()));
          seconds.dataPoint(point(labels, state.behind().toMillis() / 1000.0));
          documents.dataPoint(
              count(labels, state.counts().documents() + state.counts().removals()));
          failures.dataPoint(count(labels, state.counts().failedConnects()));
        });
    all.metricSnapshot(running.build());
    all.metricSnapshot(ticks.build());
    all.metricSnapshot(seconds.build());
    all.metricSnapshot(documents.build());
    all.metricSnapshot(failures.build());
  }

  private static GaugeSnapshot.Builder labelled(String name, String help) {
    return GaugeSnapshot.builder().name(name).help(help);
  }

  private static GaugeDataPointSnapshot point(Labels labels, double value) {
    return GaugeDataPointSnapshot.builder().labels(labels).value(value).build();
  }

  private static CounterDataPointSnapshot count(Labels labels, double value) {
    return CounterDataPointSnapshot.builder().labels(labels).value(value).build();
  }

  private void addStore(MetricSnapshots.Builder all) {
    long databases = 0;
    long collections = 0;
    long documents = 0;
    for (var database : store.databases()) {
      databases++;
      for (DocumentCollection collection : database.collections()) {
        collections++;
        documents += collection.count();
      }
    }
    all.metricSnapshot(gauge("lockstep_databases", "Databases", databases));
    all.metricSnapshot(gauge("lockstep_collections", "Collections", collections));
    all.metricSnapshot(gauge("lockstep_documents", "Documents in all collections", documents));
    all.metricSnapshot(
        gauge("lockstep_storage_bytes", "Bytes on disk, roughly", store.engine().bytesOnDisk()));
    all.metricSnapshot(
        gauge(
            "lockstep_storage_tick",
            "Newest closed tick of the change log",
            store.engine().closedTick().value()));
    all.metricSnapshot(
        gauge(
            "lockstep_read_only",
            "1 while writes of clients are refused",
            store.isReadOnly() ? 1 : 0));
  }

  private static void addProcess(MetricSnapshots.Builder all) {
    Runtime runtime = Runtime.getRuntime();
    all.metricSnapshot(
        counter(
            "arangodb_server_statistics_server_uptime",
            "Seconds since the process began",
            ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0));
    all.metricSnapshot(
        gauge(
            "lockstep_heap_used_bytes",
            "Bytes of the heap in use",
            runtime.totalMemory() - runtime.freeMemory()));
    all.metricSnapshot(
        gauge("lockstep_heap_max_bytes", "Bytes the heap may grow to", runtime.maxMemory()));
  }

  private static CounterSnapshot counter(String name, String help, double value) {
    return CounterSnapshot.builder()
        .name(name)
        .help(help)
        .dataPoint(CounterDataPointSnapshot.builder().value(value).build())
        .build();
  }

  private static GaugeSnapshot gauge(String name, String help, double value) {
    return GaugeSnapshot.builder()
        .name(name)
        .help(help)
        .dataPoint(GaugeDataPointSnapshot.builder().value(value).build())
        .build();
  }
}
