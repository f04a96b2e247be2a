/** Reads whole partitions when all is over: what is there in the end, for the checkers. */
import { crc32c } from "@runnel/kit/crc32c.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import { ListOffsetsApi } from "@runnel/protocol/messages/02-list-offsets.ts";
import type { FinalLog, Isolation, SeenRecord } from "../history.ts";
import { readBatches } from "./records.ts";
import type { PartitionPlace } from "./topics.ts";
import type { WireClient } from "./wire-client.ts";

const TIMEOUT_MS = 5_000;
const RETRY_MS = 100;
const LATEST = -1;
const EARLIEST = -2;
const FETCH_VERSION = 11;
const LIST_VERSION = 5;

/** Asks until it has everything. */
export async function readWholeLog(
  client: WireClient,
  place: PartitionPlace,
  copy: string,
): Promise<FinalLog> {
  const startOffset = await offsetAt(client, place, EARLIEST);
  const endOffset = await offsetAt(client, place, LATEST);
  const range = { startOffset, endOffset };
  const batches = new Map<number, number>();
  const records = await readRange(client, place, {
    ...range,
    isolation: "read_uncommitted",
    batches,
  });
  const committed = await readRange(client, place, { ...range, isolation: "read_committed" });
  const partition = `${place.topic}-${place.index}`;
  return { partition, copy, startOffset, endOffset, records, committed, batches };
}

async function offsetAt(
  client: WireClient,
  { topic, index }: PartitionPlace,
  timestamp: number,
): Promise<number> {
  for (;;) {
    const answer = await client.call(
      ListOffsetsApi,
      LIST_VERSION,
      {
        replicaId: -1,
        isolationLevel: 0,
        topics: [{ name: topic, partitions: [{ partitionIndex: index, timestamp }] }],
      },
      { timeoutMs: TIMEOUT_MS },
    );
    const found = answer?.topics[0]?.partitions[0];
    if (found?.errorCode === ErrorCode.NONE) return found.offset;
    await client.sleep(RETRY_MS);
  }
}

async function readRange(
  client: WireClient,
  { topic, index }: PartitionPlace,
  range: {
    readonly startOffset: number;
    readonly endOffset: number;
    readonly isolation: Isolation;
    readonly batches?: Map<number, number>;
  },
): Promise<SeenRecord[]> {
  const all: SeenRecord[] = [];
  for (let offset = range.startOffset; offset < range.endOffset; ) {
    const answer = await client.call(
      FetchApi,
      FETCH_VERSION,
      {
        maxWaitMs: 0,
        minBytes: 0,
        isolationLevel: range.isolation === "read_committed" ? 1 : 0,
        topics: [
          {
            topic,
            partitions: [{ partition: index, fetchOffset: offset, partitionMaxBytes: 1 << 20 }],
          },
        ],
        forgottenTopicsData: [],
      },
      { timeoutMs: TIMEOUT_MS },
    );
    const found = answer?.responses[0]?.partitions[0];
    const bytes = found?.records ?? new Uint8Array(0);
    const aborted = found?.abortedTransactions ?? [];
    const { records, to, headers } = readBatches({ bytes, aborted }, offset, range.isolation);
    all.push(...records);
    let at = 0;
    for (const { baseOffset, sizeInBytes } of headers) {
      range.batches?.set(baseOffset, crc32c(bytes.subarray(at, at + sizeInBytes)));
      at += sizeInBytes;
    }
    if (to === offset) await client.sleep(RETRY_MS);
    offset = to;
  }
  return all;
}
