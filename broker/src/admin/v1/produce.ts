/** Producing events: the same way into the log as from a Kafka client. */
import type { FieldError } from "@runnel/contracts/problem.ts";
import type { ProduceResponse } from "@runnel/contracts/records.ts";
import { utf8Length } from "@runnel/kit/byte-writer.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { partitionOfKey } from "@runnel/protocol/partitioner.ts";
import { BATCH_HEADER_SIZE } from "@runnel/protocol/records/batch.ts";
import { buildBatch, type NewRecord } from "@runnel/protocol/records/build.ts";
import type { TopicImage } from "#metadata/image.ts";
import { type AppendResult, appendBatch, failure, judgeBatch } from "#replica/append.ts";
import { withPartition } from "#replica/lookup.ts";
import { Refusal } from "../problem.ts";
import { kafkaRefusal, partitionError } from "./kafka-problem.ts";
import { decodePayload } from "./payload.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import { topicFor } from "./topic-view.ts";

/** How long an event may take to be on all replicas in sync. */
const PRODUCE_TIMEOUT_MS = 30_000;
/** Bytes of a record and of a header besides what is in them, at most. */
const RECORD_OVERHEAD = 48;
const HEADER_OVERHEAD = 10;
const ERRORS_MAX = 50;

type Asked = Call<"produce">["body"]["records"][number];

/** One event on its way. */
interface Item {
  readonly partition: number;
  readonly record: NewRecord & { readonly timestamp: number };
  readonly size: number;
}

export async function produce(
  { params, body, query, caller }: Call<"produce">,
  services: V1Services,
): Promise<ProduceResponse> {
  const topic = topicFor(services, caller, "write", params.topic);
  if (topic.isInternal) {
    throw new Refusal("forbidden", {
      detail: `${topic.name} is the broker's own: clients may not write to it`,
      remedy: "Produce to a topic of your own.",
      kafkaError: "INVALID_TOPIC_EXCEPTION",
    });
  }
  const isDryRun = query.dryRun === true;
  const items = itemsOf(body.records, topic, services);
  const outcomes = new Map<Item, Outcome>();
  await Promise.all(
    batchesOf(items, topic, services).map(async (batch) => {
      for (const [at, item] of batch.entries()) outcomes.set(item, { at, result: PENDING });
      const result = await send(batch, topic, isDryRun, services);
      for (const [at, item] of batch.entries()) outcomes.set(item, { at, result });
    }),
  );
  const results = items.map((item) => outcomes.get(item) ?? { at: 0, result: PENDING });
  refuseIfAllFailed(
    results.map(({ result }) => result),
    topic,
  );
  return {
    isDryRun,
    results: items.map((item, at) => resultOf(item, results[at] as Outcome, isDryRun)),
  };
}

/** What became of the batch that an event is in, and its place there. */
interface Outcome {
  readonly at: number;
  readonly result: AppendResult;
}

const PENDING = failure(ErrorCode.UNKNOWN_SERVER_ERROR, "no answer was made");

/** Throws the refusal that names every field that is wrong. */
function itemsOf(
  records: readonly Asked[],
  topic: TopicImage,
  { clock, random }: V1Services,
): readonly Item[] {
  const errors: FieldError[] = [];
  const partitionCount = topic.partitions.length;
  const withoutKey = random.below(partitionCount);
  const now = clock.nowMs();
  const items = records.map((asked, at): Item => {
    const bytesOf = (payload: Asked["key"], field: string): Uint8Array | null => {
      const decoded = decodePayload(payload ?? null);
      if ("bytes" in decoded) return decoded.bytes;
      errors.push({ in: "body", field: `records.${at}.${field}`, message: decoded.problem });
      return null;
    };
    const key = bytesOf(asked.key, "key.data");
    const value = bytesOf(asked.value, "value.data");
    const headers = (asked.headers ?? []).map(({ name, value: header }, index) => ({
      key: name,
      value: bytesOf(header, `headers.${index}.value.data`),
    }));
    const partition =
      asked.partition ?? (key === null ? withoutKey : partitionOfKey(key, partitionCount));
    if (partition >= partitionCount) {
      const message = `there are ${partitionCount} partitions, from 0 on`;
      errors.push({ in: "body", field: `records.${at}.partition`, message });
    }
    const record = { key, value, headers, timestamp: asked.timestamp ?? now };
    return { partition, record, size: sizeOf(record) };
  });
  const [first] = errors;
  if (first === undefined) return items;
  throw new Refusal("invalid-request", {
    detail: `${first.field}: ${first.message}`,
    remedy: "Correct the fields named in `errors`.",
    errors: errors.slice(0, ERRORS_MAX),
  });
}

