/** Groups of the consumer protocol through the coordinator: appends, loads, timers. */
import { encodeSubscription } from "@runnel/protocol/coordinator-records/consumer-protocol.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { describe, expect, test } from "vitest";
import { topicIdOf } from "../testing/fake-topics.ts";
import { CoordinatorWorld } from "../testing/world.ts";

async function started(): Promise<CoordinatorWorld> {
  const world = new CoordinatorWorld();
  await world.start();
  return world;
}

describe("a group of the consumer protocol", () => {
  test("of a thousand members gets to its target, and then writes nothing", async () => {
    const world = await started();
    world.topics.add("t", 2_000);
    const members = Array.from({ length: 1_000 }, (_, at) => ({ memberId: `m${at}`, epoch: 0 }));
    const owned = new Map<string, readonly { topicId: string; partitions: readonly number[] }[]>();
    const round = async (): Promise<void> => {
      for (const member of members) {
        const { memberId, epoch: memberEpoch } = member;
        const reported = owned.get(memberId) ?? [];
        const answer = await world.beat({ memberId, memberEpoch, reported });
        expect(answer.errorCode).toBe(ErrorCode.NONE);
        member.epoch = answer.memberEpoch;
        if (answer.assignment === null) continue;
        const lists = Array.from(answer.assignment, ([topicId, list]) => ({
          topicId,
          partitions: list,
        }));
        owned.set(memberId, lists);
      }
    };
    for (let count = 0; count < 4; count += 1) await round();
    const sizes = [...owned.values()].map(([topic]) => topic?.partitions.length);
    expect(new Set(sizes)).toEqual(new Set([2]));
    const before = world.log.appends.length;
    await round();
    expect(world.log.appends.length).toBe(before);
    expect(world.groups.usage.members).toBe(1_000);
  });

  test("T11: goes on where it was after a crash, and tells nobody anything while it loads", async () => {
    const world = await started();
    await world.beat();
    const gate = Promise.withResolvers<void>();
    world.log.readGate = gate.promise;
    world.restart();
    void world.groups.start();
    await world.time.settle();
    const early = await world.beat({ memberEpoch: 1 });
    expect(early.errorCode).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    gate.resolve();
    await world.time.settle();
    const later = await world.beat({ memberEpoch: 1 });
    expect(later).toMatchObject({ errorCode: ErrorCode.NONE, memberEpoch: 1, assignment: null });
    // A full session begins with the load.
    await world.time.advance(44_999);
    expect((await world.beat({ memberEpoch: 1 })).errorCode).toBe(ErrorCode.NONE);
    await world.time.advance(45_000);
    expect((await world.beat({ memberEpoch: 1 })).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test("a join whose records may have been written or not is answered by the log, later", async () => {
    for (const fault of ["refused", "unknown"] as const) {
      const world = await started();
      const at = world.log.appends.length;
      world.log.faultOf = (index) => (index === at ? fault : null);
      const failed = await world.beat();
      expect(failed.errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
      const again = await world.beat();
      expect(again).toMatchObject({ errorCode: ErrorCode.NONE, memberEpoch: 1 });
      expect(again.assignment?.get(topicIdOf("t"))).toHaveLength(10);
      expect(world.groups.usage).toMatchObject({ groups: 1, members: 1 });
    }
  });

  test("goes back to the classic protocol once its last member is gone, by the timer of its shard", async () => {
    const world = await started();
    await world.beat();
    const metadata = encodeSubscription({ topics: ["t"] }, 1);
    const joining = world.join({ protocols: [{ name: "range", metadata }] });
    await world.time.settle();
    const joined = await joining;
    expect(joined).toMatchObject({ errorCode: ErrorCode.NONE, generationId: 2, leaderId: "" });
    await world.beat({ memberEpoch: -1 });
    await world.time.advance(1);
    const { group } = await world.groups.describe("g");
    expect(group).toMatchObject({ type: "classic", state: "PreparingRebalance", generationId: 2 });
    const { memberId } = joined;
    const again = world.join({ memberId, protocols: [{ name: "range", metadata }] });
    await world.time.settle();
    expect(await again).toMatchObject({ generationId: 3, leaderId: memberId });
  });

  test("does not change its protocol with members where the setting forbids it", async () => {
    const world = await started();
    const consumer = { ...world.config.consumer, migrationPolicy: "disabled" as const };
    world.config = { ...world.config, consumer };
    const metadata = encodeSubscription({ topics: ["t"] }, 1);
    void world.join({ protocols: [{ name: "range", metadata }] });
    await world.time.advance(1);
    expect((await world.beat()).errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
    await world.beat({ groupId: "h" });
    const joining = world.join({ groupId: "h", protocols: [{ name: "range", metadata }] });
    await world.time.settle();
    expect((await joining).errorCode).toBe(ErrorCode.NONE);
    await world.beat({ groupId: "h", memberEpoch: -1 });
    await world.time.advance(1_000);
    expect((await world.groups.describe("h")).group).toMatchObject({ type: "consumer" });
  });

  test("a classic group stays what it is where the one who would convert it is refused", async () => {
    const subscription = encodeSubscription({ topics: ["t"] }, 1);
    const topicNames = Array.from({ length: 5_000 }, (_, at) => `${"x".repeat(240)}${at}`);
    for (const input of [{ topicNames }, { topicNames: null, topicRegex: ".*" }]) {
      const world = await started();
      for (let at = 0; at < 6_000; at += 1) world.topics.add(`${"y".repeat(200)}${at}`, 1);
      const assignment = new Uint8Array(0);
      const memberId = await world.stableMember("g", { metadata: subscription, assignment });
      const answer = await world.beat(input);
      expect(answer.errorCode).not.toBe(ErrorCode.NONE);
      const { group } = await world.groups.describe("g");
      expect(group).toMatchObject({ type: "classic", state: "Stable", generationId: 1 });
      // Nor is anything of it left when it goes.
      const leaving = world.groups.leave({
        groupId: "g",
        members: [{ memberId, groupInstanceId: null }],
      });
      await world.time.settle();
      await leaving;
      const deleting = world.groups.deleteGroup("g");
      await world.time.settle();
      await deleting;
      expect((await world.groups.describe("g")).group).toBeNull();
      expect(world.groups.usage).toMatchObject({ groups: 0, members: 0, memberBytes: 0 });
    }
  });

  test("GROUP_MAX_SIZE_REACHED says why a full classic group does not convert", async () => {
    const world = await started();
    world.config = { ...world.config, consumer: { ...world.config.consumer, groupSizeMax: 1 } };
    const metadata = encodeSubscription({ topics: ["t"] }, 1);
    await world.stableMember("g", { metadata, assignment: new Uint8Array(0) });
    expect((await world.beat()).errorCode).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED);
    expect((await world.groups.describe("g")).group).toMatchObject({ type: "classic" });
  });

  test("topics that changed are not taken as seen by a heartbeat that is refused", async () => {
    const world = await started();
    await world.beat();
    world.topics.add("t", 20);
    for (let at = 0; at < 6_000; at += 1) world.topics.add(`${"y".repeat(200)}${at}`, 1);
    const refused = await world.beat({ memberId: "n", topicNames: null, topicRegex: ".*" });
    expect(refused.errorCode).toBe(ErrorCode.POLICY_VIOLATION);
    const told = await world.beat({ memberEpoch: 1 });
    expect(told.memberEpoch).toBe(2);
    expect(told.assignment?.get(topicIdOf("t"))).toHaveLength(20);
  });

  test("an expression may stand for ten thousand topics with names of 60 characters", async () => {
    const world = await started();
    for (let at = 0; at < 10_000; at += 1) world.topics.add(`${"y".repeat(55)}${at}`, 1);
    const answer = await world.beat({ topicNames: null, topicRegex: "y.*" });
    expect(answer.errorCode).toBe(ErrorCode.NONE);
  });

  test("what a topic of the same name had does not count for a new one", async () => {
    const world = await started();
    await world.beat();
    world.topics.remove("t");
    world.topics.add("t", 1, topicIdOf("other"));
    const told = await world.beat({ memberEpoch: 1 });
    expect(told.assignment).toEqual(new Map());
    const given = await world.beat({ memberEpoch: 1, reported: [] });
    expect(given).toMatchObject({
      memberEpoch: 2,
      assignment: new Map([[topicIdOf("other"), [0]]]),
    });
  });
});
