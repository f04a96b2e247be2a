/** Consumer groups of either protocol: members, what they own, what they have committed. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { CommandError } from "../cli/failure.ts";
import { decodeAssignment, type TopicPartitions } from "./assignment.ts";
import type { Cluster } from "./cluster.ts";
import { checkCode } from "./explain.ts";

export interface Member {
  readonly id: string;
  /** `group.instance.id` of a static member. */
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly assignments: readonly TopicPartitions[];
  /** What it is to have in the end; null where its client assigns (the classic protocol). */
  readonly targets: readonly TopicPartitions[] | null;
  /** Null in the classic protocol. */
  readonly epoch: number | null;
  /** What it asks for; null in the classic protocol. */
  readonly subscription: {
    readonly topics: readonly string[];
    readonly regex: string | null;
  } | null;
}

export interface Group {
  readonly id: string;
  /** Kafka's word: Empty, PreparingRebalance, CompletingRebalance, Stable, Assigning, … */
  readonly state: string;
  readonly type: "classic" | "consumer";
  /** `consumer`, `connect`, …; empty for a group that only ever committed. */
  readonly protocolType: string;
  /** The strategy by which partitions are shared out. */
  readonly assignor: string;
  /** Null in the classic protocol. */
  readonly epochs: { readonly group: number; readonly assignment: number } | null;
  readonly members: readonly Member[];
}

export interface Coordinator {
  readonly host: string;
  readonly port: number;
  readonly nodeId: number;
}

const GROUP_KEY = 0;

export async function coordinatorOf(cluster: Cluster, group: string): Promise<Coordinator> {
  const [found] = await cluster.admin.findCoordinator({ keyType: GROUP_KEY, keys: [group] });
  if (found === undefined) throw new CommandError(`group "${group}" has no coordinator`);
  return found;
}

/** The group, or a `CommandError` where the cluster knows none of that id. */
export async function describeGroup(cluster: Cluster, id: string): Promise<Group> {
  const coordinator = await coordinatorOf(cluster, id);
  const group =
    (await describeConsumerGroup(cluster, coordinator, id)) ??
    (await describeClassicGroup(cluster, coordinator, id));
  if (group !== null) return group;
  throw new CommandError(`there is no group "${id}": see what there is with "runnel group list"`);
}

/** A group of the protocol of KIP-848; null where it is none, or the brokers know of none. */
async function describeConsumerGroup(
  cluster: Cluster,
  coordinator: Coordinator,
  id: string,
): Promise<Group | null> {
  const isServed = await cluster.versionOf("ConsumerGroupDescribe").then(
    () => true,
    () => false,
  );
  if (!isServed) return null;
  const answer = await cluster.call("ConsumerGroupDescribe", coordinator, [id], false);
  const [group] = answer.groups;
  if (group === undefined || group.errorCode === ErrorCode.GROUP_ID_NOT_FOUND) return null;
  if (group.errorCode === ErrorCode.UNSUPPORTED_VERSION) return null;
  checkCode(group.errorCode, `group "${id}"`, group.errorMessage ?? null);
  return {
    id,
    state: group.groupState,
    type: "consumer",
    protocolType: "consumer",
    assignor: group.assignorName,
    epochs: { group: group.groupEpoch, assignment: group.assignmentEpoch },
    members: group.members.map((member) => ({
      id: member.memberId,
      instanceId: member.instanceId ?? null,
      clientId: member.clientId,
      host: member.clientHost,
      assignments: placesOf(member.assignment),
      targets: placesOf(member.targetAssignment),
      epoch: member.memberEpoch,
      subscription: {
        topics: member.subscribedTopicNames,
        regex: member.subscribedTopicRegex || null,
      },
    })),
  };
}

function placesOf({
  topicPartitions,
}: {
  readonly topicPartitions: readonly {
    readonly topicName: string;
    readonly partitions: readonly number[];
  }[];
}): readonly TopicPartitions[] {
  return topicPartitions.map(({ topicName: topic, partitions }) => ({ topic, partitions }));
}

async function describeClassicGroup(
  cluster: Cluster,
  coordinator: Coordinator,
  id: string,
): Promise<Group | null> {
  const answer = await cluster.call("DescribeGroups", coordinator, [id], false);
  const [group] = answer.groups;
  if (group === undefined || group.errorCode === ErrorCode.GROUP_ID_NOT_FOUND) return null;
  checkCode(group.errorCode, `group "${id}"`);
  // Until version 5 a group that does not exist is one that is dead.
  if (group.groupState === "Dead") return null;
  return {
    id,
    state: group.groupState,
    type: "classic",
    protocolType: group.protocolType,
    assignor: group.protocolData,
    epochs: null,
    members: group.members.map((member) => ({
      id: member.memberId,
      instanceId: member.groupInstanceId ?? null,
      clientId: member.clientId,
      host: member.clientHost,
      // What other kinds of groups (Kafka Connect) store here is known to them alone.
      assignments:
        group.protocolType === "consumer" ? decodeAssignment(member.memberAssignment) : [],
      targets: null,
      epoch: null,
      subscription: null,
    })),
  };
}

/** Committed offsets by topic and partition; without partitions that have none. */
export async function committedOffsets(
  cluster: Cluster,
  group: string,
): Promise<ReadonlyMap<string, ReadonlyMap<number, bigint>>> {
  const [found] = await cluster.admin.listConsumerGroupOffsets({ groups: [group] });
  const topics = (found?.topics ?? []).map(({ name, partitions }) => {
    const committed = partitions.filter(({ committedOffset }) => committedOffset >= 0n);
    const offsets = committed.map((each) => [each.partitionIndex, each.committedOffset] as const);
    return [name, new Map(offsets)] as const;
  });
  return new Map(topics.filter(([, offsets]) => offsets.size > 0));
}
