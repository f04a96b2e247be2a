import type { AuditEntry, AuditOperation } from "@runnel/contracts/audit.ts";
import { PATHS, type RouteName } from "@runnel/contracts/paths.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { AUDITED } from "#admin/v1/audited.ts";
import { begin, send } from "./producer.ts";
import { AdminRig, problemOf, text } from "./rig.ts";

let rig: AdminRig;
beforeEach(async () => {
  rig = await AdminRig.open([["runnel.audit.enable", "true"]]);
  await rig.client.createTopic({ body: { name: "orders" } });
  const records = [{ value: text("a") }, { value: text("b") }];
  await rig.client.produce({ params: { topic: "orders" }, body: { records } });
  await rig.client.resetOffsets({
    params: { group: "billing" },
    body: { scope: [{ topic: "orders" }], to: { kind: "end" } },
  });
});

/** Entries since the set-up, oldest first. */
async function entries(): Promise<AuditEntry[]> {
  const { items } = await rig.client.listAudit({ query: { limit: 200 } });
  return items.toReversed().slice(2);
}

interface Example {
  readonly operation: AuditOperation;
  readonly resource: string;
  readonly path: string;
  readonly body?: object;
  /** The same path for something that is not there, or may not be changed. */
  readonly refusedPath: string;
  readonly refusedBody?: object;
  /** What the route changes, as its entry tells it. */
  readonly before: unknown;
  readonly after: unknown;
  /** What must be there; none of it is told. */
  readonly prepare?: () => Promise<void>;
}

const at = (offset: number | null) => [{ topic: "orders", partition: 0, offset }];
const setting = { configs: { "retention.ms": "1000" } };
const toStart = { scope: [{ topic: "orders" }], to: { kind: "beginning" } };

/** One request for each route that changes something; a route without one fails the test. */
const EXAMPLES: Readonly<Record<keyof typeof AUDITED, Example>> = {
  createTopic: {
    operation: "topic.create",
    resource: "new",
    path: "/v1/topics",
    body: { name: "new", partitionCount: 2 },
    refusedPath: "/v1/topics",
    refusedBody: { name: "orders" },
    before: null,
    after: { partitionCount: 2, replicationFactor: 1, configs: {} },
  },
  growTopic: {
    operation: "topic.grow",
    resource: "orders",
    path: "/v1/topics/orders",
    body: { partitionCount: 3 },
    refusedPath: "/v1/topics/none",
    before: { partitionCount: 1 },
    after: { partitionCount: 3 },
  },
  deleteTopic: {
    operation: "topic.delete",
    resource: "orders",
    path: "/v1/topics/orders",
    refusedPath: "/v1/topics/none",
    before: { partitionCount: 1 },
    after: null,
  },
  changeTopicConfigs: {
    operation: "config.change",
    resource: "orders",
    path: "/v1/topics/orders/configs",
    body: setting,
    refusedPath: "/v1/topics/none/configs",
    before: { "retention.ms": null },
    after: { "retention.ms": "1000" },
  },
  changeBrokerConfigs: {
    operation: "config.change",
    resource: "default",
    path: "/v1/brokers/default/configs",
    body: { configs: { "log.retention.ms": "5000" } },
    refusedPath: "/v1/brokers/77/configs",
    before: { "log.retention.ms": null },
    after: { "log.retention.ms": "5000" },
  },
  deleteRecords: {
    operation: "records.delete",
    resource: "orders",
    path: "/v1/topics/orders/records/delete",
    body: { to: { kind: "offset", offset: 1 } },
    refusedPath: "/v1/topics/__audit/records/delete",
    before: [{ partition: 0, logStart: 0 }],
    after: [{ partition: 0, logStart: 1 }],
  },
  resetOffsets: {
    operation: "group.offsets.change",
    resource: "billing",
    path: "/v1/groups/billing/offsets/reset",
    body: toStart,
    refusedPath: "/v1/groups/billing/offsets/reset",
    refusedBody: { scope: [{ topic: "none" }], to: { kind: "beginning" } },
    before: at(2),
    after: at(0),
  },
  deleteOffsets: {
    operation: "group.offsets.delete",
    resource: "billing",
    path: "/v1/groups/billing/offsets/delete",
    body: { scope: [{ topic: "orders" }] },
    refusedPath: "/v1/groups/none/offsets/delete",
    before: at(2),
    after: [],
  },
  deleteGroup: {
    operation: "group.delete",
    resource: "billing",
    path: "/v1/groups/billing",
    refusedPath: "/v1/groups/none",
    before: { offsets: at(2) },
    after: null,
  },
  abortTransaction: {
    operation: "transaction.end",
    resource: "pay/1",
    path: "/v1/transactions/pay%2F1/abort",
    refusedPath: "/v1/transactions/none/abort",
    before: { state: "Ongoing", partitions: [{ topic: "orders", partitions: [0] }] },
    after: { state: "CompleteAbort", partitions: [] },
    prepare: async () => {
      const transactionalId = "pay/1";
      const producer = { transactionalId, ...(await begin(rig, transactionalId)) };
      await send(rig, producer, { topic: "orders", partition: 0 });
    },
  },
  abortHanging: {
    operation: "transaction.end",
    resource: "orders",
    path: "/v1/topics/orders/partitions/0/producers/77/abort",
    refusedPath: "/v1/topics/orders/partitions/0/producers/78/abort",
    before: null,
    after: null,
    prepare: () => {
      const producer = { transactionalId: "gone", producerId: 77n, producerEpoch: 3 };
      return send(rig, producer, { topic: "orders", partition: 0, isSecret: true });
    },
  },
};

