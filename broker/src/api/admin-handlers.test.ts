import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import { silentLogger } from "@runnel/kit/world.ts";
import type { Api, RequestInputOf, ResponseDecodedOf } from "@runnel/protocol/api.ts";
import { errorName } from "@runnel/protocol/errors.ts";
import { MetadataApi } from "@runnel/protocol/messages/03-metadata.ts";
import { describe, expect, it } from "vitest";
import type { Actor } from "#audit/actor.ts";
import { changesOver } from "#audit/testing.ts";
import { ANONYMOUS, type Authorizer, allowAll } from "#auth/authorizer.ts";
import { parseListeners } from "#config/address.ts";
import { AutoTopics } from "#controller/auto-topics.ts";
import { newTopic, type TestClusterOptions, testCluster } from "#controller/testing.ts";
import { brokerDirectory } from "#metadata/endpoints.ts";
import { brokerKey } from "#metadata/keys.ts";
import { LogLimiter } from "#metrics/log-limiter.ts";
import { metadata } from "./03-metadata.ts";
import { createTopics } from "./19-create-topics.ts";
import { deleteTopics } from "./20-delete-topics.ts";
import { describeConfigs } from "./32-describe-configs.ts";
import { alterConfigs } from "./33-alter-configs.ts";
import { createPartitions } from "./37-create-partitions.ts";
import { incrementalAlterConfigs } from "./44-incremental-alter-configs.ts";
import { describeQuorum } from "./55-describe-quorum.ts";
import { describeCluster } from "./60-describe-cluster.ts";
import { listConfigResources } from "./74-list-config-resources.ts";
import { describeTopicPartitions } from "./75-describe-topic-partitions.ts";
import type { AdminServices } from "./admin-services.ts";
import type { Handler, RequestContext } from "./handler.ts";

const NOT_ASKED = -2_147_483_648;

interface Options extends TestClusterOptions {
  readonly authorizer?: Authorizer;
  readonly advertised?: string;
  readonly isAutoCreating?: boolean;
  readonly isTopicDeletionEnabled?: boolean;
}

/** Broker 1 in memory; `call` sends a request through the codecs of a version, both ways. */
async function broker(options: Options = {}) {
  const cluster = await testCluster(options);
  const { controller, view, time } = cluster;
  const changes = changesOver(controller);
  const services: AdminServices = {
    authorizer: options.authorizer ?? allowAll,
    view,
    brokers: brokerDirectory({
      view,
      nodeId: 1,
      advertised: options.advertised === undefined ? null : parseListeners(options.advertised),
    }),
    controller,
    changes,
    autoTopics:
      options.isAutoCreating === false
        ? null
        : new AutoTopics<Actor>(
            (topics, actor) => changes.createOnRequest(actor, topics),
            new LogLimiter(silentLogger, time),
          ),
    clock: time,
    isTopicDeletionEnabled: options.isTopicDeletionEnabled ?? true,
  };
  async function call<A extends Api>(
    handler: Handler<A, AdminServices>,
    apiVersion: number,
    request: RequestInputOf<A>,
  ): Promise<ResponseDecodedOf<A>> {
    const { api } = handler;
    const sent = new ByteWriter();
    api.request.write(sent, apiVersion, request as never);
    const decoded = api.request.decode(sent.finish(), apiVersion);
    const context: RequestContext = { ...CONTEXT, apiVersion };
    const response = await handler.handle(decoded as never, services, context);
    const answered = new ByteWriter();
    api.response.write(answered, apiVersion, response as never);
    return api.response.decode(answered.finish(), apiVersion) as ResponseDecodedOf<A>;
  }
  const create = (...names: string[]) =>
    controller.createTopics(
      names.map((name) => newTopic(name)),
      { isValidateOnly: false },
    );
  return { ...cluster, call, create };
}

const CONTEXT: RequestContext = {
  apiVersion: 0,
  clientId: "test",
  clientHost: "/127.0.0.1",
  principal: ANONYMOUS,
  connectionId: 1,
  connection: { isGone: false },
  listenerName: "PLAINTEXT",
  localAddress: "127.0.0.1",
  localPort: 4_242,
  receivedAt: 0,
};

