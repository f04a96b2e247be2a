/** What is measured of browsing. */
import type { Counter, Family, MetricRegistry } from "#metrics/metric.ts";

/** Jobs of threads, by what becomes of them. */
export interface BrowseJobs {
  /** Searches under way, and those that wait for a thread. */
  readonly running: number;
  readonly waiting: number;
  /** Live streams and look-ups, which share a thread. */
  readonly shared: number;
}

const NO_JOBS: BrowseJobs = { running: 0, waiting: 0, shared: 0 };

/** How a search or a live tail ended. */
export type BrowseOutcome =
  | "end"
  | "results"
  | "bytes"
  | "time"
  | "keys"
  /** Its client took nothing for too long. */
  | "stalled"
  | "deleted"
  /** Its client left. */
  | "cancelled"
  | "failed";

export class BrowseProbe {
  readonly #outcomes: Family<Counter>;
  readonly records: Counter;
  readonly bytes: Counter;
  readonly passedBytes: Counter;
  readonly dropped: Counter;
  readonly indexedBytes: Counter;
  #readJobs: () => BrowseJobs = () => NO_JOBS;
  #readIndexDue: () => number = () => 0;

  constructor(registry: MetricRegistry) {
    this.#outcomes = registry.counters(
      "runnel_browse_searches_total",
      "Searches and live streams that ended, by why they did",
      "outcome",
    );
    this.records = registry.counter(
      "runnel_browse_records_total",
      "Records that searches looked at",
    );
    this.bytes = registry.counter(
      "runnel_browse_bytes_total",
      "Bytes of the batches that searches looked at, as they are stored",
    );
    this.passedBytes = registry.counter(
      "runnel_browse_passed_bytes_total",
      "Bytes that searches passed over, because the key index knew that no match was there",
    );
    this.dropped = registry.counter(
      "runnel_browse_dropped_total",
      "Events that live streams left out, because their readers were too slow",
    );
    this.indexedBytes = registry.counter(
      "runnel_key_index_bytes_total",
      "Bytes of logs whose keys were indexed",
    );
    registry.gauges(
      "runnel_browse_jobs",
      "Searches under way and waiting, and live streams and look-ups under way",
      "state",
      () => new Map(Object.entries(this.#readJobs())),
    );
    registry.gauge("runnel_key_index_due_bytes", "Bytes of logs whose keys are to be indexed", () =>
      this.#readIndexDue(),
    );
  }

  /** Takes jobs from `read` from now on, whenever somebody looks. */
  watchJobs(read: () => BrowseJobs): void {
    this.#readJobs = read;
  }

  /** Takes the bytes that are still to be indexed from `read` from now on, whenever somebody looks. */
  watchIndexing(read: () => number): void {
    this.#readIndexDue = read;
  }

  ended(outcome: BrowseOutcome): void {
    this.#outcomes.get(outcome).add();
  }
}

/** What streams say of their work, of all kinds. */
interface Counted {
  readonly kind: string;
  readonly reason?: BrowseOutcome;
  readonly counts?: {
    readonly records: number;
    readonly bytes: number;
    readonly passedBytes?: number;
    readonly dropped?: number;
  };
}

/** `messages` as they are, counted on their way. */
export async function* probed<M extends Counted>(
  messages: AsyncIterable<M>,
  probe: BrowseProbe,
): AsyncGenerator<M, void> {
  let outcome: BrowseOutcome = "cancelled";
  let told = { records: 0, bytes: 0, passedBytes: 0, dropped: 0 };
  try {
    for await (const message of messages) {
      const { counts } = message;
      if (counts !== undefined) {
        const now = { ...told, ...counts };
        probe.records.add(now.records - told.records);
        probe.bytes.add(now.bytes - told.bytes);
        probe.passedBytes.add(now.passedBytes - told.passedBytes);
        probe.dropped.add(now.dropped - told.dropped);
        told = now;
      }
      if (message.reason !== undefined) outcome = message.reason;
      yield message;
    }
  } catch (error) {
    outcome = "failed";
    throw error;
  } finally {
    probe.ended(outcome);
  }
}
