/**
 * The power goes at every change of the disk while a producer works in transactions, over a whole node:
 * an outcome that was answered is the one that is read afterwards, in all partitions; one that was not is
 * the same in all of them; and nothing hangs.
 */
import { assert } from "@runnel/kit/assert.ts";
import { IoError } from "@runnel/kit/errors.ts";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import type { Api, RequestInputOf, ResponseDecodedOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import { OffsetFetchApi } from "@runnel/protocol/messages/09-offset-fetch.ts";
import { CreateTopicsApi } from "@runnel/protocol/messages/19-create-topics.ts";
import { DeleteTopicsApi } from "@runnel/protocol/messages/20-delete-topics.ts";
import { InitProducerIdApi } from "@runnel/protocol/messages/22-init-producer-id.ts";
import { AddPartitionsToTxnApi } from "@runnel/protocol/messages/24-add-partitions-to-txn.ts";
import { EndTxnApi } from "@runnel/protocol/messages/26-end-txn.ts";
import { TxnOffsetCommitApi } from "@runnel/protocol/messages/28-txn-offset-commit.ts";
import { isControl, readBatchHeader } from "@runnel/protocol/records/batch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { recordsOf } from "@runnel/protocol/records/iterate.ts";
import { expect, test } from "vitest";
import { createMemoryWorld, type MemoryWorld } from "#io/memory/world.ts";
import { callNode, LEASE_MS, type StoreBehind, startNode, storeBehind } from "./node-testing.ts";

const ID = "tx";
const TOPIC = "t";
const PARTITIONS = [0, 1];
const TIMEOUT_MS = 60_000;
const SETTINGS = [
  ["transaction.state.log.num.partitions", "1"],
  ["offsets.topic.num.partitions", "1"],
] as const;

interface Identity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** What a producer knows of one transaction. */
interface Told {
  readonly value: string;
  /** Answered so; null for no answer. */
  outcome: boolean | null;
  isEndAsked: boolean;
}

/** A node and a producer before it. */
class Stage {
  readonly world: MemoryWorld;
  readonly behind: StoreBehind;

  static async start(world: MemoryWorld, behind: StoreBehind): Promise<Stage> {
    await startNode(world, behind, SETTINGS);
    return new Stage(world, behind);
  }

  private constructor(world: MemoryWorld, behind: StoreBehind) {
    this.world = world;
    this.behind = behind;
  }

  call<A extends Api>(
    api: A,
    version: number,
    request: RequestInputOf<A>,
  ): Promise<ResponseDecodedOf<A>> {
    return callNode(this.world, this.behind, [api, version, request]);
  }

  async createTopic(): Promise<void> {
    const topic = { name: TOPIC, numPartitions: PARTITIONS.length, replicationFactor: 1 };
    await this.call(CreateTopicsApi, 7, {
      topics: [{ ...topic, assignments: [], configs: [] }],
      timeoutMs: 1000,
      validateOnly: false,
    });
  }

  /** Begins as a producer; asks again while the broker is busy. */
  async init(): Promise<Identity> {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const request = { transactionalId: ID, transactionTimeoutMs: TIMEOUT_MS };
      const answer = await this.call(InitProducerIdApi, 4, request);
      if (answer.errorCode === ErrorCode.NONE) return answer;
      await this.world.time.advanceAsync(100);
    }
    throw new Error("no producer may begin");
  }

  /** One batch into each partition, of which the classic protocol tells the coordinator before. */
  async send(producer: Identity, value: string, isV2: boolean): Promise<void> {
    if (!isV2) check(await this.add(producer, PARTITIONS));
    for (const index of PARTITIONS) {
      const baseSequence = this.#sequence(producer);
      check(await this.produce(producer, index, { value, baseSequence, isV2 }));
    }
  }

  async produce(
    { producerId, producerEpoch }: Identity,
    index: number,
    batch: { readonly value: string; readonly baseSequence: number; readonly isV2: boolean },
  ): Promise<number | undefined> {
    const records = buildBatch({
      records: [{ key: null, value: new TextEncoder().encode(batch.value) }],
      producerId,
      producerEpoch,
      baseSequence: batch.baseSequence,
      isTransactional: true,
    });
    const answer = await this.call(ProduceApi, batch.isV2 ? 12 : 9, {
      transactionalId: ID,
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: TOPIC, partitionData: [{ index, records }] }],
    });
    return answer.responses[0]?.partitionResponses[0]?.errorCode;
  }

  /** The identity to go on with. */
  async end(producer: Identity, isCommit: boolean, isV2: boolean): Promise<Identity> {
    const request = { transactionalId: ID, ...producer, committed: isCommit };
    const answer = await this.call(EndTxnApi, isV2 ? 5 : 4, request);
    check(answer.errorCode);
    return isV2 ? answer : producer;
  }

  /** What is read of a partition with read_committed, and whether that is all there is. */
  async read(index: number): Promise<{ readonly values: string[]; readonly isAll: boolean }> {
    const answer = await this.call(FetchApi, 12, {
      maxWaitMs: 0,
      minBytes: 1,
      isolationLevel: 1,
      topics: [
        {
          topic: TOPIC,
          partitions: [{ partition: index, fetchOffset: 0, partitionMaxBytes: 1 << 20 }],
        },
      ],
      forgottenTopicsData: [],
    });
    const found = answer.responses[0]?.partitions[0];
    assert(found !== undefined && found.errorCode === ErrorCode.NONE, "a fetch that was answered");
    const values = committedValues(found.records ?? new Uint8Array(0), found.abortedTransactions);
    return { values, isAll: found.lastStableOffset === found.highWatermark };
  }

  readonly #sent = new Map<string, number>();

  /** Batches of one epoch and one partition are counted; here every transaction has one in each. */
  #sequence({ producerId, producerEpoch }: Identity): number {
    const key = `${producerId}/${producerEpoch}`;
    const count = this.#sent.get(key) ?? 0;
    this.#sent.set(key, count + 1);
    return Math.floor(count / PARTITIONS.length);
  }

  async add(producer: Identity, partitions: readonly number[]): Promise<number | undefined> {
    const answer = await this.call(AddPartitionsToTxnApi, 3, {
      v3AndBelowTransactionalId: ID,
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: producer.producerEpoch,
      v3AndBelowTopics: [{ name: TOPIC, partitions }],
    });
    return answer.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode;
  }

  /** Of a group of its own. */
  async commitOffset(producer: Identity, committedOffset: number): Promise<number | undefined> {
    const partition = { partitionIndex: 0, committedOffset, committedMetadata: "" };
    const answer = await this.call(TxnOffsetCommitApi, 5, {
      transactionalId: ID,
      groupId: "g",
      ...producer,
      topics: [{ name: TOPIC, partitions: [partition] }],
    });
    return answer.topics[0]?.partitions[0]?.errorCode;
  }

  async committedOffset(): Promise<number | undefined> {
    const topics = [{ name: TOPIC, partitionIndexes: [0] }];
    const answer = await this.call(OffsetFetchApi, 7, { groupId: "g", topics });
    return answer.topics[0]?.partitions[0]?.committedOffset;
  }
}