/** Denies `operation` on `name`, or on everything; and allows the rest. */
const deny = (operation: string, name?: string): Authorizer => ({
  allows: (_principal, asked, _type, resource) =>
    asked !== operation || (name !== undefined && resource !== name),
});

const codes = (answers: readonly { readonly errorCode: number }[]) =>
  answers.map(({ errorCode }) => errorName(errorCode));

describe("every handler, in every version", () => {
  it.each<[Handler<Api, AdminServices>, (version: number) => object, object]>([
    [createTopics, () => ({ topics: [] }), { topics: [] }],
    [deleteTopics, (v: number) => (v < 6 ? { topicNames: [] } : { topics: [] }), { responses: [] }],
    [describeConfigs, () => ({ resources: [] }), { results: [] }],
    [alterConfigs, () => ({ resources: [], validateOnly: false }), { responses: [] }],
    [createPartitions, () => ({ topics: [], validateOnly: false }), { results: [] }],
    [incrementalAlterConfigs, () => ({ resources: [], validateOnly: false }), { responses: [] }],
    [describeQuorum, () => ({ topics: [] }), { topics: [], errorCode: 0 }],
    [describeTopicPartitions, () => ({ topics: [] }), { topics: [], nextCursor: null }],
    [listConfigResources, () => ({ resourceTypes: [] }), { errorCode: 0 }],
    [describeCluster, () => ({ includeClusterAuthorizedOperations: false }), { errorCode: 0 }],
    [metadata, () => ({ topics: [] }), { topics: [] }],
  ] as readonly unknown[] as [Handler<Api, AdminServices>, (version: number) => object, object][])(
    "answers a request without content ($api.name)",
    async (handler, request, expected) => {
      const { call } = await broker();
      expect(handler.versions[0]).toBeGreaterThanOrEqual(handler.api.versions[0]);
      expect(handler.versions[1]).toBeLessThanOrEqual(handler.api.versions[1]);
      for (let version = handler.versions[0]; version <= handler.versions[1]; version += 1) {
        const defaults = { timeoutMs: 0, ...request(version) };
        expect(await call(handler, version, defaults as never)).toMatchObject(expected);
      }
    },
  );
});

