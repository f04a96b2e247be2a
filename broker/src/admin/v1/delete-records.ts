/** Deleting the oldest events of a topic, up to a point. */
import type { FieldError } from "@runnel/contracts/problem.ts";
import type { DeleteRecordsRequest, RecordsDeleted } from "@runnel/contracts/records.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { TopicImage } from "#metadata/image.ts";
import { deleteRecords as deletePartitionRecords } from "#replica/delete-records.ts";
import { listOffset } from "#replica/list-offset.ts";
import type { Partition } from "#replica/partition.ts";
import { Refusal } from "../problem.ts";
import { partitionError } from "./kafka-problem.ts";
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
  const rows: Row[] = [];
  for (const place of placesOf(body, topic)) {
    signal.throwIfAborted();
    rows.push(await rowOf(place, topic, body.to, isDryRun, services));
  }
  const eventCount = rows.reduce((sum, row) => sum + row.eventCount, 0);
  return { isDryRun, eventCount, partitions: rows };
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

async function rowOf(
  place: Place,
  topic: TopicImage,
  to: DeleteRecordsRequest["to"],
  isDryRun: boolean,
  services: V1Services,
): Promise<Row> {
  const { partition: index } = place;
  const partition = openPartition(services, topic.id, index);
  if (partition === null) {
    const error = partitionError(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    return unchanged(index, 0, error);
  }
  const { log } = partition;
  const before = log.logStartOffset;
  const target = await targetOf(place, partition, to, services);
  if ("error" in target) return unchanged(index, before, target.error);
  const after = Math.max(before, target.offset);
  if (!isDryRun && after > before) {
    const { logs, reads } = services;
    const done = await deletePartitionRecords({ logs, logger: reads.logger }, partition, after);
    if (done.errorCode !== ErrorCode.NONE) {
      return unchanged(index, before, partitionError(done.errorCode));
    }
  }
  return {
    partition: index,
    before: { logStart: before },
    after: { logStart: after },
    eventCount: after - before,
    error: null,
  };
}

function unchanged(partition: number, logStart: number, error: string | null): Row {
  return { partition, before: { logStart }, after: { logStart }, eventCount: 0, error };
}

async function targetOf(
  { offset }: Place,
  partition: Partition,
  to: DeleteRecordsRequest["to"],
  services: V1Services,
): Promise<{ readonly offset: number } | { readonly error: string }> {
  const { highWatermark } = partition;
  switch (to.kind) {
    case "end":
      return { offset: highWatermark };
    case "offset":
    case "offsets": {
      const asked = to.kind === "offset" ? to.offset : (offset ?? 0);
      if (asked <= highWatermark) return { offset: asked };
      return { error: `offset ${asked} lies behind the end, which is ${highWatermark}` };
    }
    case "timestamp": {
      const listed = await listOffset(services.reads, partition, to.timestamp);
      const error = partitionError(listed.errorCode);
      if (error !== null) return { error };
      return { offset: listed.offset >= 0 ? listed.offset : highWatermark };
    }
  }
}
