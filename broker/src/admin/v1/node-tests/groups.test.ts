import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import {
  encodeAssignment,
  encodeSubscription,
} from "@runnel/protocol/coordinator-records/consumer-protocol.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { AdminRig, problemOf, text } from "./rig.ts";

let rig: AdminRig;
beforeEach(async () => {
  rig = await AdminRig.open();
  await rig.client.createTopic({ body: { name: "orders", partitionCount: 2 } });
});

/** Events with the given ages, in ms, into one partition. */
async function produce(partition: number, ...agesMs: number[]): Promise<void> {
  const now = rig.world.clock.nowMs();
  const records = agesMs.map((age) => ({ partition, value: text("v"), timestamp: now - age }));
  await rig.client.produce({ params: { topic: "orders" }, body: { records } });
}

const NO_MEMBER = { memberId: "", generationId: -1 };

/** Commits as a client without a group membership does. */
async function commit(group: string, ...offsets: (readonly [number, number])[]): Promise<void> {
  await commitAs(NO_MEMBER, group, offsets);
}

async function commitAs(
  member: typeof NO_MEMBER,
  group: string,
  offsets: readonly (readonly [number, number])[],
): Promise<void> {
  const topicId = rig.node.image.topicsByName.get("orders")?.id ?? ZERO_UUID;
  await rig.run(rig.node.services.groups.start());
  const { errorCodes } = await rig.run(
    rig.node.services.groups.commitOffsets({
      apiVersion: 9,
      groupId: group,
      ...member,
      groupInstanceId: null,
      retentionTimeMs: -1,
      offsets: offsets.map(([partition, offset]) => ({
        topic: "orders",
        topicId,
        partition,
        offset,
        leaderEpoch: 0,
        metadata: "note",
      })),
    }),
  );
  expect(errorCodes.every((code) => code === ErrorCode.NONE)).toBe(true);
}

/** One member that reads partition 0 of `orders`, and what it claims besides. */
async function join(group: string): Promise<string> {
  const { groups } = rig.node.services;
  await rig.run(groups.start());
  const joining = groups.join({
    apiVersion: 3,
    groupId: group,
    memberId: "",
    groupInstanceId: null,
    clientId: "app-1",
    clientHost: "/10.0.0.7",
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: encodeSubscription({ topics: ["orders"] }, 0) }],
  });
  await rig.world.time.advanceAsync(0);
  const { memberId, generationId } = await rig.run(joining);
  const assignedPartitions = [
    { topic: "orders", partitions: [0, 99, -1] },
    { topic: "no/such", partitions: [0] },
  ];
  await rig.run(
    groups.sync({
      groupId: group,
      memberId,
      groupInstanceId: null,
      generationId,
      protocolType: null,
      protocolName: null,
      assignments: [{ memberId, assignment: encodeAssignment({ assignedPartitions }, 0) }],
    }),
  );
  return memberId;
}

describe("listGroups", () => {
  test("is empty where there is no group, and does not make the topic of groups", async () => {
    expect(await rig.client.listGroups()).toEqual({ items: [], nextCursor: null, total: 0 });
    const missing = rig.client.getGroup({ params: { group: "none" } });
    await expect(missing).rejects.toMatchObject(problemOf("not-found"));
    expect(rig.node.image.topicsByName.has("__consumer_offsets")).toBe(false);
  });

  test("shows lag in events and in seconds", async () => {
    await produce(0, 9_000, 5_000, 1_000);
    await produce(1, 2_000);
    await commit("late", [0, 1], [1, 0]);
    await commit("done", [0, 3], [1, 1]);
    const { items } = await rig.client.listGroups();
    expect(items).toEqual([
      {
        groupId: "done",
        state: "Empty",
        type: "classic",
        protocolType: "",
        memberCount: 0,
        topicCount: 1,
        lag: { events: 0, seconds: 0 },
      },
      expect.objectContaining({ groupId: "late", lag: { events: 3, seconds: 5 } }),
    ]);
    const query = { sort: "lag", order: "desc", limit: 1 } as const;
    expect((await rig.client.listGroups({ query })).items).toMatchObject([{ groupId: "late" }]);
    expect((await rig.client.listGroups({ query: { state: "Stable" } })).total).toBe(0);
    expect((await rig.client.listGroups({ query: { filter: "DON" } })).total).toBe(1);
  });
});

