/**
 * Asks the broker every 100 ms, over all its faults, how far groups and transactions are: committed offsets never go back
 * or away, ends of partitions never go back, and no transaction stands before the end for longer than it may.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { OffsetFetchApi } from "@runnel/protocol/messages/09-offset-fetch.ts";
import { Wire } from "../wire.ts";
import { endOf, type Place } from "./committed-log.ts";

const OFFSET_FETCH_VERSION = 8;
const EVERY_MS = 100;
/** A gap between two answers that is longer counts as this long: the broker, or this process, was away. */
const GAP_MS_MAX = 500;

export interface WatchOptions {
  readonly groups: readonly string[];
  readonly input: string;
  readonly partitions: number;
  /** Partitions that transactions write to. */
  readonly places: readonly Place[];
  /** How long a transaction may hold a last stable offset, in ms. */
  readonly heldMsMax: number;
  port(): number;
}

interface End {
  highWatermark: number;
  stable: number;
  heldMs: number;
}

export class Watch {
  readonly findings = new Set<string>();
  /** How often everything was asked. */
  rounds = 0;
  readonly #options: WatchOptions;
  readonly #committed = new Map<string, number>();
  readonly #ends: ReadonlyMap<Place, End>;
  #isStopping = false;
  #askedAtMs = performance.now();

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#ends = new Map(
      options.places.map((place) => [place, { highWatermark: 0, stable: 0, heldMs: 0 }]),
    );
  }

  stop(): void {
    this.#isStopping = true;
  }

  async run(): Promise<void> {
    while (!this.#isStopping) {
      let wire: Wire | null = null;
      try {
        wire = await Wire.connect(this.#options.port());
        while (!this.#isStopping) {
          await this.#round(wire);
          await sleep(EVERY_MS);
        }
      } catch {
        // The broker is away: it is asked again on a new connection.
        await sleep(EVERY_MS);
      } finally {
        wire?.close();
      }
    }
  }

  /** Whether no transaction is open, in any partition. */
  get isSettled(): boolean {
    return [...this.#ends.values()].every((end) => end.stable === end.highWatermark);
  }

  /** The group's offsets by partition; −1 for none yet. */
  committedBy(group: string): readonly number[] {
    const { partitions } = this.#options;
    return Array.from({ length: partitions }, (_, partition) => {
      return this.#committed.get(`${group} ${partition}`) ?? -1;
    });
  }

  async #round(wire: Wire): Promise<void> {
    await this.#askGroups(wire);
    const gapMs = Math.min(performance.now() - this.#askedAtMs, GAP_MS_MAX);
    for (const [place, end] of this.#ends) await this.#askEnd(wire, place, { end, gapMs });
    this.#askedAtMs = performance.now();
    this.rounds += 1;
  }

  async #askGroups(wire: Wire): Promise<void> {
    const { groups, input, partitions } = this.#options;
    const partitionIndexes = Array.from({ length: partitions }, (_, partition) => partition);
    const answer = await wire.call(OffsetFetchApi, OFFSET_FETCH_VERSION, {
      groups: groups.map((groupId) => ({ groupId, topics: [{ name: input, partitionIndexes }] })),
      requireStable: this.rounds % 2 === 0,
    });
    for (const { groupId, errorCode, topics } of answer.groups) {
      if (errorCode !== ErrorCode.NONE) continue;
      for (const found of topics[0]?.partitions ?? []) {
        if (found.errorCode !== ErrorCode.NONE) continue;
        const key = `${groupId} ${found.partitionIndex}`;
        const before = this.#committed.get(key) ?? -1;
        if (found.committedOffset < before) {
          this.findings.add(`offset of ${key} went from ${before} to ${found.committedOffset}`);
        }
        this.#committed.set(key, Math.max(before, found.committedOffset));
      }
    }
  }

  async #askEnd(
    wire: Wire,
    place: Place,
    { end, gapMs }: { readonly end: End; readonly gapMs: number },
  ): Promise<void> {
    const name = `${place.topic}-${place.partition}`;
    const stable = await endOf(wire, place, true);
    const highWatermark = await endOf(wire, place, false);
    if (stable < end.stable) {
      this.findings.add(`last stable offset of ${name} went from ${end.stable} to ${stable}`);
    }
    if (highWatermark < end.highWatermark) {
      this.findings.add(`end of ${name} went from ${end.highWatermark} to ${highWatermark}`);
    }
    const isHeld = stable === end.stable && stable < highWatermark;
    end.heldMs = isHeld ? end.heldMs + gapMs : 0;
    end.stable = stable;
    end.highWatermark = highWatermark;
    if (end.heldMs > this.#options.heldMsMax) {
      this.findings.add(`hanging transaction: ${name} is held at ${stable} of ${highWatermark}`);
    }
  }
}
