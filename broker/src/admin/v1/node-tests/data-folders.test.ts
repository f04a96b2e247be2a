/** A broker with two data folders, one of which fails: what every port says of it. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { beforeEach, expect, test } from "vitest";
import { describeLogDirs } from "#api/35-describe-log-dirs.ts";
import type { RequestContext } from "#api/handler.ts";
import type { DataFolder } from "#log/log-dirs.ts";
import { AdminRig, text } from "./rig.ts";

const OTHER: DataFolder = { path: "other", problem: null };
const DAY = 24 * 3_600_000;

let rig: AdminRig;
let lost: string[];
beforeEach(async () => {
  lost = [];
  const onStorageLost = (reason: string): void => void lost.push(reason);
  rig = await AdminRig.open([], { otherFolders: [OTHER], onStorageLost });
  await rig.client.createTopic({ body: { name: "orders", partitionCount: 4 } });
});

/** Sends one event to each partition; the errors, null where it was stored. */
async function send(): Promise<(string | null)[]> {
  const { results } = await rig.client.produce({
    params: { topic: "orders" },
    body: { records: [0, 1, 2, 3].map((partition) => ({ partition, value: text("x") })) },
  });
  return results.map(({ error }) => error);
}

function failSyncs(folder: string): void {
  rig.world.disk.fault = (operation, path) =>
    operation === "sync" && path.startsWith(`${folder}/`) ? { kind: "fail", code: "EIO" } : null;
}

async function describe() {
  const context = { principal: "User:ANONYMOUS", apiVersion: 4 } as unknown as RequestContext;
  const services = rig.services as unknown as Parameters<typeof describeLogDirs.handle>[1];
  return await describeLogDirs.handle({ topics: null }, services, context);
}

test("DescribeLogDirs and the broker's page show what is where", async () => {
  expect(await send()).toEqual([null, null, null, null]);
  const { results } = (await describe()) ?? {};
  const shown = results?.map(({ logDir, errorCode, topics }) => [
    logDir,
    errorCode,
    topics?.[0]?.partitions.map(({ partitionIndex }) => partitionIndex),
  ]);
  expect(shown).toEqual([
    ["data", ErrorCode.NONE, [0, 2]],
    ["other", ErrorCode.NONE, [1, 3]],
  ]);
  const { dataFolders } = await rig.client.getBroker({ params: { broker: 1 } });
  expect(dataFolders).toMatchObject([
    { path: "data", error: null, partitionCount: 2, sizeBytes: 138 },
    { path: "other", error: null, partitionCount: 2, sizeBytes: 138 },
  ]);
});

test("T14: partitions of a folder that fails answer KAFKA_STORAGE_ERROR, the others go on", async () => {
  await send();
  failSyncs("other");
  const codes = await send();
  expect([codes[0], codes[2]]).toEqual([null, null]);
  rig.world.disk.fault = null;
  await rig.run(rig.world.time.advanceAsync(60_000));
  const [first, second, third, fourth] = await send();
  expect([first, third]).toEqual([null, null]);
  expect([second, fourth]).not.toContain(null);
  const topicId = rig.node.image.topicsByName.get("orders")?.id ?? "";
  const offline = { kind: "absent", errorCode: ErrorCode.KAFKA_STORAGE_ERROR };
  expect([1, 3].map((index) => rig.services.replicas.find(topicId, index))).toEqual([
    offline,
    offline,
  ]);
  expect(rig.services.replicas.failedCount).toBe(2);
  const { results } = (await describe()) ?? {};
  expect(results).toMatchObject([
    { logDir: "data", errorCode: ErrorCode.NONE },
    { logDir: "other", errorCode: ErrorCode.KAFKA_STORAGE_ERROR, topics: [] },
  ]);
  const { dataFolders } = await rig.client.getBroker({ params: { broker: 1 } });
  expect(dataFolders?.[1]).toMatchObject({ error: expect.stringContaining("EIO") });
  const { health } = await rig.client.getCluster();
  expect(health.status).toBe("critical");
  expect(health.reasons.map(({ message }) => message)).toContainEqual(
    expect.stringContaining("the data folder other is offline"),
  );
  await rig.client.createTopic({ body: { name: "later", partitionCount: 2 } });
  const found = await rig.client.getBroker({ params: { broker: 1 } });
  expect(found.dataFolders?.map(({ partitionCount }) => partitionCount)).toEqual([4, 0]);
  expect(lost).toEqual([]);
});

test("T14: a broker without any folder says that it cannot go on, once", async () => {
  await send();
  rig.world.disk.fault = (operation) =>
    operation === "sync" ? { kind: "fail", code: "EIO" } : null;
  for (let turn = 0; turn < 2; turn += 1) await expect(send()).rejects.toThrow(/\S/);
  expect(lost).toEqual(["the disks of all data folders failed"]);
});

test("T22: a clock that leaps and comes back deletes nothing; one that stays ahead does", async () => {
  const params = { topic: "orders" };
  await rig.client.changeTopicConfigs({
    params,
    body: { configs: { "retention.ms": String(7 * DAY) } },
  });
  await send();
  const { time } = rig.world;
  const right = time.wallOffsetMs;
  const starts = (): number[] =>
    [...rig.services.replicas.partitions()]
      .filter(({ identity }) => identity.topicName === "orders")
      .map(({ log }) => log.logStartOffset);
  for (let strobe = 0; strobe < 20; strobe += 1) {
    time.wallOffsetMs = right + (strobe % 2 === 0 ? 30 * DAY : -DAY);
    await rig.run(time.advanceAsync(600_000));
  }
  time.wallOffsetMs = right;
  expect(starts()).toEqual([0, 0, 0, 0]);
  time.wallOffsetMs = right + 8 * DAY;
  await rig.run(time.advanceAsync(3 * 3_600_000));
  expect(starts()).toEqual([1, 1, 1, 1]);
});
