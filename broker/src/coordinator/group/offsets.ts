/**
 * Committed offsets: storing, reading and removing them.
 *
 * Source: KIP-211 (expiry counts from the moment a group becomes empty), KIP-496 (OffsetDelete),
 * KIP-229 (DeleteGroups).
 */
import { utf8Length } from "@runnel/kit/byte-writer.ts";
import { crc32c } from "@runnel/kit/crc32c.ts";
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { checkConsumerCommit, checkConsumerFetch } from "../consumer-group/describe.ts";
import { forgetConsumerGroup } from "../consumer-group/leave.ts";
import type { ConsumerGroup } from "../consumer-group/model.ts";
import { OFFSETS_MAX, OFFSETS_METADATA_LENGTH_MAX, OFFSETS_PER_GROUP_MAX } from "../limits.ts";
import type {
  CommitEvent,
  DeleteEvent,
  DeleteOffsetsEvent,
  FetchOffsetsEvent,
  FetchOffsetsResult,
  OffsetToCommit,
  TopicPartitions,
  Turn,
} from "./events.ts";
import {
  dropPendingMember,
  type Group,
  isVacant,
  protocolTypeOf,
  renewSession,
  stateOf,
} from "./model.ts";
import type { CommittedOffset } from "./records.ts";
import { isSubscribed, subscribedTopics } from "./subscription.ts";
import { checkGeneration } from "./validate.ts";

/** The string field of the record ends here, whatever `offset.metadata.max.bytes` allows. */
const METADATA_BYTES_MAX = 0x7fff;

const utf8 = new TextEncoder();

/** What changes with every offset that is committed or forgotten: for changes that must not cross. */
export function offsetsVersion({ offsets }: Pick<Group, "offsets">): string {
  const lines = [...offsets].flatMap(([topic, partitions]) =>
    [...partitions].map(([partition, { topicId, offset }]) =>
      JSON.stringify([topic, topicId, partition, offset]),
    ),
  );
  return `g${crc32c(utf8.encode(lines.toSorted().join("\n"))).toString(16)}`;
}

export function stepCommit(group: Group, event: CommitEvent, turn: Turn): void {
  const refusal = checkCommit(group, event);
  const errorCode = refusal === ErrorCode.NONE ? checkVersion(group, event) : refusal;
  if (errorCode === ErrorCode.NONE) {
    const member = group.members.get(event.memberId);
    if (member !== undefined) renewSession(group, member, turn.nowMs);
  }

  let added = 0;
  const errorCodes = event.offsets.map((entry) => {
    if (errorCode !== ErrorCode.NONE) return errorCode;
    const isNew = group.offsets.get(entry.topic)?.has(entry.partition) !== true;
    const stale = checkOwner(group, event, entry);
    if (stale !== ErrorCode.NONE) return stale;
    const problem = checkOffset(group, entry, isNew ? added : null, turn);
    if (problem !== ErrorCode.NONE) return problem;
    if (isNew) added += 1;
    const { topic, partition } = entry;
    const value = committed(entry, event.retentionTimeMs, turn.wallMs);
    turn.records.push({ kind: "offset", groupId: group.groupId, topic, partition, value });
    return ErrorCode.NONE;
  });
  turn.replies.push({ kind: "commit", ticket: event.ticket, result: { errorCodes } });
}

export function stepFetchOffsets(group: Group, event: FetchOffsetsEvent, turn: Turn): void {
  const { consumer } = group;
  const claim = event.claim ?? null;
  const refusal = consumer === null ? ErrorCode.NONE : checkConsumerFetch(consumer, claim);
  const topics = refusal !== ErrorCode.NONE ? [] : (event.topics ?? allOffsets(group));
  const result: FetchOffsetsResult = {
    errorCode: refusal,
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((partition) => ({
        partition,
        value: group.offsets.get(topic)?.get(partition) ?? null,
      })),
    })),
    ...(event.topics === null ? { version: offsetsVersion(group) } : {}),
  };
  turn.replies.push({ kind: "fetch-offsets", ticket: event.ticket, result });
}

