import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { describe, expect, test } from "vitest";
import { ID, TRANSACTION_CONFIG, TransactionWorld } from "./testing/transaction-world.ts";
import type { IdentityResult } from "./txn/events.ts";
import {
  COMPLETION_WAITS_MAX,
  TRANSACTIONAL_ID_BYTES_MAX,
  TRANSACTIONAL_IDS_MAX,
} from "./txn/limits.ts";
import {
  NO_ID,
  NO_PARTITIONS,
  type ProducerIdentity,
  type TransactionState,
  type TransactionValue,
} from "./txn/model.ts";
import { encodeRecord } from "./txn/records.ts";

const MINUTE_MS = 60_000;

async function started(): Promise<TransactionWorld> {
  const world = new TransactionWorld();
  await world.start();
  return world;
}

const identity = (producerId: number | bigint, producerEpoch: number): ProducerIdentity => ({
  producerId: BigInt(producerId),
  producerEpoch,
});

/** `100/0`, or the name of the error. */
const text = ({ errorCode, producerId, producerEpoch }: IdentityResult): string =>
  errorCode === ErrorCode.NONE ? `${producerId}/${producerEpoch}` : errorName(errorCode);

function value(state: TransactionState, rest: Partial<TransactionValue> = {}): TransactionValue {
  return {
    state,
    producerId: 7n,
    producerEpoch: 5,
    previousProducerId: NO_ID,
    nextProducerId: NO_ID,
    timeoutMs: MINUTE_MS,
    partitions: NO_PARTITIONS,
    startedAt: -1,
    updatedAt: 1_700_000_000_000,
    clientVersion: 0,
    ...rest,
  };
}

const PARTITIONS = { partitions: new Map([["t", new Set([0])]]) };

/** A world whose log says this of the id; markers wait until `release` is called. */
async function loaded(state: TransactionValue) {
  const world = new TransactionWorld();
  const record = encodeRecord({ transactionalId: ID, value: state });
  world.log.partitions[0]?.push({
    ...record,
    kind: "record",
    producer: null,
    offset: 0,
    timestamp: 0,
  });
  let release = (): void => {};
  world.markers.gate = new Promise((resolve) => {
    release = resolve;
  });
  await world.start();
  return { world, release };
}

