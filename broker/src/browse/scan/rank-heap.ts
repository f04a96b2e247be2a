/** The partitions of a scan, the one whose turn it is at the top. */

export interface Ranked {
  readonly rank: number;
}

export class RankHeap<T extends Ranked> {
  /** A binary heap; `#order` breaks ties, so that equal times come in a fixed order. */
  readonly #items: T[] = [];
  readonly #order: (a: T, b: T) => number;

  /** `order` compares items of the same rank: negative where `a` comes first. */
  constructor(order: (a: T, b: T) => number) {
    this.#order = order;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The item with the largest rank; undefined where there is none. */
  get top(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.#isBefore(item, items[parent] as T)) break;
      items[at] = items[parent] as T;
      at = parent;
    }
    items[at] = item;
  }

  /** Puts the top where its rank, which has changed, belongs. */
  settleTop(): void {
    const [item] = this.#items;
    if (item !== undefined) this.#sink(item);
  }

  removeTop(): void {
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.#sink(last);
  }

  /** Puts `item` in the place of the top, and from there where it belongs. */
  #sink(item: T): void {
    const items = this.#items;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      const right = child + 1;
      if (right < items.length && this.#isBefore(items[right] as T, items[child] as T)) {
        child = right;
      }
      if (!this.#isBefore(items[child] as T, item)) break;
      items[at] = items[child] as T;
      at = child;
    }
    items[at] = item;
  }

  #isBefore(a: T, b: T): boolean {
    return a.rank > b.rank || (a.rank === b.rank && this.#order(a, b) < 0);
  }
}
