/**
 * Threads that do jobs for people: so many threads, so many jobs in each, the rest waits in order.
 *
 * A client takes what a job says at its own pace; the job waits when too much lies here. A thread that does
 * not answer is ended with all of its jobs, for nothing else stops code that does not come to an end.
 */
import type { IoError } from "@runnel/kit/errors.ts";
import type { Clock, Scheduler, Timer } from "@runnel/kit/world.ts";
import { ioError } from "#io/errors.ts";
import type { Thread, ThreadCode, Threads } from "#io/ports.ts";
import { LATE_MS, PING_MS, PRESSURE_LOOK_MS, SILENT_MS_MAX, THREAD_IDLE_MS } from "../limits.ts";
import type { FromThread, ToThread } from "./messages.ts";

export interface PoolLimits {
  readonly threadsMax: number;
  readonly jobsPerThreadMax: number;
  /** Jobs that may wait for a thread. */
  readonly waitingMax: number;
}

export interface PoolWorld {
  readonly threads: Threads;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

interface Worker {
  readonly thread: Thread;
  readonly jobs: Map<number, PooledJob>;
  /** When it last said something while it had jobs, monotonic ms. */
  heardAt: number;
  timer: Timer | null;
}

/** A job, seen by its client: an iteration that ends with it, and cancels it when left early. */
export interface JobStream<M> extends AsyncIterable<M> {
  /** Jobs in front of it that wait as well; null from when it has begun. */
  readonly waitingBefore: number | null;
  /** Resolves when it has begun, or has ended without. */
  readonly begun: Promise<void>;
  /** Passes news to the job; lost before it begins and after it has ended. */
  tell(news: unknown, moved?: readonly ArrayBuffer[]): void;
  /** Ends it as soon as it can; the iteration goes on to the end with what was said. */
  cancel(): void;
}

export class ThreadPool {
  readonly #world: PoolWorld;
  readonly #code: ThreadCode;
  readonly #limits: PoolLimits;
  readonly #workers = new Set<Worker>();
  readonly #waiting: PooledJob[] = [];
  #lastJob = 0;
  #isClosed = false;
  #pressure: Timer | null = null;
  #isPressed = false;

  constructor(world: PoolWorld, code: ThreadCode, limits: PoolLimits) {
    this.#world = world;
    this.#code = code;
    this.#limits = limits;
  }

  /** Jobs under way. */
  get runningCount(): number {
    let count = 0;
    for (const { jobs } of this.#workers) count += jobs.size;
    return count;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Starts a job, or lets it wait. Throws `IoError` RUNNEL_WORKERS_BUSY where too many wait already. */
  run<M>(task: unknown, moved: readonly ArrayBuffer[] = []): JobStream<M> {
    if (this.#isClosed) throw ioError("RUNNEL_WORKER_LOST", "browsing was stopped");
    const isFree = this.#findWorker() !== null || this.#workers.size < this.#limits.threadsMax;
    if (!isFree && this.#waiting.length >= this.#limits.waitingMax) {
      const message = `${this.runningCount} are under way and ${this.#waiting.length} wait already`;
      throw ioError("RUNNEL_WORKERS_BUSY", message);
    }
    this.#lastJob += 1;
    const job = new PooledJob(this.#lastJob, { task, moved, pool: this });
    this.#waiting.push(job);
    this.#next();
    return job as JobStream<M> & PooledJob;
  }

  /** Ends every job and every thread. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pressure?.cancel();
    for (const job of this.#waiting.splice(0)) job.end("browsing was stopped");
    const workers = [...this.#workers];
    await Promise.all(workers.map((worker) => this.#drop(worker, "browsing was stopped")));
  }

  /** How many wait in front of `job`; null where it does not wait. */
  waitingBefore(job: PooledJob): number | null {
    const index = this.#waiting.indexOf(job);
    return index < 0 ? null : index;
  }

  /** Takes a job back that nobody wants any more. */
  cancel(job: PooledJob): void {
    const index = this.#waiting.indexOf(job);
    if (index >= 0) {
      this.#waiting.splice(index, 1);
      job.end(null);
    } else job.worker?.thread.post({ kind: "cancel", job: job.number } satisfies ToThread);
  }

  #findWorker(): Worker | null {
    for (const worker of this.#workers) {
      if (worker.jobs.size < this.#limits.jobsPerThreadMax) return worker;
    }
    return null;
  }

  #next(): void {
    for (let job = this.#waiting[0]; job !== undefined; job = this.#waiting[0]) {
      const free = this.#findWorker();
      if (free === null && this.#workers.size >= this.#limits.threadsMax) return;
      this.#waiting.shift();
      this.#give(free ?? this.#start(), job);
    }
  }

  #start(): Worker {
    const worker: Worker = {
      thread: this.#world.threads.start(this.#code, {
        onMessage: (message) => this.#hear(worker, message as FromThread),
        onEnd: (reason) => void this.#drop(worker, `its thread ${reason}`),
      }),
      jobs: new Map(),
      heardAt: 0,
      timer: null,
    };
    this.#workers.add(worker);
    if (this.#isPressed) {
      worker.thread.post({ kind: "press", isPressed: true } satisfies ToThread);
    }
    return worker;
  }

  #give(worker: Worker, job: PooledJob): void {
    if (worker.jobs.size === 0) {
      worker.heardAt = this.#world.clock.monotonicMs();
      worker.timer?.cancel();
      this.#watch(worker);
    }
    worker.jobs.set(job.number, job);
    job.begin(worker);
    if (this.#pressure === null) this.#lookForPressure();
  }

  /** Looks again and again whether the event loop is late, as long as there are jobs. */
  #lookForPressure(): void {
    const { clock, scheduler } = this.#world;
    const dueAt = clock.monotonicMs() + PRESSURE_LOOK_MS;
    this.#pressure = scheduler.after(PRESSURE_LOOK_MS, () => {
      this.#pressure = null;
      this.#press(clock.monotonicMs() - dueAt >= LATE_MS);
      if (this.runningCount > 0) this.#lookForPressure();
    });
  }

  #press(isPressed: boolean): void {
    if (isPressed === this.#isPressed) return;
    this.#isPressed = isPressed;
    for (const { thread } of this.#workers) {
      thread.post({ kind: "press", isPressed } satisfies ToThread);
    }
  }

  #hear(worker: Worker, message: FromThread): void {
    worker.heardAt = this.#world.clock.monotonicMs();
    if (message.kind === "pong") return;
    const job = worker.jobs.get(message.job);
    if (message.kind === "say") job?.push(message.message, message.bytes);
    else {
      worker.jobs.delete(message.job);
      if (worker.jobs.size === 0) this.#rest(worker);
      job?.end(message.failure);
      this.#next();
    }
  }

  /** Asks a busy thread now and then whether it is still there. */
  #watch(worker: Worker): void {
    worker.timer = this.#world.scheduler.after(PING_MS, () => {
      const silentMs = this.#world.clock.monotonicMs() - worker.heardAt;
      if (silentMs > SILENT_MS_MAX) {
        const seconds = Math.round(silentMs / 1000);
        void this.#drop(worker, `it did not come to an end within ${seconds} s`);
        return;
      }
      worker.thread.post({ kind: "ping" } satisfies ToThread);
      this.#watch(worker);
    });
  }

  #rest(worker: Worker): void {
    worker.timer?.cancel();
    worker.timer = this.#world.scheduler.after(THREAD_IDLE_MS, () => {
      void this.#drop(worker, "it was idle");
    });
  }

  /** Ends a thread, in whatever state, and its jobs with it. Idempotent. */
  async #drop(worker: Worker, reason: string): Promise<void> {
    if (!this.#workers.delete(worker)) return;
    worker.timer?.cancel();
    const jobs = [...worker.jobs.values()];
    worker.jobs.clear();
    for (const job of jobs) job.end(reason);
    if (!this.#isClosed) this.#next();
    await worker.thread.end();
  }
}

