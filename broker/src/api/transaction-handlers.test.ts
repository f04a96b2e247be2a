import { assert } from "@runnel/kit/assert.ts";
import type { Api, RequestInputOf, ResponseDecodedOf } from "@runnel/protocol/api.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { describe, expect, test } from "vitest";
import { type Authorizer, allowAll } from "#auth/authorizer.ts";
import { OFFSETS_TOPIC } from "#coordinator/group-coordinator.ts";
import { ID, TransactionWorld } from "#coordinator/testing/transaction-world.ts";
import { CoordinatorWorld } from "#coordinator/testing/world.ts";
import { TRANSACTION_TOPIC } from "#coordinator/transaction-coordinator.ts";
import type { MetadataView } from "#metadata/image.ts";
import { findCoordinator } from "./10-find-coordinator.ts";
import { initProducerId } from "./22-init-producer-id.ts";
import { addPartitionsToTxn } from "./24-add-partitions-to-txn.ts";
import { addOffsetsToTxn } from "./25-add-offsets-to-txn.ts";
import { endTxn } from "./26-end-txn.ts";
import { describeTransactions } from "./65-describe-transactions.ts";
import { listTransactions } from "./66-list-transactions.ts";
import type { GroupServices } from "./group-services.ts";
import type { Handler } from "./handler.ts";
import { contextOf, throughCodecs } from "./testing.ts";
import type { TransactionServices } from "./transaction-services.ts";

type Services = TransactionServices & GroupServices;

/** Asks as a client does: through the codecs of a version, both ways. */
class Asker {
  readonly world = new TransactionWorld();
  readonly groups = new CoordinatorWorld();
  authorizer: Authorizer = allowAll;
  hasLeader = true;
  #lastProducerId = 0n;

  async start(): Promise<this> {
    await this.world.start();
    await this.groups.start();
    return this;
  }

