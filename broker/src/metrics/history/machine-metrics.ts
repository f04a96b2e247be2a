/**
 * Memory, processor, event loop and disk, looked at before each sample. What `prom-client` shows of the
 * process in the text of all metrics has its name here, too, in a registry of its own.
 */
import type { Disk, ProcessStats } from "#io/ports.ts";
import type { Counter, MetricRegistry } from "#metrics/metric.ts";

interface Space {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface MachineMetricsOptions {
  readonly stats: ProcessStats;
  readonly disk: Pick<Disk, "space">;
  /** The first data folder: the space of its file system is what counts. */
  readonly folder: string;
  /** The data folders besides it, which may be on other disks. */
  readonly otherFolders: readonly string[];
  /** For what is shown in the text of all metrics, too. */
  readonly shared: MetricRegistry;
  /** For what the text has from elsewhere. */
  readonly own: MetricRegistry;
}

export class MachineMetrics {
  readonly #options: MachineMetricsOptions;
  readonly #cpu: Counter;
  #space: Space = { freeBytes: Number.NaN, totalBytes: Number.NaN };
  /** By folder, as far as their disks say. */
  #spaces: ReadonlyMap<string, Space> = new Map();
  #delay = { p50: Number.NaN, p99: Number.NaN, max: Number.NaN };

  constructor(options: MachineMetricsOptions) {
    this.#options = options;
    const { shared, own, stats } = options;
    shared.gauge(
      "runnel_disk_free_bytes",
      "Bytes that are free on the disk of the data folder",
      () => this.#space.freeBytes,
    );
    shared.gauge(
      "runnel_disk_total_bytes",
      "Bytes of the disk of the data folder",
      () => this.#space.totalBytes,
    );
    const spaces = (of: (space: Space) => number) => () =>
      new Map([...this.#spaces].map(([path, space]) => [path, of(space)] as const));
    shared.gauges(
      "runnel_data_folder_free_bytes",
      "Bytes that are free on the disk of each data folder",
      "folder",
      spaces(({ freeBytes }) => freeBytes),
    );
    shared.gauges(
      "runnel_data_folder_total_bytes",
      "Bytes of the disk of each data folder",
      "folder",
      spaces(({ totalBytes }) => totalBytes),
    );
    this.#cpu = own.counter("process_cpu_seconds_total", "Processor time, all threads");
    const memory = stats.memory.bind(stats);
    const gauge = own.gauge.bind(own);
    gauge("process_resident_memory_bytes", "Resident memory", () => memory().residentBytes);
    gauge("nodejs_heap_size_used_bytes", "Heap in use", () => memory().heapUsedBytes);
    gauge("nodejs_external_memory_bytes", "Memory outside the heap", () => memory().externalBytes);
    const lag = (rest: string): string => `nodejs_eventloop_lag_${rest}_seconds`;
    gauge(lag("p50"), "Half the time the event loop was later", () => this.#delay.p50);
    gauge(lag("p99"), "1 % of the time the event loop was later", () => this.#delay.p99);
    gauge(lag("max"), "The latest that the event loop was", () => this.#delay.max);
  }

  /** Looks anew. Rejects with `IoError` where the disk does not say; the rest is then new all the same. */
  async refresh(): Promise<void> {
    const { stats, disk, folder, otherFolders } = this.#options;
    this.#cpu.value = stats.cpuSeconds();
    this.#delay = stats.loopDelay() ?? { p50: Number.NaN, p99: Number.NaN, max: Number.NaN };
    const spaces = new Map<string, Space>();
    for (const path of [folder, ...otherFolders]) {
      const space = await disk.space(path).catch(() => null);
      if (space !== null) spaces.set(path, space);
    }
    this.#spaces = spaces;
    this.#space = await disk.space(folder);
  }
}