describe("getGroup and listGroupOffsets", () => {
  test("show members, who reads what, and what was committed", async () => {
    await produce(0, 4_000, 3_000);
    await commit("g/1", [1, 0]);
    const memberId = await join("g/1");
    const group = await rig.client.getGroup({ params: { group: "g/1" } });
    expect(group).toMatchObject({
      groupId: "g/1",
      state: "Stable",
      assignor: "range",
      protocolType: "consumer",
      generationId: 1,
      coordinator: { brokerId: 1 },
      memberCount: 1,
      members: [{ memberId, clientId: "app-1", clientHost: "/10.0.0.7", isLeader: true }],
    });
    expect(group.members[0]?.assignments?.[0]).toEqual({
      topic: "orders",
      partitions: [0, 99, -1],
    });
    const { items, etag } = await rig.client.listGroupOffsets({ params: { group: "g/1" } });
    expect(etag).toBe(group.etag);
    expect(items).toMatchObject([
      { topic: "orders", partition: 0, committedOffset: null, lag: null, memberId },
      {
        partition: 1,
        committedOffset: 0,
        metadata: "note",
        lag: { events: 0, seconds: 0 },
        memberId: null,
        isLost: false,
      },
    ]);
  });

  test("say how far each member is behind, where that is known, and when it committed last", async () => {
    await produce(0, 4_000, 3_000, 2_000);
    const memberId = await join("g");
    const get = async (): ReturnType<typeof rig.client.getGroup> =>
      await rig.client.getGroup({ params: { group: "g" } });
    expect(await get()).toMatchObject({ lastCommitAt: null, members: [{ lagEvents: null }] });
    await commitAs({ memberId, generationId: 1 }, "g", [[0, 1]]);
    const lastCommitAt = rig.world.clock.nowMs();
    expect(await get()).toMatchObject({ lastCommitAt, members: [{ memberId, lagEvents: 2 }] });
  });

  test("count a partition without events as read, though nothing is committed for it", async () => {
    await join("g");
    expect((await rig.client.getGroup({ params: { group: "g" } })).members).toMatchObject([
      { lagEvents: 0 },
    ]);
  });

  test("tell what is lost, and count from what can still be read", async () => {
    await produce(0, 8_000, 6_000, 4_000);
    await commit("g", [0, 0], [1, 7]);
    const body = { to: { kind: "offset", offset: 2 } } as const;
    await rig.client.deleteRecords({
      params: { topic: "orders" },
      body: { ...body, partitions: [0] },
    });
    const { items } = await rig.client.listGroupOffsets({ params: { group: "g" } });
    expect(items).toMatchObject([
      { isLost: true, logStart: 2, lag: { events: 3, seconds: 4 } },
      { isLost: true, highWatermark: 0, lag: { events: 0 } },
    ]);
  });
});

test("listTopicGroups lists who committed, and who reads without having committed", async () => {
  await produce(0, 4_000);
  await commit("committed", [0, 0]);
  await join("reading");
  const { items } = await rig.client.listTopicGroups({ params: { topic: "orders" } });
  expect(items).toEqual([
    {
      groupId: "committed",
      state: "Empty",
      memberCount: 0,
      committedCount: 1,
      lag: { events: 1, seconds: 4 },
    },
    {
      groupId: "reading",
      state: "Stable",
      memberCount: 1,
      committedCount: 0,
      lag: { events: 0, seconds: 0 },
    },
  ]);
});