describe("InitProducerId", () => {
  test("of a new id gives a producer id that nobody had, at epoch 0, durably", async () => {
    const world = await started();
    expect(text(await world.init())).toBe("100/0");
    expect(await world.state()).toBe("Empty 100/0");
    world.restart();
    await world.start();
    expect(await world.state()).toBe("Empty 100/0");
  });

  test("of a known id gives the next epoch: whoever came before is fenced", async () => {
    const world = await started();
    await world.init();
    expect(text(await world.init())).toBe("100/1");
    expect(await world.add(identity(100, 0), 0)).toBe(ErrorCode.PRODUCER_FENCED);
    expect(await world.add(identity(100, 1), 0)).toBe(ErrorCode.NONE);
  });

  test.each([0, -1, -0x8000_0000, 900_001, 0x7fff_ffff])(
    "with a timeout of %i ms is INVALID_TRANSACTION_TIMEOUT",
    async (timeoutMs) => {
      const world = await started();
      expect(text(await world.init(null, timeoutMs))).toBe("INVALID_TRANSACTION_TIMEOUT");
      expect(await world.state()).toBe(null);
    },
  );

  test("with an id that is empty or too long is INVALID_REQUEST", async () => {
    const world = await started();
    for (const transactionalId of ["", "ü".repeat(TRANSACTIONAL_ID_BYTES_MAX / 2 + 1)]) {
      const input = { transactionalId, timeoutMs: MINUTE_MS, expected: null };
      const result = await world.settled(world.transactions.initProducerId(input));
      expect(text(result)).toBe("INVALID_REQUEST");
    }
  });

  test("of one id more than a broker keeps is POLICY_VIOLATION; those it has go on", async () => {
    const world = await started();
    await world.init();
    const usage = world.transactions.usage as { transactionalIds: number };
    usage.transactionalIds = TRANSACTIONAL_IDS_MAX;
    const input = { transactionalId: "more", timeoutMs: MINUTE_MS, expected: null };
    const refused = await world.settled(world.transactions.initProducerId(input));
    expect(text(refused)).toBe("POLICY_VIOLATION");
    expect(text(await world.init())).toBe("100/1");
  });

  test("with the identity there is (KIP-360) gives the next epoch, and again to a retry", async () => {
    const world = await started();
    const first = await world.init();
    expect(text(await world.init(first))).toBe("100/1");
    expect(text(await world.init(first))).toBe("100/1");
    world.restart();
    await world.start();
    expect(text(await world.init(first))).toBe("100/1");
    expect(text(await world.init(identity(100, 1)))).toBe("100/2");
    expect(text(await world.init(first))).toBe("PRODUCER_FENCED");
    expect(text(await world.init(identity(99, 2)))).toBe("PRODUCER_FENCED");
  });

  test("of somebody new ends what the retry of the one before could get", async () => {
    const world = await started();
    const first = await world.init();
    expect(text(await world.init())).toBe("100/1");
    expect(text(await world.init(first))).toBe("PRODUCER_FENCED");
  });

  test("with an identity, of an id that is forgotten, gives a new one", async () => {
    const world = await started();
    expect(text(await world.init(identity(5, 3)))).toBe("100/0");
  });

  test("meeting a transaction aborts it under a new epoch, and gives the one after", async () => {
    const world = await started();
    const first = await world.init();
    await world.add(first, 0, 1);
    expect(text(await world.init())).toBe("CONCURRENT_TRANSACTIONS");
    expect(await world.state()).toBe("CompleteAbort 100/1");
    expect(world.markers.of("t-0")).toEqual(["abort 100/1"]);
    expect(world.markers.of("t-1")).toEqual(["abort 100/1"]);
    expect(text(await world.init())).toBe("100/2");
    expect(await world.end(first, true)).toBe(ErrorCode.PRODUCER_FENCED);
  });

  test("a late request of a zombie does not abort the transaction of its successor", async () => {
    const world = await started();
    const zombie = await world.init();
    const second = await world.init();
    await world.add(second, 0);
    expect(text(await world.init(zombie))).toBe("PRODUCER_FENCED");
    expect(await world.state()).toBe("Ongoing 100/1");
  });

  test("while markers are written is CONCURRENT_TRANSACTIONS", async () => {
    for (const state of ["PrepareCommit", "PrepareAbort"] as const) {
      const { world } = await loaded(value(state, PARTITIONS));
      expect(text(await world.init())).toBe("CONCURRENT_TRANSACTIONS");
      expect(text(await world.init(identity(7, 5)))).toBe("CONCURRENT_TRANSACTIONS");
      expect(text(await world.init(identity(7, 3)))).toBe("PRODUCER_FENCED");
    }
  });

  test("after the last epoch gives a new producer id, and the same one to a retry", async () => {
    const { world } = await loaded(value("CompleteCommit", { producerEpoch: 32_765 }));
    expect(text(await world.init())).toBe("7/32766");
    expect(text(await world.init(identity(7, 32_766)))).toBe("100/0");
    expect(text(await world.init(identity(7, 32_766)))).toBe("100/0");
    expect(text(await world.init(identity(7, 32_765)))).toBe("PRODUCER_FENCED");
  });

  test("the last epoch can still be fenced", async () => {
    const { world, release } = await loaded(
      value("Ongoing", { ...PARTITIONS, producerEpoch: 32_766 }),
    );
    release();
    expect(text(await world.init())).toBe("CONCURRENT_TRANSACTIONS");
    expect(world.markers.of("t-0")).toEqual(["abort 7/32767"]);
    expect(text(await world.init())).toBe("100/0");
  });
});

