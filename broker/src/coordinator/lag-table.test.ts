import { ErrorCode } from "@runnel/protocol/errors.ts";
import { describe, expect, test } from "vitest";
import { LAG_AGE_MS_MAX, LagTable } from "./lag-table.ts";
import { topicIdOf } from "./testing/scenario.ts";
import { CoordinatorWorld } from "./testing/world.ts";

const END = 100;

async function started(): Promise<{ world: CoordinatorWorld; table: LagTable }> {
  const world = new CoordinatorWorld(2);
  await world.start();
  const table = new LagTable({
    groups: world.groups,
    topics: world.topics,
    endOf: (_topicId, partition) => (partition === 9 ? null : END),
    timeOf: (_topicId, _partition, offset) => (offset === 40 ? null : 1000 * offset),
    clock: world.time,
  });
  return { world, table };
}

async function commit(world: CoordinatorWorld, ...what: Parameters<CoordinatorWorld["commit"]>) {
  const committing = world.commit(...what);
  await world.time.settle();
  expect(await committing).toBe(ErrorCode.NONE);
}

async function take(world: CoordinatorWorld, table: LagTable) {
  const taking = table.current();
  for (let turn = 0; turn < 10; turn += 1) await world.time.settle();
  return await taking;
}

describe("LagTable.current()", () => {
  test("sums up groups and topics; an end that is not known counts nothing", async () => {
    const { world, table } = await started();
    await commit(world, "a", 90);
    await commit(world, "a", 95, 1);
    await commit(world, "a", 5, 9);
    await commit(world, "b", 40);
    await commit(world, "b", 120, 0, "u");
    const { lags } = await take(world, table);
    const byId = new Map(lags?.groups.map((group) => [group.groupId, group]));
    expect(byId.get("a")).toMatchObject({ lag: 15, topicCount: 1, offsetCount: 3 });
    expect(byId.get("b")).toMatchObject({ lag: 60, topicCount: 2, memberCount: 0 });
    expect(byId.get("a")?.oldestAt).toBe(90_000);
    expect(byId.get("b")?.oldestAt).toBeNull();
    expect(table.latest).toBe(lags);
    expect(lags?.topics.get("t")).toEqual({ groupCount: 2, maxLag: 60 });
    expect(lags?.topics.get("u")).toEqual({ groupCount: 1, maxLag: 0 });
  });

  test("leaves out topics that are gone, or that bear the name of one that is", async () => {
    const { world, table } = await started();
    await commit(world, "a", 90, 0, "u");
    await commit(world, "a", 90);
    world.topics.remove("u");
    world.topics.add("t", 10, topicIdOf("another"));
    const { lags } = await take(world, table);
    expect(lags?.groups).toMatchObject([{ groupId: "a", lag: 0, topicCount: 0, offsetCount: 0 }]);
    expect(lags?.topics.size).toBe(0);
  });

  test("is made once for all that ask at the same time, and again when it is old", async () => {
    const { world, table } = await started();
    await commit(world, "a", 90);
    const both = Promise.all([table.current(), table.current()]);
    for (let turn = 0; turn < 10; turn += 1) await world.time.settle();
    const [first, second] = await both;
    expect(first.lags).toBe(second.lags);
    await commit(world, "a", 95);
    expect((await take(world, table)).lags?.groups[0]?.lag).toBe(10);
    await world.time.advance(LAG_AGE_MS_MAX);
    expect((await take(world, table)).lags?.groups[0]?.lag).toBe(5);
  });

  test("says why where groups cannot be looked at", async () => {
    const { world, table } = await started();
    await world.groups.close();
    const { errorCode, lags } = await take(world, table);
    expect([errorCode, lags]).toEqual([ErrorCode.COORDINATOR_NOT_AVAILABLE, null]);
  });
});

test("GroupCoordinator.visit() rejects with what the visitor throws, and the shard goes on", async () => {
  const { world } = await started();
  await commit(world, "a", 90);
  const visiting = world.groups.visit(() => {
    throw new Error("of the visitor");
  });
  visiting.catch(() => {});
  for (let turn = 0; turn < 10; turn += 1) await world.time.settle();
  await expect(visiting).rejects.toThrow("of the visitor");
  await commit(world, "a", 91);
});
