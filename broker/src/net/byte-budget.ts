/**
 * Bytes of requests that all connections together may hold: frames that are being received, and those
 * that are being answered.
 *
 * Nothing is refused. Above the limit, connections that hold more than `FREE_BYTES` stop reading and
 * wait in line; small requests go on. They read again, in order, when there is room. Where it is mostly
 * frames half received that fill the budget, so that no answer would ever make room, the first in line
 * may read its one frame to the end.
 */
import type { Scheduler } from "@runnel/kit/world.ts";

/** What every connection may hold, however full the budget is: a full chunk of small requests. */
const FREE_BYTES = 64 * 1024;

export interface BudgetWaiter {
  /** May read on; with `isAlone` only until its frame is whole, then it calls `endPass`. */
  onRoom(isAlone: boolean): void;
}

export class ByteBudget {
  readonly #bytesMax: () => number;
  readonly #scheduler: Scheduler;
  readonly #waiters = new Set<BudgetWaiter>();
  /** Bytes received and not answered. */
  #heldBytes = 0;
  /** Of those, bytes of requests that are being answered. */
  #inFlightBytes = 0;
  #alone: BudgetWaiter | null = null;
  #isCheckDue = false;

  constructor(bytesMax: () => number, scheduler: Scheduler) {
    this.#bytesMax = bytesMax;
    this.#scheduler = scheduler;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** Connections that wait for room. */
  get waiterCount(): number {
    return this.#waiters.size;
  }

  /** Books a change in what one connection holds, and how much of that is being answered. */
  change(heldDelta: number, inFlightDelta: number): void {
    this.#heldBytes += heldDelta;
    this.#inFlightBytes += inFlightDelta;
    if (this.#waiters.size > 0 && (heldDelta < 0 || inFlightDelta < 0)) this.#checkSoon();
  }

  /** Whether a connection that holds `bytes` may read on. */
  allows(bytes: number): boolean {
    return bytes <= FREE_BYTES || this.#heldBytes <= this.#bytesMax();
  }

  wait(waiter: BudgetWaiter): void {
    this.#waiters.add(waiter);
    this.#checkSoon();
  }

  /** `waiter` is gone, or reads again for another reason. */
  stopWaiting(waiter: BudgetWaiter): void {
    this.#waiters.delete(waiter);
  }

  /** The one that was let in alone has its frame, or is gone. */
  endPass(waiter: BudgetWaiter): void {
    if (this.#alone !== waiter) return;
    this.#alone = null;
    if (this.#waiters.size > 0) this.#checkSoon();
  }

  #checkSoon(): void {
    if (this.#isCheckDue) return;
    this.#isCheckDue = true;
    this.#scheduler.soon(() => {
      this.#isCheckDue = false;
      this.#check();
    });
  }

  #check(): void {
    for (const waiter of this.#waiters) {
      const bytesMax = this.#bytesMax();
      const hasRoom = this.#heldBytes <= bytesMax;
      const isAlone = !hasRoom && this.#alone === null && this.#inFlightBytes <= bytesMax / 2;
      if (!hasRoom && !isAlone) return;
      this.#waiters.delete(waiter);
      if (isAlone) this.#alone = waiter;
      waiter.onRoom(isAlone);
      // It holds no more than before, but will: the next one waits for the next change.
      if (isAlone) return;
    }
  }
}