describe("AddPartitionsToTxn", () => {
  test("begins a transaction, and adds to one that began", async () => {
    const world = await started();
    const producer = await world.init();
    expect(await world.add(producer, 0, 1)).toBe(ErrorCode.NONE);
    expect(await world.add(producer, 2)).toBe(ErrorCode.NONE);
    expect(await world.describe()).toMatchObject({
      state: "Ongoing",
      timeoutMs: MINUTE_MS,
      startedAt: world.time.nowMs(),
      topics: [{ topic: "t", partitions: [0, 1, 2] }],
    });
  });

  test("writes nothing for partitions that are in it", async () => {
    const world = await started();
    const producer = await world.init();
    await world.add(producer, 0, 1);
    const { length } = world.log.appends;
    expect(await world.add(producer, 1)).toBe(ErrorCode.NONE);
    expect(world.log.appends).toHaveLength(length);
  });

  test("of an id that is not known, or under another producer id, is refused", async () => {
    const world = await started();
    expect(await world.add(identity(1, 0), 0)).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
    await world.init();
    expect(await world.add(identity(1, 0), 0)).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
    expect(await world.add(identity(100, 1), 0)).toBe(ErrorCode.PRODUCER_FENCED);
  });

  test("waits for the transaction before to be complete, and not for ever", async () => {
    const { world, release } = await loaded(value("PrepareCommit", PARTITIONS));
    const producer = { ...identity(7, 5), transactionalId: ID, clientVersion: 0 };
    const topics = [{ topic: "t", partitions: [3] }];
    const tooEarly = world.transactions.addPartitions({ ...producer, topics });
    await world.time.advance(1_000);
    expect(await tooEarly).toEqual({ errorCode: ErrorCode.CONCURRENT_TRANSACTIONS });
    const early = world.transactions.addPartitions({ ...producer, topics });
    await world.time.settle();
    release();
    await world.time.settle();
    expect(await early).toEqual({ errorCode: ErrorCode.NONE });
    // The completion and what had waited for it.
    expect(world.log.appends).toEqual([2]);
    expect(await world.state()).toBe("Ongoing 7/5");
    expect(world.transactions.usage.waiting).toBe(0);
    expect(await world.state()).toBe("Ongoing 7/5");
    expect(world.time.timerCount).toBe(2); // The deadline of the transaction, and expiry.
  });

  test("is told to try again where too many wait, or the shard was loaded anew", async () => {
    const { world, release } = await loaded(value("PrepareCommit", PARTITIONS));
    const producer = { ...identity(7, 5), transactionalId: ID, clientVersion: 0 };
    const input = { ...producer, topics: [{ topic: "t", partitions: [3] }] };
    const held = Array.from({ length: COMPLETION_WAITS_MAX }, () =>
      world.transactions.addPartitions(input),
    );
    await world.time.settle();
    expect(world.transactions.usage.waiting).toBe(COMPLETION_WAITS_MAX);
    expect(await world.add(identity(7, 5), 4)).toBe(ErrorCode.CONCURRENT_TRANSACTIONS);
    world.log.faultOf = () => "refused";
    release();
    const codes = new Set((await Promise.all(held)).map(({ errorCode }) => errorCode));
    expect([...codes]).toEqual([ErrorCode.COORDINATOR_NOT_AVAILABLE]);
    expect(world.transactions.usage.waiting).toBe(0);
  });

  test("more partitions than one transaction may have are POLICY_VIOLATION", async () => {
    const world = await started();
    const producer = await world.init();
    const many = Array.from({ length: 10_001 }, (_, partition) => partition);
    expect(await world.add(producer, ...many)).toBe(ErrorCode.POLICY_VIOLATION);
    expect(await world.add(producer, ...many.slice(1))).toBe(ErrorCode.NONE);
    expect(await world.add(producer, 0)).toBe(ErrorCode.POLICY_VIOLATION);
  });
});

