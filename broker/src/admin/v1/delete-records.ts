/** Deleting the oldest events of a topic, up to a point. */
import type { FieldError } from "@runnel/contracts/problem.ts";
import type { DeleteRecordsRequest, RecordsDeleted } from "@runnel/contracts/records.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { TopicImage } from "#metadata/image.ts";
import { mayDeleteRecords } from "#replica/delete-records.ts";
import { listOffset } from "#replica/list-offset.ts";
import type { Partition } from "#replica/partition.ts";
import { Refusal } from "../problem.ts";
import type { Caller } from "./caller.ts";
import { type PartFailure, partFailure, refuseIfAllFail } from "./kafka-problem.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import { openPartition, topicFor } from "./topic-view.ts";

type Row = RecordsDeleted["partitions"][number];

export async function deleteRecords(
  { params, body, query, caller, signal }: Call<"deleteRecords">,
  services: V1Services,
): Promise<RecordsDeleted> {
  const topic = topicFor(services, caller, "delete", params.topic);
  if (topic.isInternal) {
    throw new Refusal("forbidden", {
      detail: `${topic.name} is the broker's own: its events cannot be deleted`,
      remedy: "Delete events of a topic of your own.",
      kafkaError: "INVALID_TOPIC_EXCEPTION",
    });
  }
  const isDryRun = query.dryRun === true;
  const plans: Plan[] = [];
  for (const place of placesOf(body, topic)) {
    signal.throwIfAborted();
    plans.push(await planOf(place, topic, body.to, services));
  }
  refuseIfAllFail(
    plans.map(({ error }) => error),
    `topic ${topic.name}`,
  );
  const errors = isDryRun
    ? new Map<Plan, PartFailure>()
    : await carryOut(plans, topic, services, caller);
  const failures = plans.map((plan) => errors.get(plan) ?? plan.error);
  refuseIfAllFail(failures, `topic ${topic.name}`);
  const rows = plans.map((plan, at) => rowOf(plan, failures[at]?.message ?? null));
  const eventCount = rows.reduce((sum, row) => sum + row.eventCount, 0);
  return { isDryRun, eventCount, partitions: rows };
}

/** Where one partition begins, and is to begin. */
interface Plan {
  readonly partition: number;
  readonly before: number;
  readonly after: number;
  readonly error: PartFailure | null;
}

/** Deletes what is planned, as one change; what went wrong with single partitions. */
async function carryOut(
  plans: readonly Plan[],
  topic: TopicImage,
  { changes }: V1Services,
  { actor }: Caller,
): Promise<ReadonlyMap<Plan, PartFailure>> {
  const moving = plans.filter(({ before, after }) => after > before);
  if (moving.length === 0) return new Map();
  const places = moving.map(({ partition, after }) => ({ index: partition, offset: after }));
  const results = await changes.deleteRecords(actor, topic, places);
  return new Map(
    moving.flatMap((plan, at) => {
      const error = partFailure(results[at]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR);
      return error === null ? [] : [[plan, error] as const];
    }),
  );
}

function rowOf({ partition, before, after: planned }: Plan, error: string | null): Row {
  const after = error === null ? planned : before;
  return {
    partition,
    before: { logStart: before },
    after: { logStart: after },
    eventCount: after - before,
    error,
  };
}

interface Place {
  readonly partition: number;
  /** Where it is named for this partition alone. */
  readonly offset: number | null;
}

/** Throws the refusal for partitions that are not there, or named twice. */
function placesOf({ partitions, to }: DeleteRecordsRequest, topic: TopicImage): readonly Place[] {
  const all = topic.partitions.map(({ index }) => index);
  const places: readonly Place[] =
    to.kind === "offsets"
      ? to.offsets
      : (partitions ?? all).map((partition) => ({ partition, offset: null }));
  const field = to.kind === "offsets" ? "to.offsets" : "partitions";
  const seen = new Set<number>();
  const errors = places.flatMap(({ partition }, at): FieldError[] => {
    const isTwice = seen.has(partition);
    seen.add(partition);
    if (partition < all.length && !isTwice) return [];
    const message = isTwice
      ? `names partition ${partition} twice`
      : `there are ${all.length} partitions, from 0 on`;
    return [{ in: "body", field: `${field}.${at}`, message }];
  });
  const [first] = errors;
  if (first === undefined) return places;
  throw new Refusal("invalid-request", {
    detail: `${first.field}: ${first.message}`,
    remedy: "Name partitions that are there, each once.",
    errors,
  });
}

async function planOf(
  place: Place,
  topic: TopicImage,
  to: DeleteRecordsRequest["to"],
  services: V1Services,
): Promise<Plan> {
  const { partition: index } = place;
  const partition = openPartition(services, topic.id, index);
  if (partition === null) {
    const error = partFailure(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    return { partition: index, before: 0, after: 0, error };
  }
  const before = partition.log.logStartOffset;
  if (!mayDeleteRecords(partition.log)) {
    const message = `topic ${topic.name} is only compacted: its events go by their keys`;
    const error = { errorCode: ErrorCode.POLICY_VIOLATION, message };
    return { partition: index, before, after: before, error };
  }
  const target = await targetOf(place, partition, to, services);
  if ("error" in target) return { partition: index, before, after: before, error: target.error };
  return { partition: index, before, after: Math.max(before, target.offset), error: null };
}

async function targetOf(
  { offset }: Place,
  partition: Partition,
  to: DeleteRecordsRequest["to"],
  services: V1Services,
): Promise<{ readonly offset: number } | { readonly error: PartFailure }> {
  const { highWatermark } = partition;
  switch (to.kind) {
    case "end":
      return { offset: highWatermark };
    case "offset":
    case "offsets": {
      const asked = to.kind === "offset" ? to.offset : (offset ?? 0);
      if (asked <= highWatermark) return { offset: asked };
      const message = `offset ${asked} lies behind the end, which is ${highWatermark}`;
      return { error: { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, message } };
    }
    case "timestamp": {
      const listed = await listOffset(services.reads, partition, {
        timestamp: to.timestamp,
        readCommitted: false,
      });
      const error = partFailure(listed.errorCode);
      if (error !== null) return { error };
      return { offset: listed.offset >= 0 ? listed.offset : highWatermark };
    }
  }
}
