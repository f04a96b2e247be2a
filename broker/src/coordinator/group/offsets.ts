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
import { allPending, isPendingAt, pendingAt } from "./pending-offsets.ts";
import { type Place, placesOf, valueAt } from "./place-table.ts";
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
  const refusal = checkCommit(group, event, false);
  const errorCode = refusal === ErrorCode.NONE ? checkVersion(group, event) : refusal;
  if (errorCode === ErrorCode.NONE) {
    const member = group.members.get(event.memberId);
    if (member !== undefined) renewSession(group, member, turn.nowMs);
  }

  let added = 0;
  const errorCodes = event.offsets.map((entry) => {
    if (errorCode !== ErrorCode.NONE) return errorCode;
    const isNew = valueAt(group.offsets, entry) === undefined;
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
  const { requireStable, claim = null } = event;
  const { consumer } = group;
  const refusal = consumer === null ? ErrorCode.NONE : checkConsumerFetch(consumer, claim);
  const topics =
    refusal === ErrorCode.NONE ? (event.topics ?? allOffsets(group, requireStable)) : [];
  const result: FetchOffsetsResult = {
    errorCode: refusal,
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((partition) => {
        const place = { topic, partition };
        if (requireStable && isPendingAt(group.pending, place)) {
          return { partition, value: null, errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT };
        }
        const value = valueAt(group.offsets, place) ?? null;
        return { partition, value, errorCode: ErrorCode.NONE };
      }),
    })),
    ...(event.topics === null
      ? { version: offsetsVersion(group), pending: [...allPending(group.pending)] }
      : {}),
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
      for (const partition of partitions) {
        const place = { topic, partition };
        const isThere = valueAt(group.offsets, place) !== undefined;
        if (isThere || isPendingAt(group.pending, place)) removeOffset(group, place, turn);
      }
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
 * goes, too. What a transaction is about to move is in use.
 */
export function stepExpireOffsets(group: Group, nowMs: number, turn: Turn): void {
  const { offsetsRetentionMs } = turn.config;
  const since = expiryBase(group);
  if (since !== null) {
    const subscribed = subscribedTopics(group);
    const isExpired = (value: CommittedOffset, place: Place): boolean => {
      if (isPendingAt(group.pending, place)) return false;
      if (isSubscribed(group, subscribed, place.topic)) return false;
      if (value.expiresAt !== -1) return nowMs >= value.expiresAt;
      return nowMs - Math.max(since, value.committedAt) >= offsetsRetentionMs;
    };
    removeOffsets(group, isExpired, turn);
  }
  const isUnused = group.pendingMembers.size === 0 && group.pending.size === 0;
  const isForgotten = stateOf(group) === "Empty" && isUnused;
  if (isForgotten && turn.records.length === group.offsetCount) removeGroup(group, turn);
}

/** Removes what was committed for topics that are gone; ids by name. */
export function stepTopicsDeleted(
  group: Group,
  topicIds: ReadonlyMap<string, string>,
  turn: Turn,
): void {
  // An offset under another id is one of a topic that was made under the same name since. It would go
  // with the others of its partition; so these stay, and count as absent.
  const isGone = ({ topicId }: CommittedOffset, { topic }: Place): boolean =>
    topicIds.has(topic) && (topicId === ZERO_UUID || topicId === topicIds.get(topic));
  const areAllGone = (value: CommittedOffset, place: Place): boolean =>
    isGone(value, place) && pendingAt(group.pending, place).every((other) => isGone(other, place));
  removeOffsets(group, areAllGone, turn);
}

/** Who a commit says that it is from. */
type CommitClaim = Pick<CommitEvent, "generationId" | "memberId" | "groupInstanceId"> &
  Partial<Pick<CommitEvent, "hasMemberEpoch">>;

/**
 * Whether a commit may be made. One of a transaction may come while the members still wait for their
 * assignment: it speaks for what was processed before (as in Kafka).
 */
