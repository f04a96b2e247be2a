import { silentLogger } from "@runnel/kit/world.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_OVERRIDES } from "#config/effective.ts";
import { ManualTime } from "#io/memory/manual-time.ts";
import { EMPTY_IMAGE, type ImageChange, type MetadataImage } from "./image.ts";
import { rebuildImage } from "./image-builder.ts";
import { ImageFollower } from "./image-follower.ts";
import {
  brokerConfigsKey,
  brokerKey,
  CLUSTER_KEY,
  CONTROLLER_KEY,
  encodeConfigs,
  FEATURES_KEY,
  partitionKey,
  partitionsPrefix,
  topicConfigsKey,
  topicKey,
} from "./keys.ts";
import { createMemoryStore } from "./memory-store.ts";
import type { MetadataStore, Operation } from "./store.ts";
import { wrapStore } from "./testing.ts";
import { TopicConfigs } from "./topic-configs.ts";

const put = (key: string, value: unknown): Operation => ({
  kind: "put",
  key,
  value: JSON.stringify(value),
});
const topic = (name: string, id: string, assignments: number[][] = [[1]]): Operation =>
  put(topicKey(name), { id, assignments });
const configs = (key: string, values: Record<string, string>): Operation => ({
  kind: "put",
  key,
  value: encodeConfigs(new Map(Object.entries(values))),
});
const state = (leaderEpoch: number, leader = 1) => ({
  leader,
  leaderEpoch,
  replicas: [1],
  isr: [1],
  elr: [],
  lastKnownElr: [],
  partitionEpoch: leaderEpoch,
});

async function follow(historyMax = 1_000) {
  const time = new ManualTime();
  const store = createMemoryStore({ clock: time, scheduler: time, historyMax });
  const follower = await ImageFollower.start(store, { scheduler: time, logger: silentLogger });
  const changes: { previous: MetadataImage; next: MetadataImage; change: ImageChange }[] = [];
  follower.subscribe((previous, next, change) => changes.push({ previous, next, change }));
  const commit = async (...success: Operation[]) => {
    const { revision } = await store.transact({ success });
    await follower.waitFor(revision);
    return revision;
  };
  return { store, follower, changes, commit };
}

async function rebuilt(store: MetadataStore): Promise<MetadataImage> {
  const { revision, entries } = await store.range("/");
  return rebuildImage(EMPTY_IMAGE, revision, entries).image;
}

