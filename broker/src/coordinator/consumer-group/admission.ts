/**
 * Whether a heartbeat is that of a member, or of somebody who may become one.
 *
 * Source: KIP-848 (epochs, lost answers), KIP-345 as it carries over (static members).
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { ConsumerHeartbeatEvent } from "./events.ts";
import {
  AWAY_EPOCH,
  type ConsumerGroup,
  type ConsumerMember,
  JOIN_EPOCH,
  type MemberProfile,
  type MemberProgress,
  NO_PROFILE,
  NO_PROGRESS,
} from "./model.ts";
import { isWithinOwned, NOTHING_OWNED, type Partitions } from "./partitions.ts";

export type Admission =
  | {
      readonly errorCode: typeof ErrorCode.NONE;
      /** What it asked for until now. */
      readonly profile: MemberProfile;
      readonly progress: MemberProgress;
      readonly isNew: boolean;
      /** The member id whose place it takes; null for none. */
      readonly replaced: string | null;
    }
  | { readonly errorCode: Refusal; readonly message: string };

type Refusal = Exclude<ErrorCode, typeof ErrorCode.NONE>;

export function admit(group: ConsumerGroup, event: ConsumerHeartbeatEvent): Admission {
  const { memberId, groupInstanceId, memberEpoch } = event;
  if (groupInstanceId !== null) return admitStatic(group, event, groupInstanceId);
  const member = group.members.get(memberId);
  if (member !== undefined) return admitKnown(member, event);
  return memberEpoch === JOIN_EPOCH ? NEWCOMER : unknown(memberId);
}

export const NEWCOMER = {
  errorCode: ErrorCode.NONE,
  profile: NO_PROFILE,
  progress: NO_PROGRESS,
  isNew: true,
  replaced: null,
} as const satisfies Admission;

function admitStatic(
  group: ConsumerGroup,
  event: ConsumerHeartbeatEvent,
  groupInstanceId: string,
): Admission {
  const { memberId, memberEpoch } = event;
  const holder = group.members.get(group.staticMembers.get(groupInstanceId) ?? "");
  if (holder?.memberId === memberId) return admitKnown(holder, event);
  if (memberEpoch !== JOIN_EPOCH) {
    if (holder === undefined) return unknown(memberId);
    const message = `instance ${groupInstanceId} is member ${holder.memberId} now`;
    return { errorCode: ErrorCode.FENCED_INSTANCE_ID, message };
  }
  if (holder === undefined) {
    const known = group.members.get(memberId);
    return known === undefined ? NEWCOMER : admitKnown(known, event);
  }
  if (holder.progress.memberEpoch !== AWAY_EPOCH && holder.profile.classic === null) {
    const message = `instance ${groupInstanceId} is a member already, and did not leave`;
    return { errorCode: ErrorCode.UNRELEASED_INSTANCE_ID, message };
  }
  return {
    errorCode: ErrorCode.NONE,
    profile: holder.profile,
    progress: returning(holder.progress),
    isNew: false,
    replaced: holder.memberId,
  };
}

/** One that joins again has nothing, whatever it had, so that no epoch is held against it. */
function admitKnown(
  { profile, progress }: ConsumerMember,
  event: ConsumerHeartbeatEvent,
): Admission {
  const admitted = { errorCode: ErrorCode.NONE, profile, isNew: false, replaced: null };
  if (event.memberEpoch === JOIN_EPOCH) {
    const isAway = progress.memberEpoch === AWAY_EPOCH;
    return { ...admitted, progress: isAway ? returning(progress) : progress };
  }
  if (isCurrent(progress, event.memberEpoch, event.reported)) return { ...admitted, progress };
  const message = `the member has epoch ${progress.memberEpoch}, not ${event.memberEpoch}`;
  return { errorCode: ErrorCode.FENCED_MEMBER_EPOCH, message };
}

/** The epoch before is that of a member which missed the answer that moved it on. */
function isCurrent(
  { memberEpoch, previousMemberEpoch, assigned }: MemberProgress,
  claimed: number,
  reported: Partitions | null,
): boolean {
  if (claimed === memberEpoch) return true;
  if (claimed !== previousMemberEpoch || claimed > memberEpoch) return false;
  return reported !== null && isWithinOwned(reported, assigned);
}

/** A static member comes back with nothing and takes up what it was given. */
export function returning({ assigned, state }: MemberProgress): MemberProgress {
  return {
    memberEpoch: JOIN_EPOCH,
    previousMemberEpoch: JOIN_EPOCH,
    state,
    assigned,
    pendingRevocation: NOTHING_OWNED,
  };
}

function unknown(memberId: string): Admission {
  return { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, message: `there is no member ${memberId}` };
}
