/** Reads a topic as a member of a consumer group, and commits what was handed over. */
import { Consumer, type Message } from "@platformatic/kafka";
import type { HostPort } from "../cli/values.ts";
import type { ReadRecord } from "../commands/record-format.ts";
import { clientOptions } from "./cluster.ts";

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

/** Returns when enough was read, the ends are reached, or `signal` aborts; commits before that. */
export async function readAsGroup(options: GroupReadOptions): Promise<void> {
  const { bootstrap, group, topic, from, signal } = options;
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    ...clientOptions(bootstrap),
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
  const pending = new Map<number, { readonly offset: bigint; readonly leaderEpoch: number }>();
  const commit = async (): Promise<void> => {
    const offsets = [...pending].map(([partition, at]) => ({ topic, partition, ...at }));
    pending.clear();
    if (offsets.length > 0) await consumer.commit({ offsets });
  };
  try {
    const stream = await consumer.consume({
      topics: [topic],
      mode: "committed",
      fallbackMode: from === "beginning" ? "earliest" : "latest",
      autocommit: false,
    });
    const stop = (): void => void stream.destroy();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    let isWriting = false;
    const isAtEnd = (): boolean => {
      const assigned = consumer.assignments?.find((each) => each.topic === topic)?.partitions;
      if (options.ends === null || assigned === undefined || isWriting) return false;
      return assigned.every((partition) => {
        const next = stream.offsetsToFetch.get(`${topic}:${partition}`) ?? -1n;
        return next >= (options.ends?.get(partition) ?? 0n);
      });
    };
    const endCheck = setInterval(() => {
      if (stream.readableLength === 0 && isAtEnd()) stop();
    }, END_CHECK_INTERVAL_MS);
    let committedAtMs = performance.now();
    try {
      for await (const message of stream) {
        isWriting = true;
        const wantsMore = await options.onRecord(toRecord(message));
        const { partition, offset, leaderEpoch } = message;
        pending.set(partition, { offset: offset + 1n, leaderEpoch });
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
    await commit();
  } finally {
    await consumer.close(true).catch(() => {});
  }
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
