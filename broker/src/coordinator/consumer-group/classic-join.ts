/** JoinGroup of a member of the classic protocol in a group of the consumer protocol. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { JoinEvent, JoinResult, Turn } from "../group/events.ts";
import { addPendingMember, dropPendingMember, type Group, setSession } from "../group/model.ts";
import { refusedJoin } from "../group/rebalance.ts";
import { MEMBER_BYTES_MAX, MEMBERS_BYTES_MAX, MEMBERS_MAX } from "../limits.ts";
import { type Admission, NEWCOMER, returning } from "./admission.ts";
import { byTopicId, readSubscription } from "./classic-bytes.ts";
import { checkIdentity } from "./classic-members.ts";
import { isTooLarge, settle, undo } from "./heartbeat.ts";
import { forgetMember, wakeToDowngrade } from "./leave.ts";
import { type ConsumerGroup, type MemberProfile, profileBytes } from "./model.ts";
import type { Partitions } from "./partitions.ts";
import { rosterOf } from "./subscriptions.ts";
import type { Change } from "./target.ts";

type Admitted = Extract<Admission, { readonly errorCode: typeof ErrorCode.NONE }>;

export function stepClassicJoin(
  group: Group,
  consumer: ConsumerGroup,
  event: JoinEvent,
  turn: Turn,
): void {
  const asked = readJoin(event, turn);
  if (asked === null || !hasCommonProtocol(consumer, event)) {
    refuse(event, ErrorCode.INCONSISTENT_GROUP_PROTOCOL, turn);
    return;
  }
  const { memberId, groupInstanceId, needsKnownMemberId, freshMemberId } = event;
  if (memberId === "" && groupInstanceId === null && needsKnownMemberId) {
    addPendingMember(group, freshMemberId, turn.nowMs + event.sessionTimeoutMs);
    answer(event, refusedJoin(ErrorCode.MEMBER_ID_REQUIRED, freshMemberId), turn);
    return;
  }
  const admission = admitClassic(group, consumer, event);
  if (admission.errorCode !== ErrorCode.NONE) {
    refuse(event, admission.errorCode, turn);
    return;
  }
  const problem = checkCaps(group, consumer, { admission, profile: asked.profile }, turn);
  if (problem !== ErrorCode.NONE) {
    refuse(event, problem, turn);
    return;
  }
  dropPendingMember(group, memberId);
  const id = memberId === "" ? freshMemberId : memberId;
  take(group, consumer, { ...asked, event, admission, memberId: id }, turn);
}

function take(
  group: Group,
  consumer: ConsumerGroup,
  entering: {
    readonly event: JoinEvent;
    readonly admission: Admitted;
    readonly profile: MemberProfile;
    readonly reported: Partitions;
    readonly memberId: string;
  },
  turn: Turn,
): void {
  const { event, admission, profile, reported, memberId } = entering;
  const { replaced, isNew, profile: before } = admission;
  if (replaced !== null) forgetMember(group.groupId, replaced, turn);
  // A member of the classic protocol subscribes by name alone, and to what it may know of.
  const mayDescribe = () => true;
  const change: Change = { memberId, profile, before, replaced, isNew, mayDescribe };
  const progress = settle(group, consumer, { change, admission, reported }, turn);
  if (isTooLarge(turn.records)) {
    undo(consumer, turn);
    refuse(event, ErrorCode.MESSAGE_TOO_LARGE, turn);
    return;
  }
  if (replaced !== null) {
    group.sessions.delete(replaced);
    const gone = new Set([replaced]);
    wakeToDowngrade(group, rosterOf(consumer, { gone, put: { memberId, profile } }), turn);
  }
  setSession(group, memberId, {
    deadlineMs: turn.nowMs + event.sessionTimeoutMs,
    // By then it must have asked for its assignment.
    actByMs: turn.nowMs + profile.rebalanceTimeoutMs,
  });
  answer(
    event,
    {
      ...refusedJoin(ErrorCode.NONE, memberId),
      generationId: progress.memberEpoch,
      protocolType: "consumer",
      protocolName: event.protocols[0]?.name ?? null,
    },
    turn,
  );
}

/** What the member asks for and has, from the bytes of its first protocol; null where they are others'. */
function readJoin(
  event: JoinEvent,
  { topics }: Turn,
): { readonly profile: MemberProfile; readonly reported: Partitions } | null {
  const [first] = event.protocols;
  const subscription =
    first === undefined || event.protocolType !== "consumer"
      ? null
      : readSubscription(first.metadata);
  if (subscription === null) return null;
  const { sessionTimeoutMs, protocols } = event;
  return {
    reported: byTopicId(subscription.ownedPartitions, topics),
    profile: {
      groupInstanceId: event.groupInstanceId,
      rackId: subscription.rackId,
      clientId: event.clientId,
      clientHost: event.clientHost,
      rebalanceTimeoutMs: event.rebalanceTimeoutMs,
      topicNames: [...new Set(subscription.topics)].sort(),
      topicRegex: null,
      serverAssignor: null,
      classic: { sessionTimeoutMs, protocols },
    },
  };
}

