import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { describe, expect, test } from "vitest";
import { NO_TOPICS } from "../testing/state.ts";
import { type ConsumerHeartbeatInput, heartbeatEventOf } from "./input.ts";

const JOIN: ConsumerHeartbeatInput = {
  apiVersion: 1,
  groupId: "g",
  memberId: "m",
  memberEpoch: 0,
  groupInstanceId: null,
  rackId: null,
  rebalanceTimeoutMs: 1_000,
  topicNames: ["u", "t", "u"],
  topicRegex: null,
  serverAssignor: null,
  reported: [],
  clientId: "c",
  clientHost: "/h",
  mayDescribe: () => true,
};

const making = {
  ticket: 1,
  patterns: NO_TOPICS.patterns,
  random: seededRandom(1),
  assignors: ["range"],
};
const made = (input: Partial<ConsumerHeartbeatInput>): ReturnType<typeof heartbeatEventOf> =>
  heartbeatEventOf({ ...JOIN, ...input }, making);

function errorOf(input: Partial<ConsumerHeartbeatInput>): ErrorCode {
  const result = made(input);
  return "errorCode" in result ? result.errorCode : ErrorCode.NONE;
}

describe("heartbeatEventOf()", () => {
  test("sorts topics and partitions, and names each once", () => {
    const reported = [{ topicId: "a", partitions: [3, 1, 3] }];
    const event = made({ memberEpoch: 1, reported });
    expect(event).toMatchObject({ topicNames: ["t", "u"], reported: new Map([["a", [1, 3]]]) });
  });

  test("KIP-1082: before v1 a member may leave its id to the broker", () => {
    expect(made({ apiVersion: 0, memberId: "" })).toMatchObject({
      memberId: expect.stringMatching(/^[\w-]{22}$/),
    });
    expect(errorOf({ apiVersion: 1, memberId: "" })).toBe(ErrorCode.INVALID_REQUEST);
    expect(errorOf({ apiVersion: 0, memberId: "", memberEpoch: 1 })).toBe(
      ErrorCode.INVALID_REQUEST,
    );
  });

  test.each<[string, Partial<ConsumerHeartbeatInput>]>([
    ["a join without a rebalance timeout", { rebalanceTimeoutMs: -1 }],
    ["a join that has partitions", { reported: [{ topicId: "a", partitions: [0] }] }],
    ["a join that does not say what it has", { reported: null }],
    ["a join without a subscription", { topicNames: null }],
    ["an empty group id", { groupId: "" }],
    ["P14: a group id of 2,000 characters", { groupId: "g".repeat(2_000) }],
    ["an epoch that there is not", { memberEpoch: -3 }],
    ["a dynamic member that leaves for a while", { memberEpoch: -2 }],
    ["an empty instance id", { groupInstanceId: "" }],
    ["an empty rack", { rackId: "" }],
    ["a negative rebalance timeout", { rebalanceTimeoutMs: -5 }],
    ["P14: a member id of 32 KiB", { memberId: "m".repeat(32_768) }],
    ["P16: more topics than there can be", { topicNames: Array.from({ length: 50_001 }, String) }],
    [
      "P16: more partitions than there can be",
      {
        memberEpoch: 1,
        reported: [{ topicId: "a", partitions: Array.from({ length: 100_001 }, () => 1) }],
      },
    ],
  ])("%s is INVALID_REQUEST", (_what, input) => {
    expect(errorOf(input)).toBe(ErrorCode.INVALID_REQUEST);
  });

  test("what is wrong beyond the form has a code of its own", () => {
    expect(errorOf({ serverAssignor: "sticky" })).toBe(ErrorCode.UNSUPPORTED_ASSIGNOR);
    // One that is built in, and that the setting leaves out.
    expect(errorOf({ serverAssignor: "uniform" })).toBe(ErrorCode.UNSUPPORTED_ASSIGNOR);
    expect(errorOf({ serverAssignor: "range" })).toBe(ErrorCode.NONE);
    expect(errorOf({ topicRegex: "(" })).toBe(ErrorCode.INVALID_REGULAR_EXPRESSION);
    expect(errorOf({ topicRegex: "", topicNames: null })).toBe(ErrorCode.NONE);
  });
});
