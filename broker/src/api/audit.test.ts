import type { AuditOperation } from "@runnel/contracts/audit.ts";
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import { silentLogger } from "@runnel/kit/world.ts";
import type { Api } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { describe, expect, test } from "vitest";
import type { Actor } from "#audit/actor.ts";
import { Changes } from "#audit/changes.ts";
import { GroupChanges } from "#audit/group-changes.ts";
import { RecordingAudit } from "#audit/testing.ts";
import { ANONYMOUS, type Authorizer, allowAll } from "#auth/authorizer.ts";
import { AutoTopics } from "#controller/auto-topics.ts";
import { newTopic, testCluster } from "#controller/testing.ts";
import { topicIdOf } from "#coordinator/testing/scenario.ts";
import { CoordinatorWorld } from "#coordinator/testing/world.ts";
import { LogLimiter } from "#metrics/log-limiter.ts";
import type { Partition } from "#replica/partition.ts";
import type { RequestContext } from "./handler.ts";
import { handlers, type Services } from "./handlers.ts";

/** How a mutating API is asked for one change of one resource. */
interface Example {
  readonly operation: AuditOperation;
  readonly request: object;
  /** The same, to be checked alone; null where the API cannot. */
  readonly dryRun: object | null;
  /** Whether a refusal for want of a permission is told, too. */
  readonly isRefusalTold: boolean;
}

