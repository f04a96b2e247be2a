/**
 * Memory, processor, event loop and disk, looked at before each sample. What `prom-client` shows of the
 * process in the text of all metrics has its name here, too, in a registry of its own.
 */
import type { Disk, ProcessStats } from "#io/ports.ts";
import type { Counter, MetricRegistry } from "#metrics/metric.ts";

export interface MachineMetricsOptions {
  readonly stats: ProcessStats;
  readonly disk: Pick<Disk, "space">;
  /** The data folder: the space of its file system is what counts. */
  readonly folder: string;
  /** For what is shown in the text of all metrics, too. */
  readonly shared: MetricRegistry;
  /** For what the text has from elsewhere. */
  readonly own: MetricRegistry;
}

export class MachineMetrics {
  readonly #options: MachineMetricsOptions;
  readonly #cpu: Counter;
  #space = { freeBytes: Number.NaN, totalBytes: Number.NaN };
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
    const { stats, disk, folder } = this.#options;
    this.#cpu.value = stats.cpuSeconds();
    this.#delay = stats.loopDelay() ?? { p50: Number.NaN, p99: Number.NaN, max: Number.NaN };
    this.#space = await disk.space(folder);
  }
}