function change(name: RouteName, path: string, body: object | undefined, isDryRun = false) {
  const { method } = PATHS[name];
  const whole = isDryRun ? `${path}?dryRun=true` : path;
  const headers: Record<string, string> = { "user-agent": "a console" };
  if (body === undefined) return rig.ask(whole, { method, headers });
  headers["content-type"] = "application/json";
  return rig.ask(whole, { method, headers, body: JSON.stringify(body) });
}

describe("every route that changes something", () => {
  test("is known to the audit log; only producing is left out", () => {
    const changing = Object.entries(PATHS).flatMap(([name, { method }]) =>
      method === "GET" || name === "produce" ? [] : [name],
    );
    expect(Object.keys(AUDITED).sort()).toEqual(changing.sort());
  });

  const examples = Object.entries(EXAMPLES) as [keyof typeof AUDITED, Example][];
  test.each(examples)(
    "%s makes one entry for a change, and none for a dry run",
    async (name, one) => {
      await one.prepare?.();
      const dry = await change(name, one.path, one.body, true);
      expect([dry.status, await entries()]).toEqual([200, []]);
      const done = await change(name, one.path, one.body);
      expect(done.status).toBeLessThan(300);
      const told = await entries();
      expect(told).toMatchObject([
        {
          operation: one.operation,
          resource: { name: one.resource },
          result: { outcome: "done", error: null },
          actor: { via: "admin", listener: "admin", host: "127.0.0.1", client: "a console" },
          before: one.before,
          after: one.after,
        },
      ]);
    },
  );

  test.each(examples)(
    "%s makes one entry for a refusal, and none for one of a dry run",
    async (name, one) => {
      const body = one.refusedBody ?? one.body;
      const dry = await change(name, one.refusedPath, body, true);
      expect(dry.status).toBeGreaterThanOrEqual(400);
      expect(await entries()).toEqual([]);
      const refused = await change(name, one.refusedPath, body);
      expect(refused.status).toBe(dry.status);
      const told = await entries();
      expect(told).toMatchObject([{ operation: one.operation, result: { outcome: "refused" } }]);
    },
  );
});