describe("the gate of partition leaders", () => {
  test("adds a partition that comes with a batch (KIP-890), durably", async () => {
    const world = await started();
    const producer = await world.init();
    const ask = (partition: number, mayAdd: boolean) =>
      world.settled(world.transactions.admit(world.admission(producer, partition, mayAdd)));
    expect(await ask(0, false)).toBe(ErrorCode.INVALID_TXN_STATE);
    expect(await ask(0, true)).toBe(ErrorCode.NONE);
    expect(await ask(0, false)).toBe(ErrorCode.NONE);
    expect(await ask(1, false)).toBe(ErrorCode.INVALID_TXN_STATE);
    world.restart();
    await world.start();
    expect(await ask(0, false)).toBe(ErrorCode.NONE);
  });

  test("partitions whose first batches come together take two appends", async () => {
    const world = await started();
    const producer = await world.init();
    const { length } = world.log.appends;
    const asked = Array.from({ length: 10 }, (_, partition) =>
      world.transactions.admit(world.admission(producer, partition, true)),
    );
    const zombie = { ...producer, producerEpoch: 7 };
    const refused = world.transactions.admit(world.admission(zombie, 1, true));
    await world.time.settle();
    expect(new Set(await Promise.all(asked))).toEqual(new Set([ErrorCode.NONE]));
    expect(await refused).toBe(ErrorCode.PRODUCER_FENCED);
    expect(world.log.appends).toHaveLength(length + 2);
    expect((await world.describe())?.topics[0]?.partitions).toHaveLength(10);
  });

  test("a partition of the transaction before is not in this one", async () => {
    const world = await started();
    const producer = await world.init();
    await world.add(producer, 0);
    await world.end(producer, true);
    const admission = world.admission(producer, 0, false);
    expect(await world.settled(world.transactions.admit(admission))).toBe(
      ErrorCode.INVALID_TXN_STATE,
    );
  });

  test.each([true, false])(
    "refuses a producer that is none any more (adding: %s)",
    async (mayAdd) => {
      const world = await started();
      const zombie = await world.init();
      const ask = (producer: ProducerIdentity) =>
        world.settled(world.transactions.admit(world.admission(producer, 0, mayAdd)));
      await world.init();
      expect(await ask(zombie)).toBe(ErrorCode.PRODUCER_FENCED);
      expect(await ask(identity(5, 0))).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
    },
  );

  test.each([true, false])(
    "holds back the next transaction until the markers of this one are written (adding: %s)",
    async (mayAdd) => {
      const prepared = value("PrepareCommit", { ...PARTITIONS, clientVersion: 2 });
      const { world, release } = await loaded(prepared);
      const asked = world.transactions.admit(world.admission(identity(7, 5), 0, mayAdd));
      await world.time.settle();
      expect(world.markers.of("t-0")).toEqual([]);
      release();
      expect(await world.settled(asked)).toBe(
        mayAdd ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE,
      );
      expect(world.markers.of("t-0")).toEqual(["commit 7/5"]);
    },
  );
});

describe("EndTxn up to v4", () => {
  test("commits or aborts under the epoch there is", async () => {
    for (const isCommit of [true, false]) {
      const world = await started();
      const producer = await world.init();
      await world.add(producer, 0, 1);
      expect(await world.end(producer, isCommit)).toBe(ErrorCode.NONE);
      const outcome = isCommit ? "Commit" : "Abort";
      expect(await world.state()).toBe(`Complete${outcome} 100/0`);
      expect(world.markers.of("t-0")).toEqual([`${outcome.toLowerCase()} 100/0`]);
      expect(world.markers.taken.get("t-1")).toEqual([
        {
          producerId: 100n,
          producerEpoch: 0,
          coordinatorEpoch: 3,
          isCommit,
          transactionVersion: 0,
        },
      ]);
    }
  });

  // Columns: commit, abort.
  test.each([
    ["Empty", "INVALID_TXN_STATE", "INVALID_TXN_STATE"],
    ["PrepareCommit", "CONCURRENT_TRANSACTIONS", "INVALID_TXN_STATE"],
    ["PrepareAbort", "INVALID_TXN_STATE", "CONCURRENT_TRANSACTIONS"],
    ["CompleteCommit", "NONE", "INVALID_TXN_STATE"],
    ["CompleteAbort", "INVALID_TXN_STATE", "NONE"],
  ] as const)("in %s: commit %s, abort %s, the state stays", async (state, commit, abort) => {
    const { world } = await loaded(value(state, state.startsWith("Prepare") ? PARTITIONS : {}));
    const producer = identity(7, 5);
    expect(errorName(await world.end(producer, true))).toBe(commit);
    expect(errorName(await world.end(producer, false))).toBe(abort);
    expect(await world.state()).toBe(`${state} 7/5`);
  });

  test.each(["Empty", "Ongoing", "PrepareCommit", "CompleteAbort"] as const)(
    "in %s, another epoch is PRODUCER_FENCED and another id a wrong mapping",
    async (state) => {
      const { world } = await loaded(value(state, PARTITIONS));
      expect(await world.end(identity(7, 4), true)).toBe(ErrorCode.PRODUCER_FENCED);
      expect(await world.end(identity(7, 6), true)).toBe(ErrorCode.PRODUCER_FENCED);
      expect(await world.end(identity(8, 5), true)).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
    },
  );
});

