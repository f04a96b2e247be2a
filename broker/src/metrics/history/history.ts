/**
 * The metrics of the last day in steps of ten seconds, and of the last month in steps of five minutes,
 * without any other program: samples the registries, keeps the file, answers queries from it.
 */
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import type { Clock, Logger, Scheduler, Timer } from "@runnel/kit/world.ts";
import type { Disk } from "#io/ports.ts";
import { LogLimiter } from "#metrics/log-limiter.ts";
import type { Counter, MetricRegistry } from "#metrics/metric.ts";
import { type BucketedSeries, Buckets, planBuckets } from "./buckets.ts";
import { HistoryFile } from "./history-file.ts";
import { HISTORY_SHAPE, type HistoryShape, slotAt } from "./layout.ts";
import { Sampler } from "./sampler.ts";
import { parseKey, type SeriesKey } from "./series-key.ts";
import { SeriesTable } from "./series-table.ts";

export const HISTORY_FILE = "metrics-history";
/** A sample takes what is known after this time. */
const PREPARE_MS_MAX = 2_000;
/** Queries that read the file at the same time, and that wait for their turn. */
const QUERIES_AT_ONCE = 2;
const QUERIES_WAITING_MAX = 64;

export interface HistoryOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** What is sampled. The first one also gets what the history counts of itself. */
  readonly registries: readonly [MetricRegistry, ...MetricRegistry[]];
  /** Finds out values that take a while, before each sample, which waits `PREPARE_MS_MAX` for it. */
  readonly prepare?: () => Promise<unknown>;
  /** Smaller than the real one in tests. */
  readonly shape?: HistoryShape;
}

export interface HistoryQuery {
  /** Names of series, as `series` gives them. */
  readonly series: readonly string[];
  /** Wall ms, `to` not in it. */
  readonly from: number;
  readonly to: number;
  /** The most buckets to answer with, from two on. */
  readonly points: number;
}

export interface HistoryAnswer {
  /** Wall ms at which the first bucket begins. */
  readonly from: number;
  readonly stepMs: number;
  /** Buckets of every series. */
  readonly count: number;
  /** The span of one stored value: `stepMs` is a multiple of it. */
  readonly resolutionMs: number;
  /** In the order asked; null for a series that nobody knows. */
  readonly series: readonly (BucketedSeries | null)[];
}

export interface ListedSeries extends SeriesKey {
  readonly name: string;
  /** Of the label whose value the member is, and of the metric; null for what is gone. */
  readonly label: string | null;
  readonly help: string | null;
}

/** More queries wait than may. */
export class HistoryBusyError extends Error {
  override name = "HistoryBusyError";
}

export class MetricsHistory {
  readonly #options: HistoryOptions;
  readonly #file: HistoryFile;
  readonly #table: SeriesTable;
  readonly #sampler: Sampler;
  readonly #log: LogLimiter;
  readonly #skipped: Counter;
  #timer: Timer | null = null;
  /** The sample that is being taken or written. */
  #sampling: Promise<void> | null = null;
  #isClosed = false;
  readonly #closing = Promise.withResolvers<void>();
  #reading = 0;
  readonly #waiting: (() => void)[] = [];

