/**
 * Worker threads for long work on files. Each runs one module, reads and writes by blocking calls, and
 * stands behind the event loop where the system lets threads have priorities of their own.
 */
import { Worker } from "node:worker_threads";
import { messageOf } from "@runnel/kit/errors.ts";
import type { Thread, ThreadCode, ThreadHandlers, Threads } from "../ports.ts";

/** Memory for objects of one thread; buffers are bounded by the code that makes them. */
const HEAP_MB_MAX = 128;

class NodeThread implements Thread {
  readonly #worker: Worker;
  readonly #handlers: ThreadHandlers;
  #isEnded = false;

  constructor({ name, url }: ThreadCode, handlers: ThreadHandlers) {
    this.#handlers = handlers;
    this.#worker = new Worker(new URL("./thread-main.ts", import.meta.url), {
      name,
      workerData: { module: url.href },
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
    // A thread never keeps the process alive: whoever started it decides about both.
    this.#worker.unref();
    this.#worker.on("message", (message: unknown) => {
      if (!this.#isEnded) this.#handlers.onMessage(message);
    });
    this.#worker.on("error", (error) => this.#fail(`failed: ${messageOf(error)}`));
    this.#worker.on("exit", (code) => this.#fail(`ended with code ${code}`));
  }

  post(message: unknown, moved: readonly ArrayBuffer[] = []): void {
    if (!this.#isEnded) this.#worker.postMessage(message, [...moved]);
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#worker.terminate();
  }

  #fail(reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#handlers.onEnd(reason);
    void this.#worker.terminate();
  }
}

/** The threads of this machine. */
export const nodeThreads: Threads = {
  start: (code, handlers) => new NodeThread(code, handlers),
};
