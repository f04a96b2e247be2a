/**
 * Spreads partitions over members that ask for different topics: what is free goes to whoever has least
 * among those who may have it; then partitions move from who has most to who has least, topic by topic,
 * until no move makes two members more even. What was not moved stays where it was.
 */
import { give, type Holding, type Place, takeOne } from "./holdings.ts";

/**
 * Passes over all topics. Each move makes the sum of the squared sizes smaller, so there is an end anyway;
 * the bound says what the worst may cost. What is left over then is a target that is less even.
 */
const PASSES_MAX = 100;

export function spreadMixed(all: readonly Holding[], free: readonly Place[]): void {
  const subscribers = subscribersOf(all);
  dealFree(free, subscribers);
  const topicIds = [...subscribers.keys()].sort();
  for (let pass = 0; pass < PASSES_MAX; pass += 1) {
    let isMoved = false;
    for (const topicId of topicIds) {
      if (evenOut(topicId, subscribers.get(topicId) ?? [])) isMoved = true;
    }
    if (!isMoved) return;
  }
}

function subscribersOf(all: readonly Holding[]): ReadonlyMap<string, readonly Holding[]> {
  const subscribers = new Map<string, Holding[]>();
  for (const holding of all) {
    for (const topicId of holding.topicIds) {
      const known = subscribers.get(topicId);
      if (known === undefined) subscribers.set(topicId, [holding]);
      else known.push(holding);
    }
  }
  return subscribers;
}

/** Topics that few may have come first: later there may be no even place for them. */
function dealFree(
  free: readonly Place[],
  subscribers: ReadonlyMap<string, readonly Holding[]>,
): void {
  const byTopic = new Map<string, Place[]>();
  for (const place of free) {
    const known = byTopic.get(place.topicId);
    if (known === undefined) byTopic.set(place.topicId, [place]);
    else known.push(place);
  }
  const count = (topicId: string): number => subscribers.get(topicId)?.length ?? 0;
  const topics = [...byTopic].sort(([a], [b]) => count(a) - count(b) || (a < b ? -1 : 1));
  for (const [topicId, places] of topics) {
    const least = new SizeHeap(subscribers.get(topicId) ?? [], 1);
    for (const place of places) {
      const holding = least.first();
      if (holding === null) break;
      give(holding, place);
      least.push(holding);
    }
  }
}

/** Moves partitions of one topic; says whether it moved any. */
function evenOut(topicId: string, subscribers: readonly Holding[]): boolean {
  if (isEven(topicId, subscribers)) return false;
  const hasSome = ({ topics }: Holding): boolean => (topics.get(topicId)?.length ?? 0) > 0;
  const most = new SizeHeap(subscribers.filter(hasSome), -1);
  const least = new SizeHeap(subscribers, 1);
  for (;;) {
    const source = most.first();
    const target = least.first();
    if (source === null || target === null || source.size - target.size <= 1) return true;
    const partition = takeOne(source, topicId);
    if (partition === null) {
      most.drop();
      continue;
    }
    give(target, { topicId, partition });
    for (const holding of [source, target]) {
      most.push(holding);
      least.push(holding);
    }
  }
}

/** Whether no partition of the topic can move for the better; most topics in most passes. */
function isEven(topicId: string, subscribers: readonly Holding[]): boolean {
  let [most, least] = [0, Number.POSITIVE_INFINITY];
  for (const { size, topics } of subscribers) {
    if (size < least) least = size;
    if (size > most && (topics.get(topicId)?.length ?? 0) > 0) most = size;
  }
  return most - least <= 1;
}

interface Entry {
  readonly holding: Holding;
  readonly size: number;
}

/** Holdings by size, whose sizes may change: an entry counts while its holding still has that size. */
class SizeHeap {
  readonly #entries: Entry[] = [];
  readonly #sign: 1 | -1;

  /** `sign` 1 has the smallest first, −1 the largest. */
  constructor(holdings: readonly Holding[], sign: 1 | -1) {
    this.#sign = sign;
    for (const holding of holdings) this.push(holding);
  }

  /** The first holding as it is now; null for none. It stays. */
  first(): Holding | null {
    for (;;) {
      const entry = this.#entries[0];
      if (entry === undefined) return null;
      if (entry.holding.size === entry.size) return entry.holding;
      this.drop();
    }
  }

  /** Says that the holding has a new size. */
  push(holding: Holding): void {
    const entries = this.#entries;
    let at = entries.push({ holding, size: holding.size }) - 1;
    while (at > 0 && this.#isBefore(at, (at - 1) >> 1)) {
      this.#swap(at, (at - 1) >> 1);
      at = (at - 1) >> 1;
    }
  }

  /** Takes the first entry out. */
  drop(): void {
    const entries = this.#entries;
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return;
    entries[0] = last;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= entries.length) return;
      if (child + 1 < entries.length && this.#isBefore(child + 1, child)) child += 1;
      if (!this.#isBefore(child, at)) return;
      this.#swap(child, at);
      at = child;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#entries[a] as Entry, this.#entries[b] as Entry];
    return this.#sign * (one.size - other.size) < 0;
  }

  #swap(a: number, b: number): void {
    const entries = this.#entries;
    [entries[a], entries[b]] = [entries[b] as Entry, entries[a] as Entry];
  }
}
