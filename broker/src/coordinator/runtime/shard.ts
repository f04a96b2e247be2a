/**
 * The shell around one shard's state machine: takes an event, lets the machine decide, commits the
 * records, replays them, answers.
 *
 *   loading ──all replayed──▶ active ──append failed──▶ loading
 *      └──read failed──▶ unavailable ──after a while──▶ loading     any ──▶ closed, failed
 *
 * One append is under way at a time; what arrives meanwhile waits, so memory never runs ahead of the
 * log. Waiting events whose keys do not meet (and offset commits of one group) share the next append.
 */
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import type { Clock, Logger, Scheduler, Timer } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { BatchOutcome, CoordinatorLog, LoadedItem } from "../ports.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import type { Answer, Call, Moment, ShardMachine } from "./machine.ts";
import { type EventScope, replayParts, StepBatch } from "./step-batch.ts";

/** Events that may wait for an append to end; requests beyond are turned away. */
const WAITING_EVENTS_MAX = 20_000;

/** A tick that is this late says that the process stood still. */
const TICK_LATE_MS = 2_000;

/** Keys that a sweep looks at before it lets others run. */
const SWEEP_KEYS_PER_TURN = 200;

/** Sweeps that wait for a load to end; further ones are left to the next regular sweep. */
const SWEEPS_WAITING_MAX = 100;

/** How long until a failed load is tried again, doubling up to the maximum. */
const RELOAD_DELAY_MS = 100;
const RELOAD_DELAY_MS_MAX = 10_000;

/** Longest delay a scheduler takes. */
const TIMER_MS_MAX = 0x7fff_ffff;

export interface ShardWorld<E, R, A extends Answer> {
  readonly log: CoordinatorLog;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  createMachine(partition: number): ShardMachine<E, R, A>;
}

export type ShardState = "loading" | "active" | "unavailable" | "failed" | "closed";

export class Shard<E, R, A extends Answer> {
  readonly partition: number;
  readonly #world: ShardWorld<E, R, A>;
  #machine: ShardMachine<E, R, A>;
  #state: ShardState = "loading";
  /** Counts loads and unloads: what began in another life no longer matters. */
  #life = 0;
  #queue: E[] = [];
  /** Requests without an answer, parked ones included. */
  readonly #calls = new Map<number, Call<A>>();
  #appending: Promise<void> | null = null;
  #isDraining = false;
  #isDrainScheduled = false;
  #deadlines = new DeadlineQueue();
  #timer: Timer | null = null;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #sweeps: ((key: string) => E)[] = [];
  #reloadDelayMs = RELOAD_DELAY_MS;

  constructor(partition: number, world: ShardWorld<E, R, A>) {
    this.partition = partition;
    this.#world = world;
    this.#machine = world.createMachine(partition);
  }

  get state(): ShardState {
    return this.#state;
  }

  /** The machine, for looking at it. */
  get machine(): ShardMachine<E, R, A> {
    return this.#machine;
  }

