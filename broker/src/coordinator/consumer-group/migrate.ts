/**
 * Groups with members that change their protocol (`group.consumer.migration.policy`).
 *
 *   classic ──a member of the consumer protocol joins──▶ consumer ──the last such member goes──▶ classic
 *
 * On the way there members keep what the last generation gave them, and their generation as their epoch;
 * on the way back the newest of their epochs is the generation, and a rebalance follows. Source: KIP-848, KIP-1099.
 */
import { assert } from "@runnel/kit/assert.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Turn } from "../group/events.ts";
import { type Group, type Member, metadataOf, setSession } from "../group/model.ts";
import { answerParkedJoin, answerParkedSync } from "../group/rebalance.ts";
import type { GroupRecord, MemberMetadata } from "../group/records.ts";
import { GROUP_RECORD_BYTES_MAX } from "../limits.ts";
import type { GroupConfig, MigrationPolicy, TopicLookup } from "../ports.ts";
import {
  encodeAssigned,
  readAssigned,
  readSubscription,
  subscriptionVersion,
} from "./classic-bytes.ts";
import { forgetConsumerGroup, forgetMember } from "./leave.ts";
import {
  type ConsumerGroup,
  createConsumerGroup,
  type MemberProfile,
  type MemberProgress,
  MemberState,
  profileBytes,
} from "./model.ts";
import { NOTHING_OWNED, type Partitions } from "./partitions.ts";
import type { ConsumerGroupRecord } from "./records.ts";
import { replayIntoGroup } from "./replay.ts";

const MAY_UPGRADE: ReadonlySet<MigrationPolicy> = new Set(["upgrade", "bidirectional"]);
const MAY_DOWNGRADE: ReadonlySet<MigrationPolicy> = new Set(["downgrade", "bidirectional"]);

/** A group as it is for the one who joins, and what has to be written for it to be so. */
export interface Entrance {
  readonly consumer: ConsumerGroup;
  readonly records: readonly GroupRecord[];
}

/**
 * The classic group as one of the consumer protocol. Null where it stays classic: by the setting, or because
 * its members are no consumers. Once `records` are to be written, `releaseMembers` follows.
 */
export function planUpgrade(group: Group, turn: Turn): Entrance | null {
  const { migrationPolicy, groupSizeMax } = turn.config.consumer;
  if (!MAY_UPGRADE.has(migrationPolicy) || group.protocolType !== "consumer") return null;
  if (group.members.size > groupSizeMax) return null;
  const moved: {
    readonly member: Member;
    readonly profile: MemberProfile;
    assigned: Partitions;
  }[] = [];
  for (const member of group.members.values()) {
    const profile = profileOf(member);
    const assigned = readAssigned(member.assignment, turn.topics);
    if (profile === null || assigned === null) return null;
    moved.push({ member, profile, assigned });
  }
  const { groupId, generationId: epoch } = group;
  const records: ConsumerGroupRecord[] = [
    { kind: "consumer-group", groupId, value: { epoch, metadataHash: 0n } },
    { kind: "consumer-target-epoch", groupId, value: { epoch, computedAt: turn.wallMs } },
  ];
  for (const { member, profile, assigned } of withoutOverlap(moved)) {
    const { memberId } = member;
    records.push({ kind: "consumer-member", groupId, memberId, value: profile });
    records.push({ kind: "consumer-target", groupId, memberId, value: assigned });
    const value = progressOf(assigned, epoch);
    records.push({ kind: "consumer-progress", groupId, memberId, value });
  }
  return {
    consumer: preview(records),
    // Also where nothing was written of the classic group yet: by it its members are forgotten.
    records: [{ kind: "group", groupId, value: null }, ...records],
  };
}

/** Sends members that wait for a rebalance of the classic group to join again; all get a new session. */
export function releaseMembers(group: Group, turn: Turn): void {
  for (const member of group.members.values()) {
    answerParkedJoin(group, member, ErrorCode.REBALANCE_IN_PROGRESS, turn);
    answerParkedSync(member, ErrorCode.REBALANCE_IN_PROGRESS, turn);
    const deadlineMs = turn.nowMs + member.sessionTimeoutMs;
    setSession(group, member.memberId, { deadlineMs, actByMs: null });
  }
}

/** Whether nobody speaks the consumer protocol any more, and the group may go back. */
export function canDowngrade(
  { consumer }: Group,
  { consumer: config, groupSizeMax }: GroupConfig,
): boolean {
  return (
    consumer !== null &&
    consumer.members.size > 0 &&
    consumer.classicCount === consumer.members.size &&
    consumer.members.size <= groupSizeMax &&
    MAY_DOWNGRADE.has(config.migrationPolicy) &&
    commonProtocol(consumer) !== null &&
    classicBytesMax(consumer) <= GROUP_RECORD_BYTES_MAX
  );
}

