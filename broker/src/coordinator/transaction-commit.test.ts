/** Offsets in transactions, through the coordinator: leave, appends, faults. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { describe, expect, test } from "vitest";
import type { Admission } from "#replica/ports.ts";
import { GroupShard } from "./group/group-shard.ts";
import { ADMISSIONS_MAX } from "./group/open-transactions.ts";
import { OFFSETS_TOPIC } from "./group-coordinator.ts";
import { emptyUsage, PENDING_OFFSETS_MAX } from "./limits.ts";
import type { CoordinatorBatch } from "./ports.ts";
import { DEFAULT_CONFIG, topicIdOf } from "./testing/scenario.ts";
import { durableState, NO_TOPICS, replayLog } from "./testing/state.ts";
import { CoordinatorWorld } from "./testing/world.ts";

async function started(partitionCount = 1): Promise<CoordinatorWorld> {
  const world = new CoordinatorWorld(partitionCount);
  await world.start();
  return world;
}

/** Lets the world go on until the answer is there. */
async function settle<T>(world: CoordinatorWorld, answer: Promise<T>): Promise<T> {
  await world.time.settle();
  return answer;
}

/** A promise that a test resolves. */
function gate<T = void>(): {
  readonly promise: Promise<T>;
  readonly open: (value: T) => void;
} {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { promise, open: resolve };
}

const UNSTABLE = `error ${ErrorCode.UNSTABLE_OFFSET_COMMIT}`;

describe("leave of the transaction's coordinator", () => {
  test("KIP-890: it is asked before the first write of a transaction, and told what may be added", async () => {
    const world = await started(50);
    const asked: Admission[] = [];
    world.admit = (request) => {
      asked.push(request);
      return Promise.resolve(ErrorCode.NONE);
    };
    const producer = { producerId: 7n, producerEpoch: 3 };
    for (const apiVersion of [5, 5, 4]) {
      expect(
        await settle(world, world.commitInTransaction("g", 1, { ...producer, apiVersion })),
      ).toBe(0);
    }
    const partition = world.groups.findPartition("g") ?? -1;
    const request = { ...producer, transactionalId: "tx", topic: OFFSETS_TOPIC, partition };
    expect(asked).toEqual([{ ...request, mayAdd: true }]);
    const end = world.endTransaction(true, { ...producer, partition });
    expect(await settle(world, end)).toBe(ErrorCode.NONE);
    expect(
      await settle(world, world.commitInTransaction("g", 2, { ...producer, apiVersion: 0 })),
    ).toBe(0);
    expect(asked[1]).toEqual({ ...request, mayAdd: false });
  });

  test("what it refuses is not written, and is said in the words of the version", async () => {
    const cases: readonly (readonly [said: ErrorCode, v5: ErrorCode, v3: ErrorCode])[] = [
      [ErrorCode.CONCURRENT_TRANSACTIONS, 14, 14],
      [ErrorCode.NOT_COORDINATOR, 14, 14],
      [ErrorCode.COORDINATOR_NOT_AVAILABLE, 14, 14],
      [ErrorCode.INVALID_TXN_STATE, ErrorCode.TRANSACTION_ABORTABLE, ErrorCode.INVALID_TXN_STATE],
      [
        ErrorCode.TRANSACTION_ABORTABLE,
        ErrorCode.TRANSACTION_ABORTABLE,
        ErrorCode.INVALID_TXN_STATE,
      ],
      [ErrorCode.PRODUCER_FENCED, 47, 47],
      [ErrorCode.INVALID_PRODUCER_ID_MAPPING, 49, 49],
    ];
    const world = await started();
    for (const [said, v5, v3] of cases) {
      world.admit = () => Promise.resolve(said);
      expect(await settle(world, world.commitInTransaction("g", 1, { apiVersion: 5 }))).toBe(v5);
      expect(await settle(world, world.commitInTransaction("g", 1, { apiVersion: 3 }))).toBe(v3);
    }
    expect(world.log.appends).toEqual([]);
    expect(world.groups.usage.groups).toBe(0);
  });

  test("T9: a transaction that ends while it is asked leaves nothing behind", async () => {
    const world = await started();
    const leave = gate<ErrorCode>();
    world.admit = () => leave.promise;
    const late = world.commitInTransaction("g", 1);
    await world.time.settle();
    expect(await settle(world, world.endTransaction(false))).toBe(ErrorCode.NONE);
    leave.open(ErrorCode.NONE);
    expect(await settle(world, late)).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    expect(await settle(world, world.committed("g", 0, "t", true))).toBe(-1);
  });

  test("so does one whose marker waits for the append before it", async () => {
    const world = await started();
    await settle(world, world.commitInTransaction("g", 1));
    const slow = gate();
    world.log.gate = slow.promise;
    const before = world.commit("g", 5, 1);
    await world.time.settle();
    const ending = world.endTransaction(true);
    const asked: Admission[] = [];
    world.admit = (request) => {
      asked.push(request);
      return Promise.resolve(ErrorCode.INVALID_TXN_STATE);
    };
    const late = world.commitInTransaction("g", 2);
    const fetching = world.committed("g", 0, "t", true);
    await world.time.settle();
    slow.open();
    expect(await settle(world, Promise.all([before, ending]))).toEqual([0, 0]);
    // The marker stood before it, so its producer is in no transaction here any more.
    expect(await settle(world, late)).toBe(ErrorCode.TRANSACTION_ABORTABLE);
    expect(asked.length).toBe(1);
    expect(await fetching).toBe(1);
  });

  test("a request that gives up makes room for others", async () => {
    const world = await started();
    const leave = gate<ErrorCode>();
    world.admit = () => leave.promise;
    const waiting = Array.from({ length: ADMISSIONS_MAX }, () => world.commitInTransaction("g", 1));
    await world.time.settle();
    expect(await settle(world, world.commitInTransaction("g", 1))).toBe(14);
    leave.open(ErrorCode.PRODUCER_FENCED);
    expect(new Set(await settle(world, Promise.all(waiting)))).toEqual(new Set([47]));
    world.admit = () => Promise.resolve(ErrorCode.NONE);
    expect(await settle(world, world.commitInTransaction("g", 1))).toBe(0);
  });
});

