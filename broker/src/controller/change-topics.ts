/** What is to be done to delete topics and to give them more partitions. Pure. */
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import type { Random } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { MetadataImage, TopicImage } from "#metadata/image.ts";
import {
  deletedTopicKey,
  partitionsPrefix,
  type TopicRecord,
  topicConfigsKey,
  topicKey,
} from "#metadata/keys.ts";
import type { Compare, Operation } from "#metadata/store.ts";
import { type CheckedAssignments, checkAssignments } from "./assignments.ts";
import type { Planned } from "./commit.ts";
import {
  PARTITIONS_PER_REQUEST_MAX,
  PARTITIONS_PER_TOPIC_MAX,
  REPLICAS_PER_TOPIC_MAX,
} from "./limits.ts";
import { failed, OK, type Outcome } from "./outcome.ts";
import { placeReplicas } from "./placement.ts";
import { topicVersion, versionProblem } from "./versions.ts";

/** A topic by name, or by id where the name is null. */
export interface TopicReference {
  readonly name: string | null;
  /** The zero uuid for none. */
  readonly topicId: string;
}

/** A topic to delete. */
export interface DoomedTopic extends TopicReference {
  /** `topicVersion` that it must still have; null for any. */
  readonly expectedVersion?: string | null;
}

export interface DeletedTopic extends Outcome, TopicReference {
  /** What it was, where it is gone now. */
  readonly deleted?: TopicImage;
}

/** One plan per topic, in order. */
export function planDeleteTopics(
  image: MetadataImage,
  topics: readonly DoomedTopic[],
  isValidateOnly: boolean,
): readonly Planned<DeletedTopic>[] {
  const seen = new Set<string>();
  return topics.map(({ expectedVersion, ...reference }) => {
    const found = findTopic(image, reference);
    if ("outcome" in found) return nothing({ ...reference, ...found.outcome });
    const { topic } = found;
    const answer = { name: topic.name, topicId: topic.id };
    if (seen.has(topic.id)) {
      const twice = failed(ErrorCode.INVALID_REQUEST, "the topic is named twice in one request");
      return nothing({ ...answer, ...twice });
    }
    seen.add(topic.id);
    if (topic.isInternal) {
      const message = `${topic.name} is the broker's own and cannot be deleted`;
      return nothing({ ...answer, ...failed(ErrorCode.TOPIC_DELETION_DISABLED, message) });
    }
    const outdated = versionProblem(expectedVersion, topicVersion(topic));
    if (outdated !== null || isValidateOnly) return nothing({ ...answer, ...(outdated ?? OK) });
    return {
      result: { ...answer, ...OK, deleted: topic },
      compare: [unchanged(topic)],
      operations: [
        { kind: "delete", key: topicKey(topic.name) },
        { kind: "delete", key: topicConfigsKey(topic.id) },
        { kind: "deletePrefix", prefix: partitionsPrefix(topic.id) },
        ...deletionNotes(topic),
      ],
    };
  });
}

/** What tells each broker that the folders it has of the topic are to go, should it stop before. */
function deletionNotes({ id, name, partitions }: TopicImage): readonly Operation[] {
  const brokers = new Set(partitions.flatMap(({ replicas }) => replicas));
  const value = JSON.stringify({ name });
  return [...brokers].map((broker) => ({ kind: "put", key: deletedTopicKey(broker, id), value }));
}

export interface GrownTopic {
  readonly name: string;
  /** How many partitions the topic shall have in all. */
  readonly count: number;
  /** Broker ids of the new partitions; null for a placement by the controller. */
  readonly assignments: readonly (readonly number[])[] | null;
  /** `topicVersion` that it must still have; null for any. */
  readonly expectedVersion?: string | null;
}

export interface GrowthResult extends Outcome {
  readonly name: string;
  /** Partitions before and after, where it has more of them now. */
  readonly change?: { readonly before: number; readonly after: number };
}

export interface GrowthContext {
  readonly random: Random;
  readonly clusterPartitionsMax: number;
  readonly isValidateOnly: boolean;
}