describe("EndTxn v5", () => {
  test("ends under a new epoch, which the producer goes on with", async () => {
    for (const isCommit of [true, false]) {
      const world = await started();
      const producer = await world.init();
      await world.add(producer, 0);
      expect(text(await world.endWithBump(producer, isCommit))).toBe("100/1");
      const outcome = isCommit ? "commit" : "abort";
      expect(world.markers.of("t-0")).toEqual([`${outcome} 100/1`]);
      expect(world.markers.taken.get("t-0")?.[0]?.transactionVersion).toBe(2);
      // The answer was lost: the same again.
      expect(text(await world.endWithBump(producer, isCommit))).toBe("100/1");
      expect(text(await world.endWithBump(producer, !isCommit))).toBe("INVALID_TXN_STATE");
    }
  });

  // As protocol.md has them: abort as a retry, abort, commit as a retry, commit.
  test.each([
    ["Empty", "PRODUCER_FENCED", "7/6", "PRODUCER_FENCED", "INVALID_TXN_STATE"],
    ["CompleteAbort", "7/5", "7/6", "INVALID_TXN_STATE", "INVALID_TXN_STATE"],
    ["CompleteCommit", "INVALID_TXN_STATE", "7/6", "7/5", "INVALID_TXN_STATE"],
    [
      "PrepareCommit",
      "INVALID_TXN_STATE",
      "CONCURRENT_TRANSACTIONS",
      "CONCURRENT_TRANSACTIONS",
      "CONCURRENT_TRANSACTIONS",
    ],
    [
      "PrepareAbort",
      "CONCURRENT_TRANSACTIONS",
      "CONCURRENT_TRANSACTIONS",
      "INVALID_TXN_STATE",
      "CONCURRENT_TRANSACTIONS",
    ],
  ] as const)("in %s", async (state, ...expected) => {
    const found = [];
    for (const [isCommit, epoch] of [
      [false, 4],
      [false, 5],
      [true, 4],
      [true, 5],
    ] as const) {
      const partitions = state.startsWith("Prepare") ? PARTITIONS : {};
      const { world } = await loaded(value(state, { ...partitions, clientVersion: 2 }));
      found.push(text(await world.endWithBump(identity(7, epoch), isCommit)));
      expect(text(await world.endWithBump(identity(8, epoch), isCommit))).toBe(
        "INVALID_PRODUCER_ID_MAPPING",
      );
      expect(text(await world.endWithBump(identity(7, 3), isCommit))).toBe("PRODUCER_FENCED");
    }
    expect(found).toEqual(expected);
  });

  test("T9: a late end cannot end the next transaction", async () => {
    for (const isCommit of [true, false]) {
      const world = await started();
      const producer = await world.init();
      await world.add(producer, 0);
      const next = await world.endWithBump(producer, true);
      await world.add(next, 1);
      expect(text(await world.endWithBump(producer, isCommit))).toBe("PRODUCER_FENCED");
      expect(await world.end(producer, isCommit)).toBe(ErrorCode.PRODUCER_FENCED);
      expect(await world.state()).toBe("Ongoing 100/1");
      expect(world.markers.of("t-1")).toEqual([]);
    }
  });

  test("an empty transaction is aborted in one record, without markers", async () => {
    const world = await started();
    const producer = await world.init();
    const { length } = world.log.appends;
    expect(text(await world.endWithBump(producer, false))).toBe("100/1");
    expect(world.log.appends).toHaveLength(length + 1);
    expect(await world.state()).toBe("CompleteAbort 100/1");
    expect(world.markers.calls).toBe(0);
  });

  test("after the last epoch the producer goes on with a new id", async () => {
    const ongoing = value("Ongoing", { ...PARTITIONS, producerEpoch: 32_766 });
    const { world, release } = await loaded(ongoing);
    const producer = identity(7, 32_766);
    expect(text(await world.endWithBump(producer, true))).toBe("100/0");
    // Until the markers are written the state has the old id; the new one has to wait.
    expect(await world.state()).toBe("PrepareCommit 7/32767");
    expect(text(await world.endWithBump(producer, true))).toBe("CONCURRENT_TRANSACTIONS");
    expect(text(await world.endWithBump(identity(100, 0), false))).toBe("CONCURRENT_TRANSACTIONS");
    expect(text(await world.init(identity(100, 0)))).toBe("CONCURRENT_TRANSACTIONS");
    const adding = world.add(identity(100, 0), 2);
    release();
    expect(await adding).toBe(ErrorCode.NONE);
    expect(world.markers.of("t-0")).toEqual(["commit 7/32767"]);
    expect(await world.state()).toBe("Ongoing 100/0");
  });

  test("a retry of the end under the last epoch gets the new id again", async () => {
    const ongoing = value("Ongoing", { ...PARTITIONS, producerEpoch: 32_766 });
    const { world, release } = await loaded(ongoing);
    release();
    await world.endWithBump(identity(7, 32_766), true);
    world.restart();
    await world.start();
    expect(text(await world.endWithBump(identity(7, 32_766), true))).toBe("100/0");
    expect(text(await world.endWithBump(identity(7, 32_766), false))).toBe("INVALID_TXN_STATE");
  });

  test("an empty transaction under the last epoch is aborted with a new id", async () => {
    const { world } = await loaded(value("Empty", { producerEpoch: 32_766 }));
    expect(text(await world.endWithBump(identity(7, 32_766), false))).toBe("100/0");
    expect(await world.state()).toBe("CompleteAbort 100/0");
  });
});

