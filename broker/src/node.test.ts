import { seededRandom } from "@runnel/kit/seeded-random.ts";
import type { Api, RequestInputOf, ResponseDecodedOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import { ListOffsetsApi } from "@runnel/protocol/messages/02-list-offsets.ts";
import { CreateTopicsApi } from "@runnel/protocol/messages/19-create-topics.ts";
import { DeleteTopicsApi } from "@runnel/protocol/messages/20-delete-topics.ts";
import { DeleteRecordsApi } from "@runnel/protocol/messages/21-delete-records.ts";
import { IncrementalAlterConfigsApi } from "@runnel/protocol/messages/44-incremental-alter-configs.ts";
import { readBatchHeader, updateCrc } from "@runnel/protocol/records/batch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { recordsOf } from "@runnel/protocol/records/iterate.ts";
import { beforeEach, expect, test } from "vitest";
import { readAuditPage } from "#audit/reader.ts";
import type { ManualTime } from "#io/memory/manual-time.ts";
import { createMemoryWorld, type MemoryWorld } from "#io/memory/world.ts";
import type { Node } from "#node.ts";
import {
  callNode,
  LEASE_MS,
  progress as progressOf,
  type StoreBehind,
  startNode,
  storeBehind,
} from "#node-testing.ts";

let behind: StoreBehind;

beforeEach(() => {
  behind = storeBehind();
});

const BATCHES = 20;

const progress = <T>(
  world: MemoryWorld,
  promise: Promise<T>,
  time: ManualTime = behind.time,
): Promise<T> => progressOf(world, { time }, promise);

const call = <A extends Api>(
  world: MemoryWorld,
  api: A,
  version: number,
  request: RequestInputOf<A>,
): Promise<ResponseDecodedOf<A>> => callNode(world, behind, [api, version, request]);

async function createTopic(world: MemoryWorld, flushMessages: string): Promise<void> {
  const answer = await call(world, CreateTopicsApi, 7, {
    topics: [
      {
        name: "events",
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: [{ name: "flush.messages", value: flushMessages }],
      },
    ],
    timeoutMs: 1000,
    validateOnly: false,
  });
  expect(answer.topics[0]?.errorCode).toBe(0);
}

/** Produces numbered records one batch each; all are acknowledged. */
async function produceNumbers(world: MemoryWorld): Promise<void> {
  for (let number = 0; number < BATCHES; number += 1) {
    const value = new TextEncoder().encode(`number ${number}`);
    const records = buildBatch({ records: [{ key: null, value, timestamp: world.clock.nowMs() }] });
    const answer = await call(world, ProduceApi, 9, {
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: "events", partitionData: [{ index: 0, records }] }],
    });
    const result = answer.responses[0]?.partitionResponses[0];
    expect([result?.errorCode, result?.baseOffset]).toEqual([0, number]);
  }
}

async function readNumbers(world: MemoryWorld): Promise<string[]> {
  const answer = await call(world, FetchApi, 12, {
    maxWaitMs: 0,
    minBytes: 1,
    topics: [
      {
        topic: "events",
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }],
      },
    ],
    forgottenTopicsData: [],
  });
  const bytes = answer.responses[0]?.partitions[0]?.records ?? new Uint8Array(0);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = readBatchHeader(bytes, at);
    for (const record of recordsOf(bytes, { at, header, maxOutputLength: 1 << 20 })) {
      texts.push(new TextDecoder().decode(record.value ?? new Uint8Array(0)));
    }
    at += header.sizeInBytes;
  }
  return texts;
}

const ALL = Array.from({ length: BATCHES }, (_, number) => `number ${number}`);

for (const seed of [1, 2, 3]) {
  test(`produce, power cut, recover, all in memory: nothing acknowledged is lost (seed ${seed})`, async () => {
    const before = createMemoryWorld({ seed });
    await startNode(before, behind);
    await createTopic(before, "1");
    await produceNumbers(before);
    const disk = before.disk.crash(seededRandom(seed));

    const after = createMemoryWorld({ seed: seed + 100, disk });
    // The registration of the dead broker ends with its lease.
    await behind.time.advanceAsync(LEASE_MS);
    await startNode(after, behind);
    expect(await readNumbers(after)).toEqual(ALL);
  });
}

test("the same power cut takes records that were never synced", async () => {
  const before = createMemoryWorld();
  await startNode(before, behind);
  await createTopic(before, "1000000");
  await produceNumbers(before);
  expect(await readNumbers(before)).toEqual(ALL);
  const disk = before.disk.crash();

  const after = createMemoryWorld({ seed: 2, disk });
  await behind.time.advanceAsync(LEASE_MS);
  await startNode(after, behind);
  expect((await readNumbers(after)).length).toBeLessThan(BATCHES);
});

test("an orderly stop leaves everything on the disk, whatever is synced when", async () => {
  const before = createMemoryWorld();
  const node = await startNode(before, behind);
  await createTopic(before, "1000000");
  await produceNumbers(before);
  await progress(before, node.stop());
  const after = createMemoryWorld({ seed: 2, disk: before.disk.crash() });
  await startNode(after, behind);
  expect(await readNumbers(after)).toEqual(ALL);
});

