/**
 * Reads partitions of a topic from given offsets, without a group: one fetch at a time per leader.
 * Follows leaders as they move, skips what is no record (transaction markers), and never holds more
 * than one answer per leader.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { fetchV17, RecordsBatch } from "@platformatic/kafka";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { CommandError } from "../cli/failure.ts";
import type { ReadRecord } from "../commands/record-format.ts";
import type { Broker, Cluster, Topic } from "./cluster.ts";
import { explain, explainCode } from "./explain.ts";
import { rangesOf, topicOf } from "./offsets.ts";

/** One partition on its way. `next` moves as records are handed over. */
export interface Cursor {
  readonly partition: number;
  next: bigint;
  /** Reading ends before this offset; null to follow. */
  readonly stop: bigint | null;
  /** Reading ends at the first record that is not older, or once the clock is there; null for never. */
  readonly stopAtMs: number | null;
  isDone: boolean;
}

export interface ReadOptions {
  readonly cluster: Cluster;
  readonly topic: Topic;
  readonly cursors: readonly Cursor[];
  /** Takes the records of one partition, in order; the next fetch waits for it. */
  readonly onRecords: (records: readonly ReadRecord[]) => Promise<void>;
  readonly onRemark: (text: string) => void;
  readonly signal: AbortSignal;
}

const FETCH_WAIT_MS = 500;
const FETCH_BYTES_MAX = 8 * 1024 * 1024;
const PARTITION_BYTES_MAX = 1024 * 1024;
const NO_SESSION = -1;
const FIRST_NAMELESS_VERSION = 13;

/** Rounds that fail one after the other before reading gives up, and the pause between them. */
const FAILED_ROUNDS_MAX = 60;
const ROUND_DELAY_MS = 500;

const LEADER_MOVED: readonly number[] = [
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.REPLICA_NOT_AVAILABLE,
  ErrorCode.OFFSET_NOT_AVAILABLE,
  ErrorCode.KAFKA_STORAGE_ERROR,
];

/** Returns when every cursor is done or `signal` aborts. */
export async function readPartitions(options: ReadOptions): Promise<void> {
  const { cluster, topic, cursors, signal } = options;
  const api = { version: await cluster.versionOf("Fetch") };
  let failures = 0;
  while (!signal.aborted && cursors.some((cursor) => !cursor.isDone)) {
    const round: Round = { ...options, ...api, hasProgress: false, trouble: null };
    const view = await cluster.describe([topic.name]);
    const current = topicOf(view, topic.name);
    const leaderless: Cursor[] = [];
    const loops: Promise<void>[] = [];
    const open = cursors.filter((cursor) => !cursor.isDone);
    const byLeader = Map.groupBy(open, ({ partition }) => {
      return current.partitions.find((each) => each.partition === partition)?.leader ?? -1;
    });
    for (const [leader, led] of byLeader) {
      const broker = view.brokers.get(leader);
      if (broker === undefined) leaderless.push(...led);
      else loops.push(readFrom(broker, led, round));
    }
    if (leaderless.length > 0) round.trouble = explainCode(ErrorCode.LEADER_NOT_AVAILABLE);
    await Promise.all(loops);
    if (signal.aborted || round.trouble === null) continue;
    failures = round.hasProgress ? 1 : failures + 1;
    if (failures === 1) options.onRemark(`Waiting: ${round.trouble}.`);
    if (failures > FAILED_ROUNDS_MAX) throw new CommandError(round.trouble);
    await delay(ROUND_DELAY_MS, undefined, { signal }).catch(() => {});
  }
}

/** Reading until the leaders change or something fails. */
interface Round extends ReadOptions {
  readonly version: number;
  hasProgress: boolean;
  /** Why the round ends, for every leader; null while all is well. */
  trouble: string | null;
}

async function readFrom(broker: Broker, cursors: readonly Cursor[], round: Round): Promise<void> {
  const { signal } = round;
  while (!signal.aborted && round.trouble === null) {
    const open = cursors.filter((cursor) => !cursor.isDone);
    if (open.length === 0) return;
    let answer: fetchV17.FetchResponse | null;
    try {
      answer = await orAborted(fetchOnce(broker, open, round), signal);
    } catch (error) {
      round.trouble ??= explain(error, `${broker.host}:${broker.port}`);
      return;
    }
    if (answer === null) return;
    if (answer.errorCode !== 0) {
      round.trouble ??= explainCode(answer.errorCode);
      return;
    }
    for (const partition of answer.responses.flatMap((each) => each.partitions)) {
      const cursor = open.find((each) => each.partition === partition.partitionIndex);
      if (cursor !== undefined) await take(cursor, partition, round);
    }
  }
}

