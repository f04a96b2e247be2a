/** The newest events of a live stream, as many as there is room for; the others are counted. */
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";

export const LIVE_ROWS_MAX = 2_000;
/** Held back while paused. */
export const HELD_MAX = 1_000;

export interface LiveView {
  /** The newest first. */
  readonly rows: readonly DecodedRecord[];
  /** Waiting behind the pause. */
  readonly heldCount: number;
  /** Came, and are not in `rows` any more or never were. */
  readonly droppedCount: number;
  readonly totalCount: number;
}

export class LiveBuffer {
  #rows: DecodedRecord[] = [];
  #held: DecodedRecord[] = [];
  #dropped = 0;
  #total = 0;
  #isPaused = false;

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** `missedCount` came before `records`, and had no room on the way here. */
  push(records: readonly DecodedRecord[], missedCount = 0): void {
    this.#total += records.length + missedCount;
    this.#dropped += missedCount;
    if (this.#isPaused) {
      this.#held = this.#held.concat(records);
      this.#dropped += cut(this.#held, HELD_MAX);
    } else this.#show(records);
  }

  /** Rows stay as they are from now on. */
  pause(): void {
    this.#isPaused = true;
  }

  /** What was held back comes in. */
  resume(): void {
    this.#isPaused = false;
    const held = this.#held;
    this.#held = [];
    this.#show(held);
  }

  clear(): void {
    this.#rows = [];
    this.#held = [];
  }

  view(): LiveView {
    return {
      rows: this.#rows.toReversed(),
      heldCount: this.#held.length,
      droppedCount: this.#dropped,
      totalCount: this.#total,
    };
  }

  #show(records: readonly DecodedRecord[]): void {
    this.#rows = this.#rows.concat(records);
    this.#dropped += cut(this.#rows, LIVE_ROWS_MAX);
  }
}

/** Takes the oldest away; says how many. */
function cut(records: DecodedRecord[], max: number): number {
  const count = Math.max(0, records.length - max);
  if (count > 0) records.splice(0, count);
  return count;
}