export function checkCommit(
  group: Group,
  event: CommitClaim & Pick<CommitEvent, "missingGroupError">,
  isTransactional: boolean,
): ErrorCode {
  const { generationId, memberId, groupInstanceId } = event;
  const isOutsideOfGenerations = generationId < 0;
  if (isVacant(group)) {
    return isOutsideOfGenerations ? ErrorCode.NONE : event.missingGroupError;
  }
  if (isOutsideOfGenerations && stateOf(group) === "Empty") return ErrorCode.NONE;
  if (isOutsideOfGenerations && memberId === "" && groupInstanceId === null) {
    return isTransactional ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
  }
  if (group.consumer !== null) {
    const hasMemberEpoch = isTransactional || event.hasMemberEpoch === true;
    return checkEpoch(group.consumer, { ...event, hasMemberEpoch });
  }
  const errorCode = checkGeneration(group, event);
  if (errorCode !== ErrorCode.NONE) return errorCode;
  // The member has the new generation, and not yet the partitions it would commit for.
  const isTooEarly = !isTransactional && group.state === "CompletingRebalance";
  return isTooEarly ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}

/** Before v9 a client cannot be one of the consumer protocol, and takes an epoch for a generation. */
function checkEpoch(consumer: ConsumerGroup, event: CommitClaim): ErrorCode {
  const { memberId, generationId: memberEpoch, groupInstanceId } = event;
  const member = consumer.members.get(memberId);
  const isClassic = member !== undefined && member.profile.classic !== null;
  if (member !== undefined && !isClassic && event.hasMemberEpoch !== true) {
    return ErrorCode.UNSUPPORTED_VERSION;
  }
  const holder = consumer.staticMembers.get(groupInstanceId ?? "");
  if (holder !== undefined && holder !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
  return checkConsumerCommit(consumer, { memberId, memberEpoch }, null);
}

/** Of a member of the consumer protocol with an older epoch: whether it has had the partition since. */
export function checkOwner(
  { consumer }: Group,
  { memberId, generationId: memberEpoch }: CommitClaim,
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
export function checkOffset(
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
  const { usage, offsetCount, pending } = group;
  const count = offsetCount + pending.size;
  const hasRoom =
    usage.offsetMetadataLength + metadata.length <= OFFSETS_METADATA_LENGTH_MAX &&
    (added === null ||
      (count + added < OFFSETS_PER_GROUP_MAX && usage.offsets + added < OFFSETS_MAX));
  return hasRoom ? ErrorCode.NONE : ErrorCode.INVALID_COMMIT_OFFSET_SIZE;
}

/** `retentionTimeMs`: −1 for the broker's own. */
export function committed(
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
  if (group.consumer?.members.size === 0) return group.consumer.epochSince;
  if (group.consumer !== null) return Number.NEGATIVE_INFINITY;
  if (group.protocolType === null) return Number.NEGATIVE_INFINITY;
  if (group.state === "Empty") return group.stateChangedAt;
  const isKnown = group.protocolType === "consumer" && subscribedTopics(group) !== null;
  return isKnown && group.state === "Stable" ? Number.NEGATIVE_INFINITY : null;
}

/** Partitions with a committed offset; with `isPendingIncluded` also those that may get one. */
function allOffsets(group: Group, isPendingIncluded: boolean): readonly TopicPartitions[] {
  const places = new Map<string, Set<number>>();
  for (const table of isPendingIncluded ? [group.offsets, group.pending.counts] : [group.offsets]) {
    for (const [topic, partitions] of table) {
      const known = places.get(topic) ?? new Set();
      for (const partition of partitions.keys()) known.add(partition);
      places.set(topic, known);
    }
  }
  return [...places].map(([topic, partitions]) => ({ topic, partitions: [...partitions] }));
}

function removeOffset(group: Group, { topic, partition }: Place, turn: Turn): void {
  const { groupId } = group;
  turn.records.push({ kind: "offset", groupId, topic, partition, value: null });
}

/** Removes what is committed for a partition, and what is pending with it, where `isGone` says so. */
function removeOffsets(
  group: Group,
  isGone: (value: CommittedOffset, place: Place) => boolean,
  turn: Turn,
): void {
  for (const [place, value] of placesOf(group.offsets)) {
    if (isGone(value, place)) removeOffset(group, place, turn);
  }
  for (const [place] of placesOf(group.pending.counts)) {
    if (valueAt(group.offsets, place) !== undefined) continue;
    if (pendingAt(group.pending, place).every((value) => isGone(value, place))) {
      removeOffset(group, place, turn);
    }
  }
}

function removeGroup(group: Group, turn: Turn): void {
  if (group.consumer !== null) forgetConsumerGroup(group.groupId, group.consumer, turn);
  if (group.record === null) return;
  turn.records.push({ kind: "group", groupId: group.groupId, value: null });
}
