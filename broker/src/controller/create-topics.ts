/** What is to be done to create topics, and what is wrong with those that cannot be. Pure. */
import { randomUuid, ZERO_UUID } from "@runnel/kit/uuid.ts";
import type { Random } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { changeConfigs } from "#config/change.ts";
import { type ConfigEntry, describeTopicConfigs } from "#config/describe.ts";
import { type BrokerLayers, NO_OVERRIDES, type Overrides } from "#config/effective.ts";
import { INTERNAL_TOPICS, type MetadataImage } from "#metadata/image.ts";
import { encodeConfigs, type TopicRecord, topicConfigsKey, topicKey } from "#metadata/keys.ts";
import type { Operation } from "#metadata/store.ts";
import { type Assignment, checkAssignments } from "./assignments.ts";
import type { Planned } from "./commit.ts";
import {
  PARTITIONS_PER_REQUEST_MAX,
  PARTITIONS_PER_TOPIC_MAX,
  REPLICAS_PER_TOPIC_MAX,
} from "./limits.ts";
import { failed, OK, type Outcome } from "./outcome.ts";
import { placeReplicas } from "./placement.ts";
import { collidesWith, collisionIndex, metricForm, topicNameProblem } from "./topic-name.ts";

export interface NewTopic {
  readonly name: string;
  /** −1 for `num.partitions`. */
  readonly partitionCount: number;
  /** −1 for `default.replication.factor`. */
  readonly replicationFactor: number;
  /** Empty for a placement by the controller. */
  readonly assignments: readonly Assignment[];
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

export interface CreatedTopic extends Outcome {
  readonly name: string;
  /** The zero uuid where nothing was created. */
  readonly topicId: string;
  /** −1 with an error; and the factor, too. */
  readonly partitionCount: number;
  readonly replicationFactor: number;
  /** The effective settings; none with an error. */
  readonly configs: readonly ConfigEntry[];
}

export interface CreateContext {
  readonly random: Random;
  readonly layers: BrokerLayers;
  readonly partitionCountDefault: number;
  /** −1 for three, or as many as there are live brokers. */
  readonly replicationFactorDefault: number;
  readonly clusterPartitionsMax: number;
  /** Checks everything and creates nothing. */
  readonly isValidateOnly: boolean;
  /** The broker itself asks: internal names and settings that are not served are allowed. */
  readonly isInternal: boolean;
}

/** One plan per topic, in order. Those of one call see each other. */
export function planCreateTopics(
  image: MetadataImage,
  topics: readonly NewTopic[],
  context: CreateContext,
): readonly Planned<CreatedTopic>[] {
  const counts = new Map<string, number>();
  for (const { name } of topics) counts.set(name, (counts.get(name) ?? 0) + 1);
  const collisions = collisionIndex(image);
  const budget = {
    partitionsLeft: PARTITIONS_PER_REQUEST_MAX,
    partitionCount: image.partitionCount,
  };
  const describe = describer(context.layers);
  return topics.map((topic) => {
    if (counts.get(topic.name) !== 1) {
      return refuse(topic, ErrorCode.INVALID_REQUEST, "the topic is named twice in one request");
    }
    const problem = nameOutcome(image, topic.name, collisions, context.isInternal);
    if (problem !== null) return refuse(topic, problem.errorCode, problem.message ?? "");
    const configs = overridesOf(topic, context);
    if ("problem" in configs) return refuse(topic, ErrorCode.INVALID_CONFIG, configs.problem);
    const placed = assignmentsOf(image, topic, context);
    if ("outcome" in placed) {
      return refuse(topic, placed.outcome.errorCode, placed.outcome.message ?? "");
    }
    const cap = capProblem(placed.assignments, budget, context.clusterPartitionsMax);
    if (cap !== null) return refuse(topic, ErrorCode.INVALID_PARTITIONS, cap);
    budget.partitionsLeft -= placed.assignments.length;
    budget.partitionCount += placed.assignments.length;
    collisions.set(metricForm(topic.name), topic.name);
    const { overrides } = configs;
    const { assignments } = placed;
    return create(
      { name: topic.name, assignments, overrides, entries: describe(overrides) },
      context,
    );
  });
}

/** The answer for a topic that is not created. */
export function refusedTopic(name: string, outcome: Outcome): CreatedTopic {
  const none = { topicId: ZERO_UUID, partitionCount: -1, replicationFactor: -1, configs: [] };
  return { name, ...none, ...outcome };
}

function refuse(topic: NewTopic, errorCode: ErrorCode, message: string): Planned<CreatedTopic> {
  const result = refusedTopic(topic.name, failed(errorCode, message));
  return { result, compare: [], operations: [] };
}

function nameOutcome(
  image: MetadataImage,
  name: string,
  collisions: ReadonlyMap<string, string>,
  isInternal: boolean,
): Outcome | null {
  const problem = topicNameProblem(name);
  if (problem !== null) return failed(ErrorCode.INVALID_TOPIC_EXCEPTION, problem);
  if (image.topicsByName.has(name)) {
    return failed(ErrorCode.TOPIC_ALREADY_EXISTS, `topic ${name} exists already`);
  }
  if (INTERNAL_TOPICS.has(name) && !isInternal) {
    const message = `${name} is the broker's own: it makes it when it needs it`;
    return failed(ErrorCode.INVALID_TOPIC_EXCEPTION, message);
  }
  const other = collidesWith(name, collisions);
  if (other === null) return null;
  const message = `topic ${name} would be taken for ${other}: names differ by more than '.' and '_'`;
  return failed(ErrorCode.INVALID_TOPIC_EXCEPTION, message);
}

function overridesOf(
  topic: NewTopic,
  { layers, isInternal }: CreateContext,
): { readonly overrides: Overrides } | { readonly problem: string } {
  const changes = topic.configs.map(({ name, value }) => {
    return { name, operation: "set" as const, value };
  });
  return changeConfigs(NO_OVERRIDES, changes, { kind: "topic", layers, isInternal });
}

type Assigned =
  | { readonly assignments: readonly (readonly number[])[] }
  | { readonly outcome: Outcome };

function assignmentsOf(image: MetadataImage, topic: NewTopic, context: CreateContext): Assigned {
  const { partitionCount, replicationFactor } = topic;
  if (topic.assignments.length > 0) {
    if (partitionCount !== -1 || replicationFactor !== -1) {
      const message =
        "with an assignment of replicas, partitions and replication factor must both be -1";
      return { outcome: failed(ErrorCode.INVALID_REQUEST, message) };
    }
    return checkAssignments(image, topic.assignments, { firstIndex: 0, replicationFactor: null });
  }
  const count = partitionCount === -1 ? context.partitionCountDefault : partitionCount;
  if (count < 1 || count > PARTITIONS_PER_TOPIC_MAX) {
    const message = `${count} partitions: a topic has from 1 to ${PARTITIONS_PER_TOPIC_MAX}`;
    return { outcome: failed(ErrorCode.INVALID_PARTITIONS, message) };
  }
  const brokers = [...image.brokers.values()];
  const wanted = replicationFactor === -1 ? context.replicationFactorDefault : replicationFactor;
  const factor = wanted === -1 ? Math.min(3, brokers.length) : wanted;
  if (factor < 1 || factor > brokers.length) {
    const message = `replication factor ${factor}: there are ${brokers.length} live brokers`;
    return { outcome: failed(ErrorCode.INVALID_REPLICATION_FACTOR, message) };
  }
  const start = context.random.below(brokers.length);
  const placement = { brokers, partitionCount: count, replicationFactor: factor, start };
  return { assignments: placeReplicas(placement) };
}

function capProblem(
  assignments: readonly (readonly number[])[],
  budget: { readonly partitionsLeft: number; readonly partitionCount: number },
  clusterPartitionsMax: number,
): string | null {
  const count = assignments.length;
  if (count > PARTITIONS_PER_TOPIC_MAX) {
    return `${count} partitions: a topic has at most ${PARTITIONS_PER_TOPIC_MAX}`;
  }
  if (count > budget.partitionsLeft) {
    return `more than ${PARTITIONS_PER_REQUEST_MAX} new partitions in one request`;
  }
  if (count * (assignments[0]?.length ?? 0) > REPLICAS_PER_TOPIC_MAX) {
    return `more than ${REPLICAS_PER_TOPIC_MAX} replicas in one topic`;
  }
  if (budget.partitionCount + count > clusterPartitionsMax) {
    const now = `the cluster has ${budget.partitionCount} partitions`;
    return `${now}, and runnel.max.partitions is ${clusterPartitionsMax}`;
  }
  return null;
}

/** Describes effective settings, those without overrides once: most topics have none. */
function describer(layers: BrokerLayers): (overrides: Overrides) => readonly ConfigEntry[] {
  let plain: readonly ConfigEntry[] | null = null;
  return (overrides) => {
    if (overrides.size > 0) return describeTopicConfigs(overrides, layers, null);
    plain ??= describeTopicConfigs(NO_OVERRIDES, layers, null);
    return plain;
  };
}

interface CheckedTopic {
  readonly name: string;
  readonly assignments: readonly (readonly number[])[];
  readonly overrides: Overrides;
  readonly entries: readonly ConfigEntry[];
}

function create(topic: CheckedTopic, context: CreateContext): Planned<CreatedTopic> {
  const { name, assignments, overrides } = topic;
  const topicId = context.isValidateOnly ? ZERO_UUID : randomUuid(context.random);
  const result: CreatedTopic = {
    ...OK,
    name,
    topicId,
    partitionCount: assignments.length,
    replicationFactor: assignments[0]?.length ?? 0,
    configs: topic.entries,
  };
  if (context.isValidateOnly) return { result, compare: [], operations: [] };
  const record: TopicRecord = { id: topicId, assignments };
  const operations: Operation[] = [
    { kind: "put", key: topicKey(name), value: JSON.stringify(record) },
  ];
  if (overrides.size > 0) {
    operations.push({
      kind: "put",
      key: topicConfigsKey(topicId),
      value: encodeConfigs(overrides),
    });
  }
  const compare = [{ kind: "createRevision", key: topicKey(name), equals: 0 } as const];
  return { result, compare, operations };
}
