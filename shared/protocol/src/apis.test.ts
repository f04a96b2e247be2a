import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Message } from "./api.ts";
import { API_BY_KEY, APIS } from "./apis.ts";
import { defaultOf } from "./codec.ts";
import { type Field, parseVersions, type Schema } from "./schema.ts";

/** Key, name, versions, first flexible version: the ranges that Kafka 4.3 serves. */
const EXPECTED = `
0 Produce 3-13 9+
1 Fetch 4-18 12+
2 ListOffsets 1-11 6+
3 Metadata 0-13 9+
8 OffsetCommit 2-10 8+
9 OffsetFetch 1-10 6+
10 FindCoordinator 0-6 3+
11 JoinGroup 0-9 6+
12 Heartbeat 0-4 4+
13 LeaveGroup 0-5 4+
14 SyncGroup 0-5 4+
15 DescribeGroups 0-6 5+
16 ListGroups 0-5 3+
17 SaslHandshake 0-1 none
18 ApiVersions 0-4 3+
19 CreateTopics 2-7 5+
20 DeleteTopics 1-6 4+
21 DeleteRecords 0-2 2+
22 InitProducerId 0-5 2+
23 OffsetForLeaderEpoch 2-4 4+
24 AddPartitionsToTxn 0-5 3+
25 AddOffsetsToTxn 0-4 3+
26 EndTxn 0-5 3+
27 WriteTxnMarkers 1-2 1+
28 TxnOffsetCommit 0-5 3+
29 DescribeAcls 1-3 2+
30 CreateAcls 1-3 2+
31 DeleteAcls 1-3 2+
32 DescribeConfigs 1-4 4+
33 AlterConfigs 0-2 2+
35 DescribeLogDirs 1-5 2+
36 SaslAuthenticate 0-2 2+
37 CreatePartitions 0-3 2+
42 DeleteGroups 0-2 2+
43 ElectLeaders 0-2 2+
44 IncrementalAlterConfigs 0-1 1+
45 AlterPartitionReassignments 0-1 0+
46 ListPartitionReassignments 0 0+
47 OffsetDelete 0 none
48 DescribeClientQuotas 0-1 1+
49 AlterClientQuotas 0-1 1+
50 DescribeUserScramCredentials 0 0+
51 AlterUserScramCredentials 0 0+
55 DescribeQuorum 0-2 0+
60 DescribeCluster 0-2 0+
61 DescribeProducers 0 0+
65 DescribeTransactions 0 0+
66 ListTransactions 0-2 0+
68 ConsumerGroupHeartbeat 0-1 0+
69 ConsumerGroupDescribe 0-1 0+
74 ListConfigResources 0-1 0+
75 DescribeTopicPartitions 0 0+
`.trim();

const MESSAGES = APIS.flatMap((api) => [api.request, api.response]);

function range([min, max]: readonly [number, number]): string {
  return min === max ? `${min}` : `${min}-${max}`;
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).slice(1);
}

describe("the list of APIs", () => {
  it("has the versions that clients expect", () => {
    const lines = APIS.map(({ key, name, versions, request }) =>
      [
        key,
        name,
        range(versions),
        request.flexible === null ? "none" : `${request.flexible}+`,
      ].join(" "),
    );
    expect(lines.join("\n")).toBe(EXPECTED);
  });

  it("has one entry for each file of messages/", () => {
    const files = readdirSync(new URL("messages/", import.meta.url)).filter(
      (file) => !file.includes(".test."),
    );
    const names = APIS.map(({ key, name }) => `${String(key).padStart(2, "0")}-${kebab(name)}.ts`);
    expect(files.toSorted()).toEqual(names);
  });

  it("can be asked by key", () => {
    expect(API_BY_KEY.get(18)?.name).toBe("ApiVersions");
    expect(API_BY_KEY.get(4)).toBeUndefined();
    expect(API_BY_KEY.size).toBe(APIS.length);
  });

  it("says which headers go before its messages", () => {
    const [produce, apiVersions, handshake] = [0, 18, 17].map((key) => API_BY_KEY.get(key));
    expect([8, 9].map((version) => produce?.requestHeaderVersion(version))).toEqual([1, 2]);
    expect([8, 9].map((version) => produce?.responseHeaderVersion(version))).toEqual([0, 1]);
    expect([2, 3, 4].map((version) => apiVersions?.requestHeaderVersion(version))).toEqual([
      1, 2, 2,
    ]);
    expect([2, 3, 4].map((version) => apiVersions?.responseHeaderVersion(version))).toEqual([
      0, 0, 0,
    ]);
    expect(handshake?.requestHeaderVersion(1)).toBe(1);
  });
});