  async ask<A extends Api>(
    handler: Handler<A, Services>,
    version: number,
    request: RequestInputOf<A>,
  ): Promise<ResponseDecodedOf<A>> {
    const context = contextOf(version);
    return await throughCodecs(handler.api, version, request, (decoded) => {
      const answering = handler.handle(decoded as never, this.#services(), context);
      return this.world.settled(Promise.resolve(answering));
    });
  }

  /** Begins as a new producer of the id. */
  async init(): Promise<{ readonly producerId: bigint; readonly producerEpoch: number }> {
    const request = { transactionalId: ID, transactionTimeoutMs: 60_000 };
    const { errorCode, producerId, producerEpoch } = await this.ask(initProducerId, 5, request);
    assert(errorCode === ErrorCode.NONE, errorName(errorCode));
    return { producerId, producerEpoch };
  }

  #services(): Services {
    const topic = (isInternal: boolean) => ({ isInternal, partitions: Array(10).fill({}) });
    const topicsByName = new Map([
      ["t", topic(false)],
      [OFFSETS_TOPIC, topic(true)],
    ]);
    return {
      authorizer: this.authorizer,
      transactions: this.world.transactions,
      groups: this.groups.groups,
      topics: this.groups.topics,
      view: { image: { topicsByName } } as unknown as MetadataView,
      producerIds: { next: () => Promise.resolve((this.#lastProducerId += 1n)) },
      coordinators: {
        locate: (name: string) =>
          this.hasLeader
            ? { nodeId: name === TRANSACTION_TOPIC ? 4 : 3, host: "b", port: 1 }
            : null,
      },
    } as unknown as Services;
  }
}

const started = (): Promise<Asker> => new Asker().start();

const versionsOf = ({ versions: [min, max] }: { readonly versions: readonly [number, number] }) =>
  Array.from({ length: max - min + 1 }, (_, index) => min + index);

/** Denies `operation` on `name`, or on everything; and allows the rest. */
const deny = (...denied: readonly string[]): Authorizer => ({
  allows: (_principal, operation, type) => !denied.includes(`${operation} ${type}`),
});

describe("FindCoordinator", () => {
  test("answers each key, and says honestly what is not served", async () => {
    const asker = new Asker();
    const early = await asker.ask(findCoordinator, 2, { key: "g", keyType: 0 });
    expect(early).toMatchObject({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, nodeId: -1 });
    await asker.start();
    const found = await asker.ask(findCoordinator, 6, { keyType: 0, coordinatorKeys: ["g", ""] });
    expect(found.coordinators).toMatchObject([
      { key: "g", nodeId: 3, host: "b", port: 1, errorCode: 0, errorMessage: null },
      { key: "", nodeId: 3, errorCode: 0 },
    ]);
    for (const keyType of [2, 7]) {
      const other = await asker.ask(findCoordinator, 6, { keyType, coordinatorKeys: ["k"] });
      expect(other.coordinators[0]?.errorCode).toBe(ErrorCode.INVALID_REQUEST);
      expect(other.coordinators[0]?.errorMessage).toContain("not served");
    }
    asker.hasLeader = false;
    const lost = await asker.ask(findCoordinator, 1, { key: "g", keyType: 0 });
    expect(lost.errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  });

  test("finds transactional ids in their own topic, which it makes", async () => {
    const asker = new Asker();
    const early = await asker.ask(findCoordinator, 1, { key: ID, keyType: 1 });
    expect(early.errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    await asker.world.time.settle();
    const keys = { keyType: 1, coordinatorKeys: [ID, ""] };
    const found = await asker.ask(findCoordinator, 4, keys);
    expect(found.coordinators).toMatchObject([
      { key: ID, nodeId: 4, errorCode: 0 },
      { key: "", nodeId: -1, errorCode: ErrorCode.INVALID_REQUEST },
    ]);
    asker.authorizer = deny("describe transactionalId");
    const denied = await asker.ask(findCoordinator, 1, { key: ID, keyType: 1 });
    expect(errorName(denied.errorCode)).toBe("TRANSACTIONAL_ID_AUTHORIZATION_FAILED");
    asker.authorizer = deny("describe group");
    const group = await asker.ask(findCoordinator, 0, { key: "g" });
    expect(errorName(group.errorCode)).toBe("GROUP_AUTHORIZATION_FAILED");
  });
});

test("P5: empty arrays get a typed empty reply", async () => {
  const asker = await started();
  for (const version of versionsOf(findCoordinator)) {
    const found = await asker.ask(findCoordinator, version, { key: "", coordinatorKeys: [] });
    expect(found).toMatchObject({ errorCode: 0, coordinators: [] });
  }
  for (const version of versionsOf(addPartitionsToTxn)) {
    const request = version < 4 ? { v3AndBelowTransactionalId: ID } : {};
    expect(await asker.ask(addPartitionsToTxn, version, { transactions: [], ...request })).toEqual({
      throttleTimeMs: 0,
      errorCode: 0,
      resultsByTransaction: [],
      resultsByTopicV3AndBelow: [],
    });
  }
  const described = await asker.ask(describeTransactions, 0, { transactionalIds: [] });
  expect(described.transactionStates).toEqual([]);
  const endOfNobody = { transactionalId: "", producerId: 0n, producerEpoch: 0, committed: true };
  expect((await asker.ask(endTxn, 0, endOfNobody)).errorCode).toBe(ErrorCode.INVALID_REQUEST);
});

describe("InitProducerId", () => {
  test("without a transactional id gives a new id each time", async () => {
    const asker = await started();
    const request = { transactionalId: null, transactionTimeoutMs: 0 };
    const first = await asker.ask(initProducerId, 0, request);
    const given = { ...request, producerId: 0n, producerEpoch: 3 };
    const second = await asker.ask(initProducerId, 5, given);
    expect([first, second]).toMatchObject([
      { errorCode: 0, producerId: 1n, producerEpoch: 0 },
      { errorCode: 0, producerId: 2n, producerEpoch: 0 },
    ]);
  });

  test.each([
    [5n, -1],
    [-1n, 5],
  ])("refuses one of id %s and epoch %s without the other", async (producerId, producerEpoch) => {
    const asker = await started();
    for (const transactionalId of [null, ID]) {
      const given = { transactionalId, transactionTimeoutMs: 1, producerId, producerEpoch };
      const { errorCode } = await asker.ask(initProducerId, 4, given);
      expect(errorName(errorCode)).toBe("INVALID_REQUEST");
    }
  });

  test.each([
    ["tx", deny("write transactionalId"), "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"],
    ["", allowAll, "INVALID_REQUEST"],
    [null, deny("idempotentWrite cluster"), "CLUSTER_AUTHORIZATION_FAILED"],
  ] as const)("refuses the transactional id %j", async (transactionalId, authorizer, code) => {
    const asker = await started();
    asker.authorizer = authorizer;
    const request = { transactionalId, transactionTimeoutMs: 1 };
    const answer = await asker.ask(initProducerId, 4, request);
    expect(errorName(answer.errorCode)).toBe(code);
    expect(answer).toMatchObject({ producerId: -1n, producerEpoch: -1 });
  });

  test.each(versionsOf(initProducerId))("v%i of a transactional id", async (version) => {
    const asker = await started();
    const request = { transactionalId: ID, transactionTimeoutMs: 60_000 };
    const first = await asker.ask(initProducerId, version, request);
    expect(first).toMatchObject({ errorCode: 0, producerId: 100n, producerEpoch: 0 });
    const second = await asker.ask(initProducerId, version, request);
    expect(second).toMatchObject({ errorCode: 0, producerId: 100n, producerEpoch: 1 });
  });

  test("v3 says of a fenced producer INVALID_PRODUCER_EPOCH, v4 PRODUCER_FENCED", async () => {
    const asker = await started();
    const producer = await asker.init();
    await asker.init();
    const request = { transactionalId: ID, transactionTimeoutMs: 60_000, ...producer };
    for (const [version, code] of [
      [3, "INVALID_PRODUCER_EPOCH"],
      [4, "PRODUCER_FENCED"],
    ] as const) {
      const answer = await asker.ask(initProducerId, version, request);
      expect(errorName(answer.errorCode)).toBe(code);
    }
  });
});

describe("AddPartitionsToTxn", () => {
  /** The request in the form of its version, and the codes of its answer. */
  async function add(
    asker: Asker,
    version: number,
    producer: { readonly producerId: bigint; readonly producerEpoch: number },
    options: { readonly topics?: readonly object[]; readonly verifyOnly?: boolean } = {},
  ): Promise<readonly string[]> {
    const topics = (options.topics ?? [{ name: "t", partitions: [0, 1] }]) as never;
    const { verifyOnly = false } = options;
    const answer = await asker.ask(
      addPartitionsToTxn,
      version,
      version < 4
        ? {
            v3AndBelowTransactionalId: ID,
            v3AndBelowProducerId: producer.producerId,
            v3AndBelowProducerEpoch: producer.producerEpoch,
            v3AndBelowTopics: topics,
          }
        : { transactions: [{ transactionalId: ID, ...producer, verifyOnly, topics }] },
    );
    expect(answer.errorCode).toBe(0);
    const results =
      version < 4
        ? answer.resultsByTopicV3AndBelow
        : (answer.resultsByTransaction[0]?.topicResults ?? []);
    return results.flatMap(({ resultsByPartition }) =>
      resultsByPartition.map(({ partitionErrorCode }) => errorName(partitionErrorCode)),
    );
  }

  test.each(versionsOf(addPartitionsToTxn))("v%i adds", async (version) => {
    const asker = await started();
    const producer = await asker.init();
    expect(await add(asker, version, producer)).toEqual(["NONE", "NONE"]);
    expect(await asker.world.describe()).toMatchObject({
      topics: [{ topic: "t", partitions: [0, 1] }],
    });
  });

  test("v1 says of a fenced producer INVALID_PRODUCER_EPOCH, v2 PRODUCER_FENCED", async () => {
    const asker = await started();
    const producer = await asker.init();
    await asker.init();
    const fenced = Array.from({ length: 2 }, () => "PRODUCER_FENCED");
    const epoch = Array.from({ length: 2 }, () => "INVALID_PRODUCER_EPOCH");
    for (const version of versionsOf(addPartitionsToTxn)) {
      expect(await add(asker, version, producer)).toEqual(version < 2 ? epoch : fenced);
    }
  });

  test("one bad partition fails all: the others are not attempted", async () => {
    const asker = await started();
    const producer = await asker.init();
    const topics = [
      { name: "t", partitions: [0, 10, -1] },
      { name: "none", partitions: [0] },
      { name: OFFSETS_TOPIC, partitions: [0] },
    ];
    for (const version of [0, 5]) {
      expect(await add(asker, version, producer, { topics })).toEqual([
        "OPERATION_NOT_ATTEMPTED",
        "UNKNOWN_TOPIC_OR_PARTITION",
        "UNKNOWN_TOPIC_OR_PARTITION",
        "UNKNOWN_TOPIC_OR_PARTITION",
        "INVALID_TOPIC_EXCEPTION",
      ]);
    }
    expect(await asker.world.state()).toBe("Empty 100/0");
  });

  test("verification adds nothing; v4 has an older word for a partition that is missing", async () => {
    const asker = await started();
    const producer = await asker.init();
    const verifyOnly = true;
    await add(asker, 5, producer, { topics: [{ name: "t", partitions: [1] }] });
    expect(await add(asker, 5, producer, { verifyOnly })).toEqual([
      "TRANSACTION_ABORTABLE",
      "NONE",
    ]);
    expect(await add(asker, 4, producer, { verifyOnly })).toEqual(["INVALID_TXN_STATE", "NONE"]);
    expect(await asker.world.describe()).toMatchObject({
      topics: [{ topic: "t", partitions: [1] }],
    });
  });

  test("several transactions are answered each on its own", async () => {
    const asker = await started();
    const producer = await asker.init();
    const topics = [{ name: "t", partitions: [0] }];
    const { resultsByTransaction } = await asker.ask(addPartitionsToTxn, 5, {
      transactions: [
        { transactionalId: "other", ...producer, topics },
        { transactionalId: ID, ...producer, topics },
      ],
    });
    const codes = resultsByTransaction.map(({ topicResults }) =>
      topicResults[0]?.resultsByPartition.map((one) => errorName(one.partitionErrorCode)),
    );
    expect(codes).toEqual([["INVALID_PRODUCER_ID_MAPPING"], ["NONE"]]);
  });

  test("is for who may write to the id and the topics; from v4 for brokers, too", async () => {
    const asker = await started();
    const producer = await asker.init();
    for (const [denied, code] of [
      ["write transactionalId", "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"],
      ["write topic", "TOPIC_AUTHORIZATION_FAILED"],
    ] as const) {
      asker.authorizer = deny(denied);
      expect(await add(asker, 3, producer)).toEqual([code, code]);
      expect(await add(asker, 4, producer)).toEqual(["NONE", "NONE"]);
      asker.authorizer = deny(denied, "clusterAction cluster");
      expect(await add(asker, 4, producer)).toEqual([code, code]);
    }
  });
});

describe("AddOffsetsToTxn", () => {
  test.each(versionsOf(addOffsetsToTxn))("v%i adds the group's partition", async (version) => {
    const asker = await started();
    const producer = await asker.init();
    const request = { transactionalId: ID, ...producer, groupId: "g" };
    const answer = await asker.ask(addOffsetsToTxn, version, request);
    expect(answer.errorCode).toBe(0);
    expect(await asker.world.describe()).toMatchObject({
      topics: [{ topic: OFFSETS_TOPIC, partitions: [0] }],
    });
    const stale = { ...request, producerEpoch: 7 };
    const fenced = await asker.ask(addOffsetsToTxn, version, stale);
    const code = version < 2 ? "INVALID_PRODUCER_EPOCH" : "PRODUCER_FENCED";
    expect(errorName(fenced.errorCode)).toBe(code);
  });

  test("is for who may write to the id and read the group", async () => {
    const asker = await started();
    const request = { transactionalId: ID, ...(await asker.init()), groupId: "g" };
    for (const [denied, code] of [
      ["write transactionalId", "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"],
      ["read group", "GROUP_AUTHORIZATION_FAILED"],
    ] as const) {
      asker.authorizer = deny(denied);
      expect(errorName((await asker.ask(addOffsetsToTxn, 3, request)).errorCode)).toBe(code);
    }
  });
});

describe("EndTxn", () => {
  test.each(versionsOf(endTxn))("v%i commits; from v5 with the next epoch", async (version) => {
    const asker = await started();
    const producer = await asker.init();
    await asker.world.add(producer, 0);
    const request = { transactionalId: ID, ...producer, committed: true };
    const answer = await asker.ask(endTxn, version, request);
    const next = version < 5 ? [-1n, -1] : [100n, 1];
    expect(answer.errorCode).toBe(0);
    expect([answer.producerId, answer.producerEpoch]).toEqual(next);
    const epoch = version < 5 ? 0 : 1;
    expect(await asker.world.state()).toBe(`CompleteCommit 100/${epoch}`);
    const stale = { ...request, producerEpoch: 7 };
    const fenced = await asker.ask(endTxn, version, stale);
    const code = version < 2 ? "INVALID_PRODUCER_EPOCH" : "PRODUCER_FENCED";
    expect(errorName(fenced.errorCode)).toBe(code);
    asker.authorizer = deny("write transactionalId");
    const denied = await asker.ask(endTxn, version, request);
    expect(errorName(denied.errorCode)).toBe("TRANSACTIONAL_ID_AUTHORIZATION_FAILED");
  });
});

describe("DescribeTransactions", () => {
  test("says of each id what it is, and leaves out topics that are not to be seen", async () => {
    const asker = await started();
    const producer = await asker.init();
    await asker.world.add(producer, 0);
    const request = { transactionalIds: [ID, "none", ""] };
    const described = await asker.ask(describeTransactions, 0, request);
    expect(described.transactionStates).toMatchObject([
      {
        errorCode: 0,
        transactionState: "Ongoing",
        transactionTimeoutMs: 60_000,
        transactionStartTimeMs: asker.world.time.nowMs(),
        ...producer,
        topics: [{ topic: "t", partitions: [0] }],
      },
      { transactionalId: "none", errorCode: ErrorCode.TRANSACTIONAL_ID_NOT_FOUND },
      { transactionalId: "", errorCode: ErrorCode.INVALID_REQUEST },
    ]);
    const twice = { transactionalIds: [ID, "none", ID] };
    const once = await asker.ask(describeTransactions, 0, twice);
    expect(once.transactionStates.map(({ transactionalId }) => transactionalId)).toEqual([
      ID,
      "none",
    ]);
    asker.authorizer = deny("describe topic");
    const partly = await asker.ask(describeTransactions, 0, request);
    expect(partly.transactionStates[0]).toMatchObject({ errorCode: 0, topics: [] });
    asker.authorizer = deny("describe transactionalId");
    const denied = await asker.ask(describeTransactions, 0, request);
    expect(errorName(denied.transactionStates[0]?.errorCode ?? 0)).toBe(
      "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
    );
  });
});

describe("ListTransactions", () => {
  test("filters by state, producer and, from v1, time", async () => {
    const asker = await started();
    const producer = await asker.init();
    await asker.world.add(producer, 0);
    await asker.world.time.advance(1_000);
    const list = (version: number, filters: object) =>
      asker.ask(listTransactions, version, { stateFilters: [], producerIdFilters: [], ...filters });
    expect(await list(0, {})).toMatchObject({
      errorCode: 0,
      unknownStateFilters: [],
      transactionStates: [
        { transactionalId: ID, producerId: producer.producerId, transactionState: "Ongoing" },
      ],
    });
    const counts = [
      await list(1, { stateFilters: ["Ongoing"] }),
      await list(1, { stateFilters: ["Empty", "Dead"] }),
      await list(1, { stateFilters: ["sleeping"] }),
      await list(1, { producerIdFilters: [producer.producerId] }),
      await list(1, { producerIdFilters: [1n] }),
      await list(1, { durationFilter: 500 }),
      await list(1, { durationFilter: 5_000 }),
      await list(2, { transactionalIdPattern: "t." }),
      await list(2, { transactionalIdPattern: "t" }),
    ].map(({ transactionStates, unknownStateFilters }) => [
      transactionStates.length,
      unknownStateFilters.length,
    ]);
    expect(counts).toEqual([
      [1, 0],
      [0, 0],
      [0, 1],
      [1, 0],
      [0, 0],
      [1, 0],
      [0, 0],
      [1, 0],
      [0, 0],
    ]);
    const bad = await list(2, { transactionalIdPattern: "(" });
    expect(errorName(bad.errorCode)).toBe("INVALID_REGULAR_EXPRESSION");
    asker.authorizer = deny("describe transactionalId");
    expect((await list(0, {})).transactionStates).toEqual([]);
  });
});