describe("resetOffsets", () => {
  const reset = (
    to: Parameters<typeof rig.client.resetOffsets>[0]["body"]["to"],
    options: { dryRun?: boolean; scope?: { topic: string; partitions?: number[] }[] } = {},
  ) =>
    rig.client.resetOffsets({
      params: { group: "g" },
      query: { dryRun: options.dryRun },
      body: { to, ...(options.scope === undefined ? {} : { scope: options.scope }) },
    });

  test("moves every committed partition, after a dry run that changes nothing", async () => {
    await produce(0, 5_000, 4_000, 3_000);
    await produce(1, 5_000);
    await commit("g", [0, 2], [1, 1]);
    const dry = await reset({ kind: "beginning" }, { dryRun: true });
    expect(dry.changes).toMatchObject([
      { partition: 0, before: { offset: 2, lag: 1 }, after: { offset: 0, lag: 3 } },
      { partition: 1, before: { offset: 1, lag: 0 }, after: { offset: 0, lag: 1 } },
    ]);
    expect((await rig.client.getGroup({ params: { group: "g" } })).etag).toBe(dry.etag);
    const done = await reset({ kind: "beginning" });
    expect(done.changes).toEqual(dry.changes);
    expect(done.etag).not.toBe(dry.etag);
    const { items } = await rig.client.listGroupOffsets({ params: { group: "g" } });
    expect(items.map(({ committedOffset }) => committedOffset)).toEqual([0, 0]);
  });

  test("goes by time, by a shift and to an offset, within the log", async () => {
    await produce(0, 5_000, 4_000, 3_000);
    await commit("g", [0, 1]);
    const now = rig.world.clock.nowMs();
    const after = async (...args: Parameters<typeof reset>): Promise<unknown> => {
      const { changes } = await reset(args[0], { dryRun: true, ...args[1] });
      return changes.map((change) => [change.after.offset, change.note, change.error]);
    };
    expect(await after({ kind: "timestamp", timestamp: now - 3_500 })).toEqual([[2, null, null]]);
    expect(await after({ kind: "timestamp", timestamp: now })).toEqual([
      [3, "no event is as late: the end", null],
    ]);
    expect(await after({ kind: "shift", by: 1 })).toEqual([[2, null, null]]);
    expect(await after({ kind: "shift", by: -9 })).toEqual([[0, "-8 lies before the start", null]]);
    expect(await after({ kind: "offset", offset: 9 })).toEqual([
      [3, "9 lies behind the end", null],
    ]);
    expect(await after({ kind: "current" })).toEqual([[1, null, null]]);
    const offsets = [{ topic: "orders", partition: 1, offset: 0 }];
    expect(await after({ kind: "offsets", offsets })).toEqual([[0, null, null]]);
    const message = "nothing is committed, so it cannot be shifted";
    expect(await after({ kind: "shift", by: 1 }, { scope: [{ topic: "orders" }] })).toEqual([
      [2, null, null],
      [null, null, message],
    ]);
    const scope = [{ topic: "orders", partitions: [1] }];
    await expect(after({ kind: "shift", by: 1 }, { scope })).rejects.toMatchObject(
      problemOf("invalid-request", { detail: `group g: ${message}` }),
    );
  });

  test("makes a group that is not there, where the topics are named", async () => {
    await produce(0, 1_000);
    await reset({ kind: "end" }, { scope: [{ topic: "orders" }] });
    const { items } = await rig.client.listGroupOffsets({ params: { group: "g" } });
    expect(items.map(({ committedOffset }) => committedOffset)).toEqual([1, 0]);
    const nothing = rig.client.resetOffsets({
      params: { group: "none" },
      body: { to: { kind: "end" } },
    });
    await expect(nothing).rejects.toMatchObject({ status: 404 });
  });

  test("refuses a group with members, and what is not there", async () => {
    await join("g");
    await expect(reset({ kind: "end" }, { scope: [{ topic: "orders" }] })).rejects.toMatchObject(
      problemOf("conflict", {
        kafkaError: "NON_EMPTY_GROUP",
        remedy: "Stop the group's members, wait until their sessions end, then try again.",
      }),
    );
    rig = await AdminRig.open();
    const scope = [{ topic: "none" }];
    await expect(reset({ kind: "end" }, { scope })).rejects.toMatchObject({
      problem: { errors: [{ field: "scope.0", message: "there is no topic none" }] },
    });
  });

  test("H6: is refused with 412 where the group committed meanwhile", async () => {
    await produce(0, 1_000);
    await commit("g", [0, 0]);
    const { etag } = await rig.client.getGroup({ params: { group: "g" } });
    await commit("g", [0, 1]);
    const body = { to: { kind: "beginning" } } as const;
    const late = rig.client.resetOffsets({ params: { group: "g" }, body }, { ifMatch: etag });
    await expect(late).rejects.toMatchObject({ status: 412 });
  });
});

