import { ErrorCode } from "@runnel/protocol/errors.ts";
import { describe, expect, test } from "vitest";
import type { ResourceType } from "#auth/authorizer.ts";
import { topicIdOf } from "#coordinator/testing/scenario.ts";
import { offsetCommit } from "./08-offset-commit.ts";
import { offsetFetch } from "./09-offset-fetch.ts";
import { joinGroup } from "./11-join-group.ts";
import { heartbeat } from "./12-heartbeat.ts";
import { leaveGroup } from "./13-leave-group.ts";
import { syncGroup } from "./14-sync-group.ts";
import { describeGroups } from "./15-describe-groups.ts";
import { listGroups } from "./16-list-groups.ts";
import { txnOffsetCommit } from "./28-txn-offset-commit.ts";
import { deleteGroups } from "./42-delete-groups.ts";
import { offsetDelete } from "./47-offset-delete.ts";
import { bound, started } from "./testing.ts";

const versionsOf = ({ versions: [min, max] }: { readonly versions: readonly [number, number] }) =>
  Array.from({ length: max - min + 1 }, (_, index) => min + index);

const protocols = [{ name: "range", metadata: new Uint8Array([1]) }];

describe("every version of every group API", () => {
  test("a member joins, syncs, commits, fetches, heartbeats, is described, and leaves", async () => {
    for (const version of versionsOf(joinGroup)) {
      const { ask, world } = bound(await started());
      const join = { groupId: "g", sessionTimeoutMs: 10_000, protocolType: "consumer", protocols };
      const first = await ask(joinGroup, version, { ...join, memberId: "" });
      const needsId = first.errorCode === ErrorCode.MEMBER_ID_REQUIRED;
      expect(needsId).toBe(version >= 4);
      const { memberId } = first;
      const joined = needsId ? await ask(joinGroup, version, { ...join, memberId }) : first;
      expect(joined).toMatchObject({ errorCode: 0, generationId: 1, leader: memberId });
      expect(joined.protocolName).toBe("range");
      expect(joined.members.map((member) => member.memberId)).toEqual([memberId]);
      const identity = { groupId: "g", generationId: 1, memberId };
      const assignments = [{ memberId, assignment: new Uint8Array([7]) }];
      const synced = await ask(syncGroup, Math.min(version, 5), {
        ...identity,
        protocolType: "consumer",
        protocolName: "range",
        assignments,
      });
      expect(synced.errorCode).toBe(0);
      expect([...synced.assignment]).toEqual([7]);
      expect(await ask(heartbeat, Math.min(version, 4), identity)).toMatchObject({ errorCode: 0 });
      const describing = await ask(describeGroups, Math.min(version, 6), {
        groups: ["g", "nothing"],
        includeAuthorizedOperations: true,
      });
      expect(describing.groups[0]).toMatchObject({ groupState: "Stable", protocolData: "range" });
      expect(describing.groups[1]).toMatchObject({
        groupState: "Dead",
        errorCode: version >= 6 ? ErrorCode.GROUP_ID_NOT_FOUND : 0,
      });
      const operations = version >= 3 ? 0b1101_0100_1000 : -0x8000_0000;
      expect(describing.groups[0]?.authorizedOperations).toBe(operations);
      const leaveVersion = Math.min(version, 5);
      const left = await ask(leaveGroup, leaveVersion, {
        groupId: "g",
        memberId,
        members: [{ memberId }, { memberId: "stranger" }],
      });
      expect(left.errorCode).toBe(0);
      const codes = left.members.map((member) => member.errorCode);
      expect(codes).toEqual(leaveVersion >= 3 ? [0, ErrorCode.UNKNOWN_MEMBER_ID] : []);
      expect(world.groups.usage.members).toBe(0);
    }
  });

  test("offsets go in by commit and come out by fetch", async () => {
    for (const version of versionsOf(offsetCommit)) {
      const { ask } = bound(await started());
      const topic = { name: "t", topicId: topicIdOf("t") };
      const committed = await ask(offsetCommit, version, {
        groupId: "g",
        memberId: "",
        topics: [
          {
            ...topic,
            partitions: [
              { partitionIndex: 1, committedOffset: 5, committedMetadata: null },
              { partitionIndex: 99, committedOffset: 5, committedMetadata: "" },
              { partitionIndex: 2, committedOffset: 6, committedMetadata: "note" },
            ],
          },
          {
            name: "none",
            topicId: topicIdOf("none"),
            partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: "" }],
          },
        ],
      });
      const codes = committed.topics.map(({ partitions }) => partitions.map((p) => p.errorCode));
      const unknown = version >= 10 ? ErrorCode.UNKNOWN_TOPIC_ID : 3;
      expect(codes).toEqual([[0, 3, 0], [unknown]]);
      for (const fetchVersion of versionsOf(offsetFetch)) {
        const wanted = { ...topic, partitionIndexes: [1, 2, 3] };
        const fetched = await ask(offsetFetch, fetchVersion, {
          groupId: "g",
          topics: [wanted],
          groups: [{ groupId: "g", topics: [wanted] }],
        });
        const topics = fetchVersion >= 8 ? fetched.groups[0]?.topics : fetched.topics;
        expect(topics?.[0]?.partitions).toMatchObject([
          { partitionIndex: 1, committedOffset: 5, metadata: "", errorCode: 0 },
          { partitionIndex: 2, committedOffset: 6, metadata: "note", errorCode: 0 },
          { partitionIndex: 3, committedOffset: -1, committedLeaderEpoch: -1, errorCode: 0 },
        ]);
        if (fetchVersion < 2) continue;
        const all = await ask(offsetFetch, fetchVersion, {
          groupId: "g",
          topics: null,
          groups: [{ groupId: "g", topics: null }],
        });
        const found = fetchVersion >= 8 ? all.groups[0]?.topics : all.topics;
        expect(found?.[0]?.partitions.map((p) => p.partitionIndex)).toEqual([1, 2]);
      }
    }
  });

  test("KIP-98: offsets of a transaction come out by fetch when it is committed", async () => {
    const partition = { partitionIndex: 1, committedOffset: 5, committedMetadata: "note" };
    for (const version of versionsOf(txnOffsetCommit)) {
      const { ask, world } = bound(await started());
      const committed = await ask(txnOffsetCommit, version, {
        transactionalId: "tx",
        groupId: "g",
        producerId: 1n,
        producerEpoch: 0,
        memberId: "",
        topics: [
          { name: "t", partitions: [partition, { ...partition, partitionIndex: 99 }] },
          { name: "none", partitions: [partition] },
        ],
      });
      const codes = committed.topics.map(({ partitions }) => partitions.map((p) => p.errorCode));
      expect(codes).toEqual([[0, 3], [3]]);
      const wanted = { name: "t", topicId: topicIdOf("t"), partitionIndexes: [1, 2] };
      const fetched = async (fetchVersion: number, requireStable: boolean) => {
        const found = await ask(offsetFetch, fetchVersion, {
          groupId: "g",
          topics: [wanted],
          groups: [{ groupId: "g", topics: [wanted] }],
          requireStable,
        });
        const topics = fetchVersion >= 8 ? found.groups[0]?.topics : found.topics;
        return topics?.[0]?.partitions.map((p) => [p.committedOffset, p.metadata, p.errorCode]);
      };
      const nothing = [-1, "", 0];
      for (const fetchVersion of versionsOf(offsetFetch)) {
        expect(await fetched(fetchVersion, false)).toEqual([nothing, nothing]);
        if (fetchVersion < 7) continue;
        const unstable = [-1, "", ErrorCode.UNSTABLE_OFFSET_COMMIT];
        expect(await fetched(fetchVersion, true)).toEqual([unstable, nothing]);
      }
      const ending = world.endTransaction(true);
      await world.time.settle();
      expect(await ending).toBe(ErrorCode.NONE);
      for (const fetchVersion of versionsOf(offsetFetch)) {
        expect(await fetched(fetchVersion, fetchVersion >= 7)).toEqual([[5, "note", 0], nothing]);
      }
    }
  });

  test("P5: empty arrays and nulls get a typed empty reply", async () => {
    const { ask } = bound(await started());
    for (const version of versionsOf(txnOffsetCommit)) {
      const ids = { transactionalId: "", groupId: "", producerId: -1n, producerEpoch: -1 };
      const request = { ...ids, memberId: "", topics: [] };
      expect((await ask(txnOffsetCommit, version, request)).topics).toEqual([]);
    }
    for (const version of versionsOf(offsetCommit)) {
      const request = { groupId: "g", memberId: "", topics: [] };
      expect((await ask(offsetCommit, version, request)).topics).toEqual([]);
    }
    for (const version of versionsOf(offsetFetch)) {
      const request = { groupId: "g", topics: [], groups: [] };
      expect(await ask(offsetFetch, version, request)).toMatchObject({ topics: [], groups: [] });
    }
    for (const version of versionsOf(joinGroup)) {
      const join = { groupId: "g", sessionTimeoutMs: 10_000, memberId: "", protocolType: "" };
      const joined = await ask(joinGroup, version, { ...join, protocols: [] });
      expect(joined.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
      expect(joined.protocolName).toBe(version >= 7 ? null : "");
    }
    for (const version of versionsOf(syncGroup)) {
      const identity = { groupId: "g", generationId: -1, memberId: "" };
      const synced = await ask(syncGroup, version, { ...identity, assignments: [] });
      expect(synced.errorCode).toBe(version >= 5 ? 23 : ErrorCode.UNKNOWN_MEMBER_ID);
    }
    for (const version of versionsOf(leaveGroup)) {
      const left = await ask(leaveGroup, version, { groupId: "g", memberId: "", members: [] });
      expect(left.errorCode).toBe(version >= 3 ? 0 : ErrorCode.UNKNOWN_MEMBER_ID);
    }
    for (const version of versionsOf(describeGroups)) {
      expect((await ask(describeGroups, version, { groups: [] })).groups).toEqual([]);
    }
    for (const version of versionsOf(listGroups)) {
      expect(await ask(listGroups, version, {})).toMatchObject({ errorCode: 0, groups: [] });
    }
    for (const version of versionsOf(deleteGroups)) {
      expect((await ask(deleteGroups, version, { groupsNames: [] })).results).toEqual([]);
    }
    const deleted = await ask(offsetDelete, 0, { groupId: "g", topics: [] });
    expect(deleted).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, topics: [] });
  });
});

