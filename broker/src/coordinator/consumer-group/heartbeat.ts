/**
 * ConsumerGroupHeartbeat: the one request by which a member of the consumer protocol joins, stays, learns
 * its partitions and reports what it has.
 *
 * In one step: who is it (`admission.ts`); what does it ask for now; does that, or a topic that came, grew
 * or went, make a new group epoch; a new target for that epoch (`target.ts`); one step of the member
 * towards it (`reconcile.ts`). What changes is committed before it is answered; a heartbeat that changes
 * nothing writes nothing.
 *
 * Source: KIP-848; KIP-1251 (epochs of partitions).
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Turn } from "../group/events.ts";
import { type Group, setSession } from "../group/model.ts";
import type { GroupRecord } from "../group/records.ts";
import { MEMBER_BYTES_MAX, MEMBERS_BYTES_MAX, MEMBERS_MAX } from "../limits.ts";
import { type Admission, admit } from "./admission.ts";
import {
  type ConsumerHeartbeatEvent,
  type ConsumerHeartbeatResult,
  refusedHeartbeat,
} from "./events.ts";
import { forgetMember, stepConsumerLeave } from "./leave.ts";
import { type Entrance, planUpgrade, releaseMembers } from "./migrate.ts";
import {
  type ConsumerGroup,
  createConsumerGroup,
  isProfileEqual,
  JOIN_EPOCH,
  type MemberProfile,
  type MemberProgress,
  MemberState,
  profileBytes,
} from "./model.ts";
import { hasSamePartitions, type Partitions, withoutEpochs } from "./partitions.ts";
import { reconcile } from "./reconcile.ts";
import { consumerValueBytes, isConsumerRecord } from "./records.ts";
import { type Change, planTarget } from "./target.ts";

/** Bytes of one record's value: stays under `message.max.bytes`, which bounds it in Kafka, too. */
const RECORD_BYTES_MAX = 1_000_000;

export function stepConsumerHeartbeat(
  group: Group,
  event: ConsumerHeartbeatEvent,
  turn: Turn,
): void {
  if (event.memberEpoch < JOIN_EPOCH) {
    stepConsumerLeave(group, event, turn);
    return;
  }
  const entrance = entranceTo(group, event, turn);
  if (entrance === null) {
    const message = `there is no consumer group ${event.groupId}`;
    refuse(event, ErrorCode.GROUP_ID_NOT_FOUND, message, turn);
    return;
  }
  const { consumer } = entrance;
  const admission = admit(consumer, event);
  if (admission.errorCode !== ErrorCode.NONE) {
    refuse(event, admission.errorCode, admission.message, turn);
    return;
  }
  const profile = profileAfter(admission.profile, event);
  const problem = checkCaps(group, consumer, { admission, profile }, turn);
  if (problem !== null) {
    refuse(event, problem.errorCode, problem.message, turn);
    return;
  }
  take(group, entrance, { event, admission, profile }, turn);
}

/** The group as it is, converted, or new for the first member, with what stood in its way removed. */
function entranceTo(
  group: Group,
  { memberEpoch }: ConsumerHeartbeatEvent,
  turn: Turn,
): Entrance | null {
  const { groupId, record } = group;
  if (group.consumer !== null) return { consumer: group.consumer, records: [] };
  if (memberEpoch !== JOIN_EPOCH) return null;
  if (group.members.size > 0) return planUpgrade(group, turn);
  if (group.state !== "Empty") return null;
  return {
    consumer: createConsumerGroup(),
    records: record === null ? [] : [{ kind: "group", groupId, value: null }],
  };
}

interface Entering {
  readonly admission: Extract<Admission, { readonly progress: MemberProgress }>;
  readonly profile: MemberProfile;
}

/** Everything behind the checks: records, the member's place, the answer. */
function take(
  group: Group,
  { consumer, records }: Entrance,
  { event, admission, profile }: Entering & { readonly event: ConsumerHeartbeatEvent },
  turn: Turn,
): void {
  const { memberId, reported, mayDescribe } = event;
  const { replaced, isNew, profile: before } = admission;
  for (const record of records) turn.records.push(record);
  if (replaced !== null) forgetMember(group.groupId, replaced, turn);
  const change: Change = { memberId, profile, before, replaced, isNew, mayDescribe };
  const progress = settle(group, consumer, { change, admission, reported }, turn);
  if (isTooLarge(turn.records)) {
    undo(consumer, turn);
    const message = "what the group would have to remember of a member is larger than a record";
    refuse(event, ErrorCode.POLICY_VIOLATION, message, turn);
    return;
  }
  if (group.consumer === null) releaseMembers(group, turn);
  keepSession(group, { change, before: admission.progress, progress }, turn);
  const { heartbeatIntervalMs } = turn.config.consumer.timingsOf(group.groupId);
  const isTold = mustTell(event, admission.progress, progress);
  answer(
    event,
    {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      memberId,
      memberEpoch: progress.memberEpoch,
      heartbeatIntervalMs,
      assignment: isTold ? withoutEpochs(progress.assigned) : null,
    },
    turn,
  );
}