export function stepDeleteOffsets(group: Group, event: DeleteOffsetsEvent, turn: Turn): void {
  const { ticket } = event;
  const refusal = isVacant(group)
    ? ErrorCode.GROUP_ID_NOT_FOUND
    : stateOf(group) !== "Empty" && protocolTypeOf(group) !== "consumer"
      ? ErrorCode.NON_EMPTY_GROUP
      : checkVersion(group, event);
  if (refusal !== ErrorCode.NONE) {
    const result = { errorCode: refusal, topics: [] };
    turn.replies.push({ kind: "delete-offsets", ticket, result });
    return;
  }
  const subscribed = subscribedTopics(group);
  const topics = event.topics.map(({ topic, partitions }) => {
    const isKept = isSubscribed(group, subscribed, topic);
    const errorCode = isKept ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE;
    if (!isKept && !event.isValidateOnly) {
      for (const partition of partitions) removeOffset(group, topic, partition, turn);
    }
    return { topic, partitions: partitions.map((partition) => ({ partition, errorCode })) };
  });
  const result = { errorCode: ErrorCode.NONE, topics };
  turn.replies.push({ kind: "delete-offsets", ticket, result });
}

export function stepDelete(group: Group, event: DeleteEvent, turn: Turn): void {
  const errorCode = isVacant(group)
    ? ErrorCode.GROUP_ID_NOT_FOUND
    : stateOf(group) !== "Empty"
      ? ErrorCode.NON_EMPTY_GROUP
      : checkVersion(group, event);
  if (errorCode === ErrorCode.NONE && !event.isValidateOnly) {
    // Whoever holds an id that was not used yet is told that it is unknown, and starts again.
    for (const memberId of group.pendingMembers.keys()) dropPendingMember(group, memberId);
    removeOffsets(group, () => true, turn);
    removeGroup(group, turn);
  }
  turn.replies.push({ kind: "delete", ticket: event.ticket, result: { errorCode } });
}

/**
 * Removes what nobody asked for during `offsets.retention.minutes`: of an empty group everything, of a
 * stable one of consumers what they are not subscribed to any more. An empty group without offsets
 * goes, too.
 */
export function stepExpireOffsets(group: Group, turn: Turn): void {
  const { wallMs, config } = turn;
  const since = expiryBase(group);
  if (since !== null) {
    const subscribed = subscribedTopics(group);
    const isExpired = (value: CommittedOffset, topic: string): boolean => {
      if (isSubscribed(group, subscribed, topic)) return false;
      if (value.expiresAt !== -1) return wallMs >= value.expiresAt;
      return wallMs - Math.max(since, value.committedAt) >= config.offsetsRetentionMs;
    };
    removeOffsets(group, isExpired, turn);
  }
  const isForgotten = stateOf(group) === "Empty" && group.pendingMembers.size === 0;
  if (isForgotten && turn.records.length === group.offsetCount) removeGroup(group, turn);
}

/** Removes what was committed for topics that are gone; ids by name. */
export function stepTopicsDeleted(
  group: Group,
  topicIds: ReadonlyMap<string, string>,
  turn: Turn,
): void {
  // An offset under another id is one of a topic that was made under the same name since.
  removeOffsets(
    group,
    (value, topic) =>
      topicIds.has(topic) && (value.topicId === ZERO_UUID || value.topicId === topicIds.get(topic)),
    turn,
  );
}

function checkCommit(group: Group, event: CommitEvent): ErrorCode {
  const { generationId, memberId, groupInstanceId } = event;
  const isOutsideOfGenerations = generationId < 0;
  if (isVacant(group)) {
    return isOutsideOfGenerations ? ErrorCode.NONE : event.missingGroupError;
  }
  if (isOutsideOfGenerations && stateOf(group) === "Empty") return ErrorCode.NONE;
  if (isOutsideOfGenerations && memberId === "" && groupInstanceId === null) {
    return ErrorCode.UNKNOWN_MEMBER_ID;
  }
  if (group.consumer !== null) return checkEpoch(group.consumer, event);
  const errorCode = checkGeneration(group, event);
  if (errorCode !== ErrorCode.NONE) return errorCode;
  // The member has the new generation, and not yet the partitions it would commit for.
  return group.state === "CompletingRebalance" ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}

