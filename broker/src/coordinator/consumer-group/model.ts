/**
 * A group of the consumer protocol (KIP-848) in memory: all of it follows from committed records, so
 * `replay.ts` alone changes it. Sessions and other deadlines are the group's (`group/model.ts`).
 */
import { NOTHING_OWNED, type Owned, type Partitions } from "./partitions.ts";

/** The id that a member of the classic protocol sends as JoinGroup's protocol, and what it says there. */
export interface ClassicProtocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

/** What a member has that still speaks the classic protocol, in a group that was converted. */
export interface ClassicProfile {
  readonly sessionTimeoutMs: number;
  /** In the member's order of preference. */
  readonly protocols: readonly ClassicProtocol[];
}

/** What a member asks for. */
export interface MemberProfile {
  readonly groupInstanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** How long it may take to give partitions up. */
  readonly rebalanceTimeoutMs: number;
  /** Ascending, without repetitions; the same array for members that ask for the same. */
  readonly topicNames: readonly string[];
  /** RE2 syntax, over the whole name; null for none. */
  readonly topicRegex: string | null;
  /** The assignor that it would like; null where it does not mind. */
  readonly serverAssignor: string | null;
  /** Null for a member of the consumer protocol. */
  readonly classic: ClassicProfile | null;
}

/** Where a member stands on its way to the target; the numbers are those of Kafka's records. */
export const MemberState = {
  STABLE: 1,
  /** It has to give up partitions before it may go on. */
  UNREVOKED: 2,
  /** Some partitions of its target are not free yet. */
  UNRELEASED: 3,
  /** Written by a later Kafka. */
  UNKNOWN: 127,
} as const;
export type MemberState = (typeof MemberState)[keyof typeof MemberState];

/** What a member was given. */
export interface MemberProgress {
  /** −2 while a static member is away. */
  readonly memberEpoch: number;
  readonly previousMemberEpoch: number;
  readonly state: MemberState;
  readonly assigned: Owned;
  /** Nobody else may have these yet. */
  readonly pendingRevocation: Owned;
}

export interface ConsumerMember {
  readonly memberId: string;
  profile: MemberProfile;
  progress: MemberProgress;
}

/** The topics that a regular expression stands for. */
export interface ResolvedPattern {
  /** Ascending. */
  readonly topics: readonly string[];
  /** Of the topics there were (`TopicLookup.version`). */
  readonly version: number;
  /** Wall ms. */
  readonly resolvedAt: number;
}

export interface ConsumerGroup {
  /** Grows with members, subscriptions, the topics behind them, and the assignor. */
  groupEpoch: number;
  /** Wall ms at which that epoch began: of an empty group, when its last member went. */
  epochSince: number;
  /** Of the topics that members subscribe to; 0 for none. */
  metadataHash: bigint;
  /** The group epoch for which the target was computed. */
  assignmentEpoch: number;
  readonly members: Map<string, ConsumerMember>;
  /** Member ids by group instance id. */
  readonly staticMembers: Map<string, string>;
  /** What each member is to have in the end, by member id. */
  readonly targets: Map<string, Partitions>;
  readonly patterns: Map<string, ResolvedPattern>;
  /** Who has a partition, or has not given it up yet, by topic id and partition. */
  readonly owners: Map<string, Map<number, string>>;
  /** Members that speak the classic protocol. */
  classicCount: number;
  /** Lists of topic names in use, by their text. */
  readonly topicLists: Map<string, { readonly names: readonly string[]; uses: number }>;
  /**
   * Version of the topics (`TopicLookup.version`) against which subscriptions were last checked; −1 for
   * never. Not kept in records: after a load they are checked anew.
   */
  checkedVersion: number;
}

/** As Kafka's tools print them. */
export type ConsumerGroupState = "Empty" | "Assigning" | "Reconciling" | "Stable";

/** Epoch of a static member that is away for a while. */
export const AWAY_EPOCH = -2;
export const JOIN_EPOCH = 0;

export const NO_PROFILE: MemberProfile = {
  groupInstanceId: null,
  rackId: null,
  clientId: "",
  clientHost: "",
  rebalanceTimeoutMs: -1,
  topicNames: [],
  topicRegex: null,
  serverAssignor: null,
  classic: null,
};

export const NO_PROGRESS: MemberProgress = {
  memberEpoch: JOIN_EPOCH,
  previousMemberEpoch: JOIN_EPOCH,
  state: MemberState.STABLE,
  assigned: NOTHING_OWNED,
  pendingRevocation: NOTHING_OWNED,
};

export function createConsumerGroup(): ConsumerGroup {
  return {
    groupEpoch: 0,
    epochSince: -1,
    metadataHash: 0n,
    assignmentEpoch: 0,
    members: new Map(),
    staticMembers: new Map(),
    targets: new Map(),
    patterns: new Map(),
    owners: new Map(),
    classicCount: 0,
    topicLists: new Map(),
    checkedVersion: -1,
  };
}

export function consumerGroupState(group: ConsumerGroup): ConsumerGroupState {
  if (group.members.size === 0) return "Empty";
  if (group.groupEpoch > group.assignmentEpoch) return "Assigning";
  for (const { progress } of group.members.values()) {
    if (progress.state !== MemberState.STABLE) return "Reconciling";
    if (progress.memberEpoch !== group.assignmentEpoch) return "Reconciling";
  }
  return "Stable";
}

/** Bytes that the broker keeps for what a member asks for, about. */
export function profileBytes({ topicNames, topicRegex, classic }: MemberProfile): number {
  const names = topicNames.reduce((sum, name) => sum + name.length, topicRegex?.length ?? 0);
  const protocols = classic?.protocols ?? [];
  return protocols.reduce((sum, { name, metadata }) => sum + name.length + metadata.length, names);
}

export function isProfileEqual(a: MemberProfile, b: MemberProfile): boolean {
  return (
    a === b ||
    (a.groupInstanceId === b.groupInstanceId &&
      a.rackId === b.rackId &&
      a.clientId === b.clientId &&
      a.clientHost === b.clientHost &&
      a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
      areNamesEqual(a.topicNames, b.topicNames) &&
      a.topicRegex === b.topicRegex &&
      a.serverAssignor === b.serverAssignor &&
      isClassicEqual(a.classic, b.classic))
  );
}

export function areNamesEqual(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, at) => name === b[at]));
}

function isClassicEqual(a: ClassicProfile | null, b: ClassicProfile | null): boolean {
  if (a === null || b === null || a === b) return a === b;
  return (
    a.sessionTimeoutMs === b.sessionTimeoutMs &&
    a.protocols.length === b.protocols.length &&
    a.protocols.every(({ name, metadata }, at) => {
      const other = b.protocols[at];
      return (
        other !== undefined &&
        other.name === name &&
        other.metadata.length === metadata.length &&
        metadata.every((byte, index) => byte === other.metadata[index])
      );
    })
  );
}