/** What is wrong with the fields of one struct, given the versions in which the struct exists. */
function* faultsOf(
  schema: Schema,
  where: string,
  [min, max]: readonly [number, number],
  flexible: number,
): Generator<string> {
  const tags = new Set<number>();
  for (const [name, field] of Object.entries(schema)) {
    const at = `${where}.${name}`;
    const { versions, tag, tagged } = field.options;
    const given = versions === undefined ? [min, max] : parseVersions(versions);
    const own = [Math.max(min, given[0] as number), Math.min(max, given[1] as number)] as const;
    if (!/^[a-z][A-Za-z0-9]*$/.test(name)) yield `${at}: not camelCase`;
    if (own[0] > own[1]) yield `${at}: in no version`;
    if ((tag === undefined) !== (tagged === undefined)) yield `${at}: half a tag`;
    if (tag !== undefined && tagged !== undefined) {
      if (tags.has(tag)) yield `${at}: tag ${tag} twice`;
      if (Math.max(parseVersions(tagged)[0], own[0]) < flexible) yield `${at}: tagged too early`;
      tags.add(tag);
    }
    yield* faultsOfNull(field, at, own);
    const inner = field.kind === "array" ? field.element?.fields : field.fields;
    if (inner !== undefined) yield* faultsOf(inner, at, own, flexible);
  }
  if (Object.keys(schema).length === 0 && where.includes(".")) yield `${where}: empty struct`;
}

function* faultsOfNull(
  field: Field,
  at: string,
  [min, max]: readonly [number, number],
): Generator<string> {
  const { nullable } = field.options;
  const [nullMin, nullMax] = parseVersions(nullable ?? "none");
  const canBeNull = ["string", "bytes", "records", "array", "struct"].includes(field.kind);
  if (nullable !== undefined && !canBeNull) yield `${at}: ${field.kind} cannot be null`;
  const value = defaultOf(field);
  if (value === null && (nullMin > min || nullMax < max)) {
    yield `${at}: null by default, but not allowed in all versions`;
  }
  if (value !== null && typeof value !== TYPE_OF[field.kind]) {
    yield `${at}: ${typeof value} as default of a ${field.kind}`;
  }
}

const TYPE_OF: Record<Field["kind"], string> = {
  bool: "boolean",
  int8: "number",
  int16: "number",
  uint16: "number",
  int32: "number",
  uint32: "number",
  int64: "number",
  bigint64: "bigint",
  float64: "number",
  uuid: "string",
  string: "string",
  bytes: "object",
  records: "object",
  array: "object",
  struct: "object",
};

describe("schemas", () => {
  it.each(MESSAGES.map((message) => [message.name, message] as [string, Message]))(
    "%s is sound",
    (name, { schema, versions, flexible }) => {
      expect([...faultsOf(schema, name, versions, flexible ?? 0x7fff)]).toEqual([]);
      expect(versions[0]).toBeLessThanOrEqual(versions[1]);
    },
  );

  it("use bigint for producer ids, whose 64 bits all count", () => {
    const kinds = new Set<string>();
    const visit = (schema: Schema): void => {
      for (const [name, field] of Object.entries(schema)) {
        if (/producerId$/i.test(name)) kinds.add(field.kind);
        visit(field.fields ?? field.element?.fields ?? {});
      }
    };
    for (const { schema } of MESSAGES) visit(schema);
    expect([...kinds]).toEqual(["bigint64"]);
  });
});
