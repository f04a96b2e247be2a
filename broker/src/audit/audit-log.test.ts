import { AuditRecord } from "@runnel/contracts/audit.ts";
import type { LogFields, Logger } from "@runnel/kit/world.ts";
import { silentLogger } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { describe, expect, test } from "vitest";
import { ANONYMOUS } from "#auth/authorizer.ts";
import type { ConfigRequest } from "#controller/change-configs.ts";
import { newTopic, testCluster } from "#controller/testing.ts";
import { ManualTime } from "#io/memory/manual-time.ts";
import { createLogger } from "#metrics/logger.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import type { InternalRecord } from "#replica/internal-topic.ts";
import type { Actor } from "./actor.ts";
import { AuditLog } from "./audit-log.ts";
import { list } from "./cut.ts";
import { askedConfigs, changedConfigs, recordOf, resultOf, resultOfAll } from "./entries.ts";
import { changesOver } from "./testing.ts";

export const ACTOR: Actor = {
  principal: ANONYMOUS,
  host: "/127.0.0.1",
  via: "kafka",
  listener: "PLAINTEXT",
  port: 9092,
  client: "tool\u001b[31m",
  connectionId: 1,
};

type Append = (records: readonly InternalRecord[]) => Promise<number>;

function auditLog(append: Append, logger?: Logger) {
  const time = new ManualTime();
  const metrics = new MetricRegistry();
  const lines: LogFields[] = [];
  const log = new AuditLog({
    topic: { append: (_index, records) => append(records) },
    brokerId: 1,
    clock: time,
    scheduler: time,
    logger: logger ?? { ...silentLogger, error: (fields) => void lines.push(fields) },
    metrics,
  });
  const count = (name: string): number => {
    const metric = metrics.all().find((one) => one.name === name);
    return metric?.kind === "counter" ? metric.metric.value : -1;
  };
  return { time, log, lines, count };
}

const entry = {
  operation: "group.delete",
  resource: { kind: "group", name: "g" },
  asked: null,
  before: null,
  after: null,
  result: { outcome: "done", error: null, message: null },
} as const;