const told = { isRefusalTold: true, dryRun: null } as const;
const newTopics = [
  { name: "new", numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
];
const settings = [{ name: "retention.ms", configOperation: 0, value: "1000" }];
const resources = [{ resourceType: 2, resourceName: "t", configs: settings }];
const grown = [{ name: "t", count: 5, assignments: null }];

/**
 * Every API that is served: what it reads or writes of events is nobody's entry, what it changes is one.
 * An API that is not in the table fails the test: decide, before it is served, whether it changes
 * something.
 */
const APIS: Readonly<Record<string, "reads" | "events" | "membership" | Example>> = {
  Produce: "events",
  Fetch: "reads",
  ListOffsets: "reads",
  Metadata: {
    ...told,
    operation: "topic.create",
    request: {
      topics: [{ name: "missing", topicId: ZERO_UUID }],
      allowAutoTopicCreation: true,
      includeTopicAuthorizedOperations: false,
    },
    // Clients ask again and again for what they may not have.
    isRefusalTold: false,
  },
  OffsetCommit: {
    ...told,
    operation: "group.offsets.change",
    request: {
      groupId: "g",
      generationIdOrMemberEpoch: -1,
      memberId: "",
      groupInstanceId: null,
      topics: [
        {
          name: "t",
          topicId: topicIdOf("t"),
          partitions: [
            {
              partitionIndex: 0,
              committedOffset: 3,
              committedLeaderEpoch: -1,
              committedMetadata: null,
            },
          ],
        },
      ],
    },
  },
  OffsetFetch: "reads",
  FindCoordinator: "reads",
  JoinGroup: "membership",
  Heartbeat: "membership",
  LeaveGroup: {
    ...told,
    operation: "group.members.remove",
    request: { groupId: "g", members: [{ memberId: "", groupInstanceId: "i", reason: null }] },
  },
  SyncGroup: "membership",
  DescribeGroups: "reads",
  ListGroups: "reads",
  ConsumerGroupHeartbeat: "membership",
  ConsumerGroupDescribe: "reads",
  ApiVersions: "reads",
  CreateTopics: {
    ...told,
    operation: "topic.create",
    request: { topics: newTopics, timeoutMs: 0, validateOnly: false },
    dryRun: { topics: newTopics, timeoutMs: 0, validateOnly: true },
  },
  DeleteTopics: {
    ...told,
    operation: "topic.delete",
    request: {
      topics: [{ name: "t", topicId: ZERO_UUID }],
      timeoutMs: 0,
    },
  },
  DeleteRecords: {
    ...told,
    operation: "records.delete",
    request: {
      topics: [
        {
          name: "t",
          partitions: [
            { partitionIndex: 0, offset: 5 },
            { partitionIndex: 1, offset: -1 },
          ],
        },
      ],
      timeoutMs: 0,
    },
  },
  InitProducerId: "events",
  AddPartitionsToTxn: "events",
  AddOffsetsToTxn: "events",
  EndTxn: "events",
  TxnOffsetCommit: "membership",
  DescribeTransactions: "reads",
  ListTransactions: "reads",
  OffsetForLeaderEpoch: "reads",
  WriteTxnMarkers: {
    ...told,
    operation: "transaction.end",
    request: {
      markers: [
        {
          producerId: 9n,
          producerEpoch: 1,
          transactionResult: false,
          topics: [{ name: "t", partitionIndexes: [1] }],
          coordinatorEpoch: 2,
          transactionVersion: 2,
        },
      ],
    },
  },
  DescribeConfigs: "reads",
  AlterConfigs: {
    ...told,
    operation: "config.change",
    request: { resources, validateOnly: false },
    dryRun: { resources, validateOnly: true },
  },
  DescribeLogDirs: "reads",
  CreatePartitions: {
    ...told,
    operation: "topic.grow",
    request: { topics: grown, timeoutMs: 0, validateOnly: false },
    dryRun: { topics: grown, timeoutMs: 0, validateOnly: true },
  },
  DeleteGroups: {
    ...told,
    operation: "group.delete",
    request: { groupsNames: ["g"] },
  },
  IncrementalAlterConfigs: {
    ...told,
    operation: "config.change",
    request: { resources, validateOnly: false },
    dryRun: { resources, validateOnly: true },
  },
  OffsetDelete: {
    ...told,
    operation: "group.offsets.delete",
    request: { groupId: "g", topics: [{ name: "t", partitions: [{ partitionIndex: 0 }] }] },
  },
  DescribeQuorum: "reads",
  DescribeCluster: "reads",
  DescribeProducers: "reads",
  ListConfigResources: "reads",
  DescribeTopicPartitions: "reads",
};

const EXAMPLES = Object.entries(APIS).flatMap(([name, one]) =>
  typeof one === "object" ? [[name, one] as const] : [],
);

/** A broker with the topic `t` and the group `g`, and what it tells of changes. */
async function broker(authorizer: Authorizer = allowAll) {
  const { controller, view, time } = await testCluster();
  await controller.createTopics([newTopic("t", { partitionCount: 2 })], { isValidateOnly: false });
  const coordinator = new CoordinatorWorld();
  await coordinator.start();
  const committing = coordinator.commit("g", 7);
  await coordinator.time.settle();
  await committing;
  const audit = new RecordingAudit();
  const partition = { log: { logStartOffset: 2 } } as Partition;
  const replicas = { image: view.image, find: () => ({ kind: "open", partition }) as const };
  const deleteRecords = (_partition: Partition, offset: number) =>
    Promise.resolve({ errorCode: ErrorCode.NONE, lowWatermark: offset });
  const writeMarker = () => Promise.resolve(ErrorCode.NONE);
  const changes = new Changes({ controller, replicas, deleteRecords, writeMarker, audit });
  const { groups } = coordinator;
  const services = {
    authorizer,
    view,
    controller,
    replicas,
    changes,
    groups,
    groupChanges: new GroupChanges({ groups, audit, clock: coordinator.time }),
    topics: coordinator.topics,
    isTopicDeletionEnabled: true,
    brokers: { all: () => [] },
    autoTopics: new AutoTopics<Actor>(
      (wanted, actor) => changes.createOnRequest(actor, wanted),
      new LogLimiter(silentLogger, time),
    ),
  } as unknown as Services;
  const ask = async (name: string, request: object): Promise<void> => {
    const handler = handlers.find(({ api }) => api.name === name);
    if (handler === undefined) throw new Error(`no handler of ${name}`);
    // A version before topics have ids alone.
    const apiVersion = Math.min(handler.versions[1], name === "OffsetCommit" ? 9 : 99);
    const api: Api = handler.api;
    const writer = new ByteWriter();
    api.request.write(writer, apiVersion, request as never);
    const decoded = api.request.read(new ByteReader(writer.finish()), apiVersion);
    const answering = handler.handle(decoded, services, { ...CONTEXT, apiVersion });
    let isAnswered = false;
    const answered = Promise.resolve(answering).finally(() => {
      isAnswered = true;
    });
    for (let turn = 0; turn < 50 && !isAnswered; turn += 1) {
      await coordinator.time.settle();
      await time.settle();
    }
    await answered;
    // What a request begins and does not wait for.
    for (let turn = 0; turn < 10; turn += 1) await time.settle();
  };
  return { ask, audit };
}

const CONTEXT: RequestContext = {
  apiVersion: 0,
  clientId: "a tool",
  clientHost: "/127.0.0.9",
  principal: ANONYMOUS,
  connectionId: 1,
  connection: { isGone: false },
  listenerName: "PLAINTEXT",
  localAddress: "127.0.0.1",
  localPort: 9092,
  receivedAt: 0,
};

describe("every API that is served", () => {
  test("is known to read, to carry events or membership, or to change something", () => {
    expect(handlers.map(({ api }) => api.name).sort()).toEqual(Object.keys(APIS).sort());
  });

  test.each(EXAMPLES)(
    "%s has one entry for a change, with who, what and the result",
    async (name, one) => {
      const { ask, audit } = await broker();
      await ask(name, one.request);
      expect(audit.entries).toHaveLength(1);
      const [entry] = audit.entries;
      expect(entry).toMatchObject({
        operation: one.operation,
        actor: { via: "kafka", host: "/127.0.0.9", client: "a tool", listener: "PLAINTEXT" },
      });
      const removed = one.operation === "group.members.remove";
      expect(entry?.result.outcome).toBe(removed ? "refused" : "done");
    },
  );

  test.each(EXAMPLES)(
    "%s has one entry for a refusal, and none for a dry run",
    async (name, one) => {
      const denying: Authorizer = { allows: (_who, operation) => operation === "describe" };
      const { ask, audit } = await broker(denying);
      await ask(name, one.request);
      expect(audit.entries.map(({ operation }) => operation)).toEqual(
        one.isRefusalTold ? [one.operation] : [],
      );
      for (const { result } of audit.entries) expect(result.outcome).toBe("refused");
      audit.entries = [];
      if (one.dryRun !== null) await ask(name, one.dryRun);
      const allowing = await broker();
      if (one.dryRun !== null) await allowing.ask(name, one.dryRun);
      expect([...audit.entries, ...allowing.audit.entries]).toEqual([]);
    },
  );
});
