/** Reads a topic as a member of a consumer group, and commits what was handed over. */
import { Consumer, type Message, type MessagesStream } from "@platformatic/kafka";
import type { HostPort } from "../cli/values.ts";
import type { ReadRecord } from "../commands/record-format.ts";
import { clientOptions, formatBootstrap } from "./cluster.ts";
import { OUTAGE_DELAY_MS, OUTAGE_TRIES_MAX, Patience } from "./outage.ts";
import { Unsaved } from "./unsaved.ts";

export interface GroupReadOptions {
  readonly bootstrap: readonly HostPort[];
  readonly group: string;
  readonly topic: string;
  /** Where to begin in partitions for which the group has committed nothing. */
  readonly from: "beginning" | "end";
  /** Ends by partition at which reading stops once all partitions of this member are there. */
  readonly ends: ReadonlyMap<number, bigint> | null;
  /** False when enough has been read; the record counts as read all the same. */
  readonly onRecord: (record: ReadRecord) => Promise<boolean>;
  readonly onRemark: (text: string) => void;
  readonly signal: AbortSignal;
}

const SESSION_TIMEOUT_MS = 30_000;
const REBALANCE_TIMEOUT_MS = 60_000;
const HEARTBEAT_INTERVAL_MS = 3_000;
const FETCH_WAIT_MS = 500;
const FETCH_BYTES_MAX = 8 * 1024 * 1024;
const COMMIT_INTERVAL_MS = 1_000;
const END_CHECK_INTERVAL_MS = 200;
const READ_UNCOMMITTED = 0;
/** Records that are decoded ahead of the one being printed. */
const RECORDS_AHEAD_MAX = 1_024;

type GroupConsumer = Consumer<Buffer, Buffer, Buffer, Buffer>;
type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>;

/** Returns when enough was read, the ends are reached, or `signal` aborts; commits before that. */
export async function readAsGroup(options: GroupReadOptions): Promise<void> {
  const { topic, from, onRemark } = options;
  const bootstrap = formatBootstrap(options.bootstrap);
  const patience = new Patience(onRemark);
  let stream: Stream | null = null;
  const consumer = createConsumer(options, (operation, error) => {
    // A stream that we stop cuts its own connection under a fetch.
    const isOurDoing = operation === "fetch" && stream?.destroyed === true;
    return isOurDoing ? OUTAGE_DELAY_MS : patience.delayAfter(error, bootstrap);
  });
  // Such as a member that cannot join anew: there is no call that could reject.
  consumer.on("error", (error: Error) => patience.end(error));
  const unsaved = new Unsaved(topic);
  const commit = (): Promise<void> =>
    unsaved.commit((offsets) => patience.orLost(consumer.commit({ offsets })));
  try {
    const consuming = consumer.consume({
      topics: [topic],
      mode: "committed",
      fallbackMode: from === "beginning" ? "earliest" : "latest",
      autocommit: false,
    });
    stream = await patience.orLost(consuming);
    patience.lost.catch((error: Error) => void stream?.destroy(error));
    stream.on("fetch", () => patience.onSuccess());
    await readStream(stream, consumer, options, unsaved, commit);
    // Whoever stops now does not want to wait: the group reads again what it does not know of.
    if (!patience.isAway) await commit();
    else if (!unsaved.isEmpty) onRemark("What was read last is not committed.");
  } finally {
    if (!patience.isAway) {
      // Closing alone leaves the group only where a connection to the coordinator is open.
      const leaving = new Promise<void>((settle) => consumer.leaveGroup(true, () => settle()));
      await patience.orLost(leaving).catch(() => {});
    }
    const closing = consumer.close(true).catch(() => {});
    if (!patience.isAway) await closing;
  }
}

/** Hands over what comes until enough was read or something stops the stream. */
async function readStream(
  stream: Stream,
  consumer: GroupConsumer,
  { topic, ends, onRecord, signal }: GroupReadOptions,
  unsaved: Unsaved,
  commit: () => Promise<void>,
): Promise<void> {
  const stop = (): void => void stream.destroy();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  let isWriting = false;
  const isAtEnd = (): boolean => {
    const assigned = consumer.assignments?.find((each) => each.topic === topic)?.partitions;
    if (ends === null || assigned === undefined || isWriting) return false;
    return assigned.every((partition) => {
      const next = stream.offsetsToFetch.get(`${topic}:${partition}`) ?? -1n;
      return next >= (ends.get(partition) ?? 0n);
    });
  };
  const endCheck = setInterval(() => {
    if (stream.readableLength === 0 && isAtEnd()) stop();
  }, END_CHECK_INTERVAL_MS);
  let committedAtMs = performance.now();
  try {
    for await (const message of stream) {
      const { partition, offset, leaderEpoch } = message;
      if (unsaved.has(partition, offset)) continue;
      isWriting = true;
      const wantsMore = await onRecord(toRecord(message));
      unsaved.add(partition, offset, leaderEpoch);
      isWriting = false;
      if (!wantsMore) break;
      if (performance.now() - committedAtMs < COMMIT_INTERVAL_MS) continue;
      await commit();
      committedAtMs = performance.now();
    }
  } catch (error) {
    // A stream that we stop ourselves reports that it ended early.
    if (!stream.destroyed || !isEarlyEnd(error)) throw error;
  } finally {
    clearInterval(endCheck);
    signal.removeEventListener("abort", stop);
  }
}

function createConsumer(
  { bootstrap, group }: GroupReadOptions,
  delayAfter: (operation: string, error: Error) => number,
): GroupConsumer {
  return new Consumer<Buffer, Buffer, Buffer, Buffer>({
    ...clientOptions(bootstrap),
    // The member lives on in the library while its broker is away, and need not join anew.
    retries: OUTAGE_TRIES_MAX,
    retryDelay: (_client, operation, _attempt, _retries, error) => delayAfter(operation, error),
    groupId: group,
    sessionTimeout: SESSION_TIMEOUT_MS,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_INTERVAL_MS,
    // Whichever of the two the other members know, the group has one in common.
    protocols: [
      { name: "range", version: 1 },
      { name: "roundrobin", version: 1 },
    ],
    autocommit: false,
    isolationLevel: READ_UNCOMMITTED,
    maxWaitTime: FETCH_WAIT_MS,
    maxBytes: FETCH_BYTES_MAX,
    highWaterMark: RECORDS_AHEAD_MAX,
  });
}

function isEarlyEnd(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ABORT_ERR";
}

function toRecord(message: Message<Buffer, Buffer, Buffer, Buffer>): ReadRecord {
  const { topic, partition, offset, timestamp, headerEntries } = message;
  // The client's types know no null, and its messages have undefined instead.
  const [key, value] = [message.key ?? null, message.value ?? null];
  const headers = headerEntries.map(([name, content]) => [name, content ?? null] as const);
  return { topic, partition, offset, timestamp, key, value, headers };
}