describe("DeleteGroups and OffsetDelete", () => {
  test("KIP-496, KIP-229: per partition and per group", async () => {
    const { ask, world } = bound(await started());
    const committing = [world.commit("g", 1), world.commit("g", 2, 0, "u")];
    await world.time.settle();
    await Promise.all(committing);
    const deleted = await ask(offsetDelete, 0, {
      groupId: "g",
      topics: [
        { name: "none", partitions: [{ partitionIndex: 0 }] },
        { name: "t", partitions: [{ partitionIndex: 77 }, { partitionIndex: 0 }] },
      ],
    });
    const codes = deleted.topics.map(({ partitions }) => partitions.map((p) => p.errorCode));
    expect(codes).toEqual([[3], [3, 0]]);
    const gone = await ask(deleteGroups, 2, { groupsNames: ["g", "g", "nothing"] });
    expect(gone.results).toMatchObject([
      { groupId: "g", errorCode: 0 },
      { groupId: "nothing", errorCode: ErrorCode.GROUP_ID_NOT_FOUND },
    ]);
  });
});

test("without the right to, a client gets GROUP_AUTHORIZATION_FAILED and changes nothing", async () => {
  const { ask, asker, world } = bound(await started());
  asker.authorizer = { allows: (_, _operation, type) => type === "topic" };
  const groupId = "g";
  const identity = { groupId, memberId: "", generationId: -1 };
  const partition = { partitionIndex: 0, committedOffset: 1, committedMetadata: "" };
  const committed = await ask(offsetCommit, 9, {
    ...identity,
    topics: [{ name: "t", partitions: [partition] }],
  });
  const join = { ...identity, sessionTimeoutMs: 10_000, protocolType: "consumer", protocols };
  const fetched = await ask(offsetFetch, 8, { groups: [{ groupId, topics: null }] });
  const fetchedV1 = await ask(offsetFetch, 1, {
    groupId,
    topics: [{ name: "t", partitionIndexes: [0] }],
  });
  const codes = [
    committed.topics[0]?.partitions[0]?.errorCode,
    fetched.groups[0]?.errorCode,
    fetchedV1.topics[0]?.partitions[0]?.errorCode,
    (await ask(joinGroup, 9, join)).errorCode,
    (await ask(syncGroup, 4, { ...identity, assignments: [] })).errorCode,
    (await ask(heartbeat, 4, identity)).errorCode,
    (await ask(leaveGroup, 5, { groupId, members: [] })).errorCode,
    (await ask(describeGroups, 6, { groups: [groupId] })).groups[0]?.errorCode,
    (await ask(deleteGroups, 2, { groupsNames: [groupId] })).results[0]?.errorCode,
    (await ask(offsetDelete, 0, { groupId, topics: [] })).errorCode,
  ];
  expect(codes).toEqual(codes.map(() => ErrorCode.GROUP_AUTHORIZATION_FAILED));
  expect(world.log.appends).toEqual([]);
  asker.authorizer = { allows: (_, _operation, type) => type === "group" };
  const refused = await ask(offsetCommit, 9, {
    ...identity,
    topics: [{ name: "t", partitions: [partition] }],
  });
  expect(refused.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
});

test("a transaction's offsets take the rights to its id, to the group and to the topic", async () => {
  const { ask, asker, world } = bound(await started());
  const partition = { partitionIndex: 0, committedOffset: 1, committedMetadata: null };
  const commit = async (denied: ResourceType): Promise<number | undefined> => {
    asker.authorizer = { allows: (_, _operation, type) => type !== denied };
    const { topics } = await ask(txnOffsetCommit, 5, {
      transactionalId: "tx",
      groupId: "g",
      producerId: 1n,
      producerEpoch: 0,
      memberId: "",
      topics: [{ name: "t", partitions: [partition] }],
    });
    return topics[0]?.partitions[0]?.errorCode;
  };
  const { TRANSACTIONAL_ID_AUTHORIZATION_FAILED } = ErrorCode;
  expect(await commit("transactionalId")).toBe(TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  expect(await commit("group")).toBe(ErrorCode.GROUP_AUTHORIZATION_FAILED);
  expect(await commit("topic")).toBe(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  expect(world.log.appends).toEqual([]);
  expect(await commit("cluster")).toBe(ErrorCode.NONE);
});
