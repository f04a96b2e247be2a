import { beforeEach, describe, expect, test } from "vitest";
import { AdminRig, problemOf, text } from "./rig.ts";

let rig: AdminRig;
beforeEach(async () => {
  rig = await AdminRig.open([["log.retention.hours", "2"]]);
  await rig.client.createTopic({ body: { name: "orders", partitionCount: 2 } });
});

describe("getCluster", () => {
  test("gives totals, addresses and health", async () => {
    const body = { records: [{ value: text("v") }] };
    await rig.client.produce({ params: { topic: "orders" }, body });
    const cluster = await rig.client.getCluster();
    expect(cluster).toMatchObject({
      clusterId: "memory",
      controllerId: 1,
      version: "1.2.3",
      bootstrap: ["127.0.0.1:9092"],
      health: { status: "ok", reasons: [] },
      brokerCount: 1,
      topicCount: 1,
      internalTopicCount: 0,
      partitionCount: 2,
      groupCount: 0,
      eventCount: 1,
    });
    expect(cluster.sizeBytes).toBeGreaterThan(0);
  });

  test("says what is wrong and what to do, the worst first", async () => {
    rig.world.disk.fault = (operation) =>
      operation === "makeDirectory" ? { kind: "fail", code: "EIO" } : null;
    await rig.client.createTopic({ body: { name: "broken" } });
    const { health } = await rig.client.getCluster();
    expect(health.status).toBe("critical");
    expect(health.reasons).toMatchObject([
      { severity: "critical", subject: "broker 1", message: "1 partitions are not served" },
    ]);
  });
});

describe("brokers", () => {
  test("show what they have, and of itself how it is", async () => {
    const { items, total } = await rig.client.listBrokers();
    expect(total).toBe(1);
    expect(items).toMatchObject([
      {
        id: 1,
        isSelf: true,
        isController: true,
        listeners: [{ name: "PLAINTEXT", host: "127.0.0.1", port: 9092 }],
        partitionCount: 2,
        leaderCount: 2,
        leaderSkew: 0,
        dataFolder: "data",
        dataFolders: [{ path: "data", error: null, partitionCount: 2, sizeBytes: 0 }],
        runtime: "node 26",
        version: "1.2.3",
      },
    ]);
    expect(await rig.client.getBroker({ params: { broker: 1 } })).toEqual(items[0]);
    const { items: replicas } = await rig.client.listReplicas({ params: { broker: 1 } });
    expect(replicas).toEqual([
      { topic: "orders", partition: 0, isLeader: true, isInSync: true, sizeBytes: 0 },
      { topic: "orders", partition: 1, isLeader: true, isInSync: true, sizeBytes: 0 },
    ]);
    const missing = rig.client.getBroker({ params: { broker: 7 } });
    await expect(missing).rejects.toMatchObject(problemOf("not-found"));
  });

  test("have settings with their layers, of one and of all", async () => {
    const change = (broker: string, value: string | null) =>
      rig.client.changeBrokerConfigs({
        params: { broker },
        body: { configs: { "log.retention.hours": value } },
      });
    expect((await change("default", "3")).changes).toEqual([
      {
        name: "log.retention.hours",
        before: { value: "168", origin: "default" },
        after: { value: "3", origin: "dynamicDefault" },
      },
    ]);
    expect((await change("1", "4")).changes).toMatchObject([
      { before: { value: "3" }, after: { value: "4", origin: "dynamicBroker" } },
    ]);
    const { items } = await rig.client.getBrokerConfigs({ params: { broker: "1" } });
    expect(items.find(({ name }) => name === "log.retention.hours")).toMatchObject({
      value: "4",
      origin: "dynamicBroker",
      inherited: "3",
      default: "168",
      layers: [
        { origin: "dynamicBroker", value: "4" },
        { origin: "dynamicDefault", value: "3" },
        { origin: "static", value: "2" },
        { origin: "default", value: "168" },
      ],
    });
    const all = await rig.client.getBrokerConfigs({ params: { broker: "default" } });
    expect(all.items).toMatchObject([{ name: "log.retention.hours", value: "3" }]);
    expect((await change("1", null)).changes).toMatchObject([{ after: { value: "3" } }]);
  });

  test("refuse settings that need a restart, and brokers that are not there", async () => {
    const refused = rig.client.changeBrokerConfigs({
      params: { broker: "1" },
      body: { configs: { "num.partitions": "3" } },
    });
    await expect(refused).rejects.toMatchObject(
      problemOf("invalid-config", { errors: [{ field: "configs.num.partitions" }] }),
    );
    const missing = rig.client.getBrokerConfigs({ params: { broker: "9" } });
    await expect(missing).rejects.toMatchObject({ status: 404 });
  });

  test("H6: settings of brokers are guarded by their etag", async () => {
    const params = { broker: "default" };
    const { etag } = await rig.client.getBrokerConfigs({ params });
    const change = (value: string) =>
      rig.client.changeBrokerConfigs(
        { params, body: { configs: { "log.retention.ms": value } } },
        { ifMatch: etag },
      );
    expect((await change("1")).etag).not.toBe(etag);
    await expect(change("2")).rejects.toMatchObject({ status: 412 });
  });
});
