/**
 * The shards of one coordinator: one per partition of its internal topic, which is made on first need.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import { partitionOfKey } from "./key-partition.ts";
import type { Answer } from "./machine.ts";
import { Shard, type ShardWorld } from "./shard.ts";

/** Shards that are read from the log at a time. */
const LOADS_MAX = 4;

/** After a failure to find or make the topic, how long until the next need tries again. */
const START_RETRY_MS = 500;

export type ShardSetState = "idle" | "starting" | "started" | "closed";

export class ShardSet<E, R, A extends Answer> {
  readonly #world: ShardWorld<E, R, A>;
  #state: ShardSetState = "idle";
  #shards: readonly Shard<E, R, A>[] = [];
  #start: Promise<void> | null = null;
  /** Monotonic ms before which a failed start is not repeated. */
  #retryAtMs = Number.NEGATIVE_INFINITY;

  constructor(world: ShardWorld<E, R, A>) {
    this.#world = world;
  }

  /** "started": the topic is there and every key has a shard, which may still be loading. */
  get state(): ShardSetState {
    return this.#state;
  }

  /** By partition. */
  get shards(): readonly Shard<E, R, A>[] {
    return this.#shards;
  }

  /** The shard of a key; undefined until started. */
  shardOf(key: string): Shard<E, R, A> | undefined {
    if (this.#shards.length === 0) return undefined;
    return this.#shards[partitionOfKey(key, this.#shards.length)];
  }

  /**
   * Makes the topic where it is missing and loads all shards; resolves when they were read. A failure is
   * logged and tried again at the next need. Idempotent.
   */
  start(): Promise<void> {
    if (this.#start !== null) return this.#start;
    if (this.#state === "closed") return Promise.resolve();
    if (this.#world.clock.monotonicMs() < this.#retryAtMs) return Promise.resolve();
    this.#state = "starting";
    this.#start = this.#open();
    return this.#start;
  }

  /** Lets appends that are under way end, turns everybody else away. */
  async close(): Promise<void> {
    this.#state = "closed";
    await Promise.all(this.#shards.map((shard) => shard.close()));
  }

  async #open(): Promise<void> {
    const { log, logger, clock } = this.#world;
    let count: number;
    try {
      count = await log.partitionCount();
    } catch (error) {
      logger.warn({ error }, `internal topic is not available: ${messageOf(error)}`);
      this.#retryAtMs = clock.monotonicMs() + START_RETRY_MS;
      this.#start = null;
      if (this.#state === "starting") this.#state = "idle";
      return;
    }
    if (this.#state === "closed") return;
    this.#shards = Array.from({ length: count }, (_, index) => new Shard(index, this.#world));
    this.#state = "started";
    const waiting = this.#shards.values();
    const loadNext = async (): Promise<void> => {
      for (const shard of waiting) if (this.#state === "started") await shard.load();
    };
    await Promise.all(Array.from({ length: LOADS_MAX }, loadNext));
  }
}
