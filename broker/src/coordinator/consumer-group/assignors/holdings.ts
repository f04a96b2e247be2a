/** Who holds what while a target is made: what members keep of the last one, and what is left over. */
import { type Partitions, partitionsOf } from "../partitions.ts";
import type { AssignorInput } from "./assignor.ts";

export interface Place {
  readonly topicId: string;
  readonly partition: number;
}

/** What one member has so far. */
export interface Holding {
  readonly memberId: string;
  readonly topicIds: readonly string[];
  /** In no order; topics without a partition may be there. */
  readonly topics: Map<string, number[]>;
  size: number;
}

/** Holdings in the order of member ids, so that the same input has one outcome. */
export interface Holdings {
  readonly all: readonly Holding[];
  /** Partitions of topics that somebody asks for, and nobody has; by topic, ascending. */
  readonly free: readonly Place[];
}

/** Everybody keeps what it has of what it still asks for and what is still there. */
export function keepCurrent({ members, partitionCounts }: AssignorInput): Holdings {
  const taken = new Map<string, Set<number>>();
  const wanted = new Set<readonly string[]>();
  const all = members
    .toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
    .map(({ memberId, topicIds, current }): Holding => {
      wanted.add(topicIds);
      const holding: Holding = { memberId, topicIds, topics: new Map(), size: 0 };
      if (current.size === 0) return holding;
      const asked = new Set(topicIds);
      for (const [topicId, partitions] of current) {
        if (!asked.has(topicId)) continue;
        const count = partitionCounts.get(topicId) ?? 0;
        let of = taken.get(topicId);
        if (of === undefined) taken.set(topicId, (of = new Set()));
        const kept: number[] = [];
        for (const partition of partitions) {
          if (partition >= count || of.has(partition)) continue;
          of.add(partition);
          kept.push(partition);
        }
        holding.topics.set(topicId, kept);
        holding.size += kept.length;
      }
      return holding;
    });
  const topicIds = [...new Set([...wanted].flat())].sort();
  const free: Place[] = [];
  for (const topicId of topicIds) {
    const of = taken.get(topicId);
    const count = partitionCounts.get(topicId) ?? 0;
    if (of?.size === count) continue;
    for (let partition = 0; partition < count; partition += 1) {
      if (of?.has(partition) !== true) free.push({ topicId, partition });
    }
  }
  return { all, free };
}

export function give(holding: Holding, { topicId, partition }: Place): void {
  const known = holding.topics.get(topicId);
  if (known === undefined) holding.topics.set(topicId, [partition]);
  else known.push(partition);
  holding.size += 1;
}

/** Takes a partition of the topic from one who has some. */
export function takeOne(holding: Holding, topicId: string): number | null {
  const partition = holding.topics.get(topicId)?.pop();
  if (partition === undefined) return null;
  holding.size -= 1;
  return partition;
}

export function targetsOf(all: readonly Holding[]): ReadonlyMap<string, Partitions> {
  return new Map(all.map(({ memberId, topics }) => [memberId, partitionsOf(topics)]));
}