interface Said {
  readonly message: unknown;
  readonly bytes: number;
}

class PooledJob implements JobStream<unknown> {
  readonly number: number;
  readonly #pool: ThreadPool;
  #task: { readonly task: unknown; readonly moved: readonly ArrayBuffer[] } | null;
  worker: Worker | null = null;
  readonly #said: Said[] = [];
  readonly #begun = Promise.withResolvers<void>();
  #hasEnded = false;
  #failure: IoError | null = null;
  #wake: (() => void) | null = null;

  constructor(
    number: number,
    options: {
      readonly task: unknown;
      readonly moved: readonly ArrayBuffer[];
      readonly pool: ThreadPool;
    },
  ) {
    this.number = number;
    this.#task = { task: options.task, moved: options.moved };
    this.#pool = options.pool;
  }

  get waitingBefore(): number | null {
    return this.#pool.waitingBefore(this);
  }

  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  begin(worker: Worker): void {
    this.worker = worker;
    const { task, moved } = this.#task ?? { task: null, moved: [] };
    this.#task = null;
    this.#post({ kind: "start", job: this.number, task }, moved);
    this.#begun.resolve();
  }

  push(message: unknown, bytes: number): void {
    this.#said.push({ message, bytes });
    this.#rouse();
  }

  /** `failure`: why it did not come to its end; null where it did. */
  end(failure: string | null): void {
    this.#hasEnded = true;
    this.#begun.resolve();
    this.worker = null;
    if (failure !== null) this.#failure = ioError("RUNNEL_WORKER_LOST", failure);
    this.#rouse();
  }

  tell(news: unknown, moved: readonly ArrayBuffer[] = []): void {
    this.#post({ kind: "tell", job: this.number, news }, moved);
  }

  cancel(): void {
    if (!this.#hasEnded) this.#pool.cancel(this);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void> {
    try {
      for (;;) {
        const said = this.#said.shift();
        if (said !== undefined) {
          if (said.bytes > 0) this.#post({ kind: "taken", job: this.number, bytes: said.bytes });
          yield said.message;
        } else if (this.#failure !== null) throw this.#failure;
        else if (this.#hasEnded) return;
        else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.cancel();
      this.#said.length = 0;
    }
  }

  #post(message: ToThread, moved: readonly ArrayBuffer[] = []): void {
    this.worker?.thread.post(message, moved);
  }

  #rouse(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