describe("time", () => {
  test("a transaction that runs for too long is aborted under a new epoch", async () => {
    const world = await started();
    const producer = await world.init();
    await world.add(producer, 0);
    await world.time.advance(MINUTE_MS - 1);
    expect(await world.state()).toBe("Ongoing 100/0");
    await world.time.advance(1);
    expect(await world.state()).toBe("CompleteAbort 100/1");
    expect(world.markers.of("t-0")).toEqual(["abort 100/1"]);
    expect(world.transactions.usage).toMatchObject({ aborts: 1, timeouts: 1, commits: 0 });
  });

  test("its producer learns of it: fenced up to v4, from v5 it may go on", async () => {
    const world = await started();
    const producer = await world.init();
    await world.add(producer, 0);
    await world.time.advance(MINUTE_MS);
    expect(await world.end(producer, true)).toBe(ErrorCode.PRODUCER_FENCED);
    expect(text(await world.endWithBump(producer, true))).toBe("INVALID_TXN_STATE");
    expect(text(await world.endWithBump(producer, false))).toBe("100/1");
    expect(text(await world.init(producer))).toBe("100/1");
  });

  test("an abort by timeout under the last epoch leads to a new id", async () => {
    const ongoing = value("Ongoing", { ...PARTITIONS, producerEpoch: 32_766 });
    const { world, release } = await loaded(ongoing);
    release();
    await world.time.advance(MINUTE_MS);
    expect(await world.state()).toBe("CompleteAbort 7/32767");
    const producer = identity(7, 32_766);
    expect(text(await world.endWithBump(producer, false))).toBe("100/0");
    expect(text(await world.endWithBump(producer, false))).toBe("100/0");
  });

  test("under the epoch that fences the last one nobody begins a transaction", async () => {
    const fenced = value("CompleteAbort", { producerEpoch: 32_767, previousProducerId: 7n });
    const { world } = await loaded(fenced);
    expect(await world.add(identity(7, 32_767), 0)).toBe(ErrorCode.PRODUCER_FENCED);
    expect(await world.state()).toBe("CompleteAbort 7/32767");
    expect(text(await world.init(identity(7, 32_766)))).toBe("100/0");
  });

  test("each transaction has the whole timeout", async () => {
    const world = await started();
    const producer = await world.init();
    await world.add(producer, 0);
    await world.time.advance(MINUTE_MS / 2);
    await world.end(producer, true);
    await world.add(producer, 0);
    await world.time.advance(MINUTE_MS - 1);
    expect(await world.state()).toBe("Ongoing 100/0");
    await world.time.advance(1);
    expect(await world.state()).toBe("CompleteAbort 100/1");
  });

  test("a broker that stood still lets the producer be heard first", async () => {
    const world = await started();
    const producer = await world.init();
    await world.add(producer, 0);
    await world.time.jump(10 * MINUTE_MS);
    expect(await world.state()).toBe("Ongoing 100/0");
    await world.time.advance(5_000);
    expect(await world.state()).toBe("CompleteAbort 100/1");
  });

  test("after a load it has what is left by the wall clock, or the whole timeout", async () => {
    for (const [wallJumpMs, leftMs] of [
      [0, MINUTE_MS / 2],
      [-7_200_000, MINUTE_MS],
      [7_200_000, 5_000],
    ] as const) {
      const world = await started();
      await world.add(await world.init(), 0);
      await world.time.advance(MINUTE_MS / 2);
      world.time.wallOffsetMs += wallJumpMs;
      // The process that ended has no timers any more.
      await world.transactions.close();
      world.restart();
      await world.start();
      await world.time.advance(leftMs - 1);
      expect(await world.state()).toBe("Ongoing 100/0");
      await world.time.advance(1);
      expect(await world.state()).toBe("CompleteAbort 100/1");
    }
  });

  test("T22: a jump of the wall clock ends no transaction", async () => {
    const world = await started();
    await world.add(await world.init(), 0);
    world.time.wallOffsetMs += 86_400_000;
    await world.time.advance(MINUTE_MS - 1);
    expect(await world.state()).toBe("Ongoing 100/0");
  });

  test("T22: a jump of the wall clock lets no id be forgotten, unless it lasts", async () => {
    const world = await started();
    const producer = await world.init();
    await world.time.advance(3_600_000);
    world.time.wallOffsetMs += 30 * 86_400_000;
    await world.time.advance(3_600_000);
    expect(await world.state()).toBe("Empty 100/0");
    world.time.wallOffsetMs -= 30 * 86_400_000;
    await world.time.advance(3_600_000);
    expect(await world.add(producer, 0)).toBe(ErrorCode.NONE);
    await world.end(producer, true);
    world.time.wallOffsetMs += 30 * 86_400_000;
    await world.time.advance(3 * 3_600_000);
    expect(await world.state()).toBe(null);
  });

  test("an id that nobody used for long is forgotten, one with a transaction is not", async () => {
    const world = await started();
    world.config = { ...TRANSACTION_CONFIG, expirationMs: 7_200_000, timeoutMsMax: 2 ** 31 };
    const producer = await world.init(null, 2 ** 30);
    await world.add(producer, 0);
    await world.time.advance(14_400_000);
    expect(await world.state()).toBe("Ongoing 100/0");
    await world.end(producer, true);
    await world.time.advance(3_600_000);
    expect(await world.state()).toBe("CompleteCommit 100/0");
    await world.time.advance(7_200_000);
    expect(await world.state()).toBe(null);
    expect(await world.add(producer, 0)).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
    expect(world.log.partitions[0]?.at(-1)).toMatchObject({ kind: "record", value: null });
    expect(world.transactions.usage.transactionalIds).toBe(0);
  });
});

