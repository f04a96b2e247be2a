/**
 * Reads partitions of a topic from given offsets, without a group: one fetch at a time per leader.
 * Follows leaders as they move, waits for brokers that are away, skips what is no record (transaction
 * markers), and never holds more than one answer per leader.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { fetchV17 } from "@platformatic/kafka";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { CommandError } from "../cli/failure.ts";
import type { ReadRecord } from "../commands/record-format.ts";
import type { Broker, Cluster, Topic } from "./cluster.ts";
import { type Cursor, collectRecords } from "./collect.ts";
import { explain, explainCode } from "./explain.ts";
import { rangesOf, topicOf } from "./offsets.ts";
import { isOutage, OUTAGE_DELAY_MS, OUTAGE_TRIES_MAX } from "./outage.ts";

export interface ReadOptions {
  readonly cluster: Cluster;
  readonly topic: Topic;
  readonly cursors: readonly Cursor[];
  /** Makes the cursor of a partition that was added meanwhile; null to read none of those. */
  readonly onAdded: ((partition: number) => Cursor) | null;
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

/** How often leaders are looked up again, and partitions that were added are noticed. */
const METADATA_INTERVAL_MS = 5_000;

const LEADER_MOVED: readonly number[] = [
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.UNKNOWN_TOPIC_ID,
  // Where the topic is really gone, the next look at the metadata says so.
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.REPLICA_NOT_AVAILABLE,
  ErrorCode.OFFSET_NOT_AVAILABLE,
  ErrorCode.KAFKA_STORAGE_ERROR,
];

/** Returns when every cursor is done or `signal` aborts. */
export async function readPartitions(options: ReadOptions): Promise<void> {
  const { cluster, signal } = options;
  const api = { version: await cluster.versionOf("Fetch") };
  const cursors = [...options.cursors];
  let failures = 0;
  while (!signal.aborted && cursors.some((cursor) => !cursor.isDone)) {
    const endsAtMs = performance.now() + METADATA_INTERVAL_MS;
    const round: Round = {
      ...options,
      ...api,
      cursors,
      endsAtMs,
      hasProgress: false,
      trouble: null,
    };
    await runRound(round);
    if (signal.aborted || round.trouble === null) continue;
    failures = round.hasProgress ? 1 : failures + 1;
    if (failures === 1) options.onRemark(`Waiting: ${round.trouble}.`);
    if (failures > OUTAGE_TRIES_MAX) throw new CommandError(round.trouble);
    await delay(OUTAGE_DELAY_MS, undefined, { signal }).catch(() => {});
  }
}

/** Reading until it is time to look at the metadata again, or something fails. */
interface Round extends ReadOptions {
  readonly version: number;
  readonly cursors: Cursor[];
  readonly endsAtMs: number;
  hasProgress: boolean;
  /** Why the round ends, for every leader; null while all is well. */
  trouble: string | null;
}

async function runRound(round: Round): Promise<void> {
  const { cluster, topic, cursors } = round;
  const view = await unlessOutage(round, () => cluster.describe([topic.name]));
  if (view === null) return;
  const current = topicOf(view, topic.name);
  addCursors(round, current);
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
}

/** Null where a broker could not be reached, which is then the round's trouble, or on abort. */
async function unlessOutage<Result>(
  round: Round,
  work: () => Promise<Result>,
): Promise<Result | null> {
  try {
    return await orAborted(work(), round.signal);
  } catch (error) {
    if (!isOutage(error)) throw error;
    round.trouble ??= explain(error, round.cluster.bootstrap);
    return null;
  }
}

/** Partitions that the topic has and we do not know. */
function addCursors({ cursors, onAdded, onRemark }: Round, topic: Topic): void {
  if (onAdded === null) return;
  const known = new Set(cursors.map(({ partition }) => partition));
  const added = topic.partitions.filter(({ partition }) => !known.has(partition));
  if (added.length === 0) return;
  cursors.push(...added.map(({ partition }) => onAdded(partition)));
  onRemark(`Partitions were added: reading ${added.map((each) => each.partition).join(", ")} too.`);
}

async function readFrom(broker: Broker, cursors: readonly Cursor[], round: Round): Promise<void> {
  const { signal, endsAtMs } = round;
  while (!signal.aborted && round.trouble === null && performance.now() < endsAtMs) {
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
async function moveIntoRange(cursor: Cursor, round: Round): Promise<void> {
  const { cluster, topic, onRemark } = round;
  const ranges = await unlessOutage(round, async () => {
    const view = await cluster.describe([topic.name]);
    return rangesOf(cluster, view, topicOf(view, topic.name), [cursor.partition]);
  });
  if (ranges === null) return;
  const range = ranges.get(cursor.partition) ?? { start: 0n, end: 0n };
  const target = cursor.next < range.start ? range.start : range.end;
  onRemark(
    `Partition ${cursor.partition} holds ${range.start} to ${range.end}: ` +
      `going on at ${target} instead of ${cursor.next}.`,
  );
  cursor.next = target;
  if (cursor.stop !== null && cursor.next >= cursor.stop) cursor.isDone = true;
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
