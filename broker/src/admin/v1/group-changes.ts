/** Moving and forgetting what groups committed, and forgetting groups. */
import type { OffsetChange } from "@runnel/contracts/groups.ts";
import type { FieldError } from "@runnel/contracts/problem.ts";
import type { AnswerOf } from "@runnel/contracts/routes.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Actor } from "#audit/actor.ts";
import type { GroupDescription, TopicPartitions } from "#coordinator/group/events.ts";
import { lagOf } from "#coordinator/lag-table.ts";
import { Refusal } from "../problem.ts";
import { authorize, type Caller } from "./caller.ts";
import { type Committed, findGroup, groupFor, offsetsOf } from "./group-view.ts";
import {
  kafkaRefusal,
  type PartFailure,
  partFailure,
  partitionError,
  refuseIfAllFail,
  refuseUnlessNone,
} from "./kafka-problem.ts";
import { planReset, refuseEmpty, type Step } from "./reset-plan.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import { openPartition } from "./topic-view.ts";

/** The version of OffsetCommit whose rules apply. */
const COMMIT_VERSION = 9;

export async function resetOffsets(
  { params, body, query, expectedVersion, caller, signal }: Call<"resetOffsets">,
  services: V1Services,
): Promise<AnswerOf<"resetOffsets">> {
  const groupId = params.group;
  const isDryRun = query.dryRun === true;
  authorize(services, caller, "read", "group", groupId);
  const group = await findGroup(services, groupId);
  if (group !== null) refuseUnlessEmpty(group);
  const { committed, version } = await offsetsOf(services, groupId);
  refuseUnlessVersion(groupId, expectedVersion, version);
  const steps = await planReset(body, committed, services, signal);
  for (const { topic } of steps) authorize(services, caller, "read", "topic", topic);
  refuseEmpty(steps, groupId);
  refuseIfAllFail(
    steps.map(({ error }) => error),
    `group ${groupId}`,
  );
  const errors = isDryRun
    ? new Map<Step, PartFailure | null>()
    : await commit(steps, { actor: caller.actor, groupId, expectedVersion }, services);
  const changes = steps.map((step) =>
    changeOf(step, (errors.get(step) ?? step.error)?.message ?? null),
  );
  const etag = isDryRun ? version : (await offsetsOf(services, groupId)).version;
  return { isDryRun, etag, changes };
}

/** Kafka refuses it, too: the members would go on where they are, and commit over it. */
function refuseUnlessEmpty({ groupId, state, members }: GroupDescription): void {
  if (state === "Empty" || state === "Dead") return;
  throw kafkaRefusal(ErrorCode.NON_EMPTY_GROUP, {
    subject: `group ${groupId}`,
    message: `group ${groupId} is ${state} with ${members.length} members: they would go on where they are`,
  });
}

function refuseUnlessVersion(groupId: string, expected: string | null, current: string): void {
  if (expected !== null && expected !== current) throw outdated(groupId);
}

function outdated(groupId: string): Refusal {
  return kafkaRefusal(ErrorCode.INVALID_UPDATE_VERSION, {
    subject: `group ${groupId}`,
    message: `the offsets of group ${groupId} are not those of the version in If-Match any more`,
  });
}

/** Throws the refusal of a change as a whole: also where another one came between its plan and itself. */
function refuseChange(groupId: string, errorCode: ErrorCode): void {
  if (errorCode === ErrorCode.INVALID_UPDATE_VERSION) throw outdated(groupId);
  refuseUnlessNone(errorCode, { subject: `group ${groupId}` });
}

/** What went wrong with each step, null for nothing. */
async function commit(
  steps: readonly Step[],
  {
    actor,
    groupId,
    expectedVersion,
  }: {
    readonly actor: Actor;
    readonly groupId: string;
    readonly expectedVersion: string | null;
  },
  { groups, groupChanges }: V1Services,
): Promise<ReadonlyMap<Step, PartFailure | null>> {
  const wanted = steps.filter(({ after }) => after !== null);
  if (wanted.length === 0) return new Map();
  // The topic of the groups is made here, where it is missing.
  await groups.start();
  const { errorCodes } = await groupChanges.commitOffsets(actor, {
    apiVersion: COMMIT_VERSION,
    groupId,
    memberId: "",
    groupInstanceId: null,
    generationId: -1,
    retentionTimeMs: -1,
    expectedVersion,
    offsets: wanted.map(({ topic, topicId, partition, after }) => ({
      topic,
      topicId,
      partition,
      offset: after ?? 0,
      leaderEpoch: -1,
      metadata: "",
    })),
  });
  const first = errorCodes[0] ?? ErrorCode.NONE;
  if (errorCodes.every((code) => code === first)) {
    refuseChange(groupId, first);
  }
  return new Map(wanted.map((step, at) => [step, partFailure(errorCodes[at] ?? first)]));
}