for (const [when, isFaulty] of [
  ["has removed its folders", false],
  ["could remove its folders", true],
] as const) {
  test(`T17: nothing is left of a deleted topic, whether the node stopped after or before it ${when}`, async () => {
    const before = createMemoryWorld();
    const node = await startNode(before, behind);
    await createTopic(before, "1");
    await produceNumbers(before);
    const { id } = node.image.topicsByName.get("events") ?? { id: "" };
    before.disk.fault = (operation) =>
      isFaulty && operation === "rename" ? { kind: "fail", code: "EIO" } : null;
    const request = { topicNames: ["events"], timeoutMs: 1000 };
    const answer = await call(before, DeleteTopicsApi, 5, request);
    expect(answer.responses[0]?.errorCode).toBe(ErrorCode.NONE);
    const notes = async () => (await behind.store.range("/deleted-topics/")).entries.length;
    expect(await notes()).toBe(isFaulty ? 1 : 0);

    const after = createMemoryWorld({ seed: 2, disk: before.disk.crash() });
    await behind.time.advanceAsync(LEASE_MS);
    await startNode(after, behind);
    await after.time.advanceAsync(60_000);
    const left = (await after.disk.list("data")).filter((name) => name.startsWith(id));
    expect([id.length, left]).toEqual([36, []]);
    expect(await notes()).toBe(0);
  });
}

test("a folder that no one asked to delete is set aside, and stays", async () => {
  const before = createMemoryWorld();
  const node = await startNode(before, behind);
  await createTopic(before, "1");
  await produceNumbers(before);
  const { id } = node.image.topicsByName.get("events") ?? { id: "none" };
  const after = createMemoryWorld({ seed: 2, disk: before.disk.crash() });
  await startNode(after, storeBehind());
  await after.time.advanceAsync(60_000);
  const folders = (await after.disk.list("data")).filter((name) => name.startsWith(id));
  expect(folders).toEqual([expect.stringMatching(/-0\.stray$/)]);
});

test("KIP-98: a producer that was silent for producer.id.expiration.ms is forgotten", async () => {
  const world = createMemoryWorld();
  const node = await startNode(world, behind, [["producer.id.expiration.ms", "1000"]]);
  await createTopic(world, "1");
  const value = new TextEncoder().encode("once");
  const records = [{ key: null, value, timestamp: world.clock.nowMs() }];
  const send = async (): Promise<number | undefined> => {
    const batch = buildBatch({ records, producerId: 5n, producerEpoch: 0, baseSequence: 0 });
    const answer = await call(world, ProduceApi, 9, {
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: "events", partitionData: [{ index: 0, records: batch }] }],
    });
    return answer.responses[0]?.partitionResponses[0]?.baseOffset;
  };
  expect([await send(), await send()]).toEqual([0, 0]);
  await node.services.replicas.applyRetention();
  expect(await send()).toBe(0);
  await world.time.advanceAsync(2000);
  await node.services.replicas.applyRetention();
  expect(await send()).toBe(1);
});

test("T15: a partition that could not be opened for want of space opens when there is some", async () => {
  const world = createMemoryWorld();
  await startNode(world, behind);
  world.disk.fault = (operation) =>
    operation === "makeDirectory" ? { kind: "fail", code: "ENOSPC" } : null;
  await createTopic(world, "1");
  const send = async (): Promise<number | undefined> => {
    const value = new TextEncoder().encode("later");
    const records = buildBatch({ records: [{ key: null, value, timestamp: world.clock.nowMs() }] });
    const answer = await call(world, ProduceApi, 9, {
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: "events", partitionData: [{ index: 0, records }] }],
    });
    return answer.responses[0]?.partitionResponses[0]?.errorCode;
  };
  expect(await send()).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
  world.disk.fault = null;
  await world.time.advanceAsync(10_000);
  await world.time.settle();
  expect(await send()).toBe(ErrorCode.NONE);
});

test("T14: a partition whose sync failed when it was opened stays closed until a restart", async () => {
  const before = createMemoryWorld();
  await startNode(before, behind);
  await createTopic(before, "1000000");
  await produceNumbers(before);
  // The process was killed: the system has everything, and has synced none of it.
  const { disk } = before;
  await behind.time.advanceAsync(LEASE_MS);
  const world = createMemoryWorld({ seed: 2, disk });
  disk.fault = (operation, path) =>
    operation === "sync" && path.endsWith(".log") ? { kind: "fail", code: "EIO" } : null;
  await startNode(world, behind);
  disk.fault = null;
  await world.time.advanceAsync(60_000);
  const value = new TextEncoder().encode("later");
  const records = buildBatch({ records: [{ key: null, value, timestamp: world.clock.nowMs() }] });
  const answer = await call(world, ProduceApi, 9, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: "events", partitionData: [{ index: 0, records }] }],
  });
  const result = answer.responses[0]?.partitionResponses[0];
  expect(result?.errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
});