describe("Metadata", () => {
  const named = (...names: string[]) => names.map((name) => ({ name, topicId: ZERO_UUID }));

  it("tells the address at which the client arrived, and the cluster", async () => {
    const { call } = await broker({ racks: ["r1"] });
    const answer = await call(metadata, 13, { topics: [] });
    expect(answer).toMatchObject({
      brokers: [{ nodeId: 1, host: "127.0.0.1", port: 4_242, rack: "r1" }],
      clusterId: "cluster",
      controllerId: 1,
      errorCode: 0,
      topics: [],
    });
  });

  it("tells the advertised address where one is set, and that of other brokers by listener", async () => {
    const { call, store, view } = await broker({ advertised: "PLAINTEXT://kafka.example:1" });
    const endpoints = [{ listenerName: "PLAINTEXT", host: "two", port: 2 }];
    const { revision } = await store.transact({
      success: [
        { kind: "put", key: brokerKey(2), value: JSON.stringify({ rack: null, endpoints }) },
        { kind: "put", key: brokerKey(3), value: JSON.stringify({ rack: null, endpoints: [] }) },
      ],
    });
    await view.waitFor(revision);
    const { brokers } = await call(metadata, 1, { topics: [] });
    expect(brokers.map(({ nodeId, host, port }) => [nodeId, host, port])).toEqual([
      [1, "kafka.example", 1],
      [2, "two", 2],
    ]);
  });

  it("lists all topics for null, and for an empty list in v0; none for one from v1 on", async () => {
    const { call, create } = await broker();
    await create("a", "b");
    const count = async (version: number, topics: null | []) =>
      (await call(metadata, version, { topics })).topics.length;
    expect(await count(0, [])).toBe(2);
    expect(await count(1, [])).toBe(0);
    expect(await count(1, null)).toBe(2);
    expect(await count(12, null)).toBe(2);
    expect(await count(12, [])).toBe(0);
  });

  it("shows partitions with leader, epoch, replicas; and dead brokers as what they are", async () => {
    const { call, controller, store, view } = await broker({ brokers: 2 });
    await controller.createTopics([newTopic("a", { partitionCount: 2 })], {
      isValidateOnly: false,
    });
    const before = await call(metadata, 7, { topics: named("a") });
    expect(before.topics[0]?.partitions).toHaveLength(2);
    expect(before.topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, leaderEpoch: 0 });
    const { revision } = await store.transact({ success: [{ kind: "delete", key: brokerKey(2) }] });
    await view.waitFor(revision);
    const { topics } = await call(metadata, 7, { topics: named("a") });
    const partitions = topics[0]?.partitions ?? [];
    expect(new Set(codes(partitions))).toEqual(new Set(["NONE", "LEADER_NOT_AVAILABLE"]));
    const leaders = new Set(partitions.map(({ leaderId }) => leaderId));
    expect(leaders).toEqual(new Set([-1, 1]));
    expect(partitions.every(({ offlineReplicas }) => offlineReplicas.includes(2))).toBe(true);
  });

  it("finds topics by id; an unknown id has no name", async () => {
    const { call, create, topic } = await broker();
    await create("a");
    const unknown = "01234567-89ab-4def-8123-456789abcdef";
    const { topics } = await call(metadata, 12, {
      topics: [
        { topicId: topic("a").id, name: null },
        { topicId: unknown, name: null },
        { topicId: ZERO_UUID, name: null },
      ],
    });
    expect(topics.map(({ name, topicId }) => [name, topicId])).toEqual([
      ["a", topic("a").id],
      [null, unknown],
      [null, ZERO_UUID],
    ]);
    expect(codes(topics)).toEqual(["NONE", "UNKNOWN_TOPIC_ID", "INVALID_REQUEST"]);
  });

  it("creates what is missing, and answers UNKNOWN_TOPIC_OR_PARTITION until it is there", async () => {
    const { call, time } = await broker();
    const request = { topics: named("new", "new", "bad name", "__consumer_offsets") };
    const { topics } = await call(metadata, 3, request);
    expect(codes(topics)).toEqual([
      "UNKNOWN_TOPIC_OR_PARTITION",
      "INVALID_TOPIC_EXCEPTION",
      "INVALID_TOPIC_EXCEPTION",
    ]);
    await time.settle();
    const never = { topics: named("bad name", ".."), allowAutoTopicCreation: false };
    const refused = await call(metadata, 4, never);
    expect(codes(refused.topics)).toEqual(["INVALID_TOPIC_EXCEPTION", "INVALID_TOPIC_EXCEPTION"]);
    const again = await call(metadata, 3, { topics: named("new") });
    expect(again.topics).toMatchObject([{ errorCode: 0, name: "new", partitions: [{}] }]);
  });

  it.each<[string, Options, boolean, string]>([
    ["the client forbids it", {}, false, "UNKNOWN_TOPIC_OR_PARTITION"],
    ["the broker forbids it", { isAutoCreating: false }, true, "UNKNOWN_TOPIC_OR_PARTITION"],
    ["the principal may not", { authorizer: deny("create") }, true, "TOPIC_AUTHORIZATION_FAILED"],
  ])("creates nothing when %s", async (_, options, allowAutoTopicCreation, code) => {
    const { call, time, view } = await broker(options);
    const request = { topics: named("new"), allowAutoTopicCreation };
    expect(codes((await call(metadata, 4, request)).topics)).toEqual([code]);
    await time.settle();
    expect(view.image.topicsByName.size).toBe(0);
  });

  it("hides what may not be described: left out of all, refused by name, unknown by id", async () => {
    const { call, create, topic } = await broker({ authorizer: deny("describe", "secret") });
    await create("a", "secret");
    const all = await call(metadata, 12, { topics: null });
    expect(all.topics.map(({ name }) => name)).toEqual(["a"]);
    const { topics } = await call(metadata, 12, {
      topics: [...named("secret"), { topicId: topic("secret").id, name: null }],
    });
    expect(codes(topics)).toEqual(["TOPIC_AUTHORIZATION_FAILED", "UNKNOWN_TOPIC_ID"]);
    expect(topics.map(({ name, topicId }) => [name, topicId])).toEqual([
      ["secret", ZERO_UUID],
      [null, topic("secret").id],
    ]);
  });

  it("tells what one may do only where it is asked", async () => {
    const { call, create } = await broker({ authorizer: deny("delete") });
    await create("a");
    const plain = await call(metadata, 8, { topics: null });
    expect(plain.topics[0]?.topicAuthorizedOperations).toBe(NOT_ASKED);
    expect(plain.clusterAuthorizedOperations).toBe(NOT_ASKED);
    const asked = await call(metadata, 8, {
      topics: null,
      includeTopicAuthorizedOperations: true,
      includeClusterAuthorizedOperations: true,
    });
    // Bits 3 read, 4 write, 5 create, 7 alter, 8 describe, 10 and 11 configs; 6, delete, is denied.
    expect(asked.topics[0]?.topicAuthorizedOperations).toBe(0b1101_1011_1000);
    expect(asked.clusterAuthorizedOperations).toBe(0b1_1111_1010_0000);
  });

  it("names 20,000 topics that do not exist without harm", async () => {
    const { call } = await broker({ isAutoCreating: false });
    const names = Array.from({ length: 20_000 }, (_, i) => `t${i}`);
    const { topics } = await call(metadata, 12, { topics: named(...names) });
    expect(topics).toHaveLength(20_000);
  });

  it("decodes what it encodes, to the last version", () => {
    expect(metadata.versions).toEqual(MetadataApi.versions);
  });
});

