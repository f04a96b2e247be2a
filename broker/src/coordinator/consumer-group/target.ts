/**
 * When a group gets a new epoch, and the target that is made for it.
 *
 * The group epoch grows when a member comes, goes or asks for something else, when a topic behind a
 * subscription comes, goes or gets partitions, and when another assignor is to be used. Topics are looked
 * at when the first heartbeat comes after they changed, and by the client of that heartbeat: topics that
 * an expression stands for are those that a member may know of.
 */
import type { Turn } from "../group/events.ts";
import type { Group } from "../group/model.ts";
import type { GroupRecord } from "../group/records.ts";
import { ASSIGNORS } from "./assignors/assignors.ts";
import { assignUniform } from "./assignors/uniform.ts";
import { areNamesEqual, type ConsumerGroup, type MemberProfile } from "./model.ts";
import { arePartitionsEqual, NO_PARTITIONS, type Partitions } from "./partitions.ts";
import {
  assignorMembersOf,
  metadataHashOf,
  preferredAssignor,
  type Roster,
  rosterOf,
  subscribedTopicsOf,
} from "./subscriptions.ts";

/** One member that comes or reports. */
export interface Change {
  readonly memberId: string;
  /** What it asks for now. */
  readonly profile: MemberProfile;
  /** What it asked for until now. */
  readonly before: MemberProfile;
  /** The member id whose place it takes; null for none. */
  readonly replaced: string | null;
  readonly isNew: boolean;
  /** Null where the request does not say: then what expressions stand for waits for one that does. */
  readonly mayDescribe: ((topic: string) => boolean) | null;
}

export interface PlannedTarget {
  readonly target: Partitions;
  readonly targetEpoch: number;
}

/** The member's part of the target as it will be; writes the epochs and targets that are new. */
export function planTarget(
  group: Group,
  consumer: ConsumerGroup,
  change: Change,
  turn: Turn,
): PlannedTarget {
  const { memberId, replaced } = change;
  const target = consumer.targets.get(replaced ?? memberId) ?? NO_PARTITIONS;
  const isBehind = consumer.groupEpoch > consumer.assignmentEpoch;
  const isOld = consumer.checkedVersion !== turn.topics.version;
  if (!isBehind && !isOld && !mayBump(change)) {
    if (replaced !== null) writeTarget(group.groupId, memberId, target, turn);
    return { target, targetEpoch: consumer.assignmentEpoch };
  }
  const groupEpoch = planEpoch(group, consumer, change, turn);
  if (groupEpoch.epoch === consumer.assignmentEpoch) {
    if (replaced !== null) writeTarget(group.groupId, memberId, target, turn);
    return { target, targetEpoch: consumer.assignmentEpoch };
  }
  const targets = computeTargets(group, consumer, { change, ...groupEpoch }, turn);
  return { target: targets.get(memberId) ?? NO_PARTITIONS, targetEpoch: groupEpoch.epoch };
}

function mayBump({ profile, before, isNew }: Change): boolean {
  return isNew || !isSubscriptionSame(profile, before) || hasOtherAssignor(profile, before);
}

function isSubscriptionSame(a: MemberProfile, b: MemberProfile): boolean {
  return areNamesEqual(a.topicNames, b.topicNames) && a.topicRegex === b.topicRegex;
}

const hasOtherAssignor = (a: MemberProfile, b: MemberProfile): boolean =>
  a.serverAssignor !== b.serverAssignor;

/** The epoch of the group after the change, with its members and patterns then. */
function planEpoch(
  group: Group,
  consumer: ConsumerGroup,
  change: Change,
  turn: Turn,
): { readonly epoch: number; readonly roster: Roster } {
  const { memberId, profile, before, replaced, isNew } = change;
  const profiles = rosterOf(consumer, {
    ...(replaced === null ? {} : { gone: new Set([replaced]) }),
    put: { memberId, profile },
  });
  const { patterns, isChanged, isPending } = planPatterns(group, consumer, change, turn);
  const roster = { profiles, patterns };
  const hash = metadataHashOf(subscribedTopicsOf(roster, turn.topics));
  const { assignors } = turn.config.consumer;
  const isMoved =
    hasOtherAssignor(profile, before) &&
    preferredAssignor(profiles, assignors) !== preferredAssignor(rosterOf(consumer), assignors);
  const isBumped =
    isNew ||
    isChanged ||
    isMoved ||
    !isSubscriptionSame(profile, before) ||
    hash !== consumer.metadataHash;
  // Not kept in a record: memory may run ahead here, as a shard that cannot write loads anew.
  consumer.checkedVersion = isPending ? -1 : turn.topics.version;
  if (!isBumped) return { epoch: consumer.groupEpoch, roster };
  const epoch = consumer.groupEpoch + 1;
  const value = { epoch, metadataHash: hash, since: turn.wallMs };
  turn.records.push({ kind: "consumer-group", groupId: group.groupId, value });
  return { epoch, roster };
}

