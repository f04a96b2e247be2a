/**
 * One member's way to its target, a step per heartbeat.
 *
 *             target changed, something to give up
 *   STABLE ───────────────────────────────────────▶ UNREVOKED ──given up──▶ (decided anew)
 *     ▲  │ target changed, nothing to give up           old epoch; keeps what the target leaves it
 *     │  ├──all of it free──▶ STABLE at the target's epoch
 *     │  └──some still held by others──▶ UNRELEASED at the target's epoch, with what is free
 *     └──────────────the rest became free──────────────────┘
 *
 * So a partition is never given to two members: what one has to give up counts as its own until it
 * reports, in its next heartbeat with partitions, that it does not have it any more. Source: KIP-848;
 * KIP-1251 for the epoch of each partition.
 */
import { unreachable } from "@runnel/kit/assert.ts";
import { type MemberProgress, MemberState } from "./model.ts";
import { NOTHING_OWNED, type Owned, type Partitions, touchesOwned } from "./partitions.ts";

export interface Reconciliation {
  readonly progress: MemberProgress;
  /** The epoch for which `target` was computed. */
  readonly targetEpoch: number;
  readonly target: Partitions;
  /** What the member says that it has; null where it did not say. */
  readonly reported: Partitions | null;
  /** Whether nobody else has the partition. */
  readonly isFree: (topicId: string, partition: number) => boolean;
}

/** Where the member stands after this heartbeat; the same object where nothing moves. */
export function reconcile(input: Reconciliation): MemberProgress {
  const { progress, targetEpoch, reported } = input;
  switch (progress.state) {
    case MemberState.STABLE:
      return progress.memberEpoch === targetEpoch ? progress : advance(input);
    case MemberState.UNREVOKED: {
      const hasGivenUp = reported !== null && !touchesOwned(reported, progress.pendingRevocation);
      return hasGivenUp ? advance(input) : progress;
    }
    case MemberState.UNRELEASED:
    // A state of a later Kafka: the member had everything explained to it when it entered it.
    case MemberState.UNKNOWN:
      return advance(input);
    default:
      return unreachable(progress.state);
  }
}

function advance(input: Reconciliation): MemberProgress {
  const { progress, targetEpoch, reported } = input;
  const { kept, revoked } = split(progress.assigned, input.target);
  if (revoked.size > 0 && (reported === null || touchesOwned(reported, revoked))) {
    return {
      memberEpoch: progress.memberEpoch,
      previousMemberEpoch: progress.memberEpoch,
      state: MemberState.UNREVOKED,
      assigned: kept,
      pendingRevocation: revoked,
    };
  }
  const { assigned, isComplete } = extend(kept, input);
  const state = isComplete ? MemberState.STABLE : MemberState.UNRELEASED;
  const isSame =
    state === progress.state &&
    progress.memberEpoch === targetEpoch &&
    revoked.size === 0 &&
    assigned === kept;
  if (isSame) return progress;
  return {
    memberEpoch: targetEpoch,
    previousMemberEpoch: progress.memberEpoch,
    state,
    assigned,
    pendingRevocation: NOTHING_OWNED,
  };
}

/** What stays, and what has to go. */
function split(
  assigned: Owned,
  target: Partitions,
): { readonly kept: Owned; readonly revoked: Owned } {
  const kept = new Map<string, Map<number, number>>();
  const revoked = new Map<string, Map<number, number>>();
  for (const [topicId, epochs] of assigned) {
    const wanted = new Set(target.get(topicId));
    for (const [partition, epoch] of epochs) {
      const side = wanted.has(partition) ? kept : revoked;
      let list = side.get(topicId);
      if (list === undefined) side.set(topicId, (list = new Map()));
      list.set(partition, epoch);
    }
  }
  return { kept, revoked };
}

/** `kept` with what of the target is free; the same object where that is nothing. */
function extend(
  kept: Owned,
  { target, targetEpoch, isFree }: Reconciliation,
): { readonly assigned: Owned; readonly isComplete: boolean } {
  const assigned = new Map<string, ReadonlyMap<number, number>>(kept);
  let [isComplete, isExtended] = [true, false];
  for (const [topicId, partitions] of target) {
    const has = kept.get(topicId);
    const missing = partitions.filter((partition) => has?.has(partition) !== true);
    const free = missing.filter((partition) => isFree(topicId, partition));
    if (free.length < missing.length) isComplete = false;
    if (free.length === 0) continue;
    isExtended = true;
    const given = free.map((partition): [number, number] => [partition, targetEpoch]);
    assigned.set(topicId, new Map([...(has ?? []), ...given]));
  }
  return { assigned: isExtended ? assigned : kept, isComplete };
}
