/** What a group member has handed over and not committed yet. */

export interface Commit {
  readonly topic: string;
  readonly partition: number;
  /** Where to go on. */
  readonly offset: bigint;
  readonly leaderEpoch: number;
}

interface Span {
  readonly first: bigint;
  readonly next: bigint;
  readonly leaderEpoch: number;
}

export class Unsaved {
  readonly #topic: string;
  readonly #spans = new Map<number, Span>();

  constructor(topic: string) {
    this.#topic = topic;
  }

  get isEmpty(): boolean {
    return this.#spans.size === 0;
  }

  /**
   * Whether the record was handed over already. A member that joins anew is sent back to what is
   * committed; what lies behind that, it need not see twice.
   */
  has(partition: number, offset: bigint): boolean {
    const span = this.#spans.get(partition);
    return span !== undefined && offset >= span.first && offset < span.next;
  }

  add(partition: number, offset: bigint, leaderEpoch: number): void {
    const first = this.#spans.get(partition)?.first ?? offset;
    this.#spans.set(partition, { first, next: offset + 1n, leaderEpoch });
  }

  /** Has `save` commit everything; what is not saved when it rejects stays. Nothing is added meanwhile. */
  async commit(save: (offsets: Commit[]) => Promise<void>): Promise<void> {
    if (this.isEmpty) return;
    const topic = this.#topic;
    const offsets = [...this.#spans].map(([partition, { next, leaderEpoch }]) => {
      return { topic, partition, offset: next, leaderEpoch };
    });
    await save(offsets);
    this.#spans.clear();
  }
}
