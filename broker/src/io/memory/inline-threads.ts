/** Threads for worlds without any: the code runs beside everything else, and messages are still copies. */
import { messageOf } from "@runnel/kit/errors.ts";
import type { Clock, Scheduler } from "@runnel/kit/world.ts";
import type { Disk, Thread, ThreadCode, ThreadHandlers, ThreadHost, Threads } from "../ports.ts";

export interface InlineThreadsWorld {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

class InlineThread implements Thread {
  readonly #world: InlineThreadsWorld;
  readonly #handlers: ThreadHandlers;
  /** What came before the code was loaded; null from then on. */
  #waiting: unknown[] | null = [];
  #receive: ((message: unknown) => void) | null = null;
  #isEnded = false;

  constructor(world: InlineThreadsWorld, code: ThreadCode, handlers: ThreadHandlers) {
    this.#world = world;
    this.#handlers = handlers;
    this.#run(code).catch((error: unknown) => this.#fail(error));
  }

  post(message: unknown, moved: readonly ArrayBuffer[] = []): void {
    const copy = structuredClone(message, { transfer: [...moved] });
    if (this.#waiting !== null) this.#waiting.push(copy);
    else this.#deliver(copy);
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    this.#receive = null;
  }

  async #run(code: ThreadCode): Promise<void> {
    const module = await code.load();
    if (this.#isEnded) return;
    this.#receive = module.startThread(this.#host());
    const early = this.#waiting ?? [];
    this.#waiting = null;
    for (const message of early) this.#deliver(message);
  }

  #host(): ThreadHost {
    const { disk, clock, scheduler } = this.#world;
    return {
      disk,
      clock,
      scheduler,
      post: (message, moved = []) => {
        const copy = structuredClone(message, { transfer: [...moved] });
        scheduler.soon(() => {
          if (!this.#isEnded) this.#handlers.onMessage(copy);
        });
      },
    };
  }

  #deliver(message: unknown): void {
    this.#world.scheduler.soon(() => {
      try {
        this.#receive?.(message);
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #fail(error: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#receive = null;
    this.#handlers.onEnd(`failed: ${messageOf(error)}`);
  }
}

/** Threads that are none: their code takes turns with the rest of the world. */
export function inlineThreads(world: InlineThreadsWorld): Threads {
  return { start: (code, handlers) => new InlineThread(world, code, handlers) };
}