describe("CreateTopics", () => {
  const request = (name: string, changes = {}) => ({
    name,
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [],
    configs: [],
    ...changes,
  });

  it.each([2, 4, 5, 7])("creates a topic and tells what it became (v%i)", async (version) => {
    const { call, topic } = await broker();
    const configs = [{ name: "retention.ms", value: "5" }];
    const topics = [request("a", { numPartitions: 2, replicationFactor: 1, configs })];
    const answer = await call(createTopics, version, { topics });
    expect(answer.topics).toMatchObject([{ name: "a", errorCode: 0, errorMessage: null }]);
    const told = answer.topics[0];
    expect(told?.topicId).toBe(version >= 7 ? topic("a").id : ZERO_UUID);
    expect(told?.numPartitions).toBe(version >= 5 ? 2 : -1);
    const shown = told?.configs?.find(({ name }) => name === "retention.ms");
    const expected = { value: "5", configSource: 1, readOnly: false, isSensitive: false };
    expect(shown).toEqual(version >= 5 ? { name: "retention.ms", ...expected } : undefined);
  });

  it("answers a topic that is named twice once", async () => {
    const { call } = await broker();
    const { topics } = await call(createTopics, 7, { topics: [request("a"), request("a")] });
    expect(codes(topics)).toEqual(["INVALID_REQUEST"]);
  });

  it("asks who may create, and who may see the settings", async () => {
    const cannot: Authorizer = {
      allows: (_principal, operation, _type, name) =>
        (operation !== "create" || name === "mine") && operation !== "describeConfigs",
    };
    const { call, view } = await broker({ authorizer: cannot });
    const { topics } = await call(createTopics, 7, { topics: [request("mine"), request("yours")] });
    const find = (wanted: string) => topics.find(({ name }) => name === wanted);
    expect(find("yours")).toMatchObject({ errorCode: 29, topicId: ZERO_UUID });
    expect(find("mine")).toMatchObject({ errorCode: 0, configs: null, topicConfigErrorCode: 29 });
    expect([...view.image.topicsByName.keys()]).toEqual(["mine"]);
  });

  it("only checks when asked", async () => {
    const { call, view } = await broker();
    const topics = [request("a"), request("b", { replicationFactor: 2 })];
    const answer = await call(createTopics, 7, { topics, validateOnly: true });
    expect(codes(answer.topics)).toEqual(["NONE", "INVALID_REPLICATION_FACTOR"]);
    expect(view.image.topicsByName.size).toBe(0);
  });
});