/** Members of the classic protocol must be able to go on without the others. */
function hasCommonProtocol(consumer: ConsumerGroup, event: JoinEvent): boolean {
  const others: ReadonlySet<string>[] = [];
  for (const { memberId, profile } of consumer.members.values()) {
    const isReplaced =
      event.groupInstanceId !== null && profile.groupInstanceId === event.groupInstanceId;
    if (profile.classic === null || memberId === event.memberId || isReplaced) continue;
    others.push(new Set(profile.classic.protocols.map(({ name }) => name)));
  }
  return event.protocols.some(({ name }) => others.every((names) => names.has(name)));
}

/** As a classic group would: an instance that comes back takes the place of the one before. */
function admitClassic(group: Group, consumer: ConsumerGroup, event: JoinEvent): Admission {
  const { memberId, groupInstanceId } = event;
  if (memberId === "") {
    const holder = consumer.members.get(consumer.staticMembers.get(groupInstanceId ?? "") ?? "");
    if (holder === undefined) return NEWCOMER;
    const { profile, progress } = holder;
    const place = { profile, progress: returning(progress), isNew: false };
    return { errorCode: ErrorCode.NONE, ...place, replaced: holder.memberId };
  }
  if (groupInstanceId === null && group.pendingMembers.has(memberId)) return NEWCOMER;
  const errorCode = checkIdentity(consumer, event);
  const known = consumer.members.get(memberId);
  if (errorCode === ErrorCode.NONE && known !== undefined) {
    const { profile, progress } = known;
    return { errorCode, profile, progress, isNew: false, replaced: null };
  }
  return errorCode === ErrorCode.FENCED_INSTANCE_ID
    ? { errorCode, message: "" }
    : { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, message: "" };
}

function checkCaps(
  { usage }: Group,
  consumer: ConsumerGroup,
  { admission, profile }: { readonly admission: Admitted; readonly profile: MemberProfile },
  { config }: Turn,
): ErrorCode {
  const bytes = profileBytes(profile);
  if (bytes > MEMBER_BYTES_MAX) return ErrorCode.MESSAGE_TOO_LARGE;
  const added = bytes - profileBytes(admission.profile);
  const isFull =
    (admission.isNew && consumer.members.size >= config.consumer.groupSizeMax) ||
    (admission.isNew && usage.members >= MEMBERS_MAX) ||
    (added > 0 && usage.memberBytes + added > MEMBERS_BYTES_MAX);
  return isFull ? ErrorCode.GROUP_MAX_SIZE_REACHED : ErrorCode.NONE;
}

function refuse(event: JoinEvent, errorCode: ErrorCode, turn: Turn): void {
  answer(event, refusedJoin(errorCode, event.memberId), turn);
}

function answer({ ticket }: JoinEvent, result: JoinResult, turn: Turn): void {
  turn.replies.push({ kind: "join", ticket, result });
}