describe("ImageFollower", () => {
  it("shows a topic with partitions as they were created, by name and by id", async () => {
    const { follower, commit } = await follow();
    const revision = await commit(
      topic("a", "id-a", [
        [1, 2],
        [2, 1],
      ]),
      configs(topicConfigsKey("id-a"), { "retention.ms": "5" }),
    );
    const { image } = follower;
    expect(image).toMatchObject({ revision, partitionCount: 2 });
    expect(image.topicsByName.get("a")).toBe(image.topicsById.get("id-a"));
    expect(image.topicsByName.get("a")).toEqual({
      name: "a",
      id: "id-a",
      isInternal: false,
      configs: new Map([["retention.ms", "5"]]),
      configsRevision: revision,
      modRevision: revision,
      partitions: [
        expect.objectContaining({
          index: 0,
          leader: 1,
          leaderEpoch: 0,
          isr: [1, 2],
          modRevision: 0,
        }),
        expect.objectContaining({ index: 1, leader: 2, replicas: [2, 1], partitionEpoch: 0 }),
      ],
    });
  });

  it("changes one partition and shares everything else", async () => {
    const { follower, changes, commit } = await follow();
    await commit(topic("a", "id-a", [[1], [1]]), topic("b", "id-b"));
    const before = follower.image;
    const revision = await commit(put(partitionKey("id-a", 1), state(3)));
    const after = follower.image;
    const [old, now] = [before.topicsById.get("id-a"), after.topicsById.get("id-a")];
    expect(now?.partitions[1]).toEqual({ index: 1, ...state(3), modRevision: revision });
    expect(now?.partitions[0]).toBe(old?.partitions[0]);
    expect(now?.configs).toBe(old?.configs);
    expect(after.topicsById.get("id-b")).toBe(before.topicsById.get("id-b"));
    expect(before.topicsById.get("id-a")?.partitions[1]?.leaderEpoch).toBe(0);
    expect(changes.at(-1)).toMatchObject({ previous: before, next: after });
    expect(changes.at(-1)?.change.topicIds).toEqual(new Set(["id-a"]));
  });

  it("keeps partition states when a topic grows", async () => {
    const { follower, commit } = await follow();
    await commit(topic("a", "id-a"));
    await commit(put(partitionKey("id-a", 0), state(3)));
    const first = follower.image.topicsById.get("id-a")?.partitions[0];
    await commit(topic("a", "id-a", [[1], [1], [1]]));
    const grown = follower.image.topicsById.get("id-a")?.partitions;
    expect(grown).toHaveLength(3);
    expect(grown?.[0]).toBe(first);
    expect(follower.image.partitionCount).toBe(3);
  });

  it("forgets a deleted topic with all that is its own; a new one of the name shares nothing", async () => {
    const { follower, changes, commit } = await follow();
    await commit(topic("a", "id-a"), configs(topicConfigsKey("id-a"), { "flush.ms": "5" }));
    await commit(put(partitionKey("id-a", 0), state(7)));
    await commit(
      { kind: "delete", key: topicKey("a") },
      { kind: "delete", key: topicConfigsKey("id-a") },
      { kind: "deletePrefix", prefix: partitionsPrefix("id-a") },
    );
    expect(follower.image).toMatchObject({ partitionCount: 0 });
    expect(follower.image.topicsByName.size + follower.image.topicsById.size).toBe(0);
    expect(changes.at(-1)?.change.topicIds).toEqual(new Set(["id-a"]));
    await commit(put(partitionKey("id-a", 0), state(9)));
    await commit(topic("a", "id-2"));
    const again = follower.image.topicsByName.get("a");
    expect(again).toMatchObject({ id: "id-2", configs: NO_OVERRIDES });
    expect(again?.partitions[0]?.leaderEpoch).toBe(0);
  });

  it("keeps names that objects would trip over", async () => {
    const { follower, commit } = await follow();
    const names = ["__proto__", "constructor", "toString", "__consumer_offsets"];
    await commit(...names.map((name, i) => topic(name, `id-${i}`)));
    expect([...follower.image.topicsByName.keys()].toSorted()).toEqual(names.toSorted());
    const internal = [...follower.image.topicsByName.values()].filter((one) => one.isInternal);
    expect(internal.map((one) => one.name)).toEqual(["__consumer_offsets"]);
  });

  it("shows brokers, controller, cluster, features and settings of brokers", async () => {
    const { follower, changes, commit } = await follow();
    const revision = await commit(
      put(CLUSTER_KEY, { clusterId: "c" }),
      put(CONTROLLER_KEY, { brokerId: 2 }),
      put(brokerKey(2), { rack: "r", endpoints: [] }),
      put(FEATURES_KEY, { epoch: 4, levels: [["group.version", 1]] }),
      configs(brokerConfigsKey(2), { "log.retention.ms": "1" }),
      configs(brokerConfigsKey("default"), { "log.retention.ms": "2" }),
    );
    expect(follower.image).toMatchObject({
      clusterId: "c",
      controllerId: 2,
      brokers: new Map([[2, { id: 2, epoch: revision, rack: "r", endpoints: [] }]]),
      brokerConfigs: new Map([[2, new Map([["log.retention.ms", "1"]])]]),
      defaultBrokerConfigs: new Map([["log.retention.ms", "2"]]),
      finalizedFeatures: new Map([["group.version", 1]]),
      finalizedFeaturesEpoch: 4,
    });
    expect(changes.at(-1)?.change).toMatchObject({
      areBrokersChanged: true,
      areBrokerConfigsChanged: true,
    });
    await commit({ kind: "delete", key: CONTROLLER_KEY }, { kind: "delete", key: brokerKey(2) });
    expect(follower.image).toMatchObject({ controllerId: -1, brokers: new Map() });
  });

  it("passes over keys of a later Runnel", async () => {
    const { follower, commit } = await follow();
    const revision = await commit(put("/acls/1", {}), topic("a", "id-a"));
    expect(follower.image.revision).toBe(revision);
    expect(follower.image.topicsByName.size).toBe(1);
  });

  it("reads everything again when its watch was compacted away, sharing what is as it was", async () => {
    const time = new ManualTime();
    const inner = createMemoryStore({ clock: time, scheduler: time });
    let cut = (): void => {};
    let compact = (): void => {};
    const store: MetadataStore = {
      ...wrapStore(inner, {}),
      watch(options) {
        const watch = inner.watch(options);
        cut = () => watch.close();
        compact = () => options.onEnd("compacted");
        return watch;
      },
    };
    await inner.transact({
      success: [topic("same", "id-1"), topic("gone", "id-2"), topic("more", "id-3")],
    });
    const follower = await ImageFollower.start(store, { scheduler: time, logger: silentLogger });
    const same = follower.image.topicsByName.get("same");
    const told: ImageChange[] = [];
    follower.subscribe((_previous, _next, change) => told.push(change));
    cut();
    const { revision } = await inner.transact({
      success: [{ kind: "delete", key: topicKey("gone") }, topic("more", "id-3", [[1], [1]])],
    });
    compact();
    await follower.waitFor(revision);
    expect(follower.image.topicsByName.get("same")).toBe(same);
    expect([...follower.image.topicsByName.keys()]).toEqual(["more", "same"]);
    expect(told.map((change) => change.topicIds)).toEqual([new Set(["id-3", "id-2"])]);
    const next = await inner.transact({ success: [topic("new", "id-4")] });
    await follower.waitFor(next.revision);
    expect(follower.image).toEqual({
      ...(await rebuilt(inner)),
      topicsByName: expect.any(Map),
      topicsById: expect.any(Map),
    });
  });

  it("passes over the state of a partition that the topic does not have", async () => {
    const { follower, commit } = await follow();
    await commit(topic("a", "id-a"));
    await commit(put(partitionKey("id-a", 1), state(3)));
    expect(follower.image.topicsByName.get("a")?.partitions).toHaveLength(1);
  });

  it("turns away whoever waits when the store closes", async () => {
    const { store, follower } = await follow();
    const waiting = follower.waitFor(99);
    await store.close();
    await expect(waiting).rejects.toMatchObject({ code: "RUNNEL_METADATA_UNAVAILABLE" });
    await expect(follower.waitFor(99)).rejects.toMatchObject({
      code: "RUNNEL_METADATA_UNAVAILABLE",
    });
    await expect(follower.waitFor(0)).resolves.toBeUndefined();
  });
});

