/**
 * A small pool of worker threads for compression and its undoing. Threads start when there is work, end when there
 * was none for a while, and are killed when a job takes too long or the pool is closed.
 */
import { availableParallelism } from "node:os";
import { clearTimeout, setTimeout } from "node:timers";
import { Worker } from "node:worker_threads";
import { DecodeError, type IoError, messageOf } from "@runnel/kit/errors.ts";
import { ioError } from "../errors.ts";
import type { Workers } from "../ports.ts";
import type { Job, Outcome } from "./codec-job.ts";

/** Threads at most; one is left to the event loop. */
const THREADS_MAX = Math.max(1, Math.min(4, availableParallelism() - 1));
/** Jobs, and their bytes, that may wait; what comes on top is refused. */
const QUEUED_JOBS_MAX = 1024;
const QUEUED_BYTES_MAX = 128 * 1024 * 1024;
/** A job that takes longer is given up, together with its thread. */
const JOB_MS_MAX = 30_000;
/** A thread without work for this long ends, and what it holds of the last job with it. */
const IDLE_MS = 5_000;

export interface WorkerLimits {
  readonly threadsMax: number;
  readonly queuedJobsMax: number;
  readonly queuedBytesMax: number;
  readonly jobMsMax: number;
  readonly idleMs: number;
}

interface Pending {
  readonly job: Job;
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
}

interface Thread {
  readonly worker: Worker;
  pending: Pending | null;
  timer: ReturnType<typeof setTimeout> | null;
}

class WorkerPool implements Workers {
  readonly #limits: WorkerLimits;
  readonly #threads = new Set<Thread>();
  readonly #queue: Pending[] = [];
  #queuedBytes = 0;
  #isClosed = false;

  constructor(limits: WorkerLimits) {
    this.#limits = limits;
  }

  decompress(codec: number, bytes: Uint8Array, outputMax: number): Promise<Uint8Array> {
    return this.#do({ kind: "decompress", codec, bytes, outputMax });
  }

  compress(codec: number, bytes: Uint8Array, level: number | null): Promise<Uint8Array> {
    return this.#do({ kind: "compress", codec, bytes, level });
  }

  #do(job: Job): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const { queuedJobsMax, queuedBytesMax } = this.#limits;
      if (this.#isClosed) {
        reject(lost("the workers are closed"));
        return;
      }
      const { bytes } = job;
      const isFull =
        this.#queue.length >= queuedJobsMax || this.#queuedBytes + bytes.length > queuedBytesMax;
      if (isFull && this.#queue.length > 0) {
        const message = `${this.#queue.length} jobs, ${this.#queuedBytes} bytes wait already`;
        reject(ioError("RUNNEL_WORKERS_BUSY", message));
        return;
      }
      this.#queuedBytes += bytes.length;
      // A copy that can move to the thread: `bytes` is a view of memory that others use.
      this.#queue.push({ job: { ...job, bytes: Uint8Array.from(bytes) }, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiting of this.#queue.splice(0)) waiting.reject(lost("the workers are closed"));
    this.#queuedBytes = 0;
    await Promise.all([...this.#threads].map((thread) => this.#end(thread, "were closed")));
  }

  /** Gives waiting jobs to threads without one, and starts threads as far as allowed. */
  #next(): void {
    while (this.#queue.length > 0) {
      const idle = [...this.#threads].find((thread) => thread.pending === null);
      if (idle === undefined && this.#threads.size >= this.#limits.threadsMax) return;
      const pending = this.#queue.shift() as Pending;
      this.#queuedBytes -= pending.job.bytes.length;
      this.#give(idle ?? this.#start(), pending);
    }
  }

  #start(): Thread {
    const worker = new Worker(new URL("./codec-worker.ts", import.meta.url), {
      name: "runnel-codec",
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    });
    const thread: Thread = { worker, pending: null, timer: null };
    this.#threads.add(thread);
    worker.on("message", (outcome: Outcome) => this.#answer(thread, outcome));
    worker.on("error", (error) => void this.#end(thread, `failed: ${messageOf(error)}`));
    worker.on("exit", () => void this.#end(thread, "ended"));
    return thread;
  }

  #give(thread: Thread, pending: Pending): void {
    if (thread.timer !== null) clearTimeout(thread.timer);
    const { jobMsMax } = this.#limits;
    thread.pending = pending;
    thread.worker.ref();
    thread.timer = setTimeout(() => void this.#end(thread, `took ${jobMsMax} ms`), jobMsMax);
    thread.timer.unref();
    const { job } = pending;
    thread.worker.postMessage(job, [job.bytes.buffer as ArrayBuffer]);
  }

  #answer(thread: Thread, outcome: Outcome): void {
    const { pending } = thread;
    if (pending === null) return;
    thread.pending = null;
    if (thread.timer !== null) clearTimeout(thread.timer);
    thread.timer = setTimeout(() => void this.#end(thread, "idle"), this.#limits.idleMs);
    thread.timer.unref();
    thread.worker.unref();
    if (outcome.kind === "done") pending.resolve(outcome.bytes);
    else if (outcome.isBadInput) pending.reject(new DecodeError(outcome.message));
    else pending.reject(lost(outcome.message));
    this.#next();
  }

  /** Ends a thread, in whatever state; a job under way is rejected. Idempotent. */
  async #end(thread: Thread, reason: string): Promise<void> {
    if (!this.#threads.delete(thread)) return;
    if (thread.timer !== null) clearTimeout(thread.timer);
    const { pending } = thread;
    thread.pending = null;
    pending?.reject(lost(`a worker thread ${reason}`));
    if (!this.#isClosed) this.#next();
    await thread.worker.terminate();
  }
}

function lost(message: string): IoError {
  return ioError("RUNNEL_WORKER_LOST", message);
}

/** A pool that starts no thread before there is work. */
export function createNodeWorkers(limits: Partial<WorkerLimits> = {}): Workers {
  return new WorkerPool({
    threadsMax: THREADS_MAX,
    queuedJobsMax: QUEUED_JOBS_MAX,
    queuedBytesMax: QUEUED_BYTES_MAX,
    jobMsMax: JOB_MS_MAX,
    idleMs: IDLE_MS,
    ...limits,
  });
}
