/** What live streams say, one after the other, as one: each goes on where the one before stopped. */
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import { LIVE_ROWS_MAX } from "./live-buffer.ts";

/** Held between two looks of the page; what is more is cut to what a page shows. */
const WAITING_MAX = 2 * LIVE_ROWS_MAX;

export interface LiveNews {
  readonly records: readonly DecodedRecord[];
  /** Came, and had no room here. */
  readonly missedCount: number;
}

export class LiveFeed {
  #cursor: string | null = null;
  /** The last offset that came behind the cursor, by partition: a stream from there brings it again. */
  #behind = new Map<number, number>();
  /** What this stream brings again, up to these offsets. */
  #again = new Map<number, number>();
  #waiting: DecodedRecord[] = [];
  #missed = 0;
  #droppedBefore = 0;
  #dropped = 0;
  #gaps = 0;
  #hasFollowed = false;
  #isAnew = true;

  /** Where the next stream goes on; null for from now on. */
  get cursor(): string | null {
    return this.#cursor;
  }

  /** Left out by the broker, of all streams. */
  get droppedCount(): number {
    return this.#droppedBefore + this.#dropped;
  }

  /** How often a stream could not go on where the one before stopped. */
  get gapCount(): number {
    return this.#gaps;
  }

  /** A stream is asked for, which goes on at `cursor`. */
  begin(): void {
    this.#again = new Map(this.#behind);
    this.#droppedBefore += this.#dropped;
    this.#dropped = 0;
    this.#isAnew = this.#cursor === null;
  }

  /** The next stream cannot go on where this one stopped. */
  forget(): void {
    this.#cursor = null;
    this.#behind.clear();
    this.#again.clear();
  }

  take(message: EventStreamMessage): void {
    switch (message.event) {
      case "phase":
        if (this.#isAnew && this.#hasFollowed) this.#gaps += 1;
        this.#isAnew = false;
        this.#hasFollowed = true;
        break;
      case "event":
        this.#add(message.data);
        break;
      case "progress":
        this.#dropped = message.data.dropped;
        this.#moveTo(message.data.cursor);
        break;
      case "done":
        this.#dropped = message.data.dropped;
        if (message.data.reason === "time") this.#moveTo(message.data.cursor);
        else this.forget();
        break;
    }
  }

  /** What came since the last call. */
  drain(): LiveNews {
    this.#cut(LIVE_ROWS_MAX);
    const news = { records: this.#waiting, missedCount: this.#missed };
    this.#waiting = [];
    this.#missed = 0;
    return news;
  }

  #add(record: DecodedRecord): void {
    const { partition, offset } = record;
    const last = this.#again.get(partition);
    if (last !== undefined && offset >= last) this.#again.delete(partition);
    if (last !== undefined && offset <= last) return;
    this.#behind.set(partition, offset);
    this.#waiting.push(record);
    if (this.#waiting.length > WAITING_MAX) this.#cut(LIVE_ROWS_MAX);
  }

  #moveTo(cursor: string | null): void {
    this.#cursor = cursor;
    // What was not brought again yet is still to come, behind this cursor.
    this.#behind = new Map(this.#again);
  }

  #cut(max: number): void {
    const count = this.#waiting.length - max;
    if (count <= 0) return;
    this.#waiting.splice(0, count);
    this.#missed += count;
  }
}
