/**
 * Requests that came while the transaction before theirs still waits for its markers: better held for a
 * moment than sent back to be made again.
 */
import type { Scheduler, Timer } from "@runnel/kit/world.ts";
import { COMPLETION_WAIT_MS, COMPLETION_WAITS_MAX } from "./limits.ts";

/** The patience of one request. */
export interface CompletionWait {
  /** Resolves true when the transaction was completed since the last call, false when patience is over. */
  next(): Promise<boolean>;
  /** Must be called, once. */
  end(): void;
}

interface Waiting {
  isSignalled: boolean;
  isOver: boolean;
  resolve: ((isComplete: boolean) => void) | null;
}

export class CompletionWaits {
  readonly #scheduler: Scheduler;
  readonly #byId = new Map<string, Set<Waiting>>();
  #count = 0;
  #isClosed = false;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Begin before the request is made, or its completion could be missed. */
  begin(transactionalId: string): CompletionWait {
    const waiting: Waiting = { isSignalled: false, isOver: this.#isFull(), resolve: null };
    let timer: Timer | null = null;
    this.#count += 1;
    this.#add(transactionalId, waiting);
    return {
      next: () => {
        if (waiting.isOver) return Promise.resolve(false);
        if (waiting.isSignalled) {
          waiting.isSignalled = false;
          return Promise.resolve(true);
        }
        timer ??= this.#scheduler.after(COMPLETION_WAIT_MS, () => {
          waiting.isOver = true;
          settle(waiting, false);
        });
        return new Promise((resolve) => {
          waiting.resolve = resolve;
        });
      },
      end: () => {
        timer?.cancel();
        this.#count -= 1;
        this.#remove(transactionalId, waiting);
      },
    };
  }

  complete(transactionalId: string): void {
    for (const waiting of this.#byId.get(transactionalId) ?? []) {
      if (waiting.resolve === null) waiting.isSignalled = true;
      else settle(waiting, true);
    }
  }

  /** Nobody waits from here on. */
  close(): void {
    this.#isClosed = true;
    for (const waits of this.#byId.values()) {
      for (const waiting of waits) {
        waiting.isOver = true;
        settle(waiting, false);
      }
    }
  }

  #isFull(): boolean {
    return this.#isClosed || this.#count >= COMPLETION_WAITS_MAX;
  }

  #add(transactionalId: string, waiting: Waiting): void {
    const waits = this.#byId.get(transactionalId);
    if (waits === undefined) this.#byId.set(transactionalId, new Set([waiting]));
    else waits.add(waiting);
  }

  #remove(transactionalId: string, waiting: Waiting): void {
    const waits = this.#byId.get(transactionalId);
    waits?.delete(waiting);
    if (waits?.size === 0) this.#byId.delete(transactionalId);
  }
}

function settle(waiting: Waiting, isComplete: boolean): void {
  waiting.resolve?.(isComplete);
  waiting.resolve = null;
}
