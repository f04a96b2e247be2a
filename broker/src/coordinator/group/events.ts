/**
 * What can happen to a group, and what is answered.
 *
 * A request carries a `ticket`; the reply to it bears the same one, in the same step or, for a JoinGroup
 * or SyncGroup that waits, in a later one. Bytes in events belong to the group: they are no views of a
 * request.
 */
import type { ErrorCode } from "@runnel/protocol/errors.ts";
import type {
  ConsumerGroupDescription,
  ConsumerHeartbeatEvent,
  ConsumerHeartbeatResult,
  MemberClaim,
} from "../consumer-group/events.ts";
import type { TopicPatterns } from "../consumer-group/topic-patterns.ts";
import type { GroupConfig, ProducerIdentity, TopicLookup } from "../ports.ts";
import type { ClassicState, GroupState, Protocol } from "./model.ts";
import type { Admission } from "./open-transactions.ts";
import type { PendingOffset } from "./pending-offsets.ts";
import type { CommittedOffset, GroupRecord } from "./records.ts";

interface Request {
  readonly ticket: number;
  readonly groupId: string;
}

export interface JoinEvent extends Request {
  readonly kind: "join";
  /** Empty for somebody new. */
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** The id to give where `memberId` is empty. */
  readonly freshMemberId: string;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  /** The session timeout where the client did not say (v0). */
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  /** Names unique. */
  readonly protocols: readonly Protocol[];
  /** v4 and later: dynamic members learn their id first (KIP-394). */
  readonly needsKnownMemberId: boolean;
  /** v9 and later (KIP-814). */
  readonly canSkipAssignment: boolean;
}

export interface SyncEvent extends Request {
  readonly kind: "sync";
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
  /** Null: not compared (before v5). */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignments: ReadonlyMap<string, Uint8Array>;
}

export interface HeartbeatEvent extends Request {
  readonly kind: "heartbeat";
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
}

/** Who is to leave; an empty member id with an instance id is a removal by an administrator. */
export interface MemberIdentity {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

export interface LeaveEvent extends Request {
  readonly kind: "leave";
  readonly members: readonly MemberIdentity[];
}

/** One offset to store; its topic exists. */
export interface OffsetToCommit {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
}

export interface CommitEvent extends Request {
  readonly kind: "commit";
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** −1 for a commit outside of any generation. */
  readonly generationId: number;
  /** v2–4; −1 for the broker's own. */
  readonly retentionTimeMs: number;
  /** What a missing group is to this version: ILLEGAL_GENERATION, or from v9 GROUP_ID_NOT_FOUND. */
  readonly missingGroupError: ErrorCode;
  /** v9 and later: the generation may be the epoch of a member of the consumer protocol. */
  readonly hasMemberEpoch: boolean;
  readonly offsets: readonly OffsetToCommit[];
  /** `version` of the group's offsets that must still be there; null for any. */
  readonly expectedVersion?: string | null;
}

/** A commit that counts when the transaction of `producer` is committed. */
export interface TransactionCommitEvent
  extends Request,
    Pick<
      CommitEvent,
      "memberId" | "groupInstanceId" | "generationId" | "missingGroupError" | "offsets"
    > {
  readonly kind: "transaction-commit";
  readonly producer: ProducerIdentity;
  /** Of an earlier result: the coordinator of the transaction has been asked. Null at first. */
  readonly admission: Admission | null;
}

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface FetchOffsetsEvent extends Request {
  readonly kind: "fetch-offsets";
  /** Null for all that have one. */
  readonly topics: readonly TopicPartitions[] | null;
  /** What a transaction is about to move is UNSTABLE_OFFSET_COMMIT (KIP-447). */
  readonly requireStable: boolean;
  /** Who asks, where a member of the consumer protocol says so (v9); null for anybody. */
  readonly claim?: MemberClaim | null;
}

export interface DeleteOffsetsEvent extends Request {
  readonly kind: "delete-offsets";
  readonly topics: readonly TopicPartitions[];
  /** Says what would be answered, and removes nothing. */
  readonly isValidateOnly: boolean;
  /** `version` of the group's offsets that must still be there; null for any. */
  readonly expectedVersion?: string | null;
}

export interface DescribeEvent extends Request {
  readonly kind: "describe";
}

export interface DeleteEvent extends Request {
  readonly kind: "delete";
  /** Says what would be answered, and removes nothing. */
  readonly isValidateOnly: boolean;
  /** `version` of the group's offsets that must still be there; null for any. */
  readonly expectedVersion?: string | null;
}

/** What the broker itself makes happen; nobody waits for an answer. */
export type InternalEvent =
  /** A deadline may have passed; `isLate` when the broker itself stood still (see `stepTick`). */
  | { readonly kind: "tick"; readonly groupId: string; readonly isLate: boolean }
  /** `nowMs`: wall time as far as it is believed. */
  | { readonly kind: "expire-offsets"; readonly groupId: string; readonly nowMs: number }
  /** The topics are gone: their offsets go, too. Ids by name. */
  | {
      readonly kind: "topics-deleted";
      readonly groupId: string;
      readonly topicIds: ReadonlyMap<string, string>;
    };

export type GroupEvent =
  | JoinEvent
  | SyncEvent
  | HeartbeatEvent
  | LeaveEvent
  | CommitEvent
  | TransactionCommitEvent
  | FetchOffsetsEvent
  | DeleteOffsetsEvent
  | DescribeEvent
  | DeleteEvent
  | ConsumerHeartbeatEvent
  | InternalEvent;

export interface JoinResult {
  readonly errorCode: ErrorCode;
  readonly generationId: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leaderId: string;
  readonly memberId: string;
  readonly skipAssignment: boolean;
  /** All members, for the leader; empty for the others. */
  readonly members: readonly {
    readonly memberId: string;
    readonly groupInstanceId: string | null;
    readonly metadata: Uint8Array;
  }[];
}

export interface SyncResult {
  readonly errorCode: ErrorCode;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignment: Uint8Array;
}

export interface LeaveResult {
  readonly errorCode: ErrorCode;
  /** In the order of the request. */
  readonly members: readonly (MemberIdentity & { readonly errorCode: ErrorCode })[];
}

export interface CommitResult {
  /** In the order of the request's offsets. */
  readonly errorCodes: readonly ErrorCode[];
}

export interface TransactionCommitResult extends CommitResult {
  /**
   * Not null: nothing was decided. The coordinator of the transaction must be asked first, and then the
   * event comes again with this.
   */
  readonly admission: Admission | null;
}

export interface PartitionOffset {
  readonly partition: number;
  /** Null where nothing is committed, and with an error. */
  readonly value: CommittedOffset | null;
  /** NONE or UNSTABLE_OFFSET_COMMIT. */
  readonly errorCode: ErrorCode;
}

export interface FetchOffsetsResult {
  readonly errorCode: ErrorCode;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly PartitionOffset[];
  }[];
  /** Of all offsets of the group (`offsetsVersion`), where all were asked for. */
  readonly version?: string;
  /** What transactions that are not decided would commit, where all were asked for. */
  readonly pending?: readonly PendingOffset[];
}

