/** What members of the consumer protocol ask of a group, and what they and administrators are told. */
import type { ErrorCode } from "@runnel/protocol/errors.ts";
import type { ConsumerGroupState } from "./model.ts";
import type { Partitions } from "./partitions.ts";

/** A heartbeat; a field that is null, or −1, is as it was the last time. */
export interface ConsumerHeartbeatEvent {
  readonly kind: "consumer-heartbeat";
  readonly ticket: number;
  readonly groupId: string;
  /** Never empty: where the client gave none (v0), it is one made for it. */
  readonly memberId: string;
  /** 0 joins, −1 leaves, −2 leaves for a while (static members). */
  readonly memberEpoch: number;
  readonly groupInstanceId: string | null;
  readonly rackId: string | null;
  readonly rebalanceTimeoutMs: number;
  /** Ascending, without repetitions. */
  readonly topicNames: readonly string[] | null;
  /** Empty for none. It was found to be an expression that is served. */
  readonly topicRegex: string | null;
  readonly serverAssignor: string | null;
  /** What it has. */
  readonly reported: Partitions | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** Whether the client may know of a topic that an expression stands for. */
  readonly mayDescribe: (topic: string) => boolean;
}

export interface ConsumerHeartbeatResult {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  /** Null where it is as it was the last time. */
  readonly assignment: Partitions | null;
}

export function refusedHeartbeat(
  errorCode: ErrorCode,
  errorMessage: string | null,
  memberId: string,
): ConsumerHeartbeatResult {
  const nothing = { memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null };
  return { errorCode, errorMessage, memberId, ...nothing };
}

/** Who a member says that it is, with its epoch; what commits and fetches of offsets are held against. */
export interface MemberClaim {
  readonly memberId: string;
  readonly memberEpoch: number;
}

export interface TopicAssignment {
  readonly topicId: string;
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface ConsumerMemberDescription {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly memberEpoch: number;
  readonly topicNames: readonly string[];
  readonly topicRegex: string | null;
  /** Topics that are gone are left out, here and in the target. */
  readonly assignment: readonly TopicAssignment[];
  readonly target: readonly TopicAssignment[];
  /** Whether it speaks the classic protocol. */
  readonly isClassic: boolean;
}

export interface ConsumerGroupDescription {
  readonly type: "consumer";
  readonly groupId: string;
  readonly state: ConsumerGroupState;
  readonly groupEpoch: number;
  readonly assignmentEpoch: number;
  readonly assignor: string;
  readonly members: readonly ConsumerMemberDescription[];
}
