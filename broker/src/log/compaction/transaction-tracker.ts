/**
 * Which transactions the batches of a log belong to, seen in their order: what was aborted, and which
 * markers have no data left that they speak of.
 */
import type { AbortedTransaction } from "../transaction-index.ts";

/** What a control batch says. */
export type MarkerKind =
  | "commit"
  | "abort"
  /** Its marker was removed before; the batch stayed for its producer. */
  | "none"
  /** A kind that compaction does not know: never removed. */
  | "other";

interface Ongoing {
  readonly transaction: AbortedTransaction;
  hasData: boolean;
}

export class TransactionTracker {
  /** In the order of their first offsets. */
  readonly #aborted: readonly AbortedTransaction[];
  #next = 0;
  readonly #ongoing = new Map<bigint, Ongoing>();
  /** Producers with data of which no marker was seen yet, and that were not aborted. */
  readonly #open = new Set<bigint>();
  readonly #kept: AbortedTransaction[] = [];

  /** `aborted`: those that have data or a marker among the batches to come. */
  constructor(aborted: readonly AbortedTransaction[]) {
    this.#aborted = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Notes a transactional batch of data; returns whether its transaction was aborted. */
  onData(producerId: bigint, lastOffset: number): boolean {
    this.#advance(lastOffset);
    const ongoing = this.#ongoing.get(producerId);
    if (ongoing !== undefined && lastOffset <= ongoing.transaction.lastOffset) {
      ongoing.hasData = true;
      return true;
    }
    this.#open.add(producerId);
    return false;
  }

  /** Notes a control batch; returns whether no batch of its transaction was seen. */
  onMarker(producerId: bigint, lastOffset: number, kind: MarkerKind): boolean {
    this.#advance(lastOffset);
    if (kind === "none") return true;
    if (kind === "other") return false;
    const wasOpen = this.#open.delete(producerId);
    if (kind === "commit") return !wasOpen;
    const ongoing = this.#ongoing.get(producerId);
    this.#ongoing.delete(producerId);
    // Data that nothing but this marker calls aborted: without it, readers would see them.
    if (ongoing?.hasData !== true) return !wasOpen;
    this.#kept.push(ongoing.transaction);
    return false;
  }

  /** Aborted transactions whose marker came by since the last call, and that had data before it. */
  takeKept(): readonly AbortedTransaction[] {
    return this.#kept.splice(0);
  }

  /** Takes up the aborted transactions that began by `offset`. */
  #advance(offset: number): void {
    for (;;) {
      const transaction = this.#aborted[this.#next];
      if (transaction === undefined || transaction.firstOffset > offset) return;
      this.#next += 1;
      this.#ongoing.set(transaction.producerId, { transaction, hasData: false });
    }
  }
}
