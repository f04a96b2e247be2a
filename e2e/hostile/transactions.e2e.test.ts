/** Rows P5, P14 and P16 of the bad inputs: names, numbers and times in transactions. */
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { FindCoordinatorApi } from "@runnel/protocol/messages/10-find-coordinator.ts";
import { InitProducerIdApi } from "@runnel/protocol/messages/22-init-producer-id.ts";
import { AddPartitionsToTxnApi } from "@runnel/protocol/messages/24-add-partitions-to-txn.ts";
import { EndTxnApi } from "@runnel/protocol/messages/26-end-txn.ts";
import { DescribeTransactionsApi } from "@runnel/protocol/messages/65-describe-transactions.ts";
import { ListTransactionsApi } from "@runnel/protocol/messages/66-list-transactions.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { Arena, createTopic, REQUESTS } from "./arena.ts";
import type { Client } from "./client.ts";

const TOPIC = "transacted";
const INT32_MAX = 0x7fff_ffff;
const INT64_MAX = 2n ** 63n - 1n;
const INITS = `${REQUESTS}{api="InitProducerId"}`;
const ADDS = `${REQUESTS}{api="AddPartitionsToTxn"}`;

const EVIL_TEXTS = [
  "a\r\nb",
  'x"}\n{"level":"fatal","msg":"forged"}',
  "\u001b[2J\u001b]0;owned\u0007",
  "\u0000",
  "\u202egnp.exe",
  "__proto__",
  "constructor",
];

let arena: Arena;
let client: Client;

beforeAll(async () => {
  arena = await Arena.open();
  client = await arena.connect();
  await createTopic(client, TOPIC, {}, 4);
  await waitFor("the coordinator is there", async () => {
    const { errorCode } = await client.call(FindCoordinatorApi, 3, { key: "x", keyType: 1 });
    return errorCode === ErrorCode.NONE && (await init("first")) === "NONE";
  });
});

afterAll(() => arena[Symbol.asyncDispose]());

async function init(transactionalId: string, transactionTimeoutMs = 60_000): Promise<string> {
  const request = { transactionalId, transactionTimeoutMs };
  return errorName((await client.call(InitProducerIdApi, 4, request)).errorCode);
}

test("P16: timeouts that are none", async () => {
  await arena.attack("P16, transaction timeouts", { moves: { [INITS]: 4 } }, async () => {
    for (const timeoutMs of [0, -1, INT32_MAX, -INT32_MAX - 1, 900_001]) {
      expect(await init("timed", timeoutMs)).toBe("INVALID_TRANSACTION_TIMEOUT");
    }
  });
  expect(await init("timed", 1)).toBe("NONE");
});

test("P14: ids of any kind are kept as they are, too long ones are not", async () => {
  await arena.attack(
    "P14, transactional ids",
    { moves: { [INITS]: EVIL_TEXTS.length } },
    async () => {
      for (const text of EVIL_TEXTS) expect(await init(text)).toBe("NONE");
      for (const text of ["", "x".repeat(1_025), "x".repeat(32_000), "ä".repeat(600)]) {
        expect(await init(text)).toBe("INVALID_REQUEST");
        expect(await endOf(text)).toBe("INVALID_REQUEST");
      }
    },
  );
  const request = { stateFilters: [], producerIdFilters: [] };
  const { transactionStates } = await client.call(ListTransactionsApi, 1, request);
  const ids = transactionStates.map(({ transactionalId }) => transactionalId);
  expect(ids).toEqual(expect.arrayContaining(EVIL_TEXTS));
  const lines = arena.server.output.split("\n");
  expect(lines.filter((line) => !/^(\{.*\}|runnel broker ready: .*|)$/.test(line))).toEqual([]);
});

test("foreign producers, epochs and partitions are refused, and begin nothing", async () => {
  await arena.attack("foreign producers", { moves: { [ADDS]: 100 } }, async () => {
    const mine = await client.call(InitProducerIdApi, 4, {
      transactionalId: "mine",
      transactionTimeoutMs: 60_000,
    });
    const { producerId } = mine;
    const add = async (identity: object, topics: readonly object[]) => {
      const request = { transactionalId: "mine", producerId, producerEpoch: 0, verifyOnly: false };
      const transactions = [{ ...request, ...identity, topics: topics as never }];
      const answer = await client.call(AddPartitionsToTxnApi, 5, { transactions });
      const [result] = answer.resultsByTransaction[0]?.topicResults ?? [];
      return errorName(result?.resultsByPartition[0]?.partitionErrorCode ?? 0);
    };
    const topics = [{ name: TOPIC, partitions: [0] }];
    for (let count = 0; count < 20; count += 1) {
      expect(await add({ producerId: -1n }, topics)).toBe("INVALID_PRODUCER_ID_MAPPING");
      expect(await add({ producerId: INT64_MAX }, topics)).toBe("INVALID_PRODUCER_ID_MAPPING");
      expect(await add({ producerEpoch: -1 }, topics)).toBe("PRODUCER_FENCED");
      expect(await add({ producerEpoch: 32_767 }, topics)).toBe("PRODUCER_FENCED");
      for (const partition of [-1, 4, INT32_MAX, -INT32_MAX - 1]) {
        const beyond = [{ name: TOPIC, partitions: [partition] }];
        expect(await add({}, beyond)).toBe("UNKNOWN_TOPIC_OR_PARTITION");
      }
      const internal = [{ name: "__transaction_state", partitions: [0] }];
      expect(await add({}, internal)).toBe("INVALID_TOPIC_EXCEPTION");
      expect(await add({}, [])).toBe("NONE");
    }
    const described = await client.call(DescribeTransactionsApi, 0, { transactionalIds: ["mine"] });
    expect(described.transactionStates[0]?.transactionState).toBe("Empty");
  });
});

test("10,000 partitions that are the same, and 100,000 that are not there", async () => {
  const { producerId } = await client.call(InitProducerIdApi, 4, {
    transactionalId: "many",
    transactionTimeoutMs: 60_000,
  });
  await arena.attack("many partitions", { moves: { [ADDS]: 11 } }, async () => {
    const same = Array.from({ length: 10_000 }, () => 1);
    const others = Array.from({ length: 100_000 }, (_, index) => index);
    for (const [partitions, code] of [
      [others, ErrorCode.OPERATION_NOT_ATTEMPTED],
      [same, ErrorCode.NONE],
    ] as const) {
      for (let count = 0; count < 10; count += 1) {
        const answer = await client.call(AddPartitionsToTxnApi, 3, {
          v3AndBelowTransactionalId: "many",
          v3AndBelowProducerId: producerId,
          v3AndBelowProducerEpoch: 0,
          v3AndBelowTopics: [{ name: TOPIC, partitions }],
        });
        const [result] = answer.resultsByTopicV3AndBelow[0]?.resultsByPartition ?? [];
        expect(result?.partitionErrorCode).toBe(code);
      }
    }
  });
});

async function endOf(transactionalId: string): Promise<string> {
  const request = { transactionalId, producerId: 0n, producerEpoch: 0, committed: true };
  return errorName((await client.call(EndTxnApi, 5, request)).errorCode);
}