describe("image, change by change", () => {
  const name = fc.constantFrom("a", "b", "c");
  const operation = fc.oneof(
    fc.record({
      kind: fc.constant("create" as const),
      name,
      count: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({ kind: fc.constant("delete" as const), name }),
    fc.record({ kind: fc.constant("state" as const), name, index: fc.nat(3), epoch: fc.nat(9) }),
    fc.record({ kind: fc.constant("configs" as const), name, value: fc.nat(9) }),
    fc.record({ kind: fc.constant("broker" as const), id: fc.nat(2), isGone: fc.boolean() }),
  );

  it("equals the image that is built from everything at once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
        const { store, follower, commit } = await follow();
        let nextId = 0;
        for (const one of operations) {
          const known = "name" in one ? follower.image.topicsByName.get(one.name) : undefined;
          if (one.kind === "create") {
            const id = known?.id ?? `id-${nextId++}`;
            const count = Math.max(one.count, known?.partitions.length ?? 0);
            await commit(
              topic(
                one.name,
                id,
                Array.from({ length: count }, () => [1]),
              ),
            );
          } else if (one.kind === "broker") {
            const key = brokerKey(one.id);
            await commit(
              one.isGone ? { kind: "delete", key } : put(key, { rack: null, endpoints: [] }),
            );
          } else if (known === undefined) continue;
          else if (one.kind === "delete") {
            await commit(
              { kind: "delete", key: topicKey(one.name) },
              { kind: "delete", key: topicConfigsKey(known.id) },
              { kind: "deletePrefix", prefix: partitionsPrefix(known.id) },
            );
          } else if (one.kind === "state") {
            // Nobody writes the state of a partition before the topic has it.
            if (known.partitions[one.index] === undefined) continue;
            await commit(put(partitionKey(known.id, one.index), state(one.epoch)));
          } else
            await commit(configs(topicConfigsKey(known.id), { "flush.ms": String(one.value) }));
        }
        const { image } = follower;
        expect(image).toEqual(await rebuilt(store));
        const partitions = [...image.topicsById.values()].reduce(
          (n, t) => n + t.partitions.length,
          0,
        );
        expect(image.partitionCount).toBe(partitions);
      }),
      { numRuns: 60 },
    );
  });
});

describe("TopicConfigs", () => {
  it("parses once, until something below changes", async () => {
    const { follower, commit } = await follow();
    await commit(topic("a", "id-a"), topic("b", "id-b"));
    const topicConfigs = new TopicConfigs(follower, 1, new Map([["log.segment.bytes", "2000000"]]));
    const of = (id: string) => {
      const found = follower.image.topicsById.get(id);
      return found === undefined ? null : topicConfigs.of(found);
    };
    expect(of("id-a")).toBe(of("id-b"));
    expect(of("id-a")).toMatchObject({ segmentBytes: 2_000_000, retentionMs: 604_800_000 });
    await commit(configs(topicConfigsKey("id-a"), { "retention.ms": "5" }));
    expect(of("id-a")).toMatchObject({ segmentBytes: 2_000_000, retentionMs: 5 });
    await commit(configs(brokerConfigsKey("default"), { "log.segment.bytes": "3000000" }));
    expect(of("id-b")?.segmentBytes).toBe(3_000_000);
    await commit(configs(brokerConfigsKey(1), { "log.segment.bytes": "4000000" }));
    expect(of("id-b")?.segmentBytes).toBe(4_000_000);
    await commit(configs(brokerConfigsKey(2), { "log.segment.bytes": "5000000" }));
    expect(of("id-b")?.segmentBytes).toBe(4_000_000);
  });
});
