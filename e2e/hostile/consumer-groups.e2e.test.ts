/**
 * Groups of the consumer protocol on the wire: row P17 (expressions), what one member may make a broker
 * remember (P14, P16), and settings of a group that change while it has members.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { FindCoordinatorApi } from "@runnel/protocol/messages/10-find-coordinator.ts";
import { DescribeConfigsApi } from "@runnel/protocol/messages/32-describe-configs.ts";
import { IncrementalAlterConfigsApi } from "@runnel/protocol/messages/44-incremental-alter-configs.ts";
import { ConsumerGroupHeartbeatApi } from "@runnel/protocol/messages/68-consumer-group-heartbeat.ts";
import { ConsumerGroupDescribeApi } from "@runnel/protocol/messages/69-consumer-group-describe.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { Arena, createTopic } from "./arena.ts";
import type { Client } from "./client.ts";

const GROUP_RESOURCE = 32;

let arena: Arena;
let client: Client;

beforeAll(async () => {
  arena = await Arena.open();
  client = await arena.connect();
  // A name on which a backtracking engine would be busy for longer than there is time.
  await createTopic(client, `${"a".repeat(200)}-`, {}, 1);
  await createTopic(client, "orders-1", {}, 2);
  await waitFor("the coordinator is there", async () => {
    const { errorCode } = await client.call(FindCoordinatorApi, 3, { key: "g", keyType: 0 });
    return errorCode === ErrorCode.NONE && (await beat({})).errorCode === ErrorCode.NONE;
  });
});

afterAll(() => arena[Symbol.asyncDispose]());

async function beat(wish: object) {
  return await client.call(ConsumerGroupHeartbeatApi, 1, {
    groupId: "g",
    memberId: "m",
    memberEpoch: 0,
    rebalanceTimeoutMs: 60_000,
    subscribedTopicNames: [],
    topicPartitions: [],
    ...wish,
  });
}

test("P17: an expression takes linear time, and one that does not compile has its code", async () => {
  for (const subscribedTopicRegex of ["(a+)+$", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$"]) {
    const answer = await beat({ groupId: "p17", subscribedTopicRegex });
    expect(answer).toMatchObject({ errorCode: 0, assignment: { topicPartitions: [] } });
  }
  const matching = await beat({ groupId: "p17", subscribedTopicRegex: "orders-[0-9]+" });
  expect(matching.assignment?.topicPartitions.map(({ partitions }) => partitions)).toEqual([
    [0, 1],
  ]);
  const bad = [
    "(",
    "[",
    "a{2,1}",
    "(?<n>a)\\k<n>",
    "(?=a)",
    "x".repeat(30_000),
    "((a{99}){99}){99}",
  ];
  for (const subscribedTopicRegex of bad) {
    const { errorCode, errorMessage } = await beat({ groupId: "p17", subscribedTopicRegex });
    expect(errorCode).toBe(ErrorCode.INVALID_REGULAR_EXPRESSION);
    expect(errorMessage).toMatch(/expression/);
  }
});

test("P14, P16: what cannot be is refused with a code, and leaves nothing behind", async () => {
  const many = Array.from({ length: 50_000 }, (_, at) => `${"t".repeat(200)}${at}`);
  const huge = [{ topicId: "00000000-0000-4000-8000-000000000001", partitions: [0x7fff_ffff, -5] }];
  const cases: readonly (readonly [number, object])[] = [
    [ErrorCode.INVALID_REQUEST, { subscribedTopicNames: many }],
    [ErrorCode.INVALID_REQUEST, { memberId: "" }],
    [ErrorCode.INVALID_REQUEST, { memberId: "x".repeat(32_000) }],
    [ErrorCode.INVALID_REQUEST, { instanceId: "" }],
    [ErrorCode.INVALID_REQUEST, { memberEpoch: -0x8000_0000 }],
    [ErrorCode.INVALID_REQUEST, { rebalanceTimeoutMs: -2 }],
    [ErrorCode.INVALID_REQUEST, { topicPartitions: huge }],
    [ErrorCode.INVALID_REQUEST, { groupId: "" }],
    [ErrorCode.INVALID_REQUEST, { groupId: "x".repeat(32_000) }],
    [ErrorCode.UNSUPPORTED_ASSIGNOR, { serverAssignor: "__proto__" }],
    [ErrorCode.GROUP_ID_NOT_FOUND, { memberEpoch: 0x7fff_ffff }],
    [ErrorCode.GROUP_ID_NOT_FOUND, { memberEpoch: -1 }],
  ];
  for (const [code, wish] of cases) {
    const answer = await beat({ groupId: "limits", ...wish });
    expect([answer.errorCode, Object.keys(wish)]).toEqual([code, Object.keys(wish)]);
  }
  const request = { groupIds: ["limits"], includeAuthorizedOperations: false };
  const { groups } = await client.call(ConsumerGroupDescribeApi, 1, request);
  expect(groups[0]?.errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
  // Partitions that are not there are not held against a member, nor given to it.
  await beat({ groupId: "strange", memberId: "__proto__", subscribedTopicNames: ["constructor"] });
  const strange = { groupId: "strange", memberId: "__proto__", memberEpoch: 1 };
  const steady = await beat({ ...strange, topicPartitions: huge, subscribedTopicNames: null });
  expect(steady).toMatchObject({ errorCode: 0, memberEpoch: 1 });
});

test("a group's settings change for its members with their next heartbeat", async () => {
  await beat({ groupId: "tuned" });
  const me = {
    groupId: "tuned",
    memberEpoch: 1,
    subscribedTopicNames: null,
    topicPartitions: null,
  };
  expect(await beat(me)).toMatchObject({ errorCode: 0, heartbeatIntervalMs: 300 });
  const alter = async (value: string | null): Promise<number | undefined> => {
    const name = "consumer.heartbeat.interval.ms";
    const configs = [{ name, configOperation: value === null ? 1 : 0, value }];
    const resources = [{ resourceType: GROUP_RESOURCE, resourceName: "tuned", configs }];
    const request = { resources, validateOnly: false };
    const { responses } = await client.call(IncrementalAlterConfigsApi, 1, request);
    return responses[0]?.errorCode;
  };
  expect(await alter("1234")).toBe(0);
  expect(await beat(me)).toMatchObject({ heartbeatIntervalMs: 1_234 });
  const described = await client.call(DescribeConfigsApi, 4, {
    resources: [{ resourceType: GROUP_RESOURCE, resourceName: "tuned", configurationKeys: null }],
    includeSynonyms: true,
    includeDocumentation: false,
  });
  const shown = described.results[0]?.configs.map(({ name, value, configSource, readOnly }) => [
    name,
    value,
    configSource,
    readOnly,
  ]);
  expect(shown).toEqual([
    ["consumer.heartbeat.interval.ms", "1234", 8, false],
    ["consumer.session.timeout.ms", "10000", 4, false],
  ]);
  expect(await alter("99999999")).toBe(ErrorCode.INVALID_CONFIG);
  expect(await alter(null)).toBe(0);
  expect(await beat(me)).toMatchObject({ heartbeatIntervalMs: 300 });
});