describe("reload", () => {
  test.each([
    ["PrepareCommit", 0, "commit"],
    ["PrepareAbort", 2, "abort"],
  ] as const)("in %s goes on with the markers", async (state, clientVersion, outcome) => {
    const { world, release } = await loaded(value(state, { ...PARTITIONS, clientVersion }));
    release();
    await world.time.settle();
    expect(world.markers.of("t-0")).toEqual([`${outcome} 7/5`]);
    expect(world.markers.taken.get("t-0")?.[0]?.transactionVersion).toBe(clientVersion);
    expect(await world.state()).toBe(`Complete${outcome === "commit" ? "Commit" : "Abort"} 7/5`);
  });

  test("an end whose append is not known to have worked has one outcome", async () => {
    for (const fault of ["refused", "unknown"] as const) {
      const world = await started();
      const producer = await world.init();
      await world.add(producer, 0);
      world.log.faultOf = (index) => (index === 2 ? fault : null);
      expect(text(await world.endWithBump(producer, true))).toBe("COORDINATOR_NOT_AVAILABLE");
      await world.time.settle();
      expect(text(await world.endWithBump(producer, true))).toBe("100/1");
      expect(world.markers.of("t-0")).toEqual(["commit 100/1"]);
    }
  });

  test("a crash between the markers and the record of the end writes the same markers again", async () => {
    const world = await started();
    const producer = await world.init();
    await world.add(producer, 0);
    world.log.faultOf = (index) => (index === 3 ? "refused" : null);
    await world.end(producer, true);
    expect(world.markers.of("t-0")).toEqual(["commit 100/0", "commit 100/0"]);
    expect(await world.state()).toBe("CompleteCommit 100/0");
    expect(world.transactions.markersWaiting).toBe(0);
  });

  test("while it loads nobody learns anything", async () => {
    const world = new TransactionWorld();
    expect(text(await world.init())).toBe("COORDINATOR_LOAD_IN_PROGRESS");
    expect(text(await world.init())).toBe("100/0");
  });

  test("state of a kind that is not known stops the shard", async () => {
    const { world } = await loaded({ ...value("Empty"), state: "Dead" as TransactionState });
    expect(text(await world.init())).toBe("COORDINATOR_NOT_AVAILABLE");
  });
});