/** At least what the record takes in a batch. */
function sizeOf({ key, value, headers = [] }: NewRecord): number {
  const inHeaders = headers.reduce(
    (sum, header) => sum + utf8Length(header.key) + (header.value?.length ?? 0) + HEADER_OVERHEAD,
    0,
  );
  return (key?.length ?? 0) + (value?.length ?? 0) + inHeaders + RECORD_OVERHEAD;
}

/** The events of each partition in their order, in batches that the topic takes. */
function batchesOf(
  items: readonly Item[],
  topic: TopicImage,
  services: V1Services,
): readonly (readonly Item[])[] {
  const { maxMessageBytes } = services.topicConfigs.of(topic);
  const batches: Item[][] = [];
  const current = new Map<number, { items: Item[]; size: number }>();
  for (const item of items) {
    const batch = current.get(item.partition);
    if (batch !== undefined && batch.size + item.size <= maxMessageBytes) {
      batch.items.push(item);
      batch.size += item.size;
      continue;
    }
    const next = { items: [item], size: BATCH_HEADER_SIZE + item.size };
    current.set(item.partition, next);
    batches.push(next.items);
  }
  return batches;
}

async function send(
  items: readonly Item[],
  topic: TopicImage,
  isDryRun: boolean,
  { replicas, append }: V1Services,
): Promise<AppendResult> {
  const batch = buildBatch({ records: items.map(({ record }) => record) });
  const request = { acks: -1, timeoutMs: PRODUCE_TIMEOUT_MS, allowsZstd: true, transaction: null };
  return await withPartition<AppendResult>(
    replicas,
    topic.id,
    items[0]?.partition ?? 0,
    (found) => {
      if (found.partition === null) {
        return failure(found.errorCode, partitionError(found.errorCode) ?? "");
      }
      if (isDryRun) return judgeBatch(append, found.partition, batch, request);
      return appendBatch(append, found.partition, batch, request);
    },
  );
}

/** The events are in the log, and nobody can say whether they stay. */
const UNCERTAIN: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
]);

/** What failed as a whole is refused as a whole. */
function refuseIfAllFailed(results: readonly AppendResult[], { name }: TopicImage): void {
  const [first] = results;
  if (first === undefined || first.errorCode === ErrorCode.NONE) return;
  if (results.some(({ errorCode }) => errorCode !== first.errorCode)) return;
  const isUncertain = UNCERTAIN.has(first.errorCode);
  const message = messageOf(first);
  throw kafkaRefusal(first.errorCode, { subject: `topic ${name}`, message, isUncertain });
}

function messageOf({ message, recordErrors, errorCode }: AppendResult): string | null {
  if (errorCode === ErrorCode.NONE) return null;
  return recordErrors[0]?.message ?? message ?? partitionError(errorCode);
}

function resultOf(
  { partition, record }: Item,
  { at, result }: Outcome,
  isDryRun: boolean,
): ProduceResponse["results"][number] {
  const error = messageOf(result);
  const isStored = error === null && !isDryRun;
  return {
    partition,
    offset: isStored ? result.baseOffset + at : null,
    timestamp: !isStored
      ? null
      : result.logAppendTimeMs >= 0
        ? result.logAppendTimeMs
        : record.timestamp,
    error,
  };
}