/** A node whose disk has stopped says so, or nothing: the producer gives up. */
function check(errorCode: number | undefined): void {
  if (errorCode !== ErrorCode.NONE) throw new IoError("TEST_REFUSED", `refused with ${errorCode}`);
}

function committedValues(
  bytes: Uint8Array,
  aborted: readonly { readonly producerId: bigint; readonly firstOffset: number }[] | null,
): string[] {
  const waiting = [...(aborted ?? [])].sort((a, b) => a.firstOffset - b.firstOffset);
  const abortedNow = new Set<bigint>();
  const values: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = readBatchHeader(bytes, at);
    while (waiting[0] !== undefined && waiting[0].firstOffset <= header.baseOffset) {
      abortedNow.add((waiting.shift() as { producerId: bigint }).producerId);
    }
    if (isControl(header.attributes)) abortedNow.delete(header.producerId);
    else if (!abortedNow.has(header.producerId)) {
      for (const record of recordsOf(bytes, { at, header, maxOutputLength: 1 << 20 })) {
        values.push(new TextDecoder().decode(record.value ?? new Uint8Array(0)));
      }
    }
    at += header.sizeInBytes;
  }
  return values;
}

/** Transactions of one protocol, until one cannot go on. */
async function play(stage: Stage, isV2: boolean, told: Told[]): Promise<void> {
  let producer = await stage.init();
  for (const isCommit of [true, false, true]) {
    const one: Told = { value: `${told.length}`, outcome: null, isEndAsked: false };
    told.push(one);
    await stage.send(producer, one.value, isV2);
    one.isEndAsked = isCommit;
    producer = await stage.end(producer, isCommit, isV2);
    one.outcome = isCommit;
  }
}

