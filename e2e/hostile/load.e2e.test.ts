/** Row P7 of the bad inputs: clients that take, send or ask for more than their share. */

import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import { MetadataApi } from "@runnel/protocol/messages/03-metadata.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { Arena, CLOSED, createTopic, READ_PAUSES, REQUESTS } from "./arena.ts";
import { type Client, inParallel, requestFrame } from "./client.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const UNSENT = "runnel_kafka_unsent_bytes";
/** What may wait to be sent on all connections together. */
const UNSENT_BYTES_MAX = 192 * MIB;
/** Every address of 127.0.0.0/8 is this machine: the attacker has one of its own. */
const ATTACKER = "127.0.0.2";

let arena: Arena;

beforeAll(async () => {
  // A small cache, so that fetches of the data below read from disk.
  arena = await Arena.open({ "runnel.tail.cache.bytes": String(MIB) });
});

afterAll(() => arena[Symbol.asyncDispose]());

async function fill(topic: string, batches: number, batchBytes: number): Promise<void> {
  const client = await arena.connect();
  await createTopic(client, topic, { "flush.messages": "1000000" });
  const value = new Uint8Array(batchBytes).fill(0x61);
  for (let count = 0; count < batches; count += 1) {
    const records = buildBatch({ records: [{ key: null, value, timestamp: Date.now() }] });
    const { responses } = await client.call(ProduceApi, 9, {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
    });
    expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
  }
  client.destroy();
}

function fetchFrame(topic: string, maxBytes: number, correlationId: number): Buffer {
  return requestFrame(
    FetchApi,
    12,
    {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes,
      topics: [
        { topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: maxBytes }] },
      ],
      forgottenTopicsData: [],
    },
    { correlationId },
  );
}

describe("P7", () => {
  test("more idle connections from one address than it may have: others get in", async () => {
    const moves = { [`${CLOSED}{reason="tooManyFromAddress"}`]: 200 };
    await arena.attack("P7, 2,200 idle connections", { moves }, async () => {
      const clients: Client[] = [];
      await inParallel(Array.from({ length: 2_200 }), 32, async () => {
        clients.push(await arena.connect(ATTACKER));
      });
      await waitFor("what is too many is closed", () => {
        return clients.filter(({ isClosed }) => isClosed).length === 200;
      });
      const other = await arena.connect();
      const { brokers } = await other.call(MetadataApi, 12, { topics: [] });
      expect(brokers).toHaveLength(1);
      await arena.progress(100);
      for (const client of clients) client.destroy();
    });
  });

  test("100,000 pipelined requests are all answered, a few at a time", async () => {
    const frame = requestFrame(MetadataApi, 12, { topics: [] });
    const moves = { [`${REQUESTS}{api="Metadata"}`]: 100_000 };
    await arena.attack("P7, 100,000 pipelined requests", { moves }, async () => {
      const client = await arena.connect(ATTACKER);
      client.send(Buffer.concat(Array.from({ length: 100_000 }, () => frame)));
      for (let count = 0; count < 100_000; count += 1) {
        if ((await client.answer()) === null) throw new Error(`closed after ${count} answers`);
      }
      expect(client.isClosed).toBe(false);
    });
  });

  test("100,000 pipelined requests that wait: 64 are under way, the rest is not read", async () => {
    const wait = requestFrame(FetchApi, 12, {
      maxWaitMs: 0x7fff_ffff,
      minBytes: 0x7fff_ffff,
      topics: [
        { topic: "silent", partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }] },
      ],
      forgottenTopicsData: [],
    });
    const moves = { [READ_PAUSES]: 1, [`${REQUESTS}{api="Fetch"}`]: 64 };
    const owner = await arena.connect();
    await createTopic(owner, "silent");
    await arena.attack("P7, 100,000 requests that wait", { moves }, async () => {
      const client = await arena.connect(ATTACKER);
      client.send(Buffer.concat(Array.from({ length: 100_000 }, () => wait)));
      await arena.progress(200);
      expect(client.receivedBytes).toBe(0);
      expect(client.unsentBytes).toBeGreaterThan(MIB);
      client.destroy();
    });
  });

  test("clients that ask for much and read nothing are not served on", async () => {
    await fill("hot", 8, 900 * KIB);
    const moves = { [READ_PAUSES]: 20 };
    await arena.attack("P7, 20 clients that read nothing", { moves }, async () => {
      const clients = await Promise.all(Array.from({ length: 20 }, () => arena.connect(ATTACKER)));
      for (const client of clients) {
        client.stopReading();
        for (let index = 0; index < 100; index += 1) client.send(fetchFrame("hot", MIB, index));
      }
      await arena.progress(300);
      const unsentBytes = (await arena.metrics()).get(UNSENT) ?? 0;
      expect(unsentBytes).toBeGreaterThan(10 * MIB);
      expect(unsentBytes).toBeLessThanOrEqual(UNSENT_BYTES_MAX);
      for (const client of clients) client.destroy();
    });
  });

  test("clients that ask for more than there is memory, and read nothing, are given up", async () => {
    await fill("cold", 60, 900 * KIB);
    const moves = { [`${CLOSED}{reason="unsentBytes"}`]: 1 };
    const attack = { moves, peakBytesMax: 512 * MIB };
    await arena.attack("P7, 10 clients × 64 × 54 MiB that nobody reads", attack, async () => {
      const clients = await Promise.all(Array.from({ length: 10 }, () => arena.connect(ATTACKER)));
      for (const client of clients) {
        client.stopReading();
        for (let index = 0; index < 64; index += 1) {
          client.send(fetchFrame("cold", 0x7fff_ffff, index));
        }
      }
      await arena.progress(500);
      const unsentBytes = (await arena.metrics()).get(UNSENT) ?? 0;
      expect(unsentBytes).toBeLessThanOrEqual(UNSENT_BYTES_MAX);
      for (const client of clients) client.destroy();
    });
  });
});
