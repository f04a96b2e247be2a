/** Sets of partitions by topic id: what a member is to have, says that it has, and was given. */

/** Partitions by topic id, each list ascending and without repetitions; no topic with an empty list. */
export type Partitions = ReadonlyMap<string, readonly number[]>;

/** The same with the epoch at which each partition was given (KIP-1251). */
export type Owned = ReadonlyMap<string, ReadonlyMap<number, number>>;

export const NO_PARTITIONS: Partitions = new Map();
export const NOTHING_OWNED: Owned = new Map();

/** Lists that may come in any order, with repetitions, as clients and records have them. */
export function partitionsOf(
  entries: Iterable<readonly [topicId: string, partitions: readonly number[]]>,
): Partitions {
  const all = new Map<string, readonly number[]>();
  for (const [topicId, given] of entries) {
    if (given.length === 0) continue;
    const known = all.get(topicId);
    const list = known === undefined ? given : [...known, ...given];
    all.set(topicId, isAscending(list) ? list : [...new Set(list)].sort((a, b) => a - b));
  }
  return all;
}

export function arePartitionsEqual(a: Partitions, b: Partitions): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [topicId, list] of a) {
    const other = b.get(topicId);
    if (other === undefined || other.length !== list.length) return false;
    for (let at = 0; at < list.length; at += 1) if (list[at] !== other[at]) return false;
  }
  return true;
}

/** Whether both hold the same partitions, whenever they were given. */
export function hasSamePartitions(a: Owned, b: Owned): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [topicId, epochs] of a) {
    const other = b.get(topicId);
    if (other === undefined || other.size !== epochs.size) return false;
    for (const partition of epochs.keys()) if (!other.has(partition)) return false;
  }
  return true;
}

/** Whether every one of `partitions` is among `owned`. */
export function isWithinOwned(partitions: Partitions, owned: Owned): boolean {
  for (const [topicId, list] of partitions) {
    const epochs = owned.get(topicId);
    if (epochs === undefined || !list.every((partition) => epochs.has(partition))) return false;
  }
  return true;
}

/** Whether one of `partitions` is among `owned`. */
export function touchesOwned(partitions: Partitions, owned: Owned): boolean {
  for (const [topicId, list] of partitions) {
    const epochs = owned.get(topicId);
    if (epochs !== undefined && list.some((partition) => epochs.has(partition))) return true;
  }
  return false;
}

export function withoutEpochs(owned: Owned): Partitions {
  return partitionsOf(
    Array.from(owned, ([topicId, epochs]) => [topicId, [...epochs.keys()]] as const),
  );
}

/** How many partitions there are in all. */
export function countPartitions(partitions: Partitions): number {
  let count = 0;
  for (const list of partitions.values()) count += list.length;
  return count;
}

function isAscending(list: readonly number[]): boolean {
  for (let at = 1; at < list.length; at += 1) {
    if ((list[at] as number) <= (list[at - 1] as number)) return false;
  }
  return true;
}