test("a time lookup passes over a compressed batch that cannot be unpacked", async () => {
  const world = createMemoryWorld();
  await startNode(world, behind);
  await createTopic(world, "1");
  const timestamp = world.clock.nowMs();
  const value = new TextEncoder().encode("packed");
  const batch = buildBatch({ records: [{ key: null, value, timestamp }], codec: "gzip" });
  batch.fill(0, 70, 80);
  updateCrc(batch, 0);
  const produced = await call(world, ProduceApi, 9, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: "events", partitionData: [{ index: 0, records: batch }] }],
  });
  expect(produced.responses[0]?.partitionResponses[0]?.errorCode).toBe(ErrorCode.NONE);
  const answer = await call(world, ListOffsetsApi, 5, {
    replicaId: -1,
    topics: [{ name: "events", partitions: [{ partitionIndex: 0, timestamp }] }],
  });
  expect(answer.topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, offset: 0, timestamp });
});

const AROUND = { about: { version: "0", runtime: "", startedAt: 0 }, history: null };

/** What `__audit` holds, as `operation resource outcome`. */
async function audited(world: MemoryWorld, node: Node): Promise<string[]> {
  const filter = { resource: null, actor: null, operation: null, from: null, to: null };
  const page = readAuditPage(node.v1Services(AROUND).auditTopic, {
    ...filter,
    limit: 100,
    before: null,
  });
  const { items } = await progress(world, page);
  return items
    .toReversed()
    .map(({ operation, resource, result }) => `${operation} ${resource.name} ${result.outcome}`);
}

test("the audit log is made at the first change, keeps every one, and is the broker's alone", async () => {
  const world = createMemoryWorld();
  const node = await startNode(world, behind);
  expect([...node.image.topicsByName.keys()]).toEqual([]);
  expect(await audited(world, node)).toEqual([]);
  await createTopic(world, "1");
  expect(node.image.topicsByName.get("__audit")).toMatchObject({ partitions: [{ index: 0 }] });

  const value = new TextEncoder().encode("forged");
  const records = buildBatch({ records: [{ key: null, value, timestamp: world.clock.nowMs() }] });
  const produced = await call(world, ProduceApi, 9, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: "__audit", partitionData: [{ index: 0, records }] }],
  });
  const answers = [produced.responses[0]?.partitionResponses[0]?.errorCode];
  const config = { name: "retention.ms", configOperation: 0, value: "1" };
  const altered = await call(world, IncrementalAlterConfigsApi, 1, {
    resources: [{ resourceType: 2, resourceName: "__audit", configs: [config] }],
    validateOnly: false,
  });
  answers.push(altered.responses[0]?.errorCode);
  const emptied = await call(world, DeleteRecordsApi, 2, {
    topics: [{ name: "__audit", partitions: [{ partitionIndex: 0, offset: -1 }] }],
    timeoutMs: 1000,
  });
  answers.push(emptied.topics[0]?.partitions[0]?.errorCode);
  const deletion = { topicNames: ["__audit", "events"], timeoutMs: 1000 };
  const deleted = await call(world, DeleteTopicsApi, 5, deletion);
  answers.push(...deleted.responses.map(({ errorCode }) => errorCode));
  expect(answers).toEqual([
    ErrorCode.INVALID_TOPIC_EXCEPTION,
    ErrorCode.POLICY_VIOLATION,
    ErrorCode.INVALID_TOPIC_EXCEPTION,
    ErrorCode.TOPIC_DELETION_DISABLED,
    ErrorCode.NONE,
  ]);
  const all = [
    "topic.create events done",
    "config.change __audit refused",
    "records.delete __audit refused",
    "topic.delete __audit refused",
    "topic.delete events done",
  ];
  expect(await audited(world, node)).toEqual(all);

  const after = createMemoryWorld({ seed: 2, disk: world.disk.crash() });
  await behind.time.advanceAsync(LEASE_MS);
  const { configs: first } = node.image.topicsByName.get("__audit") ?? {};
  expect(first?.get("retention.bytes")).toBe("4294967296");
  const next = await startNode(after, behind, [
    ["runnel.audit.retention.ms", "86400000"],
    ["runnel.audit.retention.bytes", "1000000"],
  ]);
  expect(await audited(after, next)).toEqual(all);
  const { configs } = next.image.topicsByName.get("__audit") ?? {};
  expect(configs?.get("retention.ms")).toBe("86400000");
  expect(configs?.get("retention.bytes")).toBe("1000000");
});

test("a change stands where the audit log cannot be written, or is switched off", async () => {
  const world = createMemoryWorld();
  const node = await startNode(world, behind);
  world.disk.fault = (operation) =>
    operation === "write" || operation === "create" ? { kind: "fail", code: "ENOSPC" } : null;
  await createTopic(world, "1");
  expect(node.image.topicsByName.has("events")).toBe(true);
  world.disk.fault = null;
  await progress(world, node.stop());

  behind = storeBehind();
  const silent = createMemoryWorld({ seed: 2 });
  const off = await startNode(silent, behind, [["runnel.audit.enable", "false"]]);
  await createTopic(silent, "1");
  expect([...off.image.topicsByName.keys()]).toEqual(["events"]);
});
