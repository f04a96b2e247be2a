/**
 * The transactions of a log that readers of committed data must not look behind: open ones, and those
 * whose marker is appended and not replicated yet.
 */

export class OpenTransactions {
  /** First offsets by producer, lowest first: each begins at the end of the log. */
  readonly #open: Map<bigint, number>;
  /** In the order of their markers. */
  readonly #ended: { readonly firstOffset: number; readonly markerOffset: number }[] = [];

  constructor(open: readonly { readonly producerId: bigint; readonly start: number }[] = []) {
    const sorted = open.toSorted((a, b) => a.start - b.start);
    this.#open = new Map(sorted.map(({ producerId, start }) => [producerId, start]));
  }

  /** First offsets by producer, lowest first. */
  get open(): ReadonlyMap<bigint, number> {
    return this.#open;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** The lowest first offset of those that are open; null for none. */
  get firstOpen(): number | null {
    for (const start of this.#open.values()) return start;
    return null;
  }

  /** The first offset that is not decided for good; null where everything is. */
  get firstUndecided(): number | null {
    let first = this.firstOpen;
    for (const { firstOffset } of this.#ended) {
      if (first === null || firstOffset < first) first = firstOffset;
    }
    return first;
  }

  begin(producerId: bigint, start: number): void {
    this.#open.set(producerId, start);
  }

  /** The marker of the open transaction is at `markerOffset`. */
  end(producerId: bigint, markerOffset: number): void {
    const firstOffset = this.#open.get(producerId);
    if (firstOffset === undefined) return;
    this.#open.delete(producerId);
    this.#ended.push({ firstOffset, markerOffset });
  }

  /** Markers below `highWatermark` are there for good. */
  settle(highWatermark: number): void {
    while (this.#ended.length > 0 && (this.#ended[0]?.markerOffset ?? 0) < highWatermark) {
      this.#ended.shift();
    }
  }
}
