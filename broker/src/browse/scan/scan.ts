/**
 * A bounded scan over some partitions, merged by time.
 *
 * It ends at the end of its ranges, when a limit is reached, or when it is cancelled; `positions` then say
 * where another scan goes on, so that both together find what one without limits finds.
 */
import { TURN_MS } from "../limits.ts";
import type { RecordCursor } from "../record.ts";
import type { PartitionScan, RecordRules, ScanTally } from "./partition-scan.ts";
import { RankHeap } from "./rank-heap.ts";

export interface ScanLimits {
  readonly results: number;
  readonly bytes: number;
  readonly timeMs: number;
}

/** Why a scan ended. */
export type ScanEnd =
  /** Everything in the ranges was looked at. */
  | "end"
  | "results"
  | "bytes"
  | "time"
  /** There are more keys than can be told apart. */
  | "keys"
  /** Its client took nothing for too long. */
  | "stalled"
  | "cancelled";

/** Where matches go. */
export interface ScanSink {
  /** Takes a match; the cursor moves on afterwards. */
  take(record: RecordCursor): void;
  /** Whether nothing more can be taken for now. */
  readonly isFull: boolean;
  /** Resolves when there is room again, the scan was cancelled, or it is `untilMs` (monotonic). */
  drained(untilMs: number): Promise<void>;
}

/** What drives a scan from outside. */
export interface ScanControl {
  /** Why to stop at once; null to go on. */
  readonly stop: "cancelled" | "keys" | "stalled" | null;
  monotonicMs(): number;
  /** Lets everything else in the thread have a turn. */
  breathe(): Promise<void>;
  /** Called now and then, about as often as `breathe`. */
  onProgress(): void;
}

export class Scan {
  readonly parts: readonly PartitionScan[];
  readonly tally: ScanTally = { records: 0, bytes: 0 };
  readonly #rules: RecordRules;
  readonly #limits: ScanLimits;
  readonly #control: ScanControl;
  readonly #heap = new RankHeap<PartitionScan>((a, b) => a.reader.partition - b.reader.partition);
  #taken = 0;
  /** Where each part began. */
  readonly #starts = new Map<PartitionScan, number>();
  /** Whether some position has moved: no limit ends a scan before, or the next one would not get on. */
  #hasMoved = false;
  #turnEndsAt = 0;
  #endsAt = 0;

  constructor(
    parts: readonly PartitionScan[],
    options: {
      readonly rules: RecordRules;
      readonly limits: ScanLimits;
      readonly control: ScanControl;
    },
  ) {
    this.parts = parts;
    this.#rules = options.rules;
    this.#limits = options.limits;
    this.#control = options.control;
  }

  /** Matches handed out. */
  get taken(): number {
    return this.#taken;
  }

  /** Where another scan goes on, by partition. */
  get positions(): ReadonlyMap<number, number> {
    return new Map(this.parts.map((part) => [part.reader.partition, part.position]));
  }

  async run(sink: ScanSink): Promise<ScanEnd> {
    this.#turnEndsAt = this.#control.monotonicMs() + TURN_MS;
    this.#endsAt = this.#control.monotonicMs() + this.#limits.timeMs;
    for (const part of this.parts) {
      const stop = await this.#pause();
      if (stop !== null) return stop;
      this.#starts.set(part, part.position);
      await part.prepare();
      if (!part.isOver) this.#heap.push(part);
    }
    for (let part = this.#heap.top; part !== undefined; part = this.#heap.top) {
      const stop = this.#isTurnOver() ? await this.#pause() : null;
      if (stop !== null) return stop;
      if (!part.isReady) await part.prepare();
      else if (part.hasMatch) {
        if (this.#taken >= this.#limits.results) return "results";
        if (sink.isFull) {
          await sink.drained(this.#endsAt);
          continue;
        }
        sink.take(part.match);
        this.#taken += 1;
        this.#hasMoved = true;
        part.advance();
      } else {
        if (this.#taken >= this.#limits.results) return "results";
        if (this.#hasMoved && this.tally.bytes >= this.#limits.bytes) return "bytes";
        part.scan(this.#rules, this.tally);
        this.#hasMoved ||= !part.hasMatch && part.position !== this.#starts.get(part);
      }
      if (!part.isOver && !part.isReady) await part.prepare();
      if (part.isOver) this.#heap.removeTop();
      else this.#heap.settleTop();
    }
    // What was looked at in the last turn may be a reason, too.
    return this.#control.stop ?? "end";
  }

  #isTurnOver(): boolean {
    return this.#control.stop !== null || this.#control.monotonicMs() >= this.#turnEndsAt;
  }

  /** Gives others a turn where it is time; says why to stop, if there is a reason. */
  async #pause(): Promise<ScanEnd | null> {
    const control = this.#control;
    if (control.monotonicMs() >= this.#turnEndsAt) {
      control.onProgress();
      await control.breathe();
      this.#turnEndsAt = control.monotonicMs() + TURN_MS;
    }
    if (control.stop !== null) return control.stop;
    return this.#hasMoved && control.monotonicMs() >= this.#endsAt ? "time" : null;
  }
}