function fetchOnce(
  broker: Broker,
  cursors: readonly Cursor[],
  { cluster, topic, version }: Round,
): Promise<fetchV17.FetchResponse> {
  // The partition that comes first may fill the answer: begin with another one each time.
  const turn = Number(cursors.reduce((sum, { next }) => sum + next, 0n) % BigInt(cursors.length));
  const partitions = [...cursors.slice(turn), ...cursors.slice(0, turn)].map((cursor) => ({
    partition: cursor.partition,
    currentLeaderEpoch: -1,
    fetchOffset: cursor.next,
    lastFetchedEpoch: -1,
    partitionMaxBytes: PARTITION_BYTES_MAX,
  }));
  // Until version 13 the same field carries the name.
  const topicId = version < FIRST_NAMELESS_VERSION ? topic.name : topic.id;
  return cluster.call(
    "Fetch",
    broker,
    FETCH_WAIT_MS,
    1,
    FETCH_BYTES_MAX,
    0,
    0,
    NO_SESSION,
    [{ topicId, partitions }],
    [],
    "",
  );
}

async function take(
  cursor: Cursor,
  partition: fetchV17.FetchResponsePartition,
  round: Round,
): Promise<void> {
  if (partition.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
    await moveIntoRange(cursor, round);
    return;
  }
  if (partition.errorCode !== 0) {
    const text = `partition ${cursor.partition}: ${explainCode(partition.errorCode)}`;
    if (!LEADER_MOVED.includes(partition.errorCode)) throw new CommandError(text);
    round.trouble ??= text;
    return;
  }
  round.hasProgress = true;
  const batches = partition.records ?? [];
  const records = collectRecords(batches, cursor, round.topic.name);
  if (records.length > 0) await round.onRecords(records);
  const isCaughtUp = batches.length === 0 && cursor.next >= partition.highWatermark;
  const isTimeOver = cursor.stopAtMs !== null && Date.now() >= cursor.stopAtMs;
  if (cursor.stop !== null && cursor.next >= cursor.stop) cursor.isDone = true;
  if (isCaughtUp && isTimeOver) cursor.isDone = true;
}

/** Retention, or a topic that was made anew, may have taken away what we wanted to read. */
async function moveIntoRange(cursor: Cursor, { cluster, topic, onRemark }: Round): Promise<void> {
  const view = await cluster.describe([topic.name]);
  const ranges = await rangesOf(cluster, view, topicOf(view, topic.name), [cursor.partition]);
  const range = ranges.get(cursor.partition) ?? { start: 0n, end: 0n };
  const target = cursor.next < range.start ? range.start : range.end;
  onRemark(
    `Partition ${cursor.partition} holds ${range.start} to ${range.end}: ` +
      `going on at ${target} instead of ${cursor.next}.`,
  );
  cursor.next = target;
  if (cursor.stop !== null && cursor.next >= cursor.stop) cursor.isDone = true;
}

const IS_CONTROL = 0x20;
const IS_LOG_APPEND_TIME = 0x08;

/** What lies between `cursor.next` and the stop; moves the cursor behind what was looked at. */
export function collectRecords(
  batches: readonly RecordsBatch[],
  cursor: Cursor,
  topic: string,
): readonly ReadRecord[] {
  const records: ReadRecord[] = [];
  for (const batch of batches) {
    const behind = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
    if ((batch.attributes & IS_CONTROL) === 0) {
      for (const record of batch.records) {
        const offset = batch.firstOffset + BigInt(record.offsetDelta);
        // A batch is served whole although it may begin before what was asked for.
        if (offset < cursor.next) continue;
        if (cursor.stop !== null && offset >= cursor.stop) return records;
        const isStamped = (batch.attributes & IS_LOG_APPEND_TIME) !== 0;
        const timestamp = isStamped
          ? batch.maxTimestamp
          : batch.firstTimestamp + record.timestampDelta;
        if (cursor.stopAtMs !== null && timestamp >= BigInt(cursor.stopAtMs)) {
          cursor.isDone = true;
          return records;
        }
        const { key, value, headers } = record;
        const { partition } = cursor;
        records.push({ topic, partition, offset, timestamp, key, value, headers });
        cursor.next = offset + 1n;
      }
    }
    if (behind > cursor.next) cursor.next = behind;
  }
  return records;
}

/** Null once `signal` aborts, whatever the work is still waiting for. */
async function orAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
): Promise<Result | null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const abort = (): void => resolve(null);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    work.catch(() => {});
  }
}