export interface DeleteOffsetsResult {
  readonly errorCode: ErrorCode;
  /** In the order of the request; empty with a top-level error. */
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: ErrorCode }[];
  }[];
}

export interface MemberDescription {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** Empty unless the group is stable. */
  readonly metadata: Uint8Array;
  /** Empty unless the group is stable. */
  readonly assignment: Uint8Array;
}

export type GroupDescription = ClassicGroupDescription | ConsumerGroupDescription;

export interface ClassicGroupDescription {
  readonly type: "classic";
  readonly groupId: string;
  readonly state: ClassicState;
  readonly generationId: number;
  /** Empty for a group that only stores offsets. */
  readonly protocolType: string;
  /** Empty unless the group is stable. */
  readonly protocolName: string;
  readonly leaderId: string | null;
  readonly members: readonly MemberDescription[];
}

export interface GroupListing {
  readonly groupId: string;
  readonly protocolType: string;
  readonly state: GroupState;
  readonly type: GroupType;
}

/** The protocol of the group, as Kafka's tools call it. */
export type GroupType = "classic" | "consumer";

export interface ErrorResult {
  readonly errorCode: ErrorCode;
}

/** A result by the kind of the event that asked for it. */
export interface ResultOf {
  join: JoinResult;
  sync: SyncResult;
  heartbeat: ErrorResult;
  leave: LeaveResult;
  commit: CommitResult;
  "transaction-commit": TransactionCommitResult;
  "fetch-offsets": FetchOffsetsResult;
  "delete-offsets": DeleteOffsetsResult;
  /** Null where there is no such group. */
  describe: ErrorResult & { readonly group: GroupDescription | null };
  delete: ErrorResult;
  "consumer-heartbeat": ConsumerHeartbeatResult;
}

export type RequestKind = keyof ResultOf;

export type GroupReply = {
  [K in RequestKind]: {
    readonly kind: K;
    readonly ticket: number;
    readonly result: ResultOf[K];
  };
}[RequestKind];

/** What the shell must do, in this order: commit `records`, replay them, send `replies`. */
export interface GroupStep {
  readonly records: readonly GroupRecord[];
  readonly replies: readonly GroupReply[];
  /** Monotonic ms before which no `tick` is needed; null for none. */
  readonly deadlineMs: number | null;
}

/** When an event happens, by both clocks, and the settings at that moment. */
export interface StepContext {
  /** Monotonic ms: for sessions and timeouts. */
  readonly nowMs: number;
  /** Wall ms: for commit times and retention. */
  readonly wallMs: number;
  readonly config: GroupConfig;
  /** The topics there are. */
  readonly topics: TopicLookup;
  /** The topics that regular expressions stand for. */
  readonly patterns: TopicPatterns;
}

/** A step in the making. */
export interface Turn extends StepContext {
  readonly records: GroupRecord[];
  readonly replies: GroupReply[];
}
