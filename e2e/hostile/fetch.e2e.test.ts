/** Rows P11 and P12 of the bad inputs: fetches that pose as a broker's, or ask for what there is not. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import { ListOffsetsApi } from "@runnel/protocol/messages/02-list-offsets.ts";
import { MetadataApi } from "@runnel/protocol/messages/03-metadata.ts";
import { OffsetForLeaderEpochApi } from "@runnel/protocol/messages/23-offset-for-leader-epoch.ts";
import { WriteTxnMarkersApi } from "@runnel/protocol/messages/27-write-txn-markers.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Arena, BAD_REQUESTS, createTopic, REQUESTS } from "./arena.ts";
import {
  type Client,
  decodeAnswer,
  framed,
  inParallel,
  replaceInt64,
  requestFrame,
} from "./client.ts";

const TOPIC = "fetched";
const RECORDS = 10;
const INT32_MAX = 0x7fff_ffff;
const FETCHES = `${REQUESTS}{api="Fetch"}`;
const VERSIONS = Array.from({ length: 15 }, (_, index) => 4 + index);

let arena: Arena;
let client: Client;
let topicId: string;

beforeAll(async () => {
  arena = await Arena.open();
  client = await arena.connect();
  topicId = await createTopic(client, TOPIC);
  const value = new TextEncoder().encode("value");
  const records = buildBatch({
    records: Array.from({ length: RECORDS }, () => ({ key: null, value, timestamp: Date.now() })),
  });
  const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records }] }];
  await client.call(ProduceApi, 9, { acks: -1, timeoutMs: 10_000, topicData });
});

afterAll(() => arena[Symbol.asyncDispose]());

interface Ask {
  readonly replicaId?: number;
  readonly replicaState?: { readonly replicaId: number; readonly replicaEpoch: number };
  readonly maxWaitMs?: number;
  readonly minBytes?: number;
  readonly maxBytes?: number;
  readonly sessionId?: number;
  readonly sessionEpoch?: number;
  readonly partition?: number;
  readonly fetchOffset?: number;
  readonly partitionMaxBytes?: number;
  readonly topics?: readonly [];
}

function fetchRequest(ask: Ask) {
  const { partition = 0, fetchOffset = 0, partitionMaxBytes = 1_000_000, ...rest } = ask;
  const partitions = [{ partition, fetchOffset, partitionMaxBytes }];
  return {
    maxWaitMs: 0,
    minBytes: 1,
    topics: [{ topic: TOPIC, topicId, partitions }],
    forgottenTopicsData: [],
    ...rest,
  };
}

async function isrOf(): Promise<unknown> {
  const { topics } = await client.call(MetadataApi, 12, { topics: [{ name: TOPIC }] });
  const partition = topics[0]?.partitions[0];
  return { leader: partition?.leaderId, isr: partition?.isrNodes, epoch: partition?.leaderEpoch };
}

describe("P11", () => {
  test("a fetch that poses as a replica is refused in every version, and changes nothing", async () => {
    const before = await isrOf();
    const replicas = [0, 1, 2, INT32_MAX, -2];
    const moves = { [FETCHES]: VERSIONS.length * replicas.length };
    await arena.attack("P11, replica ids", { moves }, async () => {
      for (const version of VERSIONS) {
        for (const replicaId of replicas) {
          const pose =
            version < 15 ? { replicaId } : { replicaState: { replicaId, replicaEpoch: 1 } };
          const request = fetchRequest({ ...pose, fetchOffset: 1_000_000 });
          const answer = await client.call(FetchApi, version, request);
          const partition = answer.responses[0]?.partitions[0];
          expect(partition?.errorCode).toBe(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
          expect(partition?.records ?? []).toHaveLength(0);
        }
      }
    });
    expect(await isrOf()).toEqual(before);
  });

  test("what brokers and controllers say to each other ends the connection", async () => {
    const frames: Buffer[] = [];
    // LeaderAndIsr, StopReplica, UpdateMetadata, ControlledShutdown, the quorum's own, AlterPartition,
    // BrokerRegistration, BrokerHeartbeat, AllocateProducerIds.
    for (const key of [4, 5, 6, 7, 52, 53, 54, 56, 58, 59, 62, 63, 67, 70, 73, 82]) {
      for (const version of [0, 1, 2, 3]) {
        const body = Buffer.alloc(64);
        body.writeInt16BE(key);
        body.writeInt16BE(version, 2);
        frames.push(framed(body));
      }
    }
    const before = await isrOf();
    await arena.attack("P11, inner keys", { moves: { [BAD_REQUESTS]: frames.length } }, () =>
      inParallel(frames, 8, async (frame) => {
        expect(await arena.once(frame)).toBeNull();
      }),
    );
    expect(await isrOf()).toEqual(before);
  });
});

test("P11: a marker of a client is an administrator's: it is answered, and moves no replica", async () => {
  await createTopic(client, "marked");
  const before = await isrOf();
  const moves = { [`${REQUESTS}{api="WriteTxnMarkers"}`]: 3 };
  await arena.attack("P11, markers", { moves }, async () => {
    for (const [name, index, expected] of [
      ["marked", 0, ErrorCode.NONE],
      ["marked", 1, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      ["unknown", 0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ] as const) {
      const topics = [{ name, partitionIndexes: [index] }];
      const producer = { producerId: 1n, producerEpoch: 0, coordinatorEpoch: 0 };
      const markers = [{ ...producer, transactionResult: true, topics }];
      const answer = await client.call(WriteTxnMarkersApi, 1, { markers });
      const [partition] = answer.markers[0]?.topics[0]?.partitions ?? [];
      expect(partition?.errorCode).toBe(expected);
    }
  });
  expect(await isrOf()).toEqual(before);
});

describe("P12", () => {
  test("limits of every size are clamped", async () => {
    const extremes = [INT32_MAX, -INT32_MAX - 1, -1, 0];
    await arena.attack("P12, limits", { moves: { [FETCHES]: 100 } }, async () => {
      for (const maxBytes of extremes) {
        for (const partitionMaxBytes of extremes) {
          for (const minBytes of [0, -1, -INT32_MAX - 1]) {
            for (const maxWaitMs of [0, -1, -INT32_MAX - 1]) {
              const ask = { maxBytes, partitionMaxBytes, minBytes, maxWaitMs };
              const { responses } = await client.call(FetchApi, 12, fetchRequest(ask));
              const found = responses[0]?.partitions[0];
              expect(found?.errorCode).toBe(ErrorCode.NONE);
              expect(found?.highWatermark).toBe(RECORDS);
            }
          }
        }
      }
    });
  });

  test("offsets that the log does not hold, and partitions that the topic does not", async () => {
    const marker = 0x12_3456_7890n;
    const offsets = [-1n, -5n, -(2n ** 63n), BigInt(RECORDS + 1), 2n ** 53n, 2n ** 63n - 1n];
    await arena.attack("P12, offsets", { moves: { [FETCHES]: offsets.length } }, async () => {
      for (const offset of offsets) {
        const request = fetchRequest({ fetchOffset: Number(marker), maxWaitMs: 5_000 });
        const frame = replaceInt64(requestFrame(FetchApi, 12, request), marker, offset);
        const answer = await client.exchange(frame);
        const { responses } = decodeAnswer(FetchApi, 12, answer as Buffer);
        expect(responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
      }
      for (const partition of [-1, 1, INT32_MAX, -INT32_MAX - 1]) {
        const { responses } = await client.call(FetchApi, 12, fetchRequest({ partition }));
        const code = responses[0]?.partitions[0]?.errorCode;
        expect(code).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      }
    });
  });

  test("times and epochs of every size get an answer", async () => {
    const marker = 0x12_3456_7890n;
    const times = [-7n, -100n, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n, 0n];
    const epochs = [-2, -INT32_MAX - 1, INT32_MAX, 1_000_000];
    const moves = { [`${REQUESTS}{api="ListOffsets"}`]: times.length };
    await arena.attack("P12, times and epochs", { moves }, async () => {
      for (const time of times) {
        const partitions = [{ partitionIndex: 0, timestamp: Number(marker) }];
        const request = { replicaId: -1, topics: [{ name: TOPIC, partitions }] };
        const frame = replaceInt64(requestFrame(ListOffsetsApi, 11, request), marker, time);
        const answer = await client.exchange(frame);
        const { topics } = decodeAnswer(ListOffsetsApi, 11, answer as Buffer);
        expect(topics[0]?.partitions[0]?.errorCode).not.toBe(ErrorCode.UNKNOWN_SERVER_ERROR);
      }
      for (const epoch of epochs) {
        const partitions = [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: epoch }];
        const request = { replicaId: -1, topics: [{ topic: TOPIC, partitions }] };
        const { topics } = await client.call(OffsetForLeaderEpochApi, 4, request);
        expect(topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.NONE);
      }
    });
  });

  test("a session of another connection cannot be used, changed or ended", async () => {
    const opened = await client.call(FetchApi, 12, fetchRequest({ sessionEpoch: 0 }));
    const { sessionId } = opened;
    expect(sessionId).not.toBe(0);
    await arena.attack("P12, forged sessions", { moves: { [FETCHES]: 1_000 } }, async () => {
      const thief = await arena.connect();
      for (let guess = 1; guess <= 1_000; guess += 1) {
        const forged = guess % 2 === 0 ? sessionId : guess;
        const request = { ...fetchRequest({ sessionId: forged, sessionEpoch: 1 }), topics: [] };
        const { errorCode } = await thief.call(FetchApi, 12, request);
        expect(errorCode).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
      }
      // Both would close the session if it were the thief's.
      for (const sessionEpoch of [-1, 0]) {
        await thief.call(FetchApi, 12, fetchRequest({ sessionId, sessionEpoch }));
      }
    });
    const request = { ...fetchRequest({ sessionId, sessionEpoch: 1 }), topics: [] };
    const { errorCode } = await client.call(FetchApi, 12, request);
    expect(errorCode).toBe(ErrorCode.NONE);
  });

  test("sessions beyond the slots push out the oldest, and cost what they may", async () => {
    await arena.attack("P12, 3,000 sessions", { moves: { [FETCHES]: 3_000 } }, async () => {
      const other = await arena.connect();
      for (let count = 0; count < 3_000; count += 1) {
        const { errorCode } = await other.call(FetchApi, 12, fetchRequest({ sessionEpoch: 0 }));
        expect(errorCode).toBe(ErrorCode.NONE);
      }
    });
  });

  test("100,000 partitions in one fetch, that exist or not", async () => {
    const many = (indexOf: (index: number) => number) => ({
      ...fetchRequest({ maxBytes: INT32_MAX, maxWaitMs: 60_000, minBytes: INT32_MAX }),
      topics: [
        {
          topic: TOPIC,
          partitions: Array.from({ length: 100_000 }, (_, index) => ({
            partition: indexOf(index),
            fetchOffset: RECORDS,
            partitionMaxBytes: INT32_MAX,
          })),
        },
      ],
    });
    const absent = requestFrame(
      FetchApi,
      12,
      many((index) => index + 1),
    );
    const attack = { moves: { [FETCHES]: 3 } };
    await arena.attack("P12, 3 × 100,000 partitions", attack, async () => {
      for (let count = 0; count < 3; count += 1) {
        const answer = await arena.once(absent);
        expect(answer?.length).toBeGreaterThan(100_000);
      }
    });
  });

  test("100,000 times the same partition, waiting while others write to it", async () => {
    const partition = { partition: 0, partitionMaxBytes: INT32_MAX, fetchOffset: 0 };
    const ends = await client.call(ListOffsetsApi, 5, {
      replicaId: -1,
      topics: [{ name: "polite", partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
    });
    const fetchOffset = ends.topics[0]?.partitions[0]?.offset ?? 0;
    const same = requestFrame(FetchApi, 12, {
      maxWaitMs: 60_000,
      minBytes: INT32_MAX,
      maxBytes: INT32_MAX,
      topics: [
        {
          topic: "polite",
          partitions: Array.from({ length: 100_000 }, () => ({ ...partition, fetchOffset })),
        },
      ],
      forgottenTopicsData: [],
    });
    const attack = { moves: { [FETCHES]: 3 } };
    await arena.attack("P12, 3 × 100,000 × the same", attack, async () => {
      const clients = await Promise.all(Array.from({ length: 3 }, () => arena.connect()));
      for (const other of clients) other.send(same);
      await arena.progress(100);
      for (const other of clients) {
        expect([other.isClosed, other.receivedBytes]).toEqual([false, 0]);
        other.destroy();
      }
    });
  });
});
