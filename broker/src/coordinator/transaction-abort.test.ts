import { assert } from "@runnel/kit/assert.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { describe, expect, test } from "vitest";
import { ID, TransactionWorld } from "./testing/transaction-world.ts";
import { transactionVersion } from "./txn/abort.ts";
import { COMPLETION_WAIT_MS } from "./txn/limits.ts";

async function started(): Promise<TransactionWorld> {
  const world = new TransactionWorld();
  await world.start();
  return world;
}

describe("an abort by somebody else", () => {
  const abort = (world: TransactionWorld, input: object = {}) => {
    const asked = { transactionalId: ID, expectedVersion: null, isValidateOnly: false, ...input };
    return world.settled(world.transactions.abort(asked));
  };

  test.each([false, true])(
    "ends what is under way, and its producer cannot commit it (V2: %s)",
    async (isV2) => {
      const world = await started();
      const producer = await world.init();
      await world.add(producer, 0, 1);
      const dry = await abort(world, { isValidateOnly: true });
      expect([errorName(dry.errorCode), await world.state()]).toEqual(["NONE", "Ongoing 100/0"]);
      const done = await abort(world);
      expect(done).toMatchObject({ errorCode: ErrorCode.NONE, transaction: { state: "Ongoing" } });
      expect(await world.state()).toBe("CompleteAbort 100/1");
      expect(world.markers.of("t-0")).toEqual(["abort 100/1"]);
      expect(world.markers.of("t-1")).toEqual(["abort 100/1"]);
      const commit = isV2
        ? (await world.endWithBump(producer, true)).errorCode
        : await world.end(producer, true);
      expect(errorName(commit)).toBe(isV2 ? "INVALID_TXN_STATE" : "PRODUCER_FENCED");
      expect(errorName(await world.add(producer, 2))).toBe("PRODUCER_FENCED");
      expect(errorName((await world.init(producer)).errorCode)).toBe("PRODUCER_FENCED");
      expect(world.transactions.usage).toMatchObject({ aborts: 1, timeouts: 0 });
    },
  );

  test("is decided once; who wants to know waits for the markers", async () => {
    const world = await started();
    await world.add(await world.init(), 0);
    let release = (): void => {};
    world.markers.gate = new Promise((resolve) => {
      release = resolve;
    });
    expect((await abort(world)).errorCode).toBe(ErrorCode.NONE);
    expect(await world.state()).toBe("PrepareAbort 100/1");
    expect(errorName((await abort(world)).errorCode)).toBe("CONCURRENT_TRANSACTIONS");
    const waiting = world.transactions.describe(ID, true);
    await world.time.settle();
    release();
    expect((await world.settled(waiting)).transaction?.state).toBe("CompleteAbort");
    expect(world.transactions.usage.waiting).toBe(0);
  });

  test("is told as it is where markers take longer than anybody waits", async () => {
    const world = await started();
    await world.add(await world.init(), 0);
    world.markers.answerOf = () => ErrorCode.NOT_LEADER_OR_FOLLOWER;
    await abort(world);
    const waiting = world.transactions.describe(ID, true);
    await world.time.advance(COMPLETION_WAIT_MS - 1);
    expect(world.transactions.usage.waiting).toBe(1);
    await world.time.advance(1);
    expect((await waiting).transaction?.state).toBe("PrepareAbort");
    expect(world.transactions.usage.waiting).toBe(0);
  });

  test("leaves alone what is no transaction, or another than is meant", async () => {
    const world = await started();
    expect(await abort(world)).toEqual({
      errorCode: ErrorCode.TRANSACTIONAL_ID_NOT_FOUND,
      transaction: null,
    });
    const producer = await world.init();
    expect(errorName((await abort(world)).errorCode)).toBe("INVALID_TXN_STATE");
    await world.add(producer, 0);
    const { transaction } = await abort(world, { isValidateOnly: true });
    assert(transaction !== null, "it is under way");
    const expectedVersion = transactionVersion(transaction);
    await world.end(producer, true);
    await world.time.advance(1);
    await world.add(producer, 0);
    const late = await abort(world, { expectedVersion });
    expect(errorName(late.errorCode)).toBe("INVALID_UPDATE_VERSION");
    expect(await world.state()).toBe("Ongoing 100/0");
  });

  test("is durable before its markers are sent", async () => {
    const world = await started();
    await world.add(await world.init(), 0);
    let release = (): void => {};
    world.markers.gate = new Promise((resolve) => {
      release = resolve;
    });
    await abort(world);
    void world.transactions.close();
    world.restart();
    await world.start();
    expect(await world.state()).toBe("PrepareAbort 100/1");
    release();
    await world.time.settle();
    expect(await world.state()).toBe("CompleteAbort 100/1");
  });
});
