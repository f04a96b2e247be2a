/** Rows P13 and P15 of the bad inputs: names that lead somewhere else, and topics that cannot be. */
import { readdirSync } from "node:fs";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import { ListOffsetsApi } from "@runnel/protocol/messages/02-list-offsets.ts";
import { MetadataApi } from "@runnel/protocol/messages/03-metadata.ts";
import { CreateTopicsApi } from "@runnel/protocol/messages/19-create-topics.ts";
import { DeleteTopicsApi } from "@runnel/protocol/messages/20-delete-topics.ts";
import { DeleteRecordsApi } from "@runnel/protocol/messages/21-delete-records.ts";
import { DescribeConfigsApi } from "@runnel/protocol/messages/32-describe-configs.ts";
import { CreatePartitionsApi } from "@runnel/protocol/messages/37-create-partitions.ts";
import { IncrementalAlterConfigsApi } from "@runnel/protocol/messages/44-incremental-alter-configs.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { Arena, createTopic, REQUESTS } from "./arena.ts";
import type { Client } from "./client.ts";

const CREATES = `${REQUESTS}{api="CreateTopics"}`;
const TOPIC_RESOURCE = 2;
const UNKNOWN = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
const INVALID = ErrorCode.INVALID_TOPIC_EXCEPTION;

/** No topic can be called so. */
const BAD_NAMES = [
  "",
  ".",
  "..",
  "../x",
  "a/../b",
  "/etc/passwd",
  "a\\b",
  "%2e%2e",
  "%2e%2e%2fx",
  "a\u0000b",
  "\u0000",
  "a b",
  "a\nb",
  "a\r\nb",
  "\u001b[2J",
  "a:b",
  "a,b",
  "ä",
  "\u202eabc",
  "ａ",
  "x".repeat(250),
  "x".repeat(32_767),
];
/** These are names like any other. */
const ODD_NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "...",
  "-",
  "_",
  "x".repeat(249),
];
/** The broker's own. */
const INNER_NAMES = ["__consumer_offsets", "__transaction_state"];

let arena: Arena;
let client: Client;

beforeAll(async () => {
  arena = await Arena.open({ "runnel.max.partitions": "2000" });
  client = await arena.connect();
});

afterAll(() => arena[Symbol.asyncDispose]());

interface Wish {
  readonly name?: string;
  readonly numPartitions?: number;
  readonly replicationFactor?: number;
  readonly assignments?: readonly { partitionIndex: number; brokerIds: readonly number[] }[];
  readonly configs?: readonly { name: string; value: string | null }[];
}

async function create(wishes: readonly Wish[], validateOnly = false): Promise<number[]> {
  const topics = wishes.map((wish) => ({
    name: "wished",
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [],
    ...wish,
  }));
  const request = { timeoutMs: 10_000, validateOnly, topics };
  const answer = await client.call(CreateTopicsApi, 7, request);
  return answer.topics.map(({ errorCode }) => errorCode);
}

async function topicNames(): Promise<string[]> {
  const { topics } = await client.call(MetadataApi, 12, { topics: null });
  return topics.map(({ name }) => name ?? "").toSorted();
}

/** Asks for a topic by name, with leave to create it, as a producer does. */
async function ask(names: readonly string[]): Promise<number[]> {
  const topics = names.map((name) => ({ name }));
  const request = { topics, allowAutoTopicCreation: true };
  const answer = await client.call(MetadataApi, 9, request);
  return answer.topics.map(({ errorCode }) => errorCode);
}

async function produceTo(name: string): Promise<number> {
  const value = new TextEncoder().encode(name);
  const records = buildBatch({ records: [{ key: null, value, timestamp: Date.now() }] });
  const topicData = [{ name, partitionData: [{ index: 0, records }] }];
  const answer = await client.call(ProduceApi, 9, { acks: -1, timeoutMs: 10_000, topicData });
  return answer.responses[0]?.partitionResponses[0]?.errorCode ?? Number.NaN;
}

