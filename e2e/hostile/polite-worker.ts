/**
 * The polite client, in a thread of its own so that its times are not those of the attacker beside it:
 * produces a record, fetches it, compares, and tells how long that took; again and again.
 */
import { setTimeout as pause } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import { readBatchHeader } from "@runnel/protocol/records/batch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { recordsOf } from "@runnel/protocol/records/iterate.ts";
import { Client } from "./client.ts";

/** A client that took all it can get would be load, not a witness. */
const PAUSE_MS = 3;

const { address, topic } = workerData as { readonly address: string; readonly topic: string };
const utf8 = new TextEncoder();

async function roundTrip(client: Client, number: number): Promise<void> {
  const value = utf8.encode(`polite ${number}`);
  const batch = buildBatch({ records: [{ key: null, value, timestamp: Date.now() }] });
  const produced = await client.call(ProduceApi, 9, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records: batch }] }],
  });
  const stored = produced.responses[0]?.partitionResponses[0];
  if (stored?.errorCode !== ErrorCode.NONE) throw new Error(`produce: ${stored?.errorCode}`);
  const partition = {
    partition: 0,
    fetchOffset: stored.baseOffset,
    partitionMaxBytes: 65_536,
  };
  const fetched = await client.call(FetchApi, 12, {
    maxWaitMs: 1_000,
    minBytes: 1,
    maxBytes: 65_536,
    topics: [{ topic, partitions: [partition] }],
    forgottenTopicsData: [],
  });
  const found = fetched.responses[0]?.partitions[0];
  if (found?.errorCode !== ErrorCode.NONE || !found.records) {
    throw new Error(`fetch: ${found?.errorCode}`);
  }
  const header = readBatchHeader(found.records, 0);
  const [record] = recordsOf(found.records, { at: 0, header, maxOutputLength: 65_536 });
  if (!Buffer.from(value).equals(record?.value ?? new Uint8Array(0))) {
    throw new Error(`record ${number} came back as another`);
  }
}

async function run(): Promise<void> {
  const client = await Client.connect(address);
  for (let number = 0; ; number += 1) {
    const startedAt = performance.now();
    await roundTrip(client, number);
    parentPort?.postMessage({ ms: performance.now() - startedAt });
    await pause(PAUSE_MS);
  }
}

run().catch((error: unknown) => parentPort?.postMessage({ failure: String(error) }));