async function judge(stage: Stage, told: readonly Told[]): Promise<void> {
  const producer = await stage.init();
  const last: Told = { value: "last", outcome: true, isEndAsked: true };
  await stage.send(producer, last.value, true);
  await stage.end(producer, true, true);
  // The markers of what was answered are written right behind.
  await stage.world.time.advanceAsync(100);
  const [first, second] = await Promise.all(PARTITIONS.map((index) => stage.read(index)));
  assert(first !== undefined && second !== undefined, "both partitions");
  expect([first.isAll, second.isAll]).toEqual([true, true]);
  expect(first.values).toEqual(second.values);
  for (const { value, outcome, isEndAsked } of [...told, last]) {
    const isRead = first.values.includes(value);
    // What was not answered, and asked for, may have been done or not.
    const isFitting = outcome === null ? !isRead || isEndAsked : isRead === outcome;
    assert(isFitting, `${value}: told ${outcome}, read ${isRead}`);
  }
}

/** The disk's changes while transactions run, without a fault. */
async function changesOf(isV2: boolean): Promise<readonly [first: number, last: number]> {
  const world = createMemoryWorld();
  const stage = await Stage.start(world, storeBehind());
  await stage.createTopic();
  const first = world.disk.changes;
  const told: Told[] = [];
  await play(stage, isV2, told);
  const last = world.disk.changes;
  await judge(stage, told);
  return [first + 1, last];
}

test.each([
  ["classic", false],
  ["KIP-890", true],
] as const)("%s: a power cut at every change of the disk", async (_name, isV2) => {
  const [first, last] = await changesOf(isV2);
  expect(last - first).toBeGreaterThan(20);
  for (let at = first; at <= last; at += 1) {
    const behind = storeBehind();
    const world = createMemoryWorld();
    const before = await Stage.start(world, behind);
    await before.createTopic();
    world.disk.fault = (_operation, _path, n) => (n >= at ? { kind: "halt" } : null);
    const told: Told[] = [];
    await play(before, isV2, told).catch(() => {});
    const disk = world.disk.crash(at % 2 === 0 ? seededRandom(at) : null);
    // The registration of the dead broker ends with its lease.
    await behind.time.advanceAsync(LEASE_MS);
    const after = await Stage.start(createMemoryWorld({ seed: 2, disk }), behind);
    await judge(after, told);
  }
});

