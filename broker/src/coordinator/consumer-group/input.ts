/** A ConsumerGroupHeartbeat as it came, checked and made an event; what is wrong with it is told here. */

import { randomUuid, uuidToBase64 } from "@runnel/kit/uuid.ts";
import type { Random } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { isGroupId, isName, shorten } from "../names.ts";
import {
  type ConsumerHeartbeatEvent,
  type ConsumerHeartbeatResult,
  refusedHeartbeat,
} from "./events.ts";
import { AWAY_EPOCH, JOIN_EPOCH } from "./model.ts";
import { partitionsOf } from "./partitions.ts";
import type { TopicPatterns } from "./topic-patterns.ts";

/** Topics that one member may name, and partitions that it may say it has. */
const TOPICS_MAX = 50_000;
const PARTITIONS_MAX = 100_000;

/** From this version on members make their ids themselves (KIP-1082). */
const OWN_ID_SINCE = 1;

export interface ConsumerHeartbeatInput
  extends Omit<ConsumerHeartbeatEvent, "kind" | "ticket" | "reported"> {
  readonly apiVersion: number;
  /** What it has; null where it did not say. */
  readonly reported:
    | readonly { readonly topicId: string; readonly partitions: readonly number[] }[]
    | null;
}

export interface HeartbeatMaking {
  readonly ticket: number;
  readonly patterns: TopicPatterns;
  readonly random: Random;
  /** group.consumer.assignors */
  readonly assignors: readonly string[];
}

/** The event, or the answer to a heartbeat that is none. */
export function heartbeatEventOf(
  input: ConsumerHeartbeatInput,
  { ticket, patterns, random, assignors }: HeartbeatMaking,
): ConsumerHeartbeatEvent | ConsumerHeartbeatResult {
  const problem = problemOf(input, { patterns, assignors });
  if (problem !== null) return refusedHeartbeat(problem.errorCode, problem.message, input.memberId);
  const { apiVersion: _, reported, topicNames, clientId, ...rest } = input;
  return {
    ...rest,
    kind: "consumer-heartbeat",
    ticket,
    memberId: input.memberId === "" ? uuidToBase64(randomUuid(random)) : input.memberId,
    topicNames: topicNames === null ? null : [...new Set(topicNames)].sort(),
    clientId: shorten(clientId),
    reported:
      reported === null
        ? null
        : partitionsOf(reported.map(({ topicId, partitions }) => [topicId, partitions])),
  };
}

interface Problem {
  readonly errorCode: ErrorCode;
  readonly message: string;
}

function problemOf(
  input: ConsumerHeartbeatInput,
  { patterns, assignors }: Pick<HeartbeatMaking, "patterns" | "assignors">,
): Problem | null {
  const { serverAssignor, topicRegex } = input;
  const message = malformed(input);
  if (message !== null) return { errorCode: ErrorCode.INVALID_REQUEST, message };
  if (serverAssignor !== null && !assignors.includes(serverAssignor)) {
    return {
      errorCode: ErrorCode.UNSUPPORTED_ASSIGNOR,
      message: `this broker has no such assignor, only ${assignors.join(", ")} (group.consumer.assignors)`,
    };
  }
  const wrong = topicRegex === null || topicRegex === "" ? null : patterns.problemOf(topicRegex);
  return wrong === null
    ? null
    : { errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION, message: wrong };
}

/** What is wrong with the form of the request; null for nothing. */
function malformed(input: ConsumerHeartbeatInput): string | null {
  const { apiVersion, memberId, memberEpoch, groupInstanceId, rackId } = input;
  const { groupId, rebalanceTimeoutMs, topicNames, reported } = input;
  if (groupId === "" || !isGroupId(groupId)) return "the group id is empty or too long";
  if (memberId === "" && (apiVersion >= OWN_ID_SINCE || memberEpoch !== JOIN_EPOCH)) {
    return "the member id is empty";
  }
  for (const name of [memberId, groupInstanceId, rackId]) {
    if (name !== null && !isName(name)) return "a name is too long";
  }
  if (groupInstanceId === "" || rackId === "") return "an instance id or a rack is empty, not null";
  if (memberEpoch < AWAY_EPOCH) return `there is no member epoch ${memberEpoch}`;
  if (memberEpoch === AWAY_EPOCH && groupInstanceId === null) {
    return "only a member with an instance id leaves for a while";
  }
  if (rebalanceTimeoutMs < -1) return "the rebalance timeout is negative";
  if (topicNames !== null && topicNames.length > TOPICS_MAX) {
    return `a member subscribes to at most ${TOPICS_MAX} topics`;
  }
  const count = reported?.reduce((sum, { partitions }) => sum + partitions.length, 0) ?? 0;
  if (count > PARTITIONS_MAX) return `a member has at most ${PARTITIONS_MAX} partitions`;
  return memberEpoch === JOIN_EPOCH ? malformedJoin(input) : null;
}

/** A member that joins says everything, and has nothing. */
function malformedJoin(input: ConsumerHeartbeatInput): string | null {
  const { rebalanceTimeoutMs, reported, topicNames, topicRegex } = input;
  if (rebalanceTimeoutMs === -1) return "a member that joins says its rebalance timeout";
  if (reported === null || reported.length > 0) {
    return "a member that joins sends an empty list of partitions";
  }
  if (topicNames !== null || topicRegex !== null) return null;
  return "a member that joins says what it subscribes to";
}