/** What the APIs that take a topic's name say of it. */
async function codesOf(name: string): Promise<Record<string, number | undefined>> {
  const fetched = await client.call(FetchApi, 12, {
    maxWaitMs: 0,
    minBytes: 0,
    topics: [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }] }],
    forgottenTopicsData: [],
  });
  const listed = await client.call(ListOffsetsApi, 5, {
    replicaId: -1,
    topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  });
  const deleted = await client.call(DeleteTopicsApi, 5, { topicNames: [name], timeoutMs: 1_000 });
  const emptied = await client.call(DeleteRecordsApi, 2, {
    topics: [{ name, partitions: [{ partitionIndex: 0, offset: -1 }] }],
    timeoutMs: 1_000,
  });
  const grown = await client.call(CreatePartitionsApi, 3, {
    topics: [{ name, count: 5, assignments: null }],
    timeoutMs: 1_000,
    validateOnly: false,
  });
  return {
    produce: await produceTo(name),
    fetch: fetched.responses[0]?.partitions[0]?.errorCode,
    listOffsets: listed.topics[0]?.partitions[0]?.errorCode,
    deleteTopics: deleted.responses[0]?.errorCode,
    deleteRecords: emptied.topics[0]?.partitions[0]?.errorCode,
    createPartitions: grown.results[0]?.errorCode,
  };
}

async function configCodesOf(name: string): Promise<Record<string, number | undefined>> {
  const described = await client.call(DescribeConfigsApi, 4, {
    resources: [{ resourceType: TOPIC_RESOURCE, resourceName: name, configurationKeys: null }],
  });
  const configs = [{ name: "retention.ms", configOperation: 0, value: "1" }];
  const altered = await client.call(IncrementalAlterConfigsApi, 1, {
    resources: [{ resourceType: TOPIC_RESOURCE, resourceName: name, configs }],
    validateOnly: false,
  });
  return {
    describeConfigs: described.results[0]?.errorCode,
    alterConfigs: altered.responses[0]?.errorCode,
  };
}

describe("P13", () => {
  test("names that no topic can have are refused wherever a name is taken", async () => {
    const before = await topicNames();
    const folders = readdirSync(arena.server.dataDir).toSorted();
    const faults: string[] = [];
    await arena.attack("P13, bad names", { moves: { [CREATES]: BAD_NAMES.length } }, async () => {
      for (const name of BAD_NAMES) {
        const codes = {
          create: (await create([{ name }]))[0],
          validate: (await create([{ name }], true))[0],
          ask: (await ask([name]))[0],
          ...(await codesOf(name)),
          ...(await configCodesOf(name)),
        };
        for (const [api, code = Number.NaN] of Object.entries(codes)) {
          if (code === UNKNOWN || code === INVALID) continue;
          faults.push(`${api} of ${JSON.stringify(name.slice(0, 20))}: ${errorName(code)}`);
        }
      }
    });
    expect(faults).toEqual([]);
    expect(await topicNames()).toEqual(before);
    expect(readdirSync(arena.server.dataDir).toSorted()).toEqual(folders);
  });

  test("names that mean something elsewhere are plain topics here", async () => {
    await arena.attack("P13, odd names", { moves: { [CREATES]: ODD_NAMES.length } }, async () => {
      for (const name of ODD_NAMES) {
        expect(await ask([name]).then(([code]) => code)).toBe(UNKNOWN);
        await waitFor(`${name} is there`, async () => (await ask([name]))[0] === ErrorCode.NONE);
        expect(await create([{ name }])).toEqual([ErrorCode.TOPIC_ALREADY_EXISTS]);
        expect(await produceTo(name)).toBe(ErrorCode.NONE);
        const codes = { ...(await configCodesOf(name)), ...(await codesOf(name)) };
        expect(codes).toMatchObject({ fetch: 0, deleteTopics: 0, alterConfigs: 0 });
        expect(codes["produce"]).toBe(UNKNOWN);
        expect(await create([{ name }])).toEqual([ErrorCode.NONE]);
        expect((await configCodesOf(name))["describeConfigs"]).toBe(ErrorCode.NONE);
        await client.call(DeleteTopicsApi, 5, { topicNames: [name], timeoutMs: 1_000 });
      }
    });
    expect({}).not.toHaveProperty("retention.ms");
  });

  test("the broker's own topics cannot be made, written or emptied by clients", async () => {
    for (const name of INNER_NAMES) {
      expect(await create([{ name }])).toEqual([INVALID]);
      expect([INVALID, UNKNOWN]).toContain(await produceTo(name));
      expect(await ask([name])).toEqual([INVALID]);
    }
    expect(await topicNames()).not.toContain("__transaction_state");
  });

  test("names that differ by . and _ alone collide, however often they are asked for", async () => {
    await createTopic(client, "a.b_c");
    const others = ["a_b.c", "a.b.c", "a_b_c"];
    const moves = { [`${REQUESTS}{api="Metadata"}`]: 600 };
    await arena.attack("P13, collisions", { moves }, async () => {
      for (const name of others) expect(await create([{ name }])).toEqual([INVALID]);
      for (let count = 0; count < 200; count += 1) {
        for (const name of others) expect([UNKNOWN, INVALID]).toContain((await ask([name]))[0]);
      }
    });
    expect((await topicNames()).filter((name) => name.startsWith("a"))).toEqual(["a.b_c"]);
  });

  test("asking for names without end stops at the cap, and does not fill the log", async () => {
    const moves = { [`${REQUESTS}{api="Metadata"}`]: 40 };
    await arena.attack("P13, 4,000 names asked for", { moves }, async () => {
      for (let round = 0; round < 40; round += 1) {
        const names = Array.from({ length: 100 }, (_, index) => `asked-${100 * round + index}`);
        const codes = new Set(await ask(names));
        expect([...codes]).toEqual([UNKNOWN]);
      }
      await waitFor("the cluster is full", async () => (await topicNames()).length >= 1_900);
    });
    const names = await topicNames();
    expect(names.length).toBeLessThanOrEqual(2_000);
    const asked = names.filter((name) => name.startsWith("asked-"));
    const request = { topicNames: asked, timeoutMs: 30_000 };
    const { responses } = await client.call(DeleteTopicsApi, 5, request);
    expect(responses.every(({ errorCode }) => errorCode === ErrorCode.NONE)).toBe(true);
  });
});

