/**
 * Rows P14 and P16 of the bad inputs: names, sizes, numbers and times in consumer groups. P14 comes last,
 * because it leaves the broker with as many groups as it may have.
 */
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { MetadataApi } from "@runnel/protocol/messages/03-metadata.ts";
import { OffsetCommitApi } from "@runnel/protocol/messages/08-offset-commit.ts";
import { OffsetFetchApi } from "@runnel/protocol/messages/09-offset-fetch.ts";
import { FindCoordinatorApi } from "@runnel/protocol/messages/10-find-coordinator.ts";
import { JoinGroupApi } from "@runnel/protocol/messages/11-join-group.ts";
import { SyncGroupApi } from "@runnel/protocol/messages/14-sync-group.ts";
import { ListGroupsApi } from "@runnel/protocol/messages/16-list-groups.ts";
import { InitProducerIdApi } from "@runnel/protocol/messages/22-init-producer-id.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { Arena, BAD_REQUESTS, createTopic, REQUESTS } from "./arena.ts";
import { type Client, decodeAnswer, framed, headerBytes, requestFrame } from "./client.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const TOPIC = "grouped";
const JOINS = `${REQUESTS}{api="JoinGroup"}`;
const COMMITS = `${REQUESTS}{api="OffsetCommit"}`;
const INT32_MAX = 0x7fff_ffff;
/** Requests on their way at once; the answers come in their order. */
const PIPELINED = 500;

const EVIL_TEXTS = [
  "a\r\nb",
  'x"}\n{"level":"fatal","msg":"forged"}',
  "\u001b[2J\u001b]0;owned\u0007",
  "\u0000",
  "\u202egnp.exe",
  "\u2028\u2029",
  "x".repeat(32_000),
];

let arena: Arena;
let client: Client;

beforeAll(async () => {
  arena = await Arena.open();
  client = await arena.connect();
  await createTopic(client, TOPIC, {}, 4);
  await waitFor("the coordinator is there", async () => {
    const request = { key: "g", keyType: 0 };
    const { errorCode } = await client.call(FindCoordinatorApi, 3, request);
    return errorCode === ErrorCode.NONE && (await commit("first")) === ErrorCode.NONE;
  });
});

afterAll(() => arena[Symbol.asyncDispose]());

interface JoinWish {
  readonly groupId?: string;
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  readonly memberId?: string;
  readonly groupInstanceId?: string | null;
  readonly protocolType?: string;
  readonly protocols?: readonly { name: string; metadata: Uint8Array }[];
}

function joinRequest(wish: JoinWish) {
  return {
    groupId: "joined",
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: "",
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: new Uint8Array(4) }],
    ...wish,
  };
}

async function join(wish: JoinWish, version = 5, clientId = "hostile") {
  return await client.call(JoinGroupApi, version, joinRequest(wish), { clientId });
}

function commitRequest(groupId: string, committedOffset: number, committedMetadata: string | null) {
  return {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: "",
    topics: [
      {
        name: TOPIC,
        partitions: [{ partitionIndex: 0, committedOffset, committedMetadata }],
      },
    ],
  };
}

async function commit(groupId: string, offset = 1, metadata: string | null = ""): Promise<number> {
  const { topics } = await client.call(
    OffsetCommitApi,
    7,
    commitRequest(groupId, offset, metadata),
  );
  return topics[0]?.partitions[0]?.errorCode ?? Number.NaN;
}

async function committed(groupId: string): Promise<number | undefined> {
  const request = { groupId, topics: [{ name: TOPIC, partitionIndexes: [0] }] };
  const { topics } = await client.call(OffsetFetchApi, 5, request);
  return topics[0]?.partitions[0]?.committedOffset;
}