describe("AuditLog.record()", () => {
  test("appends one record for each entry, keyed by resource, that its schema takes", async () => {
    const stored: InternalRecord[] = [];
    const append: Append = (records) => Promise.resolve(stored.push(...records));
    const { log, count } = auditLog(append);
    const { controller } = await testCluster();
    const changes = changesOver(controller, log);
    const configs = [{ name: "retention.ms", value: "1000" }];
    const options = { isValidateOnly: false };
    await changes.createTopics(ACTOR, [newTopic("a", { configs }), newTopic("..")], options);
    await changes.createPartitions(ACTOR, [{ name: "a", count: 3, assignments: null }], options);
    const set = { name: "retention.ms", operation: "set", value: "2000" } as const;
    const request = { type: 2, name: "a", changes: [set], isReplacing: true };
    await changes.alterConfigs(ACTOR, [request], options);
    await changes.deleteTopics(ACTOR, [
      { name: "a", topicId: "00000000-0000-0000-0000-000000000000" },
    ]);
    const utf8 = new TextDecoder();
    const records = stored.map(({ value }) =>
      AuditRecord.parse(JSON.parse(utf8.decode(value ?? new Uint8Array()))),
    );
    expect(stored.map(({ key }) => utf8.decode(key))).toEqual(
      ["a", "..", "a", "a", "a"].map((name) => `topic:${name}`),
    );
    expect(records.map(({ operation, result }) => `${operation} ${result.outcome}`)).toEqual([
      "topic.create done",
      "topic.create refused",
      "topic.grow done",
      "config.change done",
      "topic.delete done",
    ]);
    const [created, refused, grown, changed, deleted] = records;
    expect(created).toMatchObject({
      actor: { principal: "User:ANONYMOUS", host: "127.0.0.1", client: "tool\\u{1b}[31m" },
      after: { partitionCount: 1, configs: { "retention.ms": "1000" } },
      brokerId: 1,
    });
    expect(refused).toMatchObject({ result: { error: "INVALID_TOPIC_EXCEPTION" }, after: null });
    expect(grown).toMatchObject({ before: { partitionCount: 1 }, after: { partitionCount: 3 } });
    expect(changed).toMatchObject({
      before: { "retention.ms": "1000" },
      after: { "retention.ms": "2000" },
    });
    expect(deleted).toMatchObject({
      before: { partitionCount: 3, configs: { "retention.ms": "2000" } },
      after: null,
    });
    expect(count("runnel_audit_records_total")).toBe(5);
  });

  test("never rejects: what cannot be written is counted, and told in the log with all it would say", async () => {
    const written: string[] = [];
    const target = { write: (line: string) => void written.push(line) };
    const logger = await createLogger({ isTerminal: false, target });
    const full: Append = () => Promise.reject(new Error("the disk is full"));
    const { log, count } = auditLog(full, logger);
    const after = [{ topic: "sch\u00f6n\u200b", partition: 0, offset: 42 }];
    const asked = Object.fromEntries(
      Array.from({ length: 50 }, (_, at) => [`n${at}`, "v".repeat(500)]),
    );
    await log.record(ACTOR, [{ ...entry, asked, after }]);
    expect(count("runnel_audit_failures_total")).toBe(1);
    const line = JSON.parse(written[0] ?? "") as {
      readonly reason: string;
      readonly record: string;
    };
    expect(line.reason).toBe("the disk is full");
    expect(JSON.parse(line.record)).toMatchObject({ operation: "group.delete", asked, after });
  });

  test("keeps nobody waiting for a disk that hangs, and takes no more than it can hold", async () => {
    const { log, time, lines, count } = auditLog(() => new Promise(() => {}));
    const waiting = log.record(
      ACTOR,
      Array.from({ length: 10_001 }, () => entry),
    );
    await time.advanceAsync(5_000);
    await waiting;
    await log.record(ACTOR, [entry, entry]);
    expect(count("runnel_audit_failures_total")).toBe(2);
    expect(lines).toMatchObject([{ reason: "too many records wait already" }, {}]);
  });
});

describe("a request with more resources than may wait", () => {
  const options = { isValidateOnly: false };
  const keeping = () => {
    const keys: string[] = [];
    const utf8 = new TextDecoder();
    const batches: number[] = [];
    const opened = auditLog((records) => {
      batches.push(records.length);
      return Promise.resolve(keys.push(...records.map(({ key }) => utf8.decode(key))));
    });
    return { ...opened, keys, batches };
  };

  test("has every change of it told, in pieces", async () => {
    const { log, keys, batches, count } = keeping();
    const names = Array.from({ length: 10_001 }, (_, at) => `t${at}`);
    const topicId = "00000000-0000-0000-0000-000000000000";
    const results = names.map((name) => ({ name, topicId, errorCode: 0, message: null }));
    const controller = { deleteTopics: () => Promise.resolve(results) } as never;
    const changes = changesOver(controller, log);
    await changes.deleteTopics(
      ACTOR,
      names.map((name) => ({ name, topicId })),
    );
    expect(keys).toEqual(names.map((name) => `topic:${name}`));
    expect(batches.length).toBeGreaterThan(5);
    expect(count("runnel_audit_records_total")).toBe(10_001);
  });

  test("cannot hide a change among groups, of which nothing is kept", async () => {
    const { log, keys } = keeping();
    const { controller } = await testCluster();
    const changes = changesOver(controller, log);
    await changes.createTopics(ACTOR, [newTopic("orders")], options);
    const set = { name: "retention.ms", operation: "set", value: "1" } as const;
    const groups = Array.from({ length: 10_000 }, (_, at) => ({
      type: 32,
      name: `g${at}`,
      changes: [],
      isReplacing: false,
    }));
    const orders = { type: 2, name: "orders", changes: [set], isReplacing: false };
    const results = await changes.alterConfigs(ACTOR, [...groups, orders], options);
    expect(results.every(({ errorCode }) => errorCode === ErrorCode.NONE)).toBe(true);
    expect(keys).toEqual(["topic:orders", "topic:orders"]);
  });
});

