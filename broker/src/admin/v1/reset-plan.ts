/** Where a group would go on: one offset for each partition that a reset names. */
import type { ResetRequest, ResetTo } from "@runnel/contracts/groups.ts";
import type { FieldError } from "@runnel/contracts/problem.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { listOffset } from "#replica/list-offset.ts";
import type { Partition } from "#replica/partition.ts";
import { Refusal } from "../problem.ts";
import type { Committed } from "./group-view.ts";
import { kafkaRefusal, type PartFailure, partFailure } from "./kafka-problem.ts";
import type { V1Services } from "./services.ts";
import { openPartition } from "./topic-view.ts";

/** One partition of a reset. */
export interface Step {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly logStart: number | null;
  readonly highWatermark: number | null;
  /** Null where nothing is committed. */
  readonly before: number | null;
  /** Null where it cannot be said; then `error` says why. */
  readonly after: number | null;
  /** Why it is not exactly what was asked for. */
  readonly note: string | null;
  readonly error: PartFailure | null;
}

interface Place {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly before: number | null;
  /** Where it is named for this partition alone. */
  readonly offset: number | null;
}

/** Throws a `Refusal` for topics and partitions that are not there. Stops when `signal` is aborted. */
export async function planReset(
  { scope, to }: ResetRequest,
  committed: readonly Committed[],
  services: V1Services,
  signal: AbortSignal,
): Promise<readonly Step[]> {
  const places = placesOf(scope, to, committed, services);
  const steps: Step[] = [];
  for (const place of places) {
    signal.throwIfAborted();
    steps.push(await stepOf(place, to, services));
  }
  return steps;
}

function placesOf(
  scope: ResetRequest["scope"],
  to: ResetTo,
  committed: readonly Committed[],
  services: V1Services,
): readonly Place[] {
  const before = new Map<string, number>(
    committed.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, value }) => [`${topic}/${partition}`, value.offset] as const),
    ),
  );
  const errors: FieldError[] = [];
  const places = new Map<string, Place>();
  const add = (topic: string, partition: number, offset: number | null, field: string): void => {
    const info = services.topics.byName(topic);
    if (info === undefined || partition >= info.partitionCount) {
      const what = info === undefined ? `topic ${topic}` : `partition ${partition} of ${topic}`;
      errors.push({ in: "body", field, message: `there is no ${what}` });
      return;
    }
    const key = `${topic}/${partition}`;
    if (places.has(key)) errors.push({ in: "body", field, message: "names a partition twice" });
    const { topicId } = info;
    places.set(key, { topic, topicId, partition, before: before.get(key) ?? null, offset });
  };
  if (to.kind === "offsets") {
    for (const [at, { topic, partition, offset }] of to.offsets.entries()) {
      add(topic, partition, offset, `to.offsets.${at}`);
    }
  } else if (scope === undefined) {
    for (const { topic, partitions } of committed) {
      for (const { partition } of partitions) add(topic, partition, null, "");
    }
  } else {
    for (const [at, { topic, partitions }] of scope.entries()) {
      const count = services.topics.byName(topic)?.partitionCount ?? 1;
      const all = partitions ?? Array.from({ length: count }, (_, index) => index);
      for (const partition of all) add(topic, partition, null, `scope.${at}`);
    }
  }
  refuseErrors(errors);
  return [...places.values()];
}

const ERRORS_MAX = 50;

function refuseErrors(errors: readonly FieldError[]): void {
  const [first] = errors;
  if (first === undefined) return;
  throw new Refusal("invalid-request", {
    detail: `${first.field}: ${first.message}`,
    remedy: "Name topics and partitions that are there, each once.",
    errors: errors.slice(0, ERRORS_MAX),
  });
}

async function stepOf(place: Place, to: ResetTo, services: V1Services): Promise<Step> {
  const { topic, topicId, partition, before } = place;
  const open = openPartition(services, topicId, partition);
  const known = { topic, topicId, partition, before };
  if (open === null) {
    const error = partFailure(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    return { ...known, logStart: null, highWatermark: null, after: null, note: null, error };
  }
  const { highWatermark, log } = open;
  const logStart = log.logStartOffset;
  const found = { ...known, logStart, highWatermark };
  const asked = await targetOf(place, to, open, services);
  if ("error" in asked) return { ...found, after: null, note: null, error: asked.error };
  const after = Math.min(Math.max(asked.offset, logStart), highWatermark);
  const note =
    after === asked.offset
      ? (asked.note ?? null)
      : `${asked.offset} lies ${asked.offset < after ? "before the start" : "behind the end"}`;
  return { ...found, after, note, error: null };
}

type Target = { readonly offset: number; readonly note?: string } | { readonly error: PartFailure };

const NOTHING_TO_SHIFT: PartFailure = {
  errorCode: ErrorCode.INVALID_REQUEST,
  message: "nothing is committed, so it cannot be shifted",
};

async function targetOf(
  { before, offset }: Place,
  to: ResetTo,
  partition: Partition,
  services: V1Services,
): Promise<Target> {
  const { highWatermark, log } = partition;
  switch (to.kind) {
    case "beginning":
      return { offset: log.logStartOffset };
    case "end":
      return { offset: highWatermark };
    case "offset":
      return { offset: to.offset };
    case "offsets":
      return { offset: offset ?? highWatermark };
    case "current":
      if (before === null) return { offset: highWatermark, note: "nothing is committed: the end" };
      return { offset: before };
    case "shift":
      if (before === null) return { error: NOTHING_TO_SHIFT };
      return { offset: before + to.by };
    case "timestamp": {
      const listed = await listOffset(services.reads, partition, {
        timestamp: to.timestamp,
        readCommitted: false,
      });
      const error = partFailure(listed.errorCode);
      if (error !== null) return { error };
      if (listed.offset >= 0) return { offset: listed.offset };
      return { offset: highWatermark, note: "no event is as late: the end" };
    }
  }
}

/** Refuses a reset of which nothing is left. */
export function refuseEmpty(steps: readonly Step[], groupId: string): void {
  if (steps.length > 0) return;
  throw kafkaRefusal(ErrorCode.GROUP_ID_NOT_FOUND, {
    subject: `group ${groupId}`,
    message: `group ${groupId} has no committed offsets; name the topics in \`scope\``,
  });
}
