import { ErrorCode } from "@runnel/protocol/errors.ts";
import { describe, expect, test } from "vitest";
import { allowAll } from "#auth/authorizer.ts";
import { topicIdOf } from "#coordinator/testing/fake-topics.ts";
import { offsetCommit } from "./08-offset-commit.ts";
import { offsetFetch } from "./09-offset-fetch.ts";
import { joinGroup } from "./11-join-group.ts";
import { leaveGroup } from "./13-leave-group.ts";
import { describeGroups } from "./15-describe-groups.ts";
import { listGroups } from "./16-list-groups.ts";
import { deleteGroups } from "./42-delete-groups.ts";
import { consumerGroupHeartbeat } from "./68-consumer-group-heartbeat.ts";
import { consumerGroupDescribe } from "./69-consumer-group-describe.ts";
import { bound, started } from "./testing.ts";

const JOIN = {
  groupId: "g",
  memberId: "m",
  memberEpoch: 0,
  rebalanceTimeoutMs: 60_000,
  subscribedTopicNames: ["t"],
  topicPartitions: [],
};
const TEN = [{ topicId: topicIdOf("t"), partitions: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }];

describe("ConsumerGroupHeartbeat and ConsumerGroupDescribe", () => {
  test("a member joins, stays, is described and leaves, in every version", async () => {
    for (const version of [0, 1]) {
      const { ask } = bound(await started());
      const memberId = version === 0 ? "" : "m";
      const joined = await ask(consumerGroupHeartbeat, version, { ...JOIN, memberId });
      expect(joined).toMatchObject({ errorCode: 0, memberEpoch: 1, heartbeatIntervalMs: 5_000 });
      expect(joined.assignment).toEqual({ topicPartitions: TEN });
      const me = { groupId: "g", memberId: joined.memberId ?? "" };
      expect(me.memberId).not.toBe("");
      const steady = await ask(consumerGroupHeartbeat, version, { ...me, memberEpoch: 1 });
      expect(steady).toMatchObject({ errorCode: 0, memberEpoch: 1, assignment: null });

      const groupIds = ["g", "nothing"];
      const described = await ask(consumerGroupDescribe, version, {
        groupIds,
        includeAuthorizedOperations: true,
      });
      const assigned = { topicPartitions: [{ ...TEN[0], topicName: "t" }] };
      expect(described.groups[0]).toMatchObject({
        errorCode: 0,
        groupState: "Stable",
        groupEpoch: 1,
        assignmentEpoch: 1,
        assignorName: "uniform",
        authorizedOperations: 0b1101_0100_1000,
        members: [
          {
            memberId: me.memberId,
            memberEpoch: 1,
            subscribedTopicNames: ["t"],
            assignment: assigned,
            targetAssignment: assigned,
            memberType: version === 0 ? -1 : 1,
          },
        ],
      });
      expect(described.groups[1]).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND });

      const left = await ask(consumerGroupHeartbeat, version, { ...me, memberEpoch: -1 });
      expect(left).toMatchObject({ errorCode: 0, memberEpoch: -1 });
      const { results } = await ask(deleteGroups, 2, { groupsNames: ["g"] });
      expect(results).toMatchObject([{ errorCode: 0 }]);
    }
  });

  test("an unknown assignor, a bad expression and a bad form have their codes, with a sentence", async () => {
    const { ask } = bound(await started());
    const codeOf = async (more: object): Promise<number> => {
      const answer = await ask(consumerGroupHeartbeat, 1, { ...JOIN, ...more });
      expect(answer.errorMessage).toMatch(/\w+ \w+/);
      return answer.errorCode;
    };
    expect(await codeOf({ serverAssignor: "sticky" })).toBe(ErrorCode.UNSUPPORTED_ASSIGNOR);
    expect(await codeOf({ subscribedTopicRegex: "(" })).toBe(ErrorCode.INVALID_REGULAR_EXPRESSION);
    expect(await codeOf({ memberId: "" })).toBe(ErrorCode.INVALID_REQUEST);
    expect(await codeOf({ memberEpoch: 7 })).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
  });

  test("needs the rights of a member; what an expression stands for needs those on the topics", async () => {
    const { asker, ask } = bound(await started());
    asker.authorizer = {
      allows: (_who, operation, kind) => !(operation === "read" && kind === "group"),
    };
    expect((await ask(consumerGroupHeartbeat, 1, JOIN)).errorCode).toBe(
      ErrorCode.GROUP_AUTHORIZATION_FAILED,
    );
    asker.authorizer = {
      allows: (_who, _operation, kind, name) => kind !== "topic" || name !== "t",
    };
    expect((await ask(consumerGroupHeartbeat, 1, JOIN)).errorCode).toBe(
      ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    );
    const matching = { ...JOIN, subscribedTopicNames: [], subscribedTopicRegex: "t|u" };
    const joined = await ask(consumerGroupHeartbeat, 1, matching);
    expect(joined.assignment?.topicPartitions.map(({ topicId }) => topicId)).toEqual([
      topicIdOf("u"),
    ]);
    asker.authorizer = {
      allows: (_who, _operation, kind, name) => kind !== "topic" || name !== "u",
    };
    const hidden = await ask(consumerGroupDescribe, 1, {
      groupIds: ["g"],
      includeAuthorizedOperations: false,
    });
    expect(hidden.groups[0]?.errorCode).toBe(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    asker.authorizer = { ...allowAll, allows: (_who, _operation, kind) => kind !== "group" };
    const refused = await ask(consumerGroupDescribe, 1, {
      groupIds: ["g"],
      includeAuthorizedOperations: false,
    });
    expect(refused.groups[0]?.errorCode).toBe(ErrorCode.GROUP_AUTHORIZATION_FAILED);
  });
});

