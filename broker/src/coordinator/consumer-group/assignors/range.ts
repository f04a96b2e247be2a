/**
 * `range`: of each topic, every member that asks for it gets a run of partitions, in the order of instance
 * ids and member ids; the first ones get one more where it does not come out even. Topics with as many
 * partitions and the same members so put equal numbers together, for joins by key. Not sticky.
 */
import type { Partitions } from "../partitions.ts";
import type { AssignorInput, AssignorMember } from "./assignor.ts";

export function assignRange({
  members,
  partitionCounts,
}: AssignorInput): ReadonlyMap<string, Partitions> {
  const targets = new Map(
    members.map(({ memberId }) => [memberId, new Map<string, readonly number[]>()]),
  );
  const subscribers = new Map<string, string[]>();
  for (const { memberId, topicIds } of members.toSorted(byName)) {
    for (const topicId of topicIds) {
      const known = subscribers.get(topicId);
      if (known === undefined) subscribers.set(topicId, [memberId]);
      else known.push(memberId);
    }
  }
  for (const [topicId, memberIds] of subscribers) {
    const count = partitionCounts.get(topicId) ?? 0;
    const least = Math.floor(count / memberIds.length);
    const withOneMore = count % memberIds.length;
    let from = 0;
    for (const [at, memberId] of memberIds.entries()) {
      const size = least + (at < withOneMore ? 1 : 0);
      if (size === 0) break;
      const first = from;
      const run = Array.from({ length: size }, (_, index) => first + index);
      targets.get(memberId)?.set(topicId, run);
      from += size;
    }
  }
  return targets;
}

/** Static members first, by the name that they keep. */
function byName(a: AssignorMember, b: AssignorMember): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null) {
    return compare(a.groupInstanceId, b.groupInstanceId);
  }
  if (a.groupInstanceId !== null) return -1;
  return b.groupInstanceId === null ? compare(a.memberId, b.memberId) : 1;
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