describe("markers", () => {
  test("are tried until every partition has its own, each once", async () => {
    const world = await started();
    const producer = await world.init();
    await world.add(producer, 0, 1, 2);
    let isDown = true;
    world.markers.answerOf = ({ partition }) =>
      partition === 1 && isDown ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.NONE;
    expect(await world.end(producer, true)).toBe(ErrorCode.NONE);
    await world.time.advance(30_000);
    expect(await world.state()).toBe("PrepareCommit 100/0");
    expect(world.transactions.markersWaiting).toBe(1);
    isDown = false;
    await world.time.advance(5_000);
    expect(await world.state()).toBe("CompleteCommit 100/0");
    for (const name of ["t-0", "t-1", "t-2"]) expect(world.markers.of(name)).toHaveLength(1);
    expect(world.markers.calls).toBeLessThan(20);
    expect(world.transactions.markersWaiting).toBe(0);
  });

  test("a partition that is gone, or went on, holds up nobody", async () => {
    const world = await started();
    const producer = await world.init();
    await world.add(producer, 0, 1);
    world.markers.answerOf = ({ partition }) =>
      partition === 0 ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_PRODUCER_EPOCH;
    await world.end(producer, true);
    expect(await world.state()).toBe("CompleteCommit 100/0");
  });

  test("that cannot be written at all are tried again", async () => {
    const world = await started();
    const producer = await world.init();
    await world.add(producer, 0);
    world.markers.isBroken = true;
    await world.end(producer, true);
    await world.time.advance(1_000);
    world.markers.isBroken = false;
    await world.time.advance(5_000);
    expect(await world.state()).toBe("CompleteCommit 100/0");
  });

  test("of a coordinator that stops are dropped", async () => {
    const world = await started();
    const producer = await world.init();
    await world.add(producer, 0);
    world.markers.answerOf = () => ErrorCode.NOT_LEADER_OR_FOLLOWER;
    await world.end(producer, true);
    await world.transactions.close();
    expect(world.transactions.markersWaiting).toBe(0);
    const { calls } = world.markers;
    await world.time.advance(60_000);
    expect(world.markers.calls).toBe(calls);
    expect(await world.end(producer, true)).toBe(ErrorCode.NOT_COORDINATOR);
  });
});

describe("lists", () => {
  const all = {
    states: new Set<string>(),
    producerIds: new Set<bigint>(),
    runningMs: -1,
    idPattern: null,
  };

  test("say what there is, by state, producer and time", async () => {
    const world = await started();
    const producer = await world.init();
    await world.add(producer, 0);
    await world.time.advance(10_000);
    const input = { transactionalId: "other", timeoutMs: MINUTE_MS, expected: null };
    await world.settled(world.transactions.initProducerId(input));
    const list = async (filter: object) => {
      const listed = await world.settled(world.transactions.list({ ...all, ...filter }));
      expect(listed.errorCode).toBe(ErrorCode.NONE);
      return listed.transactions.map(({ transactionalId }) => transactionalId);
    };
    expect(await list({})).toEqual([ID, "other"]);
    expect(await list({ states: new Set(["Empty"]) })).toEqual(["other"]);
    expect(await list({ producerIds: new Set([100n]) })).toEqual([ID]);
    expect(await list({ runningMs: 9_999 })).toEqual([ID]);
    expect(await list({ runningMs: 10_000 })).toEqual([]);
    expect(await list({ idPattern: "t.|x" })).toEqual([ID]);
    expect(await list({ idPattern: "" })).toEqual([ID, "other"]);
    expect(world.transactions.usage).toMatchObject({
      transactionalIds: 2,
      partitions: 1,
      byState: { Ongoing: 1, Empty: 1 },
    });
  });

  test("with a pattern that is none are refused", async () => {
    const world = await started();
    const listed = await world.settled(world.transactions.list({ ...all, idPattern: "(" }));
    expect(errorName(listed.errorCode)).toBe("INVALID_REGULAR_EXPRESSION");
  });

  test("do not make the topic, and wait for what is there", async () => {
    const world = new TransactionWorld();
    expect((await world.transactions.list(all)).errorCode).toBe(
      ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    );
    const other = new TransactionWorld();
    other.topics.remove("__transaction_state");
    expect(await other.transactions.list(all)).toEqual({ errorCode: 0, transactions: [] });
    expect(other.log.reads).toBe(0);
  });
});