test("refusals without end are counted, and do not fill the disk; changes are always told", async () => {
  let count = 0;
  const {
    log,
    time,
    count: metric,
  } = auditLog((records) => {
    count += records.length;
    return Promise.resolve(count);
  });
  const refused = { ...entry, result: { outcome: "refused", error: "X", message: null } } as const;
  for (let round = 0; round < 30; round += 1) {
    await log.record(
      ACTOR,
      Array.from({ length: 50 }, () => refused),
    );
  }
  expect([count, metric("runnel_audit_suppressed_total")]).toEqual([1_000, 500]);
  await log.record(ACTOR, [refused, entry]);
  expect(count).toBe(1_001);
  time.advance(60_000);
  await log.record(ACTOR, [refused]);
  expect(count).toBe(1_002);
});

test("long refusals without end do not fill the disk either", async () => {
  let bytes = 0;
  const { log, count } = auditLog((records) => {
    for (const { key, value } of records) bytes += key.length + (value?.length ?? 0);
    return Promise.resolve(bytes);
  });
  const result = { outcome: "refused", error: "X", message: "y".repeat(9_000) } as const;
  const name = "n".repeat(9_000);
  const asked = Array.from({ length: 200 }, () => "z".repeat(9_000));
  const long = { ...entry, resource: { kind: "topic", name }, asked, result } as const;
  for (let round = 0; round < 900; round += 1) await log.record(ACTOR, [long]);
  expect(bytes).toBeLessThan(2 * 1024 * 1024);
  expect(count("runnel_audit_suppressed_total")).toBeGreaterThan(0);
});

describe("entries", () => {
  test("values of settings that are secrets are not written, whatever becomes of them", () => {
    const request: ConfigRequest = {
      type: 4,
      name: "",
      isReplacing: false,
      changes: [
        { name: "ssl.keystore.password", operation: "set", value: "hunter2" },
        { name: "sasl.jaas.config", operation: "append", value: "hunter2" },
        { name: "retention.ms", operation: "delete", value: null },
      ],
    };
    const secrets = new Map([["ssl.keystore.password", "hunter2"]]);
    const shown = [askedConfigs(request), changedConfigs(request, secrets, new Map())];
    expect(JSON.stringify(shown)).not.toContain("hunter2");
    expect(shown[1]).toEqual({
      before: {
        "ssl.keystore.password": "[redacted]",
        "sasl.jaas.config": null,
        "retention.ms": null,
      },
      after: { "ssl.keystore.password": null, "sasl.jaas.config": null, "retention.ms": null },
    });
  });

  test("long lists and texts are cut, and say how much is missing", () => {
    expect(list(Array.from({ length: 300 }, (_, at) => at))).toHaveLength(201);
    expect(list(Array.from({ length: 300 }, (_, at) => at))).toContainEqual({ left: 100 });
    const record = recordOf(
      entry,
      { ...ACTOR, client: "x".repeat(40_000) },
      { at: 1, brokerId: 1 },
    );
    expect(record.actor.client.length).toBeLessThan(300);
    const message = "y".repeat(5_000);
    expect(resultOf({ errorCode: ErrorCode.INVALID_REQUEST, message }).message).toHaveLength(1_024);
  });

  test("a broker that would not refuses, one that could not fails, and parts may differ", () => {
    const outcome = (errorCode: ErrorCode) => resultOf({ errorCode, message: null }).outcome;
    expect(outcome(ErrorCode.NONE)).toBe("done");
    expect(outcome(ErrorCode.TOPIC_AUTHORIZATION_FAILED)).toBe("refused");
    expect(outcome(ErrorCode.KAFKA_STORAGE_ERROR)).toBe("failed");
    expect(resultOfAll([0, 0])).toMatchObject({ outcome: "done" });
    expect(resultOfAll([0, 1])).toMatchObject({ outcome: "partly", error: "OFFSET_OUT_OF_RANGE" });
    expect(resultOfAll([1, 1])).toMatchObject({ outcome: "refused" });
  });
});