describe("listAudit", () => {
  test("pages newest first, and by resource, actor, operation and time", async () => {
    for (let count = 2; count <= 6; count += 1) {
      const params = { topic: "orders" };
      await rig.client.growTopic({ params, body: { partitionCount: count } });
      rig.world.time.advance(1_000);
    }
    const first = await rig.client.listAudit({ query: { limit: 2 } });
    expect(first.items.map(({ after }) => after)).toEqual([
      { partitionCount: 6 },
      { partitionCount: 5 },
    ]);
    const second = await rig.client.listAudit({
      query: { limit: 3, cursor: first.nextCursor ?? "" },
    });
    expect(second.items.map(({ offset }) => offset)).toEqual([4, 3, 2]);
    const count = async (query: object) => (await rig.client.listAudit({ query })).items.length;
    expect(await count({ resource: "topic:orders" })).toBe(6);
    expect(await count({ resource: "group:" })).toBe(1);
    expect(await count({ operation: "topic.create" })).toBe(1);
    expect(await count({ actor: "anonymous" })).toBe(7);
    expect(await count({ actor: "somebody" })).toBe(0);
    expect(await count({ from: first.items[0]?.at ?? 0 })).toBe(1);
    expect(await count({ to: first.items[0]?.at ?? 0 })).toBe(6);
    await expect(rig.client.listAudit({ query: { cursor: "7" } })).rejects.toMatchObject(
      problemOf("invalid-request", { errors: [{ in: "query", field: "cursor" }] }),
    );
  });

  test("is empty on a broker that nobody changed", async () => {
    const fresh = await AdminRig.open([["runnel.audit.enable", "true"]]);
    expect(await fresh.client.listAudit()).toEqual({
      items: [],
      nextCursor: null,
      searchedCount: 0,
      unreadableCount: 0,
    });
    expect(fresh.node.image.topicsByName.size).toBe(0);
  });
});

test("listAudit has the entry at an offset, and none where there is none", async () => {
  const { items } = await rig.client.listAudit();
  const [newest, oldest] = [items[0], items.at(-1)];
  for (const entry of [newest, oldest]) {
    const query = { offset: entry?.offset ?? -1 };
    const page = await rig.client.listAudit({ query });
    expect(page).toMatchObject({ items: [entry], nextCursor: null });
  }
  const offset = (newest?.offset ?? 0) + 1;
  expect((await rig.client.listAudit({ query: { offset } })).items).toEqual([]);
  const other = { offset: newest?.offset ?? 0, resource: "topic:none" };
  expect((await rig.client.listAudit({ query: other })).items).toEqual([]);
  await expect(rig.client.listAudit({ query: { offset: 0, cursor: "o1" } })).rejects.toMatchObject(
    problemOf("invalid-request"),
  );
});

test("tells who used a proxy as it claims, apart from the address that is certain", async () => {
  const rig = await AdminRig.open([["runnel.audit.enable", "true"]]);
  const headers = {
    "content-type": "application/json",
    "user-agent": "browser",
    "x-forwarded-for": `10.0.0.7${"\u00ad".repeat(5)}`,
  };
  const body = JSON.stringify({ name: "a", partitionCount: 1 });
  await rig.ask("/v1/topics", { method: "POST", headers, body });
  const { items } = await rig.client.listAudit({ query: { actor: "10.0.0.7" } });
  expect(items[0]?.actor).toMatchObject({
    host: "127.0.0.1",
    forwardedFor: `10.0.0.7${"\\u{ad}".repeat(5)}`,
    client: "browser",
  });
  await rig.post("/v1/topics", { name: "b", partitionCount: 1 });
  const [direct] = (await rig.client.listAudit({})).items;
  expect(direct?.actor).not.toHaveProperty("forwardedFor");
});

describe("a change that can be made in no partition", () => {
  test.each([
    [
      "deleteRecords",
      "/v1/topics/orders/records/delete",
      { to: { kind: "offset", offset: 99 } },
      "OFFSET_OUT_OF_RANGE",
    ],
    [
      "resetOffsets",
      "/v1/groups/fresh/offsets/reset",
      { scope: [{ topic: "orders" }], to: { kind: "shift", by: 1 } },
      "INVALID_REQUEST",
    ],
  ] as const)("%s is refused as a whole, and told", async (name, path, body, error) => {
    const dry = await change(name, path, body, true);
    expect([dry.status, await entries()]).toEqual([400, []]);
    const refused = await change(name, path, body);
    expect(refused).toMatchObject({ status: 400, body: { kafkaError: error } });
    expect(await entries()).toMatchObject([{ result: { outcome: "refused", error } }]);
  });
});