/** Before v9 a client cannot be one of the consumer protocol, and takes an epoch for a generation. */
function checkEpoch(consumer: ConsumerGroup, event: CommitEvent): ErrorCode {
  const { memberId, generationId: memberEpoch, groupInstanceId } = event;
  const member = consumer.members.get(memberId);
  const isClassic = member !== undefined && member.profile.classic !== null;
  if (member !== undefined && !isClassic && !event.hasMemberEpoch) {
    return ErrorCode.UNSUPPORTED_VERSION;
  }
  const holder = consumer.staticMembers.get(groupInstanceId ?? "");
  if (holder !== undefined && holder !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
  return checkConsumerCommit(consumer, { memberId, memberEpoch }, null);
}

/** Of a member of the consumer protocol with an older epoch: whether it has had the partition since. */
function checkOwner(
  { consumer }: Group,
  { memberId, generationId: memberEpoch }: CommitEvent,
  place: OffsetToCommit,
): ErrorCode {
  if (consumer === null || memberEpoch < 0) return ErrorCode.NONE;
  return checkConsumerCommit(consumer, { memberId, memberEpoch }, place);
}

function checkVersion(
  group: Group,
  { expectedVersion = null }: { readonly expectedVersion?: string | null },
): ErrorCode {
  const isAsExpected = expectedVersion === null || expectedVersion === offsetsVersion(group);
  return isAsExpected ? ErrorCode.NONE : ErrorCode.INVALID_UPDATE_VERSION;
}

/** `added`: offsets that this commit adds before this one; null where it replaces one. */
function checkOffset(
  group: Group,
  { offset, metadata }: OffsetToCommit,
  added: number | null,
  turn: Turn,
): ErrorCode {
  if (offset < 0 || offset > Number.MAX_SAFE_INTEGER) return ErrorCode.OFFSET_OUT_OF_RANGE;
  if (
    metadata.length > turn.config.offsetMetadataBytesMax ||
    (3 * metadata.length > METADATA_BYTES_MAX && utf8Length(metadata) > METADATA_BYTES_MAX)
  ) {
    return ErrorCode.OFFSET_METADATA_TOO_LARGE;
  }
  const { usage, offsetCount } = group;
  const hasRoom =
    usage.offsetMetadataLength + metadata.length <= OFFSETS_METADATA_LENGTH_MAX &&
    (added === null ||
      (offsetCount + added < OFFSETS_PER_GROUP_MAX && usage.offsets + added < OFFSETS_MAX));
  return hasRoom ? ErrorCode.NONE : ErrorCode.INVALID_COMMIT_OFFSET_SIZE;
}

function committed(
  { offset, leaderEpoch, metadata, topicId }: OffsetToCommit,
  retentionTimeMs: number,
  wallMs: number,
): CommittedOffset {
  const value = { offset, leaderEpoch, metadata, committedAt: wallMs };
  if (retentionTimeMs === -1) return { ...value, expiresAt: -1, topicId };
  // Kafka's records hold an expiry of their own or a topic id, not both.
  const expiresAt = Math.min(wallMs + Math.max(retentionTimeMs, 0), Number.MAX_SAFE_INTEGER);
  return { ...value, expiresAt, topicId: ZERO_UUID };
}

/** Wall ms from which retention counts at the earliest; null where nothing expires now. */
function expiryBase(group: Group): number | null {
  // No record says since when nobody is in it: what is not subscribed to counts from its commit.
  if (group.consumer !== null) return Number.NEGATIVE_INFINITY;
  if (group.protocolType === null) return Number.NEGATIVE_INFINITY;
  if (group.state === "Empty") return group.stateChangedAt;
  const isKnown = group.protocolType === "consumer" && subscribedTopics(group) !== null;
  return isKnown && group.state === "Stable" ? Number.NEGATIVE_INFINITY : null;
}

function allOffsets(group: Group): readonly TopicPartitions[] {
  return [...group.offsets].map(([topic, partitions]) => ({
    topic,
    partitions: [...partitions.keys()],
  }));
}

function removeOffset(group: Group, topic: string, partition: number, turn: Turn): void {
  if (group.offsets.get(topic)?.has(partition) !== true) return;
  const { groupId } = group;
  turn.records.push({ kind: "offset", groupId, topic, partition, value: null });
}

function removeOffsets(
  group: Group,
  isGone: (value: CommittedOffset, topic: string) => boolean,
  turn: Turn,
): void {
  for (const [topic, partitions] of group.offsets) {
    for (const [partition, value] of partitions) {
      if (isGone(value, topic)) removeOffset(group, topic, partition, turn);
    }
  }
}

function removeGroup(group: Group, turn: Turn): void {
  if (group.consumer !== null) forgetConsumerGroup(group.groupId, group.consumer, turn);
  if (group.record === null) return;
  turn.records.push({ kind: "group", groupId: group.groupId, value: null });
}