describe("DeleteTopics", () => {
  it("deletes by name before v6, by name or id from v6 on", async () => {
    const { call, create, topic, view } = await broker();
    await create("a", "b", "c");
    const old = await call(deleteTopics, 1, { topicNames: ["a", "none"], timeoutMs: 0 });
    expect(codes(old.responses)).toEqual(["NONE", "UNKNOWN_TOPIC_OR_PARTITION"]);
    const id = topic("c").id;
    const { responses } = await call(deleteTopics, 6, {
      topics: [{ name: "b", topicId: ZERO_UUID }, { topicId: id }],
      timeoutMs: 0,
    });
    expect(responses).toMatchObject([
      { name: "b", errorCode: 0 },
      { name: "c", topicId: id, errorCode: 0 },
    ]);
    expect(view.image.topicsByName.size).toBe(0);
  });

  it("says that deletion is off", async () => {
    const { call, create } = await broker({ isTopicDeletionEnabled: false });
    await create("a");
    const ask = async (version: number) =>
      codes((await call(deleteTopics, version, { topicNames: ["a"], timeoutMs: 0 })).responses);
    expect(await ask(2)).toEqual(["INVALID_REQUEST"]);
    expect(await ask(3)).toEqual(["TOPIC_DELETION_DISABLED"]);
  });

  it("keeps the order of the request, and hides ids that may not be seen", async () => {
    const hidden: Authorizer = { allows: (_p, _o, _t, name) => name !== "secret" };
    const { call, create, topic } = await broker({ authorizer: hidden });
    await create("a", "secret");
    const { responses } = await call(deleteTopics, 6, {
      topics: [
        { name: "secret", topicId: ZERO_UUID },
        { name: "a", topicId: ZERO_UUID },
        { name: null, topicId: topic("secret").id },
      ],
      timeoutMs: 0,
    });
    expect(codes(responses)).toEqual(["TOPIC_AUTHORIZATION_FAILED", "NONE", "UNKNOWN_TOPIC_ID"]);
    expect(responses[2]?.name).toBeNull();
  });
});

describe("CreatePartitions", () => {
  it("grows what it may, in any version", async () => {
    const { call, create, topic } = await broker({ authorizer: deny("alter", "b") });
    await create("a", "b");
    const grow = (name: string) => ({ name, count: 3, assignments: null });
    const request = { topics: [grow("b"), grow("a")], timeoutMs: 0, validateOnly: false };
    const { results } = await call(createPartitions, 3, request);
    const byName = new Map(results.map(({ name, errorCode }) => [name, errorName(errorCode)]));
    expect(byName).toEqual(
      new Map([
        ["a", "NONE"],
        ["b", "TOPIC_AUTHORIZATION_FAILED"],
      ]),
    );
    expect(topic("a").partitions).toHaveLength(3);
    expect(topic("b").partitions).toHaveLength(1);
  });
});