/** A bound from above of the bytes of the classic group's record. */
function classicBytesMax({ members }: ConsumerGroup): number {
  let bytes = 10_000;
  for (const { memberId, profile, progress } of members.values()) {
    const names = [memberId, profile.groupInstanceId, profile.clientId, profile.clientHost];
    bytes += 100 + 3 * names.reduce((sum, name) => sum + (name?.length ?? 0), 0);
    bytes += profileBytes(profile);
    for (const { size } of progress.assigned.values()) bytes += TOPIC_NAME_BYTES + 4 * size;
  }
  return bytes;
}

/** The longest name of a topic, with its lengths. */
const TOPIC_NAME_BYTES = 260;

/**
 * Writes the group as a classic one. Its record has no leader: by that it is known, also after a crash,
 * that a rebalance is still to come, for what the members that went have left behind.
 */
export function downgrade(group: Group, turn: Turn): void {
  const { groupId, consumer } = group;
  assert(consumer !== null, "a classic group goes back to the classic protocol");
  const protocolName = commonProtocol(consumer);
  assert(protocolName !== null, "members without a protocol that all know go back");
  // So that those who have reached the last target join the rebalance with what they have.
  const generationId = Math.max(
    ...Array.from(consumer.members.values(), ({ progress }) => progress.memberEpoch),
  );
  const members = [...consumer.members.values()].map(({ memberId, profile, progress }) =>
    metadataFor(memberId, profile, progress, { protocolName, topics: turn.topics }),
  );
  const value = {
    protocolType: "consumer",
    generationId: Math.max(generationId, 1),
    protocolName,
    leaderId: null,
    stateChangedAt: turn.wallMs,
    members,
  };
  for (const memberId of consumer.members.keys()) forgetMember(groupId, memberId, turn);
  forgetConsumerGroup(groupId, consumer, turn);
  turn.records.push({ kind: "group", groupId, value });
}

/** A protocol that all members know; joins see to it that there is one. */
function commonProtocol({ members }: ConsumerGroup): string | null {
  const counts = new Map<string, number>();
  for (const { profile } of members.values()) {
    for (const { name } of profile.classic?.protocols ?? []) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  for (const [name, count] of counts) if (count === members.size) return name;
  return null;
}

function metadataFor(
  memberId: string,
  profile: MemberProfile,
  { assigned }: MemberProgress,
  { protocolName, topics }: { readonly protocolName: string; readonly topics: TopicLookup },
): MemberMetadata {
  const { classic, groupInstanceId, clientId, clientHost, rebalanceTimeoutMs } = profile;
  const protocols = classic?.protocols ?? [];
  const subscription =
    protocols.find(({ name }) => name === protocolName)?.metadata ?? new Uint8Array(0);
  return {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    sessionTimeoutMs: classic?.sessionTimeoutMs ?? rebalanceTimeoutMs,
    subscription,
    assignment: encodeAssigned(assigned, topics, subscriptionVersion(subscription)),
  };
}

/** What a member of the classic protocol asks for; null where its bytes do not say. */
function profileOf(member: Member): MemberProfile | null {
  const [first] = member.protocols;
  const subscription = readSubscription(metadataOf(member, first?.name ?? null));
  if (subscription === null) return null;
  return {
    groupInstanceId: member.groupInstanceId,
    rackId: subscription.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    topicNames: [...new Set(subscription.topics)].sort(),
    topicRegex: null,
    serverAssignor: null,
    classic: { sessionTimeoutMs: member.sessionTimeoutMs, protocols: member.protocols },
  };
}

/** Assignments are the clients' own: what two of them have is the first one's from here on. */
function withoutOverlap<T extends { assigned: Partitions }>(moved: readonly T[]): readonly T[] {
  const taken = new Set<string>();
  for (const one of moved) {
    const own = new Map<string, readonly number[]>();
    for (const [topicId, partitions] of one.assigned) {
      const free = partitions.filter((partition) => !taken.has(`${topicId}/${partition}`));
      for (const partition of free) taken.add(`${topicId}/${partition}`);
      if (free.length > 0) own.set(topicId, free);
    }
    one.assigned = own;
  }
  return moved;
}

function progressOf(assigned: Partitions, epoch: number): MemberProgress {
  return {
    memberEpoch: epoch,
    previousMemberEpoch: epoch,
    state: MemberState.STABLE,
    assigned: new Map(
      Array.from(assigned, ([topicId, partitions]) => [
        topicId,
        new Map(partitions.map((partition) => [partition, epoch])),
      ]),
    ),
    pendingRevocation: NOTHING_OWNED,
  };
}

/** The group that the records will make, to go on with in the same step. */
function preview(records: readonly ConsumerGroupRecord[]): ConsumerGroup {
  const consumer = createConsumerGroup();
  const uncounted = { members: 0, memberBytes: 0 };
  for (const record of records) {
    if (record.kind === "consumer-group") {
      consumer.groupEpoch = record.value?.epoch ?? 0;
    } else {
      replayIntoGroup(consumer, record, uncounted);
    }
  }
  return consumer;
}
