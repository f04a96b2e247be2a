/** How far a group is behind, in events and in seconds, within what one request may cost. */
import type { Lag } from "@runnel/contracts/common.ts";
import { lagOf } from "#coordinator/lag-table.ts";
import type { EventTimeReader } from "#replica/event-times.ts";
import type { V1Services } from "./services.ts";
import { openPartition } from "./topic-view.ts";

/** Partitions whose age is asked for in one request; the seconds of what is beyond are null. */
const PARTITIONS_PER_REQUEST_MAX = 5_000;

export const NO_LAG: Lag = { events: 0, seconds: 0 };

/** One request's worth of measuring. */
export class LagMeter {
  readonly #services: V1Services;
  readonly #timeOf: EventTimeReader;
  readonly #nowMs: number;
  #partitionsLeft = PARTITIONS_PER_REQUEST_MAX;

  constructor(services: V1Services) {
    this.#services = services;
    this.#timeOf = services.eventTimes.reader();
    this.#nowMs = services.clock.nowMs();
  }

  /** Of one partition; null where its end is not known here. */
  async measure(topicId: string, index: number, committedOffset: number): Promise<Lag | null> {
    const partition = openPartition(this.#services, topicId, index);
    const events = lagOf(committedOffset, partition?.highWatermark ?? null);
    if (partition === null || events === null) return null;
    if (events === 0) return NO_LAG;
    if (this.#partitionsLeft === 0) return { events, seconds: null };
    this.#partitionsLeft -= 1;
    const time = (await this.#timeOf(partition, committedOffset)) ?? null;
    return { events, seconds: time === null ? null : Math.max(0, this.#nowMs - time) / 1000 };
  }
}

/** Events of all, seconds of the one that is oldest; null where one of them was not measured. */
export function sumLags(lags: readonly (Lag | null)[]): Lag {
  return lags.reduce<Lag>((sum, lag) => {
    if (lag === null) return sum;
    const isMeasured = sum.seconds !== null && lag.seconds !== null;
    return {
      events: sum.events + lag.events,
      seconds: isMeasured ? Math.max(sum.seconds ?? 0, lag.seconds ?? 0) : null,
    };
  }, NO_LAG);
}
