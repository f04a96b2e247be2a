/** The next deadline of each of many keys, and the earliest of all. */

interface Entry {
  readonly key: string;
  readonly deadlineMs: number;
}

/**
 * A key's deadline is only ever brought forward, until it was due; what is later than the one it has is
 * not remembered. So a session that is renewed costs nothing here: its old deadline comes due, and
 * whoever looks then says when to look again.
 */
export class DeadlineQueue {
  /** A binary heap; entries that `#deadlines` does not confirm are stale. */
  readonly #heap: Entry[] = [];
  readonly #deadlines = new Map<string, number>();

  set(key: string, deadlineMs: number): void {
    const known = this.#deadlines.get(key);
    if (known !== undefined && known <= deadlineMs) return;
    this.#deadlines.set(key, deadlineMs);
    this.#push({ key, deadlineMs });
  }

  /** The earliest deadline; null for none. */
  next(): number | null {
    this.#dropStale();
    return this.#heap[0]?.deadlineMs ?? null;
  }

  /** Takes out the earliest entry that is due; null for none. */
  takeDue(nowMs: number): Entry | null {
    this.#dropStale();
    const first = this.#heap[0];
    if (first === undefined || first.deadlineMs > nowMs) return null;
    this.#deadlines.delete(first.key);
    this.#pop();
    return first;
  }

  #dropStale(): void {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || this.#deadlines.get(first.key) === first.deadlineMs) return;
      this.#pop();
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Entry;
      if (above.deadlineMs <= entry.deadlineMs) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const right = heap[child + 1];
      const left = heap[child];
      if (left === undefined) break;
      if (right !== undefined && right.deadlineMs < left.deadlineMs) child += 1;
      const below = heap[child] as Entry;
      if (last.deadlineMs <= below.deadlineMs) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}