/** Writes what the member asks for, the epochs and the target that follow, and its next step to it. */
export function settle(
  group: Group,
  consumer: ConsumerGroup,
  entering: {
    readonly change: Change;
    readonly admission: Pick<Entering["admission"], "progress">;
    readonly reported: Partitions | null;
  },
  turn: Turn,
): MemberProgress {
  const { groupId } = group;
  const { change, admission, reported } = entering;
  const { memberId, profile, replaced } = change;
  const isFirst = change.isNew || replaced !== null;
  if (isFirst || !isProfileEqual(profile, change.before)) {
    turn.records.push({ kind: "consumer-member", groupId, memberId, value: profile });
  }
  const { target, targetEpoch } = planTarget(group, consumer, change, turn);
  const progress = reconcile({
    progress: admission.progress,
    targetEpoch,
    target,
    reported,
    isFree: (topicId, partition) => {
      const owner = consumer.owners.get(topicId)?.get(partition);
      return owner === undefined || owner === memberId || owner === replaced;
    },
  });
  if (isFirst || progress !== admission.progress) {
    turn.records.push({ kind: "consumer-progress", groupId, memberId, value: progress });
  }
  return progress;
}

/** Its session begins anew; what it has to give up, it has its rebalance timeout for. */
function keepSession(
  group: Group,
  {
    change,
    before,
    progress,
  }: {
    readonly change: Change;
    readonly before: MemberProgress;
    readonly progress: MemberProgress;
  },
  { nowMs, config }: Turn,
): void {
  const { memberId, profile, replaced } = change;
  if (replaced !== null) group.sessions.delete(replaced);
  const known = group.sessions.get(memberId)?.actByMs ?? null;
  const mustRevoke = progress.state === MemberState.UNREVOKED;
  const isAsked = mustRevoke && (known === null || progress !== before);
  setSession(group, memberId, {
    deadlineMs: nowMs + config.consumer.timingsOf(group.groupId).sessionTimeoutMs,
    actByMs: isAsked ? nowMs + profile.rebalanceTimeoutMs : mustRevoke ? known : null,
  });
}

/** A full request says that the member may have missed an answer. */
function mustTell(
  event: ConsumerHeartbeatEvent,
  before: MemberProgress,
  after: MemberProgress,
): boolean {
  const isFull =
    event.rebalanceTimeoutMs !== -1 &&
    (event.topicNames !== null || event.topicRegex !== null) &&
    event.reported !== null;
  const isChanged = !hasSamePartitions(before.assigned, after.assigned);
  return event.memberEpoch === JOIN_EPOCH || isFull || isChanged;
}

/** What the member asks for now. */
function profileAfter(before: MemberProfile, event: ConsumerHeartbeatEvent): MemberProfile {
  const { rebalanceTimeoutMs, topicNames, topicRegex } = event;
  return {
    groupInstanceId: event.groupInstanceId ?? before.groupInstanceId,
    rackId: event.rackId ?? before.rackId,
    clientId: event.clientId,
    clientHost: event.clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? before.rebalanceTimeoutMs : rebalanceTimeoutMs,
    topicNames: topicNames ?? before.topicNames,
    topicRegex: topicRegex === null ? before.topicRegex : topicRegex === "" ? null : topicRegex,
    serverAssignor: event.serverAssignor ?? before.serverAssignor,
    classic: null,
  };
}

function checkCaps(
  { usage }: Group,
  consumer: ConsumerGroup,
  { admission, profile }: Entering,
  { config }: Turn,
): { readonly errorCode: ErrorCode; readonly message: string } | null {
  const bytes = profileBytes(profile);
  if (bytes > MEMBER_BYTES_MAX) {
    const message = `the subscription takes ${bytes} bytes, at most ${MEMBER_BYTES_MAX} are kept`;
    return { errorCode: ErrorCode.INVALID_REQUEST, message };
  }
  const added = bytes - profileBytes(admission.profile);
  const isFull =
    (admission.isNew && consumer.members.size >= config.consumer.groupSizeMax) ||
    (admission.isNew && usage.members >= MEMBERS_MAX) ||
    (added > 0 && usage.memberBytes + added > MEMBERS_BYTES_MAX);
  if (!isFull) return null;
  const message = `the group has ${consumer.members.size} members, and no room for more`;
  return { errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED, message };
}

/** Whether one of the records would not fit into a batch. */
export function isTooLarge(records: readonly GroupRecord[]): boolean {
  return records.some(
    (record) => isConsumerRecord(record) && consumerValueBytes(record) > RECORD_BYTES_MAX,
  );
}

/** Nothing of what `settle` planned is written: the next heartbeat looks at the topics anew. */
export function undo(consumer: ConsumerGroup, turn: Turn): void {
  turn.records.length = 0;
  consumer.checkedVersion = -1;
}

function refuse(
  event: ConsumerHeartbeatEvent,
  errorCode: ErrorCode,
  errorMessage: string,
  turn: Turn,
): void {
  answer(event, refusedHeartbeat(errorCode, errorMessage, event.memberId), turn);
}

function answer(
  { ticket }: ConsumerHeartbeatEvent,
  result: ConsumerHeartbeatResult,
  turn: Turn,
): void {
  turn.replies.push({ kind: "consumer-heartbeat", ticket, result });
}
