import { IoError } from "@runnel/kit/errors.ts";
import { silentLogger } from "@runnel/kit/world.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { describe, expect, it } from "vitest";
import { brokerKey, CONTROLLER_KEY, topicKey } from "#metadata/keys.ts";
import type { MetadataStore } from "#metadata/store.ts";
import { wrapStore } from "#metadata/testing.ts";
import { LogLimiter } from "#metrics/log-limiter.ts";
import { AutoTopics, type TopicCreator } from "./auto-topics.ts";
import { partitionsLedBy } from "./elections.ts";
import { MUTATIONS_QUEUED_MAX } from "./limits.ts";
import { Membership } from "./membership.ts";
import { ProducerIds } from "./producer-ids.ts";
import { newTopic, testCluster } from "./testing.ts";

const APPLY = { isValidateOnly: false };

describe("Controller, when the store says no", () => {
  it("plans anew when somebody else was faster, and answers by what is there then", async () => {
    let interfere: ((store: MetadataStore) => Promise<unknown>) | null = null;
    const { controller, topic } = await testCluster({
      adaptStore: (inner) =>
        wrapStore(inner, {
          async transact(transaction) {
            const act = interfere;
            interfere = null;
            if (act !== null) await act(inner);
            return await inner.transact(transaction);
          },
        }),
    });
    const rival = JSON.stringify({ id: "rival", assignments: [[1]] });
    interfere = (inner) =>
      inner.transact({ success: [{ kind: "put", key: topicKey("b"), value: rival }] });
    const results = await controller.createTopics([newTopic("a"), newTopic("b")], APPLY);
    expect(results.map(({ errorCode }) => errorName(errorCode))).toEqual([
      "NONE",
      "TOPIC_ALREADY_EXISTS",
    ]);
    expect(topic("b").id).toBe("rival");
    expect(topic("a").id).toBe(results[0]?.topicId);
  });

  it("answers NOT_CONTROLLER, and changes nothing, once another has the seat", async () => {
    const { controller, store, view } = await testCluster({ brokers: 2 });
    const value = JSON.stringify({ brokerId: 2 });
    // Both in one turn: the other was faster than anyone who saw the seat free.
    const [, { revision }] = await Promise.all([
      store.transact({ success: [{ kind: "delete", key: CONTROLLER_KEY }] }),
      store.transact({ success: [{ kind: "put", key: CONTROLLER_KEY, value }] }),
    ]);
    const [result] = await controller.createTopics([newTopic("a")], APPLY);
    expect(result?.errorCode).toBe(ErrorCode.NOT_CONTROLLER);
    expect(view.image).toMatchObject({ revision, controllerId: 2, topicsByName: new Map() });
  });

  it("answers KAFKA_STORAGE_ERROR when it cannot be written, and works again after", async () => {
    let isBroken = true;
    const { controller, view } = await testCluster({
      adaptStore: (inner) =>
        wrapStore(inner, {
          transact: (transaction) =>
            isBroken &&
            transaction.success.some((op) => op.kind === "put" && op.key === topicKey("a"))
              ? Promise.reject(new IoError("RUNNEL_METADATA_NO_SPACE", "no space"))
              : inner.transact(transaction),
        }),
    });
    const [failed] = await controller.createTopics([newTopic("a")], APPLY);
    expect(failed).toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, message: "no space" });
    expect(view.image.topicsByName.size).toBe(0);
    isBroken = false;
    const [result] = await controller.createTopics([newTopic("a")], APPLY);
    expect(result?.errorCode).toBe(ErrorCode.NONE);
  });

  it("lets no more changes wait than its cap", async () => {
    const { controller } = await testCluster();
    const results = await Promise.all(
      Array.from({ length: MUTATIONS_QUEUED_MAX + 5 }, () =>
        controller.deleteTopics([{ name: "none", topicId: "x" }]),
      ),
    );
    const codes = results.map(([result]) => errorName(result?.errorCode ?? 0));
    expect(codes.filter((code) => code === "REQUEST_TIMED_OUT")).toHaveLength(5);
  });
});

describe("Controller.reelect()", () => {
  it("raises the epoch of every partition a broker leads, and nothing else", async () => {
    const { controller, view, topic } = await testCluster({ brokers: 2 });
    const spread = newTopic("a", { partitionCount: 300, replicationFactor: 1 });
    await controller.createTopics([spread, newTopic("b")], APPLY);
    const before = topic("a").partitions;
    await controller.reelect(partitionsLedBy(view.image, 1));
    await controller.reelect(partitionsLedBy(view.image, 1));
    const raised = topic("a").partitions.filter(({ leader }) => leader === 1);
    expect(raised).toHaveLength(150);
    expect(raised.every((one) => one.leaderEpoch === 2 && one.partitionEpoch === 2)).toBe(true);
    const others = before.filter(({ leader }) => leader === 2);
    expect(others.map(({ index }) => topic("a").partitions[index])).toEqual(others);
  });

  it("passes over topics that are gone", async () => {
    const { controller, view } = await testCluster();
    const { revision } = view.image;
    await controller.reelect([{ topicId: "gone", index: 0 }]);
    expect(view.image.revision).toBe(revision);
  });
});