/** Looks up what expressions stand for now; those that nobody has any more go. */
function planPatterns(
  group: Group,
  consumer: ConsumerGroup,
  change: Change,
  turn: Turn,
): {
  readonly patterns: ReadonlyMap<string, readonly string[]>;
  readonly isChanged: boolean;
  /** Whether the topics of one are still being looked for. */
  readonly isPending: boolean;
} {
  const { groupId } = group;
  const isOld = consumer.checkedVersion !== turn.topics.version;
  const { mayDescribe } = change;
  const patterns = new Map<string, readonly string[]>();
  const wanted = new Set<string>();
  let [isChanged, isPending] = [false, false];
  if (change.profile.topicRegex !== null) wanted.add(change.profile.topicRegex);
  for (const { memberId, profile } of consumer.members.values()) {
    if (memberId === change.memberId || memberId === change.replaced) continue;
    if (profile.topicRegex !== null) wanted.add(profile.topicRegex);
  }
  for (const pattern of wanted) {
    const known = consumer.patterns.get(pattern);
    const isKnown = known !== undefined && !isOld;
    const found = isKnown || mayDescribe === null ? null : turn.patterns.topicsOf(pattern);
    if (found === null || mayDescribe === null) {
      if (!isKnown) isPending = true;
      if (known !== undefined) patterns.set(pattern, known.topics);
      continue;
    }
    const topics = found.filter(mayDescribe);
    patterns.set(pattern, topics);
    if (known !== undefined && areNamesEqual(known.topics, topics)) continue;
    isChanged = true;
    const value = { topics, version: turn.topics.version, resolvedAt: turn.wallMs };
    turn.records.push({ kind: "consumer-pattern", groupId, pattern, value });
  }
  turn.records.push(...unusedPatterns(groupId, consumer, wanted));
  return { patterns, isChanged, isPending };
}

/** Removes the expressions that are not among `wanted`. */
export function unusedPatterns(
  groupId: string,
  consumer: ConsumerGroup,
  wanted: ReadonlySet<string>,
): GroupRecord[] {
  return [...consumer.patterns.keys()]
    .filter((pattern) => !wanted.has(pattern))
    .map((pattern) => ({ kind: "consumer-pattern", groupId, pattern, value: null }));
}

function computeTargets(
  { groupId }: Group,
  consumer: ConsumerGroup,
  plan: { readonly change: Change; readonly epoch: number; readonly roster: Roster },
  turn: Turn,
): ReadonlyMap<string, Partitions> {
  const { change, epoch, roster } = plan;
  const topics = subscribedTopicsOf(roster, turn.topics);
  const partitionCounts = new Map(
    Array.from(topics.values(), ({ topicId, partitionCount }) => [topicId, partitionCount]),
  );
  const inherited = consumer.targets.get(change.replaced ?? "");
  const members = assignorMembersOf(consumer, roster, topics).map((member) =>
    member.memberId === change.memberId && inherited !== undefined
      ? { ...member, current: inherited }
      : member,
  );
  const name = preferredAssignor(roster.profiles, turn.config.consumer.assignors);
  const targets = (ASSIGNORS.get(name) ?? assignUniform)({ members, partitionCounts });
  for (const [memberId, target] of targets) {
    const known = consumer.targets.get(memberId);
    if (known !== undefined && arePartitionsEqual(known, target)) continue;
    writeTarget(groupId, memberId, target, turn);
  }
  const value = { epoch, computedAt: turn.wallMs };
  turn.records.push({ kind: "consumer-target-epoch", groupId, value });
  return targets;
}

function writeTarget(groupId: string, memberId: string, target: Partitions, turn: Turn): void {
  turn.records.push({ kind: "consumer-target", groupId, memberId, value: target });
}