describe("other APIs of groups, on a group of the consumer protocol", () => {
  test("it is listed with its type and state, and is no classic group", async () => {
    const { ask } = bound(await started());
    await ask(consumerGroupHeartbeat, 1, JOIN);
    const all = await ask(listGroups, 5, { statesFilter: [], typesFilter: [] });
    expect(all.groups).toEqual([
      { groupId: "g", protocolType: "consumer", groupState: "Stable", groupType: "consumer" },
    ]);
    const classic = await ask(listGroups, 5, { statesFilter: [], typesFilter: ["classic"] });
    expect(classic.groups).toEqual([]);
    const stable = await ask(listGroups, 5, {
      statesFilter: ["stable"],
      typesFilter: ["Consumer"],
    });
    expect(stable.groups).toHaveLength(1);
    const described = await ask(describeGroups, 6, { groups: ["g"] });
    expect(described.groups[0]).toMatchObject({
      errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      errorMessage: "group g is one of the consumer protocol",
    });
    const dead = await ask(describeGroups, 5, { groups: ["g"] });
    expect(dead.groups[0]).toMatchObject({ errorCode: 0, groupState: "Dead" });
  });

  test("offsets are committed and fetched under the member's epoch", async () => {
    const { ask } = bound(await started());
    await ask(consumerGroupHeartbeat, 1, JOIN);
    const commit = async (version: number, epoch: number, memberId = "m"): Promise<unknown> => {
      const answer = await ask(offsetCommit, version, {
        groupId: "g",
        memberId,
        generationIdOrMemberEpoch: epoch,
        topics: [
          {
            name: "t",
            partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: "" }],
          },
        ],
      });
      return answer.topics[0]?.partitions[0]?.errorCode;
    };
    expect(await commit(9, 1)).toBe(0);
    expect(await commit(9, 2)).toBe(ErrorCode.STALE_MEMBER_EPOCH);
    expect(await commit(9, 1, "x")).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(await commit(8, 1)).toBe(ErrorCode.UNSUPPORTED_VERSION);
    const fetched = async (
      memberEpoch: number,
      memberId: string | null = "m",
    ): Promise<unknown> => {
      const topics = [{ name: "t", partitionIndexes: [0] }];
      const groups = [{ groupId: "g", memberId, memberEpoch, topics }];
      const [group] = (await ask(offsetFetch, 9, { groups })).groups;
      return group?.errorCode || group?.topics[0]?.partitions[0]?.committedOffset;
    };
    expect(await fetched(1)).toBe(5);
    expect(await fetched(-1, null)).toBe(5);
    expect(await fetched(2)).toBe(ErrorCode.STALE_MEMBER_EPOCH);
    expect(await fetched(1, "x")).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test("a member of the classic protocol is told apart, and an administrator removes one of each", async () => {
    const { ask } = bound(await started());
    await ask(consumerGroupHeartbeat, 1, { ...JOIN, instanceId: "i" });
    const metadata = new Uint8Array([0, 0, 0, 0, 0, 1, 0, 1, 0x74, 0xff, 0xff, 0xff, 0xff]);
    const joined = await ask(joinGroup, 3, {
      groupId: "g",
      sessionTimeoutMs: 10_000,
      memberId: "",
      protocolType: "consumer",
      protocols: [{ name: "range", metadata }],
    });
    expect(joined).toMatchObject({ errorCode: 0, generationId: 2, leader: "", members: [] });
    const { groups } = await ask(consumerGroupDescribe, 1, {
      groupIds: ["g"],
      includeAuthorizedOperations: false,
    });
    expect(groups[0]?.members.map(({ memberType }) => memberType)).toEqual([1, 0]);
    const left = await ask(leaveGroup, 5, {
      groupId: "g",
      memberId: "",
      members: [{ memberId: "", groupInstanceId: "i" }, { memberId: joined.memberId }],
    });
    expect(left.members.map(({ errorCode }) => errorCode)).toEqual([0, 0]);
  });
});