/** One plan per topic, in order. */
export function planCreatePartitions(
  image: MetadataImage,
  topics: readonly GrownTopic[],
  context: GrowthContext,
): readonly Planned<GrowthResult>[] {
  const seen = new Set<string>();
  const budget = {
    partitionsLeft: PARTITIONS_PER_REQUEST_MAX,
    partitionCount: image.partitionCount,
  };
  return topics.map((request) => {
    const { name } = request;
    if (seen.has(name)) {
      const twice = failed(ErrorCode.INVALID_REQUEST, "the topic is named twice in one request");
      return nothing({ name, ...twice });
    }
    seen.add(name);
    const topic = image.topicsByName.get(name);
    const problem = growthProblem(name, topic, request, budget, context);
    if (topic === undefined || problem !== null) return nothing({ name, ...(problem ?? OK) });
    const added = newAssignments(image, topic, request, context);
    if ("outcome" in added) return nothing({ name, ...added.outcome });
    budget.partitionsLeft -= added.assignments.length;
    budget.partitionCount += added.assignments.length;
    if (context.isValidateOnly) return nothing({ name, ...OK });
    // What the partitions' own keys say counts; the assignment here is how each of them began.
    const before = topic.partitions.map((partition) => partition.replicas);
    const record: TopicRecord = { id: topic.id, assignments: [...before, ...added.assignments] };
    const change = { before: before.length, after: record.assignments.length };
    return {
      result: { name, ...OK, change },
      compare: [unchanged(topic)],
      operations: [{ kind: "put", key: topicKey(name), value: JSON.stringify(record) }],
    };
  });
}

function nothing<R>(result: R): Planned<R> {
  return { result, compare: [], operations: [] };
}

function unchanged(topic: TopicImage): Compare {
  return { kind: "modRevision", key: topicKey(topic.name), equals: topic.modRevision };
}

function findTopic(
  image: MetadataImage,
  { name, topicId }: TopicReference,
): { readonly topic: TopicImage } | { readonly outcome: Outcome } {
  const hasId = topicId !== ZERO_UUID;
  if ((name !== null) === hasId) {
    const message = "a topic is named by its name or by its id, by one of them";
    return { outcome: failed(ErrorCode.INVALID_REQUEST, message) };
  }
  const topic = name === null ? image.topicsById.get(topicId) : image.topicsByName.get(name);
  if (topic !== undefined) return { topic };
  return {
    outcome: hasId
      ? failed(ErrorCode.UNKNOWN_TOPIC_ID, "there is no topic with this id")
      : failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "there is no topic with this name"),
  };
}

function growthProblem(
  name: string,
  topic: TopicImage | undefined,
  { count, expectedVersion }: GrownTopic,
  budget: { readonly partitionsLeft: number; readonly partitionCount: number },
  context: GrowthContext,
): Outcome | null {
  if (topic === undefined) {
    return failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "there is no topic with this name");
  }
  const invalid = (message: string) => failed(ErrorCode.INVALID_PARTITIONS, message);
  const before = topic.partitions.length;
  const added = count - before;
  const factor = topic.partitions[0]?.replicas.length ?? 0;
  if (topic.isInternal) return invalid(`${name} is the broker's own and keeps its partitions`);
  const outdated = versionProblem(expectedVersion, topicVersion(topic));
  if (outdated !== null) return outdated;
  if (added <= 0) return invalid(`${name} has ${before} partitions, and ${count} is not more`);
  if (count > PARTITIONS_PER_TOPIC_MAX) {
    return invalid(`${count} partitions: a topic has at most ${PARTITIONS_PER_TOPIC_MAX}`);
  }
  if (count * factor > REPLICAS_PER_TOPIC_MAX) {
    return invalid(`more than ${REPLICAS_PER_TOPIC_MAX} replicas in one topic`);
  }
  if (added > budget.partitionsLeft) {
    return invalid(`more than ${PARTITIONS_PER_REQUEST_MAX} new partitions in one request`);
  }
  if (budget.partitionCount + added > context.clusterPartitionsMax) {
    const now = `the cluster has ${budget.partitionCount} partitions`;
    return invalid(`${now}, and runnel.max.partitions is ${context.clusterPartitionsMax}`);
  }
  return null;
}

function newAssignments(
  image: MetadataImage,
  topic: TopicImage,
  { count, assignments }: GrownTopic,
  { random }: GrowthContext,
): CheckedAssignments {
  const firstIndex = topic.partitions.length;
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 1;
  const partitionCount = count - firstIndex;
  if (assignments === null) {
    const brokers = [...image.brokers.values()];
    if (replicationFactor > brokers.length) {
      const message = `the topic has ${replicationFactor} replicas, and ${brokers.length} brokers live`;
      return { outcome: failed(ErrorCode.INVALID_REPLICATION_FACTOR, message) };
    }
    const start = random.below(brokers.length);
    return { assignments: placeReplicas({ brokers, partitionCount, replicationFactor, start }) };
  }
  if (assignments.length !== partitionCount) {
    const message = `${partitionCount} new partitions, but ${assignments.length} assignments`;
    return { outcome: failed(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message) };
  }
  const indexed = assignments.map((brokerIds, i) => ({
    partitionIndex: firstIndex + i,
    brokerIds,
  }));
  return checkAssignments(image, indexed, { firstIndex, replicationFactor });
}