describe("ProducerIds", () => {
  it("never gives an id twice: not to two at once, not to two brokers, not after a restart", async () => {
    const { controller } = await testCluster();
    const pool = () => new ProducerIds(() => controller.allocateProducerIds());
    const [one, two] = [pool(), pool()];
    const ids = await Promise.all(
      Array.from({ length: 2_500 }, (_, i) => (i % 2 === 0 ? one : two).next()),
    );
    ids.push(await pool().next());
    expect(new Set(ids).size).toBe(2_501);
    expect(ids.every((id) => id >= 0n)).toBe(true);
  });

  it("asks again after a failure, and keeps no failure", async () => {
    let calls = 0;
    const ids = new ProducerIds(async () => {
      calls += 1;
      if (calls === 1) throw new IoError("RUNNEL_METADATA_NO_SPACE", "no space");
      return { first: 7n, count: 1 };
    });
    await expect(Promise.all([ids.next(), ids.next()])).rejects.toThrow("no space");
    expect(await ids.next()).toBe(7n);
  });
});

describe("AutoTopics", () => {
  it("creates what is asked for, meanwhile and once, and says so to the client at once", async () => {
    const { controller, view, time } = await testCluster();
    let calls = 0;
    const create: TopicCreator<string> = (topics, by) => {
      expect(by).toBe("first");
      calls += topics.length;
      return controller.createTopics(topics, { isValidateOnly: false });
    };
    const auto = new AutoTopics(create, new LogLimiter(silentLogger, time));
    const codes = auto.begin(["a", "..", "__consumer_offsets", "a"], "first");
    auto.begin(["a"], "second");
    expect([...codes].map(([name, code]) => [name, errorName(code)])).toEqual([
      ["a", "UNKNOWN_TOPIC_OR_PARTITION"],
      ["..", "INVALID_TOPIC_EXCEPTION"],
      ["__consumer_offsets", "INVALID_TOPIC_EXCEPTION"],
    ]);
    await view.waitFor(view.image.revision + 1);
    expect([...view.image.topicsByName.keys()]).toEqual(["a"]);
    expect(calls).toBe(1);
  });
});

describe("Membership", () => {
  const join = (
    test: Awaited<ReturnType<typeof testCluster>>,
    nodeId: number,
    clusterId = "cluster",
  ) =>
    Membership.join({
      store: test.store,
      view: test.view,
      scheduler: test.time,
      logger: silentLogger,
      clusterId,
      nodeId,
      broker: { rack: null, endpoints: [] },
    });

  it("shows the broker and its seat as controller", async () => {
    const { view, membership } = await testCluster();
    expect(view.image).toMatchObject({ clusterId: "cluster", controllerId: 1 });
    expect(view.image.brokers.get(1)?.epoch).toBe(membership.brokerEpoch);
    expect(membership.epoch).toBeGreaterThan(0);
    expect(view.image.finalizedFeatures.get("metadata.version")).toBe(30);
  });

  it("stays as long as it is renewed, and returns with a higher epoch when it was not", async () => {
    const { view, membership, time, store } = await testCluster();
    const first = membership.brokerEpoch;
    for (let i = 0; i < 20; i += 1) await time.advanceAsync(3_000);
    expect(membership.brokerEpoch).toBe(first);
    const entry = await store.get(brokerKey(1));
    await store.revokeLease(entry?.leaseId ?? 0);
    await time.advanceAsync(0);
    expect(view.image.controllerId).toBe(-1);
    expect(membership.epoch).toBeNull();
    await time.advanceAsync(3_000);
    expect(membership.brokerEpoch).toBeGreaterThan(first);
    expect(view.image).toMatchObject({ controllerId: 1 });
    expect(membership.epoch).toBeGreaterThan(first);
  });

  it("leaves at once, and another takes the seat", async () => {
    const test = await testCluster();
    const second = await join(test, 2);
    expect(second.epoch).toBeNull();
    await test.membership.leave();
    await test.membership.leave();
    await test.time.advanceAsync(0);
    expect([...test.view.image.brokers.keys()]).toEqual([2]);
    expect(test.view.image.controllerId).toBe(2);
    expect(second.epoch).not.toBeNull();
    expect(test.membership.epoch).toBeNull();
  });

  it("refuses a second broker of the same id, and the store of another cluster", async () => {
    const test = await testCluster();
    await expect(join(test, 1)).rejects.toThrow(
      "a broker with node.id 1 is in the cluster already",
    );
    await expect(join(test, 2, "other")).rejects.toThrow(
      "the metadata is of cluster cluster, the data folder of other",
    );
  });
});