describe("P15", () => {
  const { INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT } = ErrorCode;
  const { INVALID_CONFIG, INVALID_REQUEST } = ErrorCode;
  const own = { numPartitions: -1, replicationFactor: -1 };
  const assigned = (...rows: readonly (readonly number[])[]) =>
    rows.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }));

  const WISHES: readonly (readonly [what: string, wish: Wish, code: number])[] = [
    ["1,000,000 partitions", { numPartitions: 1_000_000 }, INVALID_PARTITIONS],
    ["2^31−1 partitions", { numPartitions: 0x7fff_ffff }, INVALID_PARTITIONS],
    ["more partitions than the cluster may have", { numPartitions: 3_000 }, INVALID_PARTITIONS],
    ["no partition", { numPartitions: 0 }, INVALID_PARTITIONS],
    ["−2 partitions", { numPartitions: -2 }, INVALID_PARTITIONS],
    ["2 replicas", { replicationFactor: 2 }, INVALID_REPLICATION_FACTOR],
    ["32,767 replicas", { replicationFactor: 0x7fff }, INVALID_REPLICATION_FACTOR],
    ["no replica", { replicationFactor: 0 }, INVALID_REPLICATION_FACTOR],
    ["−2 replicas", { replicationFactor: -2 }, INVALID_REPLICATION_FACTOR],
    ["a replica twice", { ...own, assignments: assigned([1, 1]) }, INVALID_REPLICA_ASSIGNMENT],
    ["an unknown broker", { ...own, assignments: assigned([99]) }, INVALID_REPLICA_ASSIGNMENT],
    ["a broker of −1", { ...own, assignments: assigned([-1]) }, INVALID_REPLICA_ASSIGNMENT],
    ["no broker", { ...own, assignments: assigned([]) }, INVALID_REPLICA_ASSIGNMENT],
    ["unequal rows", { ...own, assignments: assigned([1], []) }, INVALID_REPLICA_ASSIGNMENT],
    [
      "a gap",
      { ...own, assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
      INVALID_REPLICA_ASSIGNMENT,
    ],
    [
      "a partition twice",
      {
        ...own,
        assignments: [
          { partitionIndex: 0, brokerIds: [1] },
          { partitionIndex: 0, brokerIds: [1] },
        ],
      },
      INVALID_REPLICA_ASSIGNMENT,
    ],
    ["both ways of placing", { assignments: assigned([1]) }, INVALID_REQUEST],
    ...[
      ["no.such.setting", "1"],
      ["__proto__", "1"],
      ["constructor", "1"],
      ["retention.ms", "soon"],
      ["retention.ms", ""],
      ["retention.ms", "1e9"],
      ["retention.ms", "9223372036854775808"],
      ["retention.ms", "-2"],
      ["segment.bytes", "1"],
      ["segment.bytes", "99999999999"],
      ["max.message.bytes", "-1"],
      ["remote.storage.enable", "true"],
      ["cleanup.policy", "burn"],
      ["compression.type", "zip"],
      ["preallocate", "perhaps"],
      ["min.insync.replicas", "0"],
      ["message.timestamp.type", "\u001b[2J"],
    ].map(([name = "", value = ""]): [string, Wish, number] => [
      `${name}=${value}`,
      { configs: [{ name, value }] },
      INVALID_CONFIG,
    ]),
    [
      "a setting twice",
      {
        configs: [
          { name: "retention.ms", value: "1" },
          { name: "retention.ms", value: "2" },
        ],
      },
      INVALID_CONFIG,
    ],
  ];

  test("each wish that cannot be is refused by its own error, alone and among good ones", async () => {
    const before = await topicNames();
    const faults: string[] = [];
    await arena.attack("P15, wishes", { moves: { [CREATES]: 2 * WISHES.length } }, async () => {
      for (const [what, wish, code] of WISHES) {
        const [alone = Number.NaN] = await create([wish]);
        const [dry = Number.NaN] = await create([wish], true);
        if (alone !== code) faults.push(`${what}: ${errorName(alone)}`);
        if (dry !== code) faults.push(`${what}, validated: ${errorName(dry)}`);
      }
    });
    expect(faults).toEqual([]);
    expect(await topicNames()).toEqual(before);
    const wishes = WISHES.map(([, wish], index) => ({ ...wish, name: `bad-${index}` }));
    const codes = await create([...wishes, { name: "good" }]);
    expect(codes).toEqual([...WISHES.map(([, , code]) => code), ErrorCode.NONE]);
    expect(await topicNames()).toEqual([...before, "good"].toSorted());
  });

  test("a name twice in one request creates neither", async () => {
    const before = await topicNames();
    expect(await create([{ name: "twin" }, { name: "twin" }])).toEqual([INVALID_REQUEST]);
    expect(await topicNames()).toEqual(before);
  });

  test("topics by the thousand in one request: what is over the cap is not created in part", async () => {
    const before = await topicNames();
    const wishes = Array.from({ length: 30 }, (_, index) => ({
      name: `many-${index}`,
      numPartitions: 100,
    }));
    await arena.attack("P15, 3,000 partitions wished", { moves: { [CREATES]: 1 } }, async () => {
      const codes = await create(wishes);
      const made = codes.filter((code) => code === ErrorCode.NONE).length;
      expect(made).toBeGreaterThan(0);
      expect(codes.filter((code) => code === INVALID_PARTITIONS)).toHaveLength(30 - made);
      expect(await topicNames()).toHaveLength(before.length + made);
    });
    const { topics } = await client.call(MetadataApi, 12, { topics: null });
    const many = topics.filter(({ name }) => name?.startsWith("many-"));
    expect(many.every(({ partitions }) => partitions.length === 100)).toBe(true);
  });

  test("partitions cannot be taken away, nor added beyond reason", async () => {
    const before = await client.call(MetadataApi, 12, { topics: [{ name: "good" }] });
    const rows = (count: number, brokerId: number) =>
      Array.from({ length: count }, () => ({ brokerIds: [brokerId] }));
    const wishes = [
      [0, null, INVALID_PARTITIONS],
      [1, null, INVALID_PARTITIONS],
      [-1, null, INVALID_PARTITIONS],
      [0x7fff_ffff, null, INVALID_PARTITIONS],
      [1_000_000, null, INVALID_PARTITIONS],
      [3, rows(1, 1), INVALID_REPLICA_ASSIGNMENT],
      [3, rows(2, 7), INVALID_REPLICA_ASSIGNMENT],
    ] as const;
    for (const [count, assignments, code] of wishes) {
      const topics = [{ name: "good", count, assignments }];
      const request = { topics, timeoutMs: 1_000, validateOnly: false };
      const { results } = await client.call(CreatePartitionsApi, 3, request);
      expect(results[0]?.errorCode).toBe(code);
    }
    const after = await client.call(MetadataApi, 12, { topics: [{ name: "good" }] });
    expect(after.topics).toEqual(before.topics);
  });
});