  /** Reads the shard from its log; resolves when it is active, or when this attempt came to nothing. */
  async load(): Promise<void> {
    const life = this.#beginLife("loading");
    try {
      for await (const chunk of this.#world.log.load(this.partition)) {
        if (life !== this.#life) return;
        for (const item of chunk) this.#replayLoaded(item);
      }
      if (life !== this.#life) return;
      const first = this.#machine.begin(this.#moment());
      for (const [key, deadlineMs] of first) this.#deadlines.set(key, deadlineMs);
    } catch (error) {
      if (life === this.#life) this.#onLoadFailed(error);
      return;
    }
    this.#state = "active";
    this.#reloadDelayMs = RELOAD_DELAY_MS;
    const sweeps = this.#sweeps;
    this.#sweeps = [];
    for (const sweep of sweeps) this.sweep(sweep);
    this.#armTimer();
  }

  /** Hands in an event; `call` gets the answer. What can be decided at once is, inside this call. */
  submit(event: E, call: Call<A> | null): void {
    if (this.#state !== "active") {
      call?.fail(REFUSALS[this.#state]);
      return;
    }
    if (call !== null) {
      if (this.#queue.length >= WAITING_EVENTS_MAX) {
        call.fail(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        return;
      }
      this.#calls.set(call.ticket, call);
    }
    this.#queue.push(event);
    if (this.#isDrainScheduled) return;
    if (this.#machine.isMergeable(event)) this.#drainSoon();
    else this.#drain();
  }

  /** Submits `eventOf(key)` for every key there is now, a slice per turn; after the load if it runs. */
  sweep(eventOf: (key: string) => E): void {
    if (this.#state === "active") this.#sweepFrom(this.#machine.keys(), 0, eventOf, this.#life);
    else if (this.#state !== "closed" && this.#sweeps.length < SWEEPS_WAITING_MAX) {
      this.#sweeps.push(eventOf);
    }
  }

  /** Another broker leads the partition now, or this one stops: nobody is answered from here on. */
  unload(): void {
    this.#beginLife("closed");
  }

  /** Lets the append that is under way end and be answered, then unloads. */
  async close(): Promise<void> {
    this.#queue = [];
    if (this.#state === "active") this.#state = "closed";
    await this.#appending;
    this.unload();
  }

  #replayLoaded(item: LoadedItem): void {
    if (item.kind === "end") {
      this.#machine.replayEnd?.(item);
      return;
    }
    const record = this.#machine.decode(item);
    if (record !== null) this.#machine.replay(record, item.offset);
  }

  /** A new machine; everybody who waits for the old one is turned away. */
  #beginLife(state: ShardState): number {
    this.#state = state;
    this.#life += 1;
    this.#queue = [];
    this.#appending = null;
    this.#deadlines = new DeadlineQueue();
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    this.#machine.close();
    this.#machine = this.#world.createMachine(this.partition);
    const errorCode =
      state === "failed" ? ErrorCode.UNKNOWN_SERVER_ERROR : ErrorCode.NOT_COORDINATOR;
    this.#failAll(errorCode);
    return this.#life;
  }

  #failAll(errorCode: ErrorCode): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.fail(errorCode);
  }

  #onLoadFailed(error: unknown): void {
    const { logger, scheduler } = this.#world;
    const fields = { partition: this.partition, error };
    if (!(error instanceof IoError)) {
      logger.error(fields, `coordinator shard stopped at its load: ${messageOf(error)}`);
      this.#beginLife("failed");
      return;
    }
    logger.warn(fields, `coordinator shard cannot be loaded: ${messageOf(error)}`);
    const life = this.#beginLife("unavailable");
    scheduler.after(this.#reloadDelayMs, () => {
      if (life === this.#life) void this.load();
    });
    this.#reloadDelayMs = Math.min(2 * this.#reloadDelayMs, RELOAD_DELAY_MS_MAX);
  }

  #drainSoon(): void {
    this.#isDrainScheduled = true;
    this.#world.scheduler.soon(() => {
      this.#isDrainScheduled = false;
      this.#drain();
    });
  }

  /** Decides what waits, until something must be committed first. */
  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      while (this.#queue.length > 0 && this.#appending === null && this.#state === "active") {
        const life = this.#life;
        const batch = this.#collect();
        if (batch.isEmpty) continue;
        const commit = this.#commit(batch, life);
        if (life === this.#life) this.#appending = commit;
      }
      this.#armTimer();
    } catch (error) {
      this.#stop(error);
    } finally {
      this.#isDraining = false;
    }
  }

  #collect(): StepBatch<R, A> {
    const machine = this.#machine;
    const batch = new StepBatch<R, A>((record) => machine.encode(record));
    const queue = this.#queue;
    let taken = 0;
    for (const event of queue) {
      const scope = { key: machine.keyOf(event), isMergeable: machine.isMergeable(event) };
      if (batch.isFull || batch.conflicts(scope)) break;
      taken += 1;
      this.#decide(event, scope, batch);
    }
    // A reply may have led to a new life, or to more events at the end of the same queue.
    if (this.#queue === queue) queue.splice(0, taken);
    return batch;
  }

  #decide(event: E, scope: EventScope, batch: StepBatch<R, A>): void {
    const step = this.#machine.step(event, this.#moment());
    if (scope.key !== null && step.deadlineMs !== null) {
      this.#deadlines.set(scope.key, step.deadlineMs);
    }
    if (step.records.length > 0 || step.marker !== undefined) batch.add(step, scope);
    else for (const reply of step.replies) this.#deliver(reply);
  }

  async #commit(batch: StepBatch<R, A>, life: number): Promise<void> {
    const { log, clock } = this.#world;
    const outcomes: BatchOutcome[] = [];
    try {
      for (const parts of batch.writes()) {
        const batches = parts.map((part) => part.batch);
        outcomes.push(...(await log.write(this.partition, batches, clock.nowMs())));
      }
    } catch (error) {
      if (life === this.#life) this.#onAppendFailed(error, batch);
      return;
    }
    if (life !== this.#life) return;
    try {
      replayParts(this.#machine, batch.parts, outcomes);
    } catch (error) {
      this.#stop(error);
      return;
    }
    this.#appending = null;
    for (const [index, { replies }] of batch.parts.entries()) {
      const errorCode = outcomes[index]?.errorCode ?? ErrorCode.NONE;
      for (const reply of replies) {
        if (errorCode === ErrorCode.NONE) this.#deliver(reply);
        else this.#takeCall(reply.ticket)?.fail(errorCode);
      }
    }
    this.#drain();
  }

  /** What was to be committed may be in the log or not: the log says, in a new load. */
  #onAppendFailed(error: unknown, { parts }: StepBatch<R, A>): void {
    if (!(error instanceof IoError)) {
      this.#stop(error);
      return;
    }
    const fields = { partition: this.partition, error };
    this.#world.logger.warn(fields, `coordinator shard cannot write: ${messageOf(error)}`);
    for (const { ticket } of parts.flatMap(({ replies }) => replies)) {
      this.#takeCall(ticket)?.fail(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    }
    if (this.#state === "active") void this.load();
  }

  /** A bug: the shard stops until the broker starts again. */
  #stop(error: unknown): void {
    const fields = { partition: this.partition, error };
    this.#world.logger.error(fields, `coordinator shard stopped: ${messageOf(error)}`);
    this.#beginLife("failed");
  }

  #deliver(reply: A): void {
    this.#takeCall(reply.ticket)?.answer(reply);
  }

  #takeCall(ticket: number): Call<A> | undefined {
    const call = this.#calls.get(ticket);
    if (call !== undefined) this.#calls.delete(ticket);
    return call;
  }

  #sweepFrom(
    keys: readonly string[],
    from: number,
    eventOf: (key: string) => E,
    life: number,
  ): void {
    if (life !== this.#life) return;
    const until = Math.min(from + SWEEP_KEYS_PER_TURN, keys.length);
    for (const key of keys.slice(from, until)) this.submit(eventOf(key), null);
    if (until === keys.length) return;
    this.#world.scheduler.soon(() => this.#sweepFrom(keys, until, eventOf, life));
  }

  #armTimer(): void {
    const next = this.#deadlines.next();
    if (next === null || next >= this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = next;
    const delayMs = Math.max(0, Math.ceil(next - this.#world.clock.monotonicMs()));
    const life = this.#life;
    this.#timer = this.#world.scheduler.after(Math.min(delayMs, TIMER_MS_MAX), () => {
      if (life === this.#life) this.#onTimer();
    });
  }

  #onTimer(): void {
    this.#timer = null;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#world.clock.monotonicMs();
    for (let due = this.#deadlines.takeDue(nowMs); due !== null; ) {
      this.#queue.push(this.#machine.tick(due.key, nowMs - due.deadlineMs > TICK_LATE_MS));
      due = this.#deadlines.takeDue(nowMs);
    }
    this.#drain();
  }

  #moment(): Moment {
    const { clock } = this.#world;
    return { nowMs: clock.monotonicMs(), wallMs: clock.nowMs() };
  }
}

const REFUSALS = {
  loading: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  unavailable: ErrorCode.COORDINATOR_NOT_AVAILABLE,
  failed: ErrorCode.COORDINATOR_NOT_AVAILABLE,
  closed: ErrorCode.NOT_COORDINATOR,
} as const;