describe("DescribeConfigs, AlterConfigs and IncrementalAlterConfigs", () => {
  const resource = (resourceType: number, resourceName: string) => ({ resourceType, resourceName });

  it("shows every setting; synonyms, types and documentation where they are asked for", async () => {
    const { call, create } = await broker();
    await create("a");
    const resources = [{ ...resource(2, "a"), configurationKeys: null }];
    const plain = await call(describeConfigs, 1, { resources });
    expect(plain.results[0]?.configs.length).toBeGreaterThan(30);
    expect(plain.results[0]?.configs[0]).toMatchObject({ synonyms: [], isSensitive: false });
    const none = { resources: [{ ...resource(2, "a"), configurationKeys: [] }] };
    expect(await call(describeConfigs, 1, none)).toEqual(plain);
    const full = await call(describeConfigs, 4, {
      resources: [{ ...resource(2, "a"), configurationKeys: ["retention.ms"] }],
      includeSynonyms: true,
      includeDocumentation: true,
    });
    expect(full.results[0]?.configs).toEqual([
      {
        name: "retention.ms",
        value: "604800000",
        readOnly: false,
        configSource: 5,
        isSensitive: false,
        synonyms: [{ name: "log.retention.hours", value: "168", source: 5 }],
        configType: 5,
        documentation: expect.stringContaining("segment"),
      },
    ]);
  });

  it("changes settings one by one, and all at once", async () => {
    const { call, create, topic } = await broker();
    await create("a");
    const change = (name: string, configOperation: number, value: string | null) => ({
      name,
      configOperation,
      value,
    });
    const incremental = await call(incrementalAlterConfigs, 1, {
      resources: [
        {
          ...resource(2, "a"),
          configs: [change("flush.ms", 0, "5"), change("retention.ms", 1, null)],
        },
        { ...resource(4, "1"), configs: [change("log.retention.ms", 9, "5")] },
        { ...resource(2, "none"), configs: [] },
      ],
      validateOnly: false,
    });
    expect(codes(incremental.responses)).toEqual([
      "NONE",
      "INVALID_REQUEST",
      "UNKNOWN_TOPIC_OR_PARTITION",
    ]);
    expect(incremental.responses[1]).toMatchObject({ resourceType: 4, resourceName: "1" });
    expect(topic("a").configs).toEqual(new Map([["flush.ms", "5"]]));
    const configs = [
      { name: "segment.ms", value: "7" },
      { name: "retention.ms", value: null },
    ];
    const replaced = await call(alterConfigs, 2, {
      resources: [{ ...resource(2, "a"), configs }],
      validateOnly: false,
    });
    expect(codes(replaced.responses)).toEqual(["NONE"]);
    expect(topic("a").configs).toEqual(new Map([["segment.ms", "7"]]));
  });

  it("asks who may see and change, per type of resource", async () => {
    const nobody: Authorizer = { allows: () => false };
    const { call } = await broker({ authorizer: nobody });
    const expected = [
      "TOPIC_AUTHORIZATION_FAILED",
      "CLUSTER_AUTHORIZATION_FAILED",
      "GROUP_AUTHORIZATION_FAILED",
    ];
    const all = [resource(2, "a"), resource(4, "1"), resource(32, "g")];
    const seen = await call(describeConfigs, 4, {
      resources: all.map((one) => ({ ...one, configurationKeys: null })),
    });
    expect(codes(seen.results)).toEqual(expected);
    expect(seen.results.every(({ configs }) => configs.length === 0)).toBe(true);
    const resources = all.map((one) => ({ ...one, configs: [] }));
    const changed = await call(incrementalAlterConfigs, 1, { resources, validateOnly: false });
    expect(codes(changed.responses)).toEqual(expected);
    const replaced = await call(alterConfigs, 0, { resources, validateOnly: false });
    expect(codes(replaced.responses)).toEqual(expected);
  });
});

describe("DescribeCluster", () => {
  it("tells brokers and controller", async () => {
    const { call } = await broker();
    const request = { includeClusterAuthorizedOperations: true, endpointType: 1 };
    expect(await call(describeCluster, 2, request)).toMatchObject({
      errorCode: 0,
      errorMessage: null,
      clusterId: "cluster",
      controllerId: 1,
      brokers: [{ brokerId: 1, host: "127.0.0.1", port: 4_242, rack: null, isFenced: false }],
      clusterAuthorizedOperations: 0b1_1111_1010_0000,
    });
  });

  it("refuses to list controllers, and what is neither", async () => {
    const { call } = await broker();
    const ask = async (endpointType: number) => {
      const request = { includeClusterAuthorizedOperations: false, endpointType };
      return errorName((await call(describeCluster, 1, request)).errorCode);
    };
    expect(await ask(2)).toBe("MISMATCHED_ENDPOINT_TYPE");
    expect(await ask(3)).toBe("UNSUPPORTED_ENDPOINT_TYPE");
  });
});

describe("DescribeQuorum", () => {
  it("shows the store as a quorum of one, and nothing for other topics", async () => {
    const { call, view } = await broker();
    const { topics, nodes, errorCode } = await call(describeQuorum, 2, {
      topics: [
        {
          topicName: "__cluster_metadata",
          partitions: [{ partitionIndex: 0 }, { partitionIndex: 1 }],
        },
        { topicName: "a", partitions: [{ partitionIndex: 0 }] },
      ],
    });
    expect(errorCode).toBe(0);
    expect(topics[0]?.partitions[0]).toMatchObject({
      errorCode: 0,
      leaderId: 1,
      highWatermark: view.image.revision,
      currentVoters: [{ replicaId: 1, logEndOffset: view.image.revision }],
      observers: [],
    });
    expect(codes(topics.flatMap(({ partitions }) => partitions))).toEqual([
      "NONE",
      "UNKNOWN_TOPIC_OR_PARTITION",
      "UNKNOWN_TOPIC_OR_PARTITION",
    ]);
    const listeners = [{ name: "PLAINTEXT", host: "127.0.0.1", port: 4_242 }];
    expect(nodes).toEqual([{ nodeId: 1, listeners }]);
  });

  it("is for those who may see the cluster", async () => {
    const { call } = await broker({ authorizer: deny("describe") });
    const answer = await call(describeQuorum, 2, { topics: [] });
    expect(errorName(answer.errorCode)).toBe("CLUSTER_AUTHORIZATION_FAILED");
  });
});