describe("two changes of a group with one If-Match", () => {
  const params = { group: "g" };
  const scope = [{ topic: "orders" }];

  /** What became of two changes that arrive at once. */
  async function race(
    one: (ifMatch: string) => Promise<unknown>,
    other: (ifMatch: string) => Promise<unknown>,
  ): Promise<readonly unknown[]> {
    const { etag } = await rig.client.getGroup({ params });
    const settled = await Promise.allSettled([one(etag), other(etag)]);
    return settled.map((each) =>
      each.status === "fulfilled" ? "done" : (each.reason as { readonly status: number }).status,
    );
  }
  const resetTo = (offset: number) => (ifMatch: string) => {
    const body = { scope, to: { kind: "offset", offset } } as const;
    return rig.client.resetOffsets({ params, body }, { ifMatch });
  };
  const forget = (ifMatch: string) =>
    rig.client.deleteOffsets({ params, body: { scope } }, { ifMatch });
  const remove = (ifMatch: string) => rig.client.deleteGroup({ params }, { ifMatch });

  test.each([
    ["resets", resetTo(1), resetTo(2)],
    ["a reset and a deletion of offsets", resetTo(1), forget],
    ["a deletion of offsets and a reset", forget, resetTo(1)],
    ["a reset and a deletion of the group", resetTo(1), remove],
    ["a deletion of the group and a reset", remove, resetTo(1)],
  ] as const)("H6: of %s one is done, the other is 412", async (_, one, other) => {
    await produce(0, 4_000, 3_000, 2_000);
    await produce(1, 4_000, 3_000, 2_000);
    await commit("g", [0, 0], [1, 0]);
    expect(new Set(await race(one, other))).toEqual(new Set(["done", 412]));
  });

  test("compares a version in the group's own turn, whatever is committed before it in one batch", async () => {
    await commit("g", [0, 0], [1, 0]);
    const { etag: expectedVersion } = await rig.client.getGroup({ params });
    const { groups } = rig.node.services;
    const commits = [5, 6].map((offset) =>
      groups.commitOffsets({
        apiVersion: 9,
        groupId: "g",
        memberId: "",
        groupInstanceId: null,
        generationId: -1,
        retentionTimeMs: -1,
        expectedVersion,
        offsets: [
          {
            topic: "orders",
            topicId: ZERO_UUID,
            partition: 0,
            offset,
            leaderEpoch: 0,
            metadata: "",
          },
        ],
      }),
    );
    expect(await rig.run(Promise.all(commits))).toEqual([
      { errorCodes: [ErrorCode.NONE] },
      { errorCodes: [ErrorCode.INVALID_UPDATE_VERSION] },
    ]);
  });
});

describe("deleteOffsets and deleteGroup", () => {
  test("forget after a dry run that does not", async () => {
    await produce(0, 1_000);
    await commit("g", [0, 1], [1, 0]);
    const params = { group: "g" };
    const body = { scope: [{ topic: "orders", partitions: [0] }] };
    const dry = await rig.client.deleteOffsets({ params, body, query: { dryRun: true } });
    expect(dry.changes).toMatchObject([
      { partition: 0, before: { offset: 1, lag: 0 }, after: { offset: null, lag: null } },
    ]);
    const done = await rig.client.deleteOffsets({ params, body });
    expect(done.changes).toEqual(dry.changes);
    expect((await rig.client.listGroupOffsets({ params })).total).toBe(1);
    const gone = { before: { groupId: "g", offsetCount: 1, topicCount: 1 }, after: null };
    expect(await rig.client.deleteGroup({ params, query: { dryRun: true } })).toMatchObject(gone);
    expect(await rig.client.deleteGroup({ params })).toMatchObject(gone);
    await expect(rig.client.getGroup({ params })).rejects.toMatchObject({ status: 404 });
  });

  test("refuse what members still read, and what was never committed", async () => {
    await produce(0, 1_000);
    await commit("g", [0, 1]);
    await join("g");
    const params = { group: "g" };
    const scope = [{ topic: "orders" }];
    const { changes } = await rig.client.deleteOffsets({ params, body: { scope } });
    expect(changes[0]?.error).toContain("GROUP_SUBSCRIBED_TO_TOPIC");
    await expect(rig.client.deleteGroup({ params })).rejects.toMatchObject(problemOf("conflict"));
    const missing = rig.client.deleteOffsets({ params, body: { scope: [{ topic: "none" }] } });
    await expect(missing).rejects.toMatchObject({ problem: { errors: [{ field: "scope.0" }] } });
  });
});