function changeOf(step: Step, error: string | null): OffsetChange {
  const { topic, partition, logStart, highWatermark, before, note } = step;
  const after = error === null ? step.after : before;
  return {
    topic,
    partition,
    logStart,
    highWatermark,
    before: positionAt(before, highWatermark),
    after: positionAt(after, highWatermark),
    note,
    error,
  };
}

function positionAt(offset: number | null, end: number | null): OffsetChange["before"] {
  return { offset, lag: offset === null ? null : lagOf(offset, end) };
}

export async function deleteOffsets(
  { params, body, query, expectedVersion, caller }: Call<"deleteOffsets">,
  services: V1Services,
): Promise<AnswerOf<"deleteOffsets">> {
  const groupId = params.group;
  const isDryRun = query.dryRun === true;
  await groupFor(services, caller, "delete", groupId);
  const { committed, version } = await offsetsOf(services, groupId);
  refuseUnlessVersion(groupId, expectedVersion, version);
  const wanted = doomedOf(body.scope, committed, services, caller);
  const deleted = await services.groupChanges.deleteOffsets(caller.actor, groupId, wanted, {
    isValidateOnly: isDryRun,
    expectedVersion,
  });
  refuseChange(groupId, deleted.errorCode);
  const changes = deleted.topics.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, errorCode }) =>
      deletionOf(topic, partition, partitionError(errorCode), committed, services),
    ),
  );
  const etag = isDryRun ? version : (await offsetsOf(services, groupId)).version;
  return { isDryRun, etag, changes };
}

/** What the scope names and the group committed. */
function doomedOf(
  scope: Call<"deleteOffsets">["body"]["scope"],
  committed: readonly Committed[],
  services: V1Services,
  caller: Caller,
): readonly TopicPartitions[] {
  const errors: FieldError[] = [];
  const doomed = new Map<string, readonly number[]>();
  for (const [at, { topic, partitions }] of scope.entries()) {
    authorize(services, caller, "read", "topic", topic);
    const field = `scope.${at}`;
    const known = committed.find((one) => one.topic === topic)?.partitions ?? [];
    const indexes = known.map(({ partition }) => partition);
    const missing = partitions?.find((partition) => !indexes.includes(partition));
    if (indexes.length === 0 || missing !== undefined) {
      const what = missing === undefined ? topic : `${topic}, partition ${missing}`;
      errors.push({ in: "body", field, message: `the group committed nothing for ${what}` });
    }
    if (doomed.has(topic)) errors.push({ in: "body", field, message: "names a topic twice" });
    doomed.set(topic, [...new Set(partitions ?? indexes)]);
  }
  const [first] = errors;
  if (first !== undefined) {
    throw new Refusal("invalid-request", {
      detail: `${first.field}: ${first.message}`,
      remedy: "Name topics and partitions that the group committed, each once.",
      errors,
    });
  }
  return [...doomed].map(([topic, partitions]) => ({ topic, partitions }));
}

function deletionOf(
  topic: string,
  partition: number,
  error: string | null,
  committed: readonly Committed[],
  services: V1Services,
): OffsetChange {
  const found = committed.find((one) => one.topic === topic);
  const value = found?.partitions.find((one) => one.partition === partition)?.value;
  const open = openPartition(services, found?.topicId ?? "", partition);
  const highWatermark = open?.highWatermark ?? null;
  const before = positionAt(value?.offset ?? null, highWatermark);
  return {
    topic,
    partition,
    logStart: open?.log.logStartOffset ?? null,
    highWatermark,
    before,
    after: error === null ? { offset: null, lag: null } : before,
    note: null,
    error,
  };
}

export async function deleteGroup(
  { params, query, expectedVersion, caller }: Call<"deleteGroup">,
  services: V1Services,
): Promise<AnswerOf<"deleteGroup">> {
  const groupId = params.group;
  const isDryRun = query.dryRun === true;
  const { state } = await groupFor(services, caller, "delete", groupId);
  const { committed, version } = await offsetsOf(services, groupId);
  refuseUnlessVersion(groupId, expectedVersion, version);
  const { errorCode } = await services.groupChanges.deleteGroup(caller.actor, groupId, {
    isValidateOnly: isDryRun,
    expectedVersion,
  });
  refuseChange(groupId, errorCode);
  const offsetCount = committed.reduce((sum, { partitions }) => sum + partitions.length, 0);
  const topicCount = committed.length;
  return { isDryRun, before: { groupId, state, topicCount, offsetCount }, after: null };
}