  private constructor(options: HistoryOptions, file: HistoryFile, log: LogLimiter) {
    this.#options = options;
    this.#file = file;
    this.#log = log;
    this.#table = new SeriesTable(file.layout.shape.columns, file.keys);
    this.#sampler = new Sampler(options.registries, this.#table);
    this.#skipped = options.registries[0].counter(
      "runnel_metrics_history_skipped_total",
      "Samples of the metrics history that were not taken or not written",
    );
  }

  /** Opens or makes the file and begins to sample. Rejects with `IoError`, or `NewerFormatError`. */
  static async open(options: HistoryOptions): Promise<MetricsHistory> {
    const { disk, folder, clock, logger, registries, shape = HISTORY_SHAPE } = options;
    const log = new LogLimiter(logger, clock);
    const failures = registries[0].counter(
      "runnel_metrics_history_failures_total",
      "Blocks of the metrics history that could not be written, or were found damaged",
    );
    const file = await HistoryFile.open(disk, { folder, name: HISTORY_FILE }, shape, {
      damaged(count) {
        failures.add(count);
        log.warn({ count }, "part of the metrics history is damaged and left out");
      },
      failed(what, reason) {
        failures.add();
        log.warn({ what, reason }, "the metrics history has a gap");
      },
    });
    const history = new MetricsHistory(options, file, log);
    // Rates count from here on.
    history.#sampler.sample(clock.monotonicMs(), false);
    history.#schedule();
    return history;
  }

  /** Every series there is something of, also of what is gone since. */
  get series(): readonly ListedSeries[] {
    return [...this.#table.entries()].flatMap(([name]) => {
      const key = parseKey(name);
      if (key === null) return [];
      const { label = null, help = null } = this.#sampler.describe(key.metric) ?? {};
      return [{ name, ...key, label, help }];
    });
  }

  /** The oldest wall time of which something may be there; null while there is nothing. */
  get since(): number | null {
    return this.#file.since;
  }

  /** Values in buckets. Rejects with `IoError`, or `HistoryBusyError` where too many ask at once. */
  async query(query: HistoryQuery): Promise<HistoryAnswer> {
    await this.#enter();
    try {
      return await this.#answer(query);
    } finally {
      this.#leave();
    }
  }

  /** Resolves when no sample is being taken or written. */
  async idle(): Promise<void> {
    await this.#sampling;
  }

  /** Writes what is in memory. Waits for a sample that is under way. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#closing.resolve();
    await this.idle();
    try {
      await this.#file.close();
    } catch (error) {
      this.#log.warn({ error: messageOf(error) }, "the metrics history was not closed in order");
    }
  }

  async #answer({ series, from, to, points }: HistoryQuery): Promise<HistoryAnswer> {
    const { layout } = this.#file;
    const plan = planBuckets(layout, { from, to, points }, this.#options.clock.nowMs());
    const { ring, stepMs } = plan;
    const found = series.map((name) => {
      const column = this.#table.columnOf(name);
      if (column === undefined) return null;
      return { column, tag: this.#table.tags[column] as number, buckets: new Buckets(plan) };
    });
    const places = found.filter((one) => one !== null);
    const range = {
      kind: ring.kind,
      startSlot: plan.from / ring.slotMs,
      endSlot: (plan.from + plan.count * stepMs) / ring.slotMs,
    };
    await this.#file.read(places, range, (index, slot, summary) => {
      places[index]?.buckets.add(slot, summary);
    });
    return {
      from: plan.from,
      stepMs,
      count: plan.count,
      resolutionMs: ring.slotMs,
      series: found.map((one) => one?.buckets.finish() ?? null),
    };
  }

  async #enter(): Promise<void> {
    if (this.#isClosed) throw new IoError("RUNNEL_DISK_FAILED", "the metrics history is closed");
    if (this.#reading < QUERIES_AT_ONCE) {
      this.#reading += 1;
      return;
    }
    if (this.#waiting.length >= QUERIES_WAITING_MAX) {
      throw new HistoryBusyError("too many queries of the metrics history at once: try again");
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#reading -= 1;
    else next();
  }

  /** Samples at the next turn of a slot, by the wall clock of now: a clock that is set moves it. */
  #schedule(): void {
    const { clock, scheduler } = this.#options;
    const { slotMs } = this.#file.layout.fine;
    const untilTurnMs = slotMs - (clock.nowMs() % slotMs);
    // A timer that comes a little early must not come twice.
    const delayMs = untilTurnMs < slotMs / 2 ? untilTurnMs + slotMs : untilTurnMs;
    this.#timer = scheduler.after(delayMs, () => {
      if (this.#isClosed) return;
      this.#schedule();
      if (this.#sampling !== null) this.#skipped.add();
      else {
        this.#sampling = this.#sample().finally(() => {
          this.#sampling = null;
        });
      }
    });
  }

  async #sample(): Promise<void> {
    const { clock } = this.#options;
    const { fine } = this.#file.layout;
    try {
      await this.#prepare();
      if (this.#isClosed) return;
      // The sample speaks of the time before it: its middle is safely in the slot that has ended.
      const slot = slotAt(fine, clock.nowMs() - fine.slotMs / 2);
      const values = this.#sampler.sample(clock.monotonicMs(), this.#file.beginsBlock(slot));
      const { tags, changes } = this.#table;
      if (changes.length > 0) await this.#file.define(changes);
      this.#table.confirm();
      await this.#file.append({ slot, tags, values });
    } catch (error) {
      this.#skipped.add();
      this.#log.warn({ error: messageOf(error) }, "a sample of the metrics could not be kept");
    }
  }

  async #prepare(): Promise<void> {
    const { scheduler, prepare } = this.#options;
    if (prepare === undefined) return;
    const late = Promise.withResolvers<void>();
    const timer = scheduler.after(PREPARE_MS_MAX, late.resolve);
    await Promise.race([prepare(), late.promise, this.#closing.promise]);
    timer.cancel();
  }
}