describe("ends of transactions", () => {
  test("are written where nobody waits for anything, and never make the topic", async () => {
    const world = await started();
    expect(await settle(world, world.endTransaction(true))).toBe(ErrorCode.NONE);
    expect(world.log.partitions[0]).toMatchObject([{ kind: "end", producerId: 1n }]);
    const outside = world.endTransaction(true, { partition: 1 });
    expect(await outside).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    world.restart();
    const early = world.endTransaction(true);
    expect(await settle(world, early)).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    expect(await settle(world, world.endTransaction(true))).toBe(ErrorCode.NONE);
    world.topics.remove(OFFSETS_TOPIC);
    world.restart();
    expect(await world.endTransaction(true)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    await world.groups.close();
    expect(await world.endTransaction(true)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });

  test("T11: while a shard loads nobody learns that a transaction moved nothing", async () => {
    const world = await started();
    await settle(world, world.commitInTransaction("g", 5));
    world.restart();
    const load = gate();
    world.log.readGate = load.promise;
    void world.groups.start();
    await world.time.settle();
    expect(await world.endTransaction(true)).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    expect(await world.commitInTransaction("g", 6)).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    expect(await world.committed("g", 0, "t", true)).toBe("error 14");
    load.open();
    await world.time.settle();
    expect(await settle(world, world.committed("g", 0, "t", true))).toBe(UNSTABLE);
    expect(await settle(world, world.endTransaction(true))).toBe(ErrorCode.NONE);
    expect(await settle(world, world.committed("g", 0, "t", true))).toBe(5);
  });

  test("reach every group of the shard that the producer wrote to", async () => {
    const world = await started();
    const groups = ["a", "b", "c"];
    await settle(world, Promise.all(groups.map((id, at) => world.commitInTransaction(id, at))));
    await settle(world, world.commitInTransaction("b", 9, { producerId: 2n }));
    expect(await settle(world, world.endTransaction(true))).toBe(ErrorCode.NONE);
    const found = groups.map((id) => world.committed(id, 0, "t", true));
    expect(await settle(world, Promise.all(found))).toEqual([0, UNSTABLE, 2]);
    expect(world.groups.usage).toMatchObject({ groups: 3, offsets: 4, pendingOffsets: 1 });
  });
});

describe("appends", () => {
  const kinds = (batches: readonly CoordinatorBatch[]): readonly string[] =>
    batches.map((batch) =>
      batch.kind === "marker"
        ? "end"
        : `${batch.producer?.producerId ?? "-"}x${batch.records.length}`,
    );

  test("what waits shares an append, with a batch for each producer in its order", async () => {
    const world = await started();
    await settle(world, world.commitInTransaction("g", 1));
    await settle(world, world.commitInTransaction("g", 1, { producerId: 2n }));
    const written: string[][] = [];
    const write = world.log.write.bind(world.log);
    world.log.write = (partition, batches, nowMs) => {
      written.push([...kinds(batches)]);
      return write(partition, batches, nowMs);
    };
    const slow = gate();
    world.log.gate = slow.promise;
    const first = world.commit("g", 1, 1);
    await world.time.settle();
    const answers = [
      world.commitInTransaction("g", 2),
      world.commitInTransaction("h", 2),
      world.commitInTransaction("g", 3, { producerId: 2n }),
      world.commit("g", 4),
      world.endTransaction(true),
      world.endTransaction(false, { producerId: 2n }),
      world.commit("g", 5, 1),
    ];
    const reading = world.committed("g");
    await world.time.settle();
    slow.open();
    expect(await settle(world, Promise.all([first, ...answers]))).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(written).toEqual([["-x1"], ["1x2", "2x1", "-x1", "end", "end"], ["-x1"]]);
    expect(await reading).toBe(4);
  });

  test("what the log does not take from a producer is not in memory, and the others are", async () => {
    const world = await started();
    world.log.refusalOf = (batch) =>
      batch.kind === "records" && batch.producer?.producerId === 2n
        ? ErrorCode.INVALID_PRODUCER_EPOCH
        : ErrorCode.NONE;
    const slow = gate();
    world.log.gate = slow.promise;
    const first = world.commit("x", 1);
    await world.time.settle();
    const answers = [
      world.commitInTransaction("g", 1),
      world.commitInTransaction("g", 2, { producerId: 2n }),
      world.commit("g", 3, 1),
    ];
    await world.time.settle();
    slow.open();
    expect(await settle(world, Promise.all([first, ...answers]))).toEqual([0, 0, 47, 0]);
    expect(world.log.reads).toBe(1);
    expect(world.groups.usage).toMatchObject({ offsets: 3, pendingOffsets: 1 });
    world.log.refusalOf = () => ErrorCode.TRANSACTION_COORDINATOR_FENCED;
    const fenced = await settle(world, world.endTransaction(true));
    expect(fenced).toBe(ErrorCode.TRANSACTION_COORDINATOR_FENCED);
    expect(await settle(world, world.committed("g", 0, "t", true))).toBe(UNSTABLE);
  });
});

describe("faults", () => {
  /** Commits, ends, removals: about fifteen appends. Answers may be errors; all must come. */
  async function script(world: CoordinatorWorld): Promise<number> {
    const answers: Promise<unknown>[] = [];
    const ask = async (answer: Promise<unknown>): Promise<void> => {
      answers.push(answer);
      await world.time.advance(100);
    };
    for (const isCommit of [true, false]) {
      await ask(world.commitInTransaction("a", 1));
      await ask(world.commit("a", 2, 1));
      await ask(world.commitInTransaction("b", 3));
      await ask(world.commitInTransaction("a", 4, { producerId: 2n }));
      await ask(world.endTransaction(isCommit));
      await ask(world.groups.deleteOffsets("a", [{ topic: "t", partitions: [0] }]));
      await ask(world.endTransaction(!isCommit, { producerId: 2n }));
    }
    await ask(world.groups.deleteGroup("b"));
    await Promise.all(answers);
    return world.log.appends.length;
  }

  test("T11: the Nth write fails, for all N: all are answered, and the state is that of the log", async () => {
    const appends = await script(await started());
    expect(appends).toBeGreaterThan(12);
    for (const fault of ["refused", "unknown"] as const) {
      for (let failing = 0; failing < appends; failing += 1) {
        const world = await started();
        world.log.faultOf = (index) => (index === failing ? fault : null);
        await script(world);
        const replayed = replayLog(world.log.partitions[0] ?? [], world.config);
        const machine = world.groups.shards[0]?.machine as GroupShard;
        expect(machine).toBeInstanceOf(GroupShard);
        expect(durableState(machine), `${fault} ${failing}`).toEqual(durableState(replayed));
        await world.groups.close();
        expect(world.groups.usage).toMatchObject({ offsets: 0, pendingOffsets: 0, groups: 0 });
      }
    }
  });
});

test("P16: a broker keeps so many pending offsets and no more", () => {
  const usage = { ...emptyUsage(), pendingOffsets: PENDING_OFFSETS_MAX - 1 };
  const shard = new GroupShard(usage, () => DEFAULT_CONFIG, NO_TOPICS);
  const place = { topic: "t", topicId: topicIdOf("t"), leaderEpoch: 0, metadata: "" };
  const moment = { nowMs: 0, wallMs: 0 };
  const event = {
    kind: "transaction-commit",
    ticket: 1,
    producer: { producerId: 1n, producerEpoch: 0 },
    missingGroupError: ErrorCode.ILLEGAL_GENERATION,
    groupId: "g",
    memberId: "",
    groupInstanceId: null,
    generationId: -1,
    offsets: [0, 1].map((partition) => ({ ...place, partition, offset: 1 })),
  } as const;
  const [asked] = shard.step({ ...event, admission: null }, moment).replies;
  const admission = asked?.kind === "transaction-commit" ? asked.result.admission : null;
  const { records, replies } = shard.step({ ...event, admission }, moment);
  expect(records.length).toBe(1);
  const errorCodes = [ErrorCode.NONE, ErrorCode.INVALID_COMMIT_OFFSET_SIZE];
  expect(replies).toMatchObject([{ result: { errorCodes } }]);
});
