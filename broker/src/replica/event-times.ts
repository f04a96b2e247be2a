/**
 * When single events happened, remembered: how old what a group has not read is, and what is oldest in
 * a topic. Events do not change, so what was read once stays true until the log begins behind it.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import type { Logger } from "@runnel/kit/world.ts";
import { timeOfEvent } from "#log/event-time.ts";
import { Semaphore } from "#log/semaphore.ts";
import type { Partition } from "./partition.ts";

/** Answers that are remembered, of about 100 bytes each; what was asked for longest ago leaves first. */
const REMEMBERED_MAX = 20_000;
/** Reads of the disk at the same time: consumers have turns of their own, and do not wait behind these. */
const READS_AT_ONCE = 1;
/** Reads of the disk for one caller; what is beyond is not measured this time, and is the next time. */
export const READS_PER_CALLER_MAX = 200;

/**
 * Wall ms of the event at an offset or the next one; null where there is none, or it bears no time;
 * undefined where it was not measured.
 */
export type EventTimeReader = (
  partition: Partition,
  offset: number,
) => Promise<number | null | undefined>;

export class EventTimes {
  readonly #logger: Logger;
  readonly #reads = new Semaphore(READS_AT_ONCE);
  readonly #known = new Map<string, number | null>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** For one request: reads at most `readsMax` batches that are not remembered. */
  reader(readsMax: number = READS_PER_CALLER_MAX): EventTimeReader {
    let readsLeft = readsMax;
    return (partition, asked) => {
      const offset = Math.max(asked, partition.log.logStartOffset);
      if (offset >= partition.highWatermark) return Promise.resolve(null);
      const { topicId, index } = partition.identity;
      const key = `${topicId}/${index}/${offset}`;
      const known = this.#known.get(key);
      if (known !== undefined) {
        this.#remember(key, known);
        return Promise.resolve(known);
      }
      if (readsLeft === 0) return Promise.resolve(undefined);
      readsLeft -= 1;
      return this.#read(key, partition, offset);
    };
  }

  async #read(
    key: string,
    partition: Partition,
    offset: number,
  ): Promise<number | null | undefined> {
    const { log, highWatermark, identity } = partition;
    try {
      const timestamp = await this.#reads.run(() => timeOfEvent(log, offset, highWatermark));
      this.#remember(key, timestamp);
      return timestamp;
    } catch (error) {
      const { topicName: topic, index } = identity;
      this.#logger.warn(
        { topic, partition: index, offset, error: messageOf(error) },
        "the time of an event cannot be read",
      );
      return undefined;
    }
  }

  #remember(key: string, timestamp: number | null): void {
    this.#known.delete(key);
    this.#known.set(key, timestamp);
    if (this.#known.size <= REMEMBERED_MAX) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