/** Sends `count` frames on one connection, some at a time; how often each error code came back. */
async function pipeline(
  count: number,
  frameOf: (index: number) => Buffer,
  codeOf: (answer: Buffer) => number | undefined,
): Promise<ReadonlyMap<number | undefined, number>> {
  const other = await arena.connect();
  const codes = new Map<number | undefined, number>();
  for (let index = 0; index < count + PIPELINED; index += 1) {
    if (index < count) other.send(frameOf(index));
    if (index < PIPELINED) continue;
    const answer = await other.answer();
    if (answer === null) throw new Error(`closed at ${index}`);
    const code = codeOf(answer);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  other.destroy();
  return codes;
}

describe("P16", () => {
  test("session timeouts out of range are refused; rebalance timeouts are bounded", async () => {
    const timeouts = [0, -1, -INT32_MAX - 1, 1, 5_999, 1_800_001, INT32_MAX];
    await arena.attack("P16, timeouts", { moves: { [JOINS]: timeouts.length } }, async () => {
      for (const version of [0, 3, 5, 9]) {
        for (const sessionTimeoutMs of timeouts) {
          const { errorCode } = await join({ groupId: "timed", sessionTimeoutMs }, version);
          expect(errorCode).toBe(ErrorCode.INVALID_SESSION_TIMEOUT);
        }
      }
      for (const rebalanceTimeoutMs of [0, -1, -INT32_MAX - 1, INT32_MAX]) {
        const groupId = `rebalance-${rebalanceTimeoutMs}`;
        const { errorCode } = await join({ groupId, rebalanceTimeoutMs }, 3);
        expect([ErrorCode.NONE, ErrorCode.INVALID_REQUEST]).toContain(errorCode);
      }
    });
    const { groups } = await client.call(ListGroupsApi, 4, { statesFilter: [] });
    expect(groups.map(({ groupId }) => groupId)).not.toContain("timed");
  });

  test("offsets below −1 are refused, those no log has are stored as they are", async () => {
    await arena.attack("P16, offsets", { moves: { [COMMITS]: 5 } }, async () => {
      expect(await commit("offsets", 5)).toBe(ErrorCode.NONE);
      for (const offset of [-1, -2, -(2 ** 53)]) {
        expect(errorName(await commit("offsets", offset))).not.toBe("UNKNOWN_SERVER_ERROR");
      }
      const kept = await committed("offsets");
      expect(kept).toBeGreaterThanOrEqual(-1);
      expect(await commit("offsets", Number.MAX_SAFE_INTEGER)).toBe(ErrorCode.NONE);
      expect(await committed("offsets")).toBe(Number.MAX_SAFE_INTEGER);
    });
  });

  test("notes to offsets are cut off at their limit, not stored", async () => {
    const { OFFSET_METADATA_TOO_LARGE, NONE } = ErrorCode;
    await arena.attack("P16, notes", { moves: { [COMMITS]: 40 } }, async () => {
      expect(await commit("notes", 1, "x".repeat(4_096))).toBe(NONE);
      for (let count = 0; count < 20; count += 1) {
        expect(await commit("notes", 2, "x".repeat(4_097))).toBe(OFFSET_METADATA_TOO_LARGE);
        expect(await commit("notes", 2, "x".repeat(32_767))).toBe(OFFSET_METADATA_TOO_LARGE);
      }
      expect(await committed("notes")).toBe(1);
      // A note of a MiB is no string of the protocol at all.
      const note = Buffer.alloc(MIB, 0x78);
      const frame = requestFrame(OffsetCommitApi, 8, commitRequest("notes", 3, ""));
      const end = frame.length - 4;
      const length = Buffer.from([0x81, 0x80, 0x40]);
      const body = Buffer.concat([frame.subarray(4, end), length, note, frame.subarray(end + 1)]);
      expect(await arena.once(framed(body))).toBeNull();
      expect(await committed("notes")).toBe(1);
    });
  });

  test("commits of others, and for what is not there, change nothing", async () => {
    const request = (more: object) => ({ ...commitRequest("owned", 9, ""), ...more });
    const codes: (number | undefined)[] = [];
    const wishes = [
      request({ generationIdOrMemberEpoch: 5, memberId: "nobody" }),
      request({ generationIdOrMemberEpoch: INT32_MAX, memberId: "nobody" }),
      request({
        topics: [
          { name: "nowhere", partitions: [{ partitionIndex: 0, committedOffset: 1 }] },
          { name: TOPIC, partitions: [{ partitionIndex: -1, committedOffset: 1 }] },
          { name: TOPIC, partitions: [{ partitionIndex: INT32_MAX, committedOffset: 1 }] },
        ].map(({ name, partitions }) => ({
          name,
          partitions: partitions.map((one) => ({ ...one, committedMetadata: null })),
        })),
      }),
    ];
    for (const wish of wishes) {
      const { topics } = await client.call(OffsetCommitApi, 7, wish as never);
      for (const { partitions } of topics) codes.push(...partitions.map((one) => one.errorCode));
    }
    expect(codes).not.toContain(ErrorCode.NONE);
    expect(codes).not.toContain(ErrorCode.UNKNOWN_SERVER_ERROR);
    expect(await committed("owned")).toBe(-1);
  });
});

describe("P14", () => {
  test("evil client ids and group ids stay within one line of the log", async () => {
    const bad = Buffer.from([0, 0, 0, 1, 0xff]);
    const moves = { [BAD_REQUESTS]: EVIL_TEXTS.length, [JOINS]: EVIL_TEXTS.length };
    const report = await arena.attack("P14, evil names", { moves }, async () => {
      for (const text of EVIL_TEXTS) {
        const groupId = text.slice(0, 500);
        expect(errorName((await join({ groupId }, 5, text)).errorCode)).toBe("MEMBER_ID_REQUIRED");
        const id = Buffer.from(text);
        const header = headerBytes(MetadataApi, 1, false).subarray(0, 8);
        const length = Buffer.alloc(2);
        length.writeInt16BE(id.length);
        const frame = framed(Buffer.concat([header, length, id, bad]));
        const since = new Date();
        // A line a second is written at most: until one comes that names this client.
        await waitFor("a line for this client", async () => {
          expect(await arena.once(frame)).toBeNull();
          return arena.linesSince(since).length > 0;
        });
      }
    });
    const lines = arena.server.output.split("\n");
    expect(lines.filter((line) => !/^(\{.*\}|runnel broker ready: .*|)$/.test(line))).toEqual([]);
    expect(report.lines.length).toBeGreaterThanOrEqual(EVIL_TEXTS.length);
    for (const { level, msg, reason } of report.lines) {
      expect([level, msg]).toEqual(["warn", "closed a connection: not Kafka's protocol"]);
      expect(String(reason)).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
      expect(String(reason).length).toBeLessThan(1_000);
    }
  });

  test("names longer than any need to be are refused, and not kept", async () => {
    const long = "x".repeat(32_767);
    const { INVALID_GROUP_ID, UNKNOWN_MEMBER_ID, INCONSISTENT_GROUP_PROTOCOL } = ErrorCode;
    const metadata = new Uint8Array(1);
    const wishes = [
      [{ groupId: "" }, INVALID_GROUP_ID],
      [{ groupId: long }, INVALID_GROUP_ID],
      [{ groupId: "ä".repeat(600) }, INVALID_GROUP_ID],
      [{ memberId: long }, UNKNOWN_MEMBER_ID],
      [{ memberId: "nobody" }, UNKNOWN_MEMBER_ID],
      [{ groupInstanceId: long }, ErrorCode.INVALID_REQUEST],
      [{ groupInstanceId: "" }, ErrorCode.INVALID_REQUEST],
      [{ protocolType: "" }, INCONSISTENT_GROUP_PROTOCOL],
      [{ protocolType: long }, INCONSISTENT_GROUP_PROTOCOL],
      [{ protocols: [] }, INCONSISTENT_GROUP_PROTOCOL],
      [{ protocols: [{ name: long, metadata }] }, INCONSISTENT_GROUP_PROTOCOL],
    ] as const;
    await arena.attack("P14, long names", { moves: { [JOINS]: 50 * wishes.length } }, async () => {
      for (let count = 0; count < 50; count += 1) {
        for (const [wish, code] of wishes) expect((await join(wish)).errorCode).toBe(code);
        expect(await commit(long)).toBe(INVALID_GROUP_ID);
      }
    });
  });

  test("10 MiB of subscription, and of assignment, are refused", async () => {
    const huge = new Uint8Array(10 * MIB);
    const wish = { groupId: "huge", protocols: [{ name: "range", metadata: huge }] };
    await arena.attack("P14, 10 MiB of metadata", { moves: { [JOINS]: 20 } }, async () => {
      for (let count = 0; count < 10; count += 1) {
        for (const version of [3, 5]) {
          const { errorCode } = await join(wish, version);
          expect(errorCode).not.toBe(ErrorCode.NONE);
          expect(errorCode).not.toBe(ErrorCode.MEMBER_ID_REQUIRED);
          expect(errorCode).not.toBe(ErrorCode.UNKNOWN_SERVER_ERROR);
        }
      }
      const { generationId, memberId } = await join({ groupId: "small" }, 3);
      const request = { groupId: "small", generationId, memberId };
      const assignments = [{ memberId, assignment: huge }];
      const synced = await client.call(SyncGroupApi, 3, { ...request, assignments });
      expect(synced.errorCode).not.toBe(ErrorCode.NONE);
    });
    const { groups } = await client.call(ListGroupsApi, 4, { statesFilter: [] });
    expect(groups.map(({ groupId }) => groupId)).not.toContain("huge");
  });

  test("member ids without end stop at the cap", async () => {
    const codeOf = (answer: Buffer) => decodeAnswer(JoinGroupApi, 5, answer).errorCode;
    await arena.attack("P14, 60,000 members", { moves: { [JOINS]: 60_000 } }, async () => {
      const codes = await pipeline(
        60_000,
        (index) =>
          requestFrame(JoinGroupApi, 5, {
            ...joinRequest({ groupId: `members-${index % 10}`, sessionTimeoutMs: 120_000 }),
          }),
        codeOf,
      );
      const given = codes.get(ErrorCode.MEMBER_ID_REQUIRED) ?? 0;
      expect(given).toBeGreaterThan(10_000);
      expect(given).toBeLessThanOrEqual(50_000);
      expect(codes.get(ErrorCode.UNKNOWN_SERVER_ERROR)).toBeUndefined();
    });
  });

  test("groups without end stop at the cap", async () => {
    const codeOf = (answer: Buffer) =>
      decodeAnswer(OffsetCommitApi, 7, answer).topics[0]?.partitions[0]?.errorCode;
    await arena.attack("P14, 30,000 groups", { moves: { [COMMITS]: 30_000 } }, async () => {
      const codes = await pipeline(
        30_000,
        (index) => requestFrame(OffsetCommitApi, 7, commitRequest(`group-${index}`, 1, "")),
        codeOf,
      );
      expect(codes.get(ErrorCode.NONE) ?? 0).toBeGreaterThan(10_000);
      // The cap counts what is committed: requests that share an append may pass it together.
      expect(codes.get(ErrorCode.NONE) ?? 0).toBeLessThanOrEqual(20_000 + PIPELINED);
      expect(codes.get(ErrorCode.UNKNOWN_SERVER_ERROR)).toBeUndefined();
    });
  });

  test("producer ids by the thousand, and as many producers in one partition", async () => {
    await createTopic(client, "producers", { "flush.messages": "1000000" });
    const moves = { [`${REQUESTS}{api="InitProducerId"}`]: 5_000 };
    await arena.attack("P14, producers", { moves }, async () => {
      const ids = await pipeline(
        5_000,
        () =>
          requestFrame(InitProducerIdApi, 4, { transactionalId: null, transactionTimeoutMs: 1 }),
        (answer) => decodeAnswer(InitProducerIdApi, 4, answer).errorCode,
      );
      expect([...ids]).toEqual([[ErrorCode.NONE, 5_000]]);
      const record = { key: null, value: new Uint8Array(1), timestamp: Date.now() };
      const produced = await pipeline(
        50_000,
        (index) => {
          const producer = { producerId: BigInt(1_000_000 + index), producerEpoch: 0 };
          const records = buildBatch({ records: [record], ...producer, baseSequence: 0 });
          const topicData = [{ name: "producers", partitionData: [{ index: 0, records }] }];
          return requestFrame(ProduceApi, 7, { acks: -1, timeoutMs: 10_000, topicData });
        },
        (answer) =>
          decodeAnswer(ProduceApi, 7, answer).responses[0]?.partitionResponses[0]?.errorCode,
      );
      expect([...produced]).toEqual([[ErrorCode.NONE, 50_000]]);
    });
  });
});