describe("ListConfigResources", () => {
  it("lists brokers and topics, or what is asked for; v0 has client metrics alone", async () => {
    const { call, create } = await broker();
    await create("a");
    const ask = (version: number, resourceTypes: number[]) =>
      call(listConfigResources, version, { resourceTypes });
    expect((await ask(1, [])).configResources).toEqual([
      { resourceName: "a", resourceType: 2 },
      { resourceName: "1", resourceType: 4 },
    ]);
    expect((await ask(1, [4, 16, 4])).configResources).toHaveLength(1);
    expect(errorName((await ask(1, [2, 3])).errorCode)).toBe("UNSUPPORTED_VERSION");
    expect(await call(listConfigResources, 0, {})).toMatchObject({
      errorCode: 0,
      configResources: [],
    });
  });
});

describe("DescribeTopicPartitions", () => {
  const all = { topics: [], responsePartitionLimit: 2_000, cursor: null };

  it("pages through all topics by name, a few partitions at a time", async () => {
    const { call, controller } = await broker();
    const sized = (name: string, partitionCount: number) => newTopic(name, { partitionCount });
    await controller.createTopics([sized("b", 3), sized("c", 1), sized("a", 2)], {
      isValidateOnly: false,
    });
    const pages: string[][] = [];
    let cursor: { topicName: string; partitionIndex: number } | null = null;
    do {
      const request = { ...all, responsePartitionLimit: 2, cursor };
      const answer: ResponseDecodedOf<typeof describeTopicPartitions.api> = await call(
        describeTopicPartitions,
        0,
        request,
      );
      pages.push(
        answer.topics.flatMap(({ name, partitions }) =>
          partitions.map(({ partitionIndex }) => `${name}-${partitionIndex}`),
        ),
      );
      cursor = answer.nextCursor;
    } while (cursor !== null && pages.length < 10);
    expect(pages).toEqual([
      ["a-0", "a-1"],
      ["b-0", "b-1"],
      ["b-2", "c-0"],
    ]);
  });

  it("answers every name once, in order, with an error where it must", async () => {
    const { call, create } = await broker({ authorizer: deny("describe", "secret") });
    await create("a", "secret");
    const topics = ["secret", "none", "a", "a"].map((name) => ({ name }));
    const answer = await call(describeTopicPartitions, 0, { ...all, topics });
    expect(answer.topics.map(({ name }) => name)).toEqual(["a", "none", "secret"]);
    expect(codes(answer.topics)).toEqual([
      "NONE",
      "UNKNOWN_TOPIC_OR_PARTITION",
      "TOPIC_AUTHORIZATION_FAILED",
    ]);
    const listed = await call(describeTopicPartitions, 0, all);
    expect(listed.topics.map(({ name }) => name)).toEqual(["a"]);
    expect(listed.topics[0]?.partitions[0]).toMatchObject({
      leaderId: 1,
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
    });
  });

  it.each([
    [{ topicName: "a", partitionIndex: -1 }, ["INVALID_REQUEST"]],
    [{ topicName: "a", partitionIndex: 2_147_483_647 }, ["NONE"]],
    [{ topicName: "zzz", partitionIndex: 0 }, []],
  ])("survives the cursor %j", async (cursor, expected) => {
    const { call, create } = await broker();
    await create("a");
    const request = { ...all, responsePartitionLimit: -5, cursor };
    const answer = await call(describeTopicPartitions, 0, request);
    expect(codes(answer.topics)).toEqual(expected);
    expect(answer.nextCursor).toBeNull();
  });
});
