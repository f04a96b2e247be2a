import { ErrorCode } from "@runnel/protocol/errors.ts";
import { describe, expect, test } from "vitest";
import { GroupShard } from "./group/group-shard.ts";
import { OFFSETS_TOPIC } from "./group-coordinator.ts";
import { GROUP_ID_BYTES_MAX, GROUPS_MAX, MEMBER_BYTES_MAX } from "./limits.ts";
import { durableState, replayLog } from "./testing/state.ts";
import { CoordinatorWorld } from "./testing/world.ts";

async function started(partitionCount = 1): Promise<CoordinatorWorld> {
  const world = new CoordinatorWorld(partitionCount);
  await world.start();
  return world;
}

/** A promise that a test resolves. */
function gate(): { readonly promise: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

describe("finding and loading", () => {
  test("FindCoordinator makes the internal topic; until it is there nobody coordinates", async () => {
    const world = new CoordinatorWorld(50);
    expect(world.groups.findPartition("g")).toBe(null);
    await world.time.settle();
    // Utils.abs("g".hashCode()) % 50, as Kafka computes it.
    expect(world.groups.findPartition("g")).toBe(103 % 50);
  });

  test("a transaction that names a group first makes the internal topic, too", async () => {
    const world = new CoordinatorWorld(50);
    expect(await settle(world, world.groups.partitionOf("g"))).toBe(103 % 50);
    expect(await world.groups.partitionOf("g")).toBe(103 % 50);
    const poor = new CoordinatorWorld();
    poor.log.topicExists = false;
    expect(await settle(poor, poor.groups.partitionOf("g"))).toBe(null);
  });

  test("a topic that cannot be made is tried again at the next need", async () => {
    const world = new CoordinatorWorld();
    world.log.topicExists = false;
    await world.start();
    expect(world.groups.findPartition("g")).toBe(null);
    world.log.topicExists = true;
    await world.time.advance(600);
    expect(world.groups.findPartition("g")).toBe(null);
    await world.time.settle();
    expect(world.groups.findPartition("g")).toBe(0);
  });

  test("T11: while a shard loads, nobody learns that there is no offset", async () => {
    const world = await started();
    expect(await settle(world, world.commit("g", 5))).toBe(ErrorCode.NONE);
    // First while the topic is looked for, then while the shard is read.
    for (const gated of ["gate", "readGate"] as const) {
      const load = gate();
      world.restart();
      world.log[gated] = load.promise;
      const early = world.committed("g");
      await world.time.settle();
      expect(await early).toBe(`error ${ErrorCode.COORDINATOR_LOAD_IN_PROGRESS}`);
      expect(await world.commit("g", 1)).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
      expect((await world.join()).errorCode).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
      expect(await world.groups.describe("g")).toEqual({ errorCode: 14, group: null });
      expect(await world.groups.list({ states: [], types: [] })).toEqual({
        errorCode: 14,
        groups: [],
      });
      const identity = { groupId: "g", memberId: "m", groupInstanceId: null, generationId: 1 };
      expect(await world.groups.heartbeat(identity)).toEqual({ errorCode: ErrorCode.NONE });
      const sync = { ...identity, protocolType: null, protocolName: null, assignments: [] };
      expect((await world.groups.sync(sync)).errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
      load.open();
      await world.time.settle();
      expect(await settle(world, world.committed("g"))).toBe(5);
    }
  });

  test("a read that fails is tried again, and answered COORDINATOR_NOT_AVAILABLE meanwhile", async () => {
    const world = await started();
    await settle(world, world.commit("g", 5));
    world.log.failsRead = (read) => read <= 3;
    world.restart();
    await world.start();
    expect(await world.committed("g")).toBe(`error ${ErrorCode.COORDINATOR_NOT_AVAILABLE}`);
    await world.time.advance(1000);
    expect(await settle(world, world.committed("g"))).toBe(5);
  });

  test("a record that cannot be read stops the shard: passing over it would lose an offset", async () => {
    const world = new CoordinatorWorld();
    world.log.partitions[0]?.push({
      kind: "record",
      key: new Uint8Array([0, 1, 0, 99]),
      value: null,
      offset: 0,
      timestamp: 0,
      producer: null,
    });
    await world.start();
    expect(await world.commit("g", 1)).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    await world.time.advance(100_000);
    expect(await world.commit("g", 1)).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  });

  test("members of a loaded group get a full session", async () => {
    const world = await started();
    const memberId = await world.stableMember();
    await world.time.advance(9000);
    world.restart();
    await world.start();
    await world.time.advance(9000);
    const heartbeat = { groupId: "g", memberId, groupInstanceId: null, generationId: 1 };
    expect(await settle(world, world.groups.heartbeat(heartbeat))).toEqual({
      errorCode: ErrorCode.NONE,
    });
  });
});

describe("appends", () => {
  test("commits of one turn share one append, and those that come during it the next", async () => {
    const world = await started();
    const slow = gate();
    world.log.gate = slow.promise;
    const first = [1, 2, 3].map((offset) => world.commit(`g${offset}`, offset));
    await world.time.settle();
    const second = [4, 5, 6].map((offset) => world.commit("g1", offset, offset));
    await world.time.settle();
    expect(world.log.appends).toEqual([3]);
    slow.open();
    await world.time.settle();
    expect(world.log.appends).toEqual([3, 3]);
    expect(await Promise.all([...first, ...second])).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("a fetch behind a commit sees it, though the commit is not answered yet", async () => {
    const world = await started();
    const committing = world.commit("g", 7);
    const fetching = world.committed("g");
    await world.time.settle();
    expect(await Promise.all([committing, fetching])).toEqual([ErrorCode.NONE, 7]);
  });

  test("nobody is answered before the assignment is committed", async () => {
    const world = await started();
    const joining = world.join();
    await world.time.advance(0);
    const { memberId } = await joining;
    const slow = gate();
    world.log.gate = slow.promise;
    let isAnswered = false;
    const syncing = world.groups.sync({
      groupId: "g",
      memberId,
      groupInstanceId: null,
      generationId: 1,
      protocolType: null,
      protocolName: null,
      assignments: [],
    });
    void syncing.then(() => {
      isAnswered = true;
    });
    await world.time.settle();
    expect(isAnswered).toBe(false);
    slow.open();
    expect((await settle(world, syncing)).errorCode).toBe(ErrorCode.NONE);
  });

  test("many tombstones are written in several appends", async () => {
    const world = await started();
    world.topics.add("big", 20_000);
    const offsets = Array.from({ length: 20_000 }, (_, partition) => ({
      topic: "big",
      topicId: world.topics.byName("big")?.topicId ?? "",
      partition,
      offset: 1,
      leaderEpoch: 0,
      metadata: "",
    }));
    const committing = world.groups.commitOffsets({
      apiVersion: 9,
      groupId: "g",
      memberId: "",
      groupInstanceId: null,
      generationId: -1,
      retentionTimeMs: -1,
      offsets,
    });
    await settle(world, committing);
    expect(world.log.appends.length).toBeGreaterThan(1);
    const deleting = world.groups.deleteGroup("g");
    expect(await settle(world, deleting)).toEqual({ errorCode: ErrorCode.NONE });
    expect(world.groups.usage).toMatchObject({ groups: 0, offsets: 0 });
  });
});

describe("faults", () => {
  /** Joins, commits, leaves, removals: about twenty appends. Answers may be errors; all must come. */
  async function script(world: CoordinatorWorld): Promise<number> {
    const answers: Promise<unknown>[] = [];
    const ask = async (answer: Promise<unknown>): Promise<void> => {
      answers.push(answer);
      await world.time.advance(100);
    };
    for (const groupId of ["a", "b"]) {
      const joining = world.join({ groupId, groupInstanceId: `i-${groupId}` });
      await ask(joining);
      const { memberId, generationId } = await joining;
      const identity = { groupId, memberId, groupInstanceId: `i-${groupId}`, generationId };
      await ask(
        world.groups.sync({
          ...identity,
          protocolType: null,
          protocolName: null,
          assignments: [{ memberId, assignment: new Uint8Array([1, 2]) }],
        }),
      );
      for (const offset of [1, 2]) {
        await ask(
          world.groups.commitOffsets({
            ...identity,
            apiVersion: 9,
            retentionTimeMs: -1,
            offsets: [
              { topic: "t", topicId: "", partition: 0, offset, leaderEpoch: 0, metadata: "" },
            ].map((entry) => ({ ...entry, topicId: world.topics.byName("t")?.topicId ?? "" })),
          }),
        );
      }
      await ask(world.join({ groupId, groupInstanceId: `i-${groupId}` }));
      await ask(world.commit(`simple-${groupId}`, 4));
      await ask(world.groups.deleteOffsets(`simple-${groupId}`, [{ topic: "t", partitions: [0] }]));
      await ask(world.commit(`simple-${groupId}`, 5, 1));
      await ask(
        world.groups.leave({
          groupId,
          members: [{ memberId: "", groupInstanceId: `i-${groupId}` }],
        }),
      );
      await ask(world.groups.deleteGroup(groupId));
    }
    await world.time.advance(700_000);
    await Promise.all(answers);
    return world.log.appends.length;
  }

  const shardState = (world: CoordinatorWorld): ReadonlyMap<string, unknown> => {
    const machine = world.groups.shards[0]?.machine;
    expect(machine).toBeInstanceOf(GroupShard);
    return durableState(machine as GroupShard);
  };

  test("the Nth append fails, for all N: all are answered, and the state is that of the log", async () => {
    const appends = await script(await started());
    expect(appends).toBeGreaterThan(14);
    for (const fault of ["refused", "unknown"] as const) {
      for (let failing = 0; failing < appends; failing += 1) {
        const world = await started();
        world.log.faultOf = (index) => (index === failing ? fault : null);
        await script(world);
        const replayed = replayLog(world.log.partitions[0] ?? [], world.config);
        expect(shardState(world), `${fault} append ${failing}`).toEqual(durableState(replayed));
        const usage = { ...world.groups.usage };
        await world.groups.close();
        expect(usage.offsets).toBe(
          [...replayed.groups.values()].reduce((sum, group) => sum + group.offsetCount, 0),
        );
        expect(world.groups.usage).toEqual({
          groups: 0,
          members: 0,
          memberBytes: 0,
          targets: 0,
          offsets: 0,
          pendingOffsets: 0,
          offsetMetadataLength: 0,
        });
      }
    }
  });

  test("every append fails from the Nth on: nobody waits for ever", async () => {
    for (let failing = 0; failing < 12; failing += 1) {
      const world = await started();
      world.log.faultOf = (index) => (index >= failing ? "refused" : null);
      await script(world);
      const replayed = replayLog(world.log.partitions[0] ?? [], world.config);
      expect(shardState(world)).toEqual(durableState(replayed));
    }
  });

  test("a commit whose append fails is not answered with success, parked members look elsewhere", async () => {
    const world = await started();
    const memberId = await world.stableMember();
    const parked = world.join();
    await world.time.settle();
    world.log.faultOf = () => "refused";
    const committing = world.commit("other", 1);
    await world.time.settle();
    expect(await committing).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect((await parked).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    world.log.faultOf = () => null;
    const heartbeat = { groupId: "g", memberId, groupInstanceId: null, generationId: 1 };
    expect(await settle(world, world.groups.heartbeat(heartbeat))).toEqual({ errorCode: 0 });
    expect(await settle(world, world.committed("other"))).toBe(-1);
  });

  test("close() lets the append under way end and turns parked members away", async () => {
    const world = await started();
    await world.stableMember();
    const parked = world.join();
    const slow = gate();
    world.log.gate = slow.promise;
    const committing = world.commit("other", 1);
    await world.time.settle();
    const late = world.commit("late", 1);
    const closing = world.groups.close();
    slow.open();
    await world.time.settle();
    await closing;
    expect(await committing).toBe(ErrorCode.NONE);
    expect(await late).toBe(ErrorCode.NOT_COORDINATOR);
    expect((await parked).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    expect(await world.commit("other", 2)).toBe(ErrorCode.NOT_COORDINATOR);
  });
});

describe("time", () => {
  test("heartbeats make no timers, and the session ends when they stop", async () => {
    const world = await started();
    const memberId = await world.stableMember();
    const heartbeat = { groupId: "g", memberId, groupInstanceId: null, generationId: 1 };
    const timers = world.time.timerCount;
    for (let round = 0; round < 20; round += 1) {
      await world.time.advance(3000);
      expect(await settle(world, world.groups.heartbeat(heartbeat))).toEqual({ errorCode: 0 });
    }
    expect(world.time.timerCount).toBe(timers);
    await world.time.advance(10_000);
    expect(await settle(world, world.groups.heartbeat(heartbeat))).toEqual({
      errorCode: ErrorCode.UNKNOWN_MEMBER_ID,
    });
  });

  test("T22: the wall clock has no part in sessions", async () => {
    const world = await started();
    const memberId = await world.stableMember();
    const heartbeat = { groupId: "g", memberId, groupInstanceId: null, generationId: 1 };
    for (const jumpMs of [7_200_000, -14_400_000, 86_400_000]) {
      world.time.wallOffsetMs += jumpMs;
      await world.time.advance(5000);
      expect(await settle(world, world.groups.heartbeat(heartbeat))).toEqual({ errorCode: 0 });
    }
  });

  test("a broker that stood still throws nobody out, and does once it runs again", async () => {
    const world = await started();
    const memberId = await world.stableMember();
    const heartbeat = { groupId: "g", memberId, groupInstanceId: null, generationId: 1 };
    await world.time.jump(60_000);
    expect(await settle(world, world.groups.heartbeat(heartbeat))).toEqual({ errorCode: 0 });
    await world.time.advance(10_000);
    expect(await settle(world, world.groups.heartbeat(heartbeat))).toEqual({
      errorCode: ErrorCode.UNKNOWN_MEMBER_ID,
    });
  });

  test("offsets expire on the regular check, whose interval is read anew each time", async () => {
    const world = await started();
    world.config = { ...world.config, offsetsRetentionMs: 1000 };
    await settle(world, world.commit("g", 1));
    await world.time.advance(world.config.offsetsRetentionCheckIntervalMs);
    expect(await settle(world, world.committed("g"))).toBe(-1);
    expect(world.groups.usage.groups).toBe(0);
  });
});

test("T22: a leap of the wall clock loses no offset, unless it lasts", async () => {
  const world = await started();
  await settle(world, world.commit("g", 1));
  world.time.wallOffsetMs += 2 * world.config.offsetsRetentionMs;
  await world.time.advance(world.config.offsetsRetentionCheckIntervalMs);
  expect(await settle(world, world.committed("g"))).toBe(1);
  await world.time.advance(2 * 3_600_000);
  expect(await settle(world, world.committed("g"))).toBe(-1);
});

describe("topics", () => {
  test("deleting a topic deletes its offsets, also in a shard that is loading", async () => {
    const world = await started(2);
    await settle(world, world.commit("g", 1));
    await settle(world, world.commit("g", 2, 0, "u"));
    const topic = world.topics.byName("t");
    world.restart();
    const load = gate();
    world.log.readGate = load.promise;
    const starting = world.groups.start();
    await world.time.settle();
    if (topic !== undefined) world.groups.onTopicsDeleted([topic]);
    load.open();
    await world.time.settle();
    await starting;
    expect(await settle(world, world.committed("g"))).toBe(-1);
    expect(await settle(world, world.committed("g", 0, "u"))).toBe(2);
  });

  test("an offset of a former topic of the same name counts as absent", async () => {
    const world = await started();
    await settle(world, world.commit("g", 1));
    world.topics.add("t", 10, "00000000-0000-4000-8000-000000000099");
    expect(await settle(world, world.committed("g"))).toBe(-1);
    const all = world.groups.fetchOffsets({ groupId: "g", topics: null, requireStable: true });
    expect((await settle(world, all)).topics).toEqual([]);
  });

  test("list() does not make the internal topic, and filters by state and type in any case", async () => {
    const world = new CoordinatorWorld();
    world.topics.remove(OFFSETS_TOPIC);
    expect(await world.groups.list({ states: [], types: [] })).toEqual({
      errorCode: 0,
      groups: [],
    });
    expect(world.log.appends).toEqual([]);
    await world.start();
    await settle(world, world.commit("simple", 1));
    await world.stableMember("stable");
    const ids = async (states: string[], types: string[]): Promise<string[]> => {
      const listed = await settle(world, world.groups.list({ states, types }));
      return listed.groups.map(({ groupId }) => groupId).sort();
    };
    expect(await ids([], [])).toEqual(["simple", "stable"]);
    expect(await ids(["STABLE"], ["Classic"])).toEqual(["stable"]);
    expect(await ids(["Empty", "dead"], [])).toEqual(["simple"]);
    expect(await ids([], ["consumer"])).toEqual([]);
  });
});

describe("P14, P16: caps", () => {
  test("ids that are too long or strange", async () => {
    const world = await started();
    const long = "ü".repeat(GROUP_ID_BYTES_MAX / 2 + 1);
    expect((await world.join({ groupId: long })).errorCode).toBe(ErrorCode.INVALID_GROUP_ID);
    expect(await world.commit(long, 1)).toBe(ErrorCode.INVALID_GROUP_ID);
    expect((await world.join({ groupId: "" })).errorCode).toBe(ErrorCode.INVALID_GROUP_ID);
    expect(await settle(world, world.commit("", 1))).toBe(ErrorCode.NONE);
    expect(await settle(world, world.commit("\r\n\u001b[31m__proto__", 1))).toBe(ErrorCode.NONE);
    const joining = world.join({ apiVersion: 9, clientId: "\ud83d\ude00".repeat(20_000) });
    const { errorCode, memberId } = await settle(world, joining);
    expect(errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED);
    expect(memberId.length).toBeLessThan(300);
    const instance = world.join({ groupInstanceId: "i".repeat(40_000) });
    expect((await instance).errorCode).toBe(ErrorCode.INVALID_REQUEST);
  });

  test("metadata of 10 MiB is refused, and so is an assignment that no record can hold", async () => {
    const world = await started();
    const metadata = new Uint8Array(10 * 1024 * 1024);
    const huge = await world.join({ protocols: [{ name: "range", metadata }] });
    expect(huge.errorCode).toBe(ErrorCode.MESSAGE_TOO_LARGE);
    const joining = world.join();
    await world.time.advance(0);
    const { memberId } = await joining;
    const syncing = world.groups.sync({
      groupId: "g",
      memberId,
      groupInstanceId: null,
      generationId: 1,
      protocolType: null,
      protocolName: null,
      assignments: [{ memberId, assignment: new Uint8Array(MEMBER_BYTES_MAX + 1) }],
    });
    expect((await settle(world, syncing)).errorCode).toBe(ErrorCode.MESSAGE_TOO_LARGE);
    expect(world.log.appends).toEqual([]);
  });

  test("a broker keeps so many groups and no more; ids that nobody uses make room", async () => {
    const world = await started();
    const joins = Array.from({ length: GROUPS_MAX }, (_, index) =>
      world.join({ apiVersion: 9, groupId: `g${index}` }),
    );
    await Promise.all(joins);
    expect(world.groups.usage).toMatchObject({ groups: GROUPS_MAX, members: GROUPS_MAX });
    const refused = await world.join({ groupId: "one more" });
    expect(refused.errorCode).toBe(ErrorCode.POLICY_VIOLATION);
    expect(await settle(world, world.commit("one more", 1))).toBe(ErrorCode.POLICY_VIOLATION);
    expect(await settle(world, world.commit("g1", 1))).toBe(ErrorCode.NONE);
    // Ids that nobody used expire, and their groups with them.
    await world.time.advance(10_000);
    expect(world.groups.usage).toMatchObject({ groups: 1, members: 0 });
  });
});

/** Lets the world go on until the answer is there. */
async function settle<T>(world: CoordinatorWorld, answer: Promise<T>): Promise<T> {
  await world.time.settle();
  return answer;
}
