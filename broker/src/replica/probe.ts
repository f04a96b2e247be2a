/** What is measured of partitions and their logs, most of it only read when somebody asks. */
import type { FolderState, LogDirs } from "#log/log-dirs.ts";
import { LABEL_VALUES_MAX, type MetricRegistry } from "#metrics/metric.ts";
import type { FetchSessions } from "./fetch-sessions.ts";
import type { Partition } from "./partition.ts";
import type { ReplicaManager } from "./replica-manager.ts";

export interface ReplicaParts {
  readonly replicas: ReplicaManager;
  readonly logs: LogDirs;
  readonly fetchSessions: FetchSessions;
}

/** Registers the gauges of `parts`. */
export function registerReplicaMetrics(
  registry: MetricRegistry,
  { replicas, logs, fetchSessions }: ReplicaParts,
): void {
  const sum = (value: (partition: Partition) => number): number => {
    let total = 0;
    for (const partition of replicas.partitions()) total += value(partition);
    return total;
  };
  registry.gauge("runnel_partitions", "Partitions open on this broker", () => sum(() => 1));
  registry.gauge(
    "runnel_partitions_failed",
    "Partitions that take no appends: their disk failed, or is full",
    () => sum(({ log }) => (log.state === "open" ? 0 : 1)) + replicas.failedCount,
  );
  registry.gauge(
    "runnel_clock_leap_seconds",
    "How far the wall clock leapt ahead and is not believed yet by retention",
    () => replicas.clockDoubtMs / 1000,
  );
  registry.gauge("runnel_log_bytes", "Bytes of all logs", () => sum(({ log }) => log.size));
  replicas.traffic.register(registry);
  registry.readings("runnel_topic_log_bytes", "Bytes of the logs of each topic", {
    type: "gauge",
    label: "topic",
    each(visit) {
      const sizes = new Map<string, number>();
      for (const { identity, log } of replicas.partitions()) {
        sizes.set(identity.topicName, (sizes.get(identity.topicName) ?? 0) + log.size);
      }
      let count = 0;
      for (const [topic, size] of sizes) {
        count += 1;
        visit(topic, size, count <= LABEL_VALUES_MAX);
      }
    },
  });
  registry.gauge(
    "runnel_requests_parked",
    "Produces and fetches that wait at a partition; a fetch counts at each of its partitions",
    () => sum((partition) => partition.waiting),
  );
  registry.gauge(
    "runnel_tail_cache_bytes",
    "Bytes of the newest records that are in memory",
    () => logs.tailCache.bytes,
  );
  registry.gauge(
    "runnel_data_folders_offline",
    "Data folders that are not in service, and whose partitions are not served",
    () => logs.folders.filter(({ problem }) => problem !== null).length,
  );
  registry.gauges(
    "runnel_data_folder_bytes",
    "Bytes of the logs in each data folder in service",
    "folder",
    () => new Map(logs.folders.map((folder) => [folder.path, bytesIn(folder)])),
  );
  registry.gauge("runnel_open_files", "Segment files that are open", () => logs.openFiles);
  registry.gauge("runnel_fetch_sessions", "Fetch sessions kept", () => fetchSessions.size);
}

function bytesIn({ logs }: FolderState): number {
  let bytes = 0;
  for (const log of logs.values()) bytes += log.size;
  return bytes;
}