test("T9, KIP-890: what is late of a transaction neither enters nor ends the next", async () => {
  const stage = await Stage.start(createMemoryWorld(), storeBehind());
  await stage.createTopic();
  const old = await stage.init();
  await stage.send(old, "aborted", true);
  expect(await settledOffset(stage, old, 5)).toBe(ErrorCode.NONE);
  const producer = await stage.end(old, false, true);
  await stage.send(producer, "next", true);
  expect(await settledOffset(stage, producer, 7)).toBe(ErrorCode.NONE);
  const late = { value: "late", isV2: true };
  const answers = {
    commit: await endCode(stage, old, true, 5),
    abort: await endCode(stage, old, false, 5),
    classicCommit: await endCode(stage, old, true, 4),
    nextBatch: await stage.produce(old, 0, { ...late, baseSequence: 1 }),
    firstBatch: await stage.produce(old, 0, { ...late, baseSequence: 0 }),
    offset: await stage.commitOffset(old, 9),
    partitions: await stage.add(old, [0]),
  };
  expect(answers).toEqual({
    commit: ErrorCode.PRODUCER_FENCED,
    abort: ErrorCode.PRODUCER_FENCED,
    classicCommit: ErrorCode.PRODUCER_FENCED,
    nextBatch: ErrorCode.INVALID_PRODUCER_EPOCH,
    firstBatch: ErrorCode.INVALID_PRODUCER_EPOCH,
    offset: ErrorCode.INVALID_PRODUCER_EPOCH,
    partitions: ErrorCode.PRODUCER_FENCED,
  });
  await stage.end(producer, true, true);
  await stage.world.time.advanceAsync(100);
  for (const index of PARTITIONS) {
    expect(await stage.read(index)).toEqual({ values: ["next"], isAll: true });
  }
  expect(await stage.committedOffset()).toBe(7);
});

test("T9, classic: a late batch does not enter a partition that is not in the transaction", async () => {
  const stage = await Stage.start(createMemoryWorld(), storeBehind());
  await stage.createTopic();
  const producer = await stage.init();
  await stage.send(producer, "first", false);
  await stage.end(producer, true, false);
  await stage.world.time.advanceAsync(100);
  const late = { value: "late", baseSequence: 1, isV2: false };
  expect(await stage.produce(producer, 0, late)).toBe(ErrorCode.INVALID_TXN_STATE);
  expect(await stage.add(producer, [1])).toBe(ErrorCode.NONE);
  expect(await stage.produce(producer, 0, late)).toBe(ErrorCode.INVALID_TXN_STATE);
  expect(await stage.produce(producer, 1, { ...late, value: "second" })).toBe(ErrorCode.NONE);
  await stage.end(producer, true, false);
  await stage.world.time.advanceAsync(100);
  expect(await stage.read(0)).toEqual({ values: ["first"], isAll: true });
  expect(await stage.read(1)).toEqual({ values: ["first", "second"], isAll: true });
});

async function endCode(stage: Stage, producer: Identity, committed: boolean, version: number) {
  const { producerId, producerEpoch } = producer;
  const request = { transactionalId: ID, producerId, producerEpoch, committed };
  return (await stage.call(EndTxnApi, version, request)).errorCode;
}

/** The first offset of all makes the internal topic, and has to wait for it. */
async function settledOffset(stage: Stage, producer: Identity, offset: number) {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const errorCode = await stage.commitOffset(producer, offset);
    if (errorCode !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) return errorCode;
    await stage.world.time.advanceAsync(100);
  }
  return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
}

test.each([false, true])(
  "a topic deleted amid a transaction holds up nobody, nor the topic made in its place (%s)",
  async (isV2) => {
    const stage = await Stage.start(createMemoryWorld(), storeBehind());
    await stage.createTopic();
    const old = await stage.init();
    await stage.send(old, "gone", isV2);
    await stage.call(DeleteTopicsApi, 5, { topicNames: [TOPIC], timeoutMs: 1000 });
    await stage.createTopic();
    const ended = await stage.end(old, true, isV2);
    await stage.world.time.advanceAsync(100);
    for (const index of PARTITIONS) {
      expect(await stage.read(index)).toEqual({ values: [], isAll: true });
    }
    // Partitions that were made anew expect the sequences of a producer to begin anew, as in Kafka.
    const next = isV2 ? ended : await stage.init();
    expect(await stage.add(next, PARTITIONS)).toBe(ErrorCode.NONE);
    const batch = { value: "new", baseSequence: 0, isV2 };
    for (const index of PARTITIONS) {
      expect(await stage.produce(next, index, batch)).toBe(ErrorCode.NONE);
    }
    await stage.end(next, true, isV2);
    await stage.world.time.advanceAsync(100);
    for (const index of PARTITIONS) {
      expect(await stage.read(index)).toEqual({ values: ["new"], isAll: true });
    }
  },
);
