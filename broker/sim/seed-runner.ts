/** A thread that runs seeds, one after the other; with a bug planted in its brokers, if one is named. */
import { Worker } from "node:worker_threads";
import { messageOf } from "@runnel/kit/errors.ts";
import type { Workload } from "./plan.ts";
import type { SeedMessage, SeedReport, SeedRequest } from "./seed-worker.ts";

/** Real time after which a seed is taken for one that turns in a circle without an event. */
const SEED_MS_MAX = 120_000;
/** In place of a digest where a seed did not come to its end. */
export const NO_DIGEST = "none";

export class SeedRunner implements AsyncDisposable {
  readonly #bug: string | null;
  #worker: { readonly thread: Worker; readonly ready: Promise<void> } | null = null;
  /** Takes what the thread says of the seed under way. */
  #settle: ((report: SeedReport | string) => void) | null = null;

  constructor(bug: string | null) {
    this.#bug = bug;
  }

  /** One at a time. A thread that dies is a finding, and another one takes its place. */
  run(seed: number, workload: Workload | null): Promise<SeedReport> {
    const worker = this.#worker ?? this.#start();
    this.#worker = worker;
    return new Promise((resolve) => {
      const limit = setTimeout(() => {
        this.#settle?.(`still at work after ${SEED_MS_MAX} ms`);
      }, SEED_MS_MAX);
      this.#settle = (report) => {
        this.#settle = null;
        clearTimeout(limit);
        if (typeof report !== "string") resolve(report);
        else {
          this.#worker = null;
          void worker.thread.terminate();
          resolve(failed(seed, report));
        }
      };
      const request: SeedRequest = { seed, workload };
      void worker.ready.then(() => worker.thread.postMessage(request));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.thread.terminate();
  }

  #start(): { readonly thread: Worker; readonly ready: Promise<void> } {
    const thread = new Worker(new URL("./seed-worker.ts", import.meta.url), {
      workerData: { bug: this.#bug },
    });
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    // A request that comes before the thread listens is lost on Deno.
    thread.on("message", (message: SeedMessage) => {
      if (message === "ready") resolve();
      else this.#settle?.(message);
    });
    thread.on("error", (error: unknown) => this.#settle?.(`the thread died: ${messageOf(error)}`));
    return { thread, ready };
  }
}

function failed(seed: number, text: string): SeedReport {
  const findings = [{ anomaly: "bug" as const, text }];
  return { seed, workload: "log", findings, digest: NO_DIGEST, acknowledged: 0, cpuMs: 0, log: [] };
}
