/** A group coordinator in a world that a test controls, and a client that follows the protocol. */
import { assert } from "@runnel/kit/assert.ts";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { silentLogger } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Admission } from "#replica/ports.ts";
import type { ConsumerHeartbeatResult } from "../consumer-group/events.ts";
import type { ConsumerHeartbeatInput } from "../consumer-group/input.ts";
import type { JoinResult, OffsetToCommit } from "../group/events.ts";
import { GroupCoordinator, type JoinInput, OFFSETS_TOPIC } from "../group-coordinator.ts";
import type { GroupConfig, ProducerIdentity, TopicLookup } from "../ports.ts";
import { FakeTime } from "./fake-time.ts";
import { FakeTopics, topicIdOf } from "./fake-topics.ts";
import { MemoryLog } from "./memory-log.ts";
import { DEFAULT_CONFIG } from "./scenario.ts";

export class CoordinatorWorld {
  readonly time = new FakeTime();
  readonly topics = new FakeTopics();
  readonly log: MemoryLog;
  /** The coordinator of transactions. */
  admit: (request: Admission) => Promise<ErrorCode> = () => Promise.resolve(ErrorCode.NONE);
  config: GroupConfig = { ...DEFAULT_CONFIG, initialRebalanceDelayMs: 0 };
  groups: GroupCoordinator;

  constructor(partitionCount = 1) {
    this.log = new MemoryLog(partitionCount);
    this.topics.add("t", 10);
    this.topics.add("u", 10);
    this.topics.add(OFFSETS_TOPIC, partitionCount);
    this.groups = this.restart();
  }

  /** A new coordinator on the same log, as after a crash. */
  restart(): GroupCoordinator {
    this.groups = new GroupCoordinator({
      log: this.log,
      topics: this.topics,
      gate: { admit: (request) => this.admit(request) },
      config: () => this.config,
      clock: this.time,
      scheduler: this.time,
      random: seededRandom(7),
      logger: silentLogger,
    });
    return this.groups;
  }

  async start(): Promise<void> {
    void this.groups.start();
    await this.time.settle();
  }

  join(input: Partial<JoinInput> = {}): Promise<JoinResult> {
    return this.groups.join({
      apiVersion: 3,
      groupId: "g",
      memberId: "",
      groupInstanceId: null,
      clientId: "c",
      clientHost: "/127.0.0.1",
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: "consumer",
      protocols: [{ name: "range", metadata: new Uint8Array([1]) }],
      ...input,
    });
  }

  /** A heartbeat of the member `m`; one that joins says all that it has to. */
  async beat(input: Partial<ConsumerHeartbeatInput> = {}): Promise<ConsumerHeartbeatResult> {
    const isJoin = (input.memberEpoch ?? 0) === 0;
    const answering = this.groups.consumerHeartbeat({
      apiVersion: 1,
      groupId: "g",
      memberId: "m",
      memberEpoch: 0,
      groupInstanceId: null,
      rackId: null,
      rebalanceTimeoutMs: isJoin ? 60_000 : -1,
      topicNames: isJoin ? ["t"] : null,
      topicRegex: null,
      serverAssignor: null,
      reported: isJoin ? [] : null,
      clientId: "c",
      clientHost: "/h",
      mayDescribe: () => true,
      ...input,
    });
    await this.time.settle();
    return await answering;
  }

  /** A group with one member that has its assignment; returns the member's id. */
  async stableMember(
    groupId = "g",
    {
      metadata = new Uint8Array([1]),
      assignment = new Uint8Array([9]),
    }: { readonly metadata?: Uint8Array; readonly assignment?: Uint8Array } = {},
  ): Promise<string> {
    const joining = this.join({ groupId, protocols: [{ name: "range", metadata }] });
    await this.time.advance(0);
    const joined = await joining;
    assert(joined.errorCode === ErrorCode.NONE, `joined with ${joined.errorCode}`);
    const { memberId, generationId } = joined;
    const syncing = this.groups.sync({
      groupId,
      memberId,
      groupInstanceId: null,
      generationId,
      protocolType: null,
      protocolName: null,
      assignments: [{ memberId, assignment }],
    });
    await this.time.settle();
    assert((await syncing).errorCode === ErrorCode.NONE, "synced");
    return memberId;
  }

  /** A commit outside of generations. */
  async commit(groupId: string, offset: number, partition = 0, topic = "t"): Promise<number> {
    const { errorCodes } = await this.groups.commitOffsets({
      apiVersion: 9,
      groupId,
      memberId: "",
      groupInstanceId: null,
      generationId: -1,
      retentionTimeMs: -1,
      offsets: [offsetOf(this.topics, offset, partition, topic)],
    });
    return errorCodes[0] ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  }

  /** A commit in a transaction, outside of generations. */
  async commitInTransaction(
    groupId: string,
    offset: number,
    producer: Partial<ProducerIdentity> & { readonly apiVersion?: number } = {},
  ): Promise<number> {
    const { producerId = 1n, producerEpoch = 0, apiVersion = 5 } = producer;
    const { errorCodes } = await this.groups.commitInTransaction({
      apiVersion,
      transactionalId: "tx",
      producer: { producerId, producerEpoch },
      groupId,
      memberId: "",
      groupInstanceId: null,
      generationId: -1,
      offsets: [offsetOf(this.topics, offset)],
    });
    return errorCodes[0] ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  }

  /** The transaction of a producer ends in a partition of the internal topic. */
  endTransaction(
    isCommit: boolean,
    { producerId = 1n, producerEpoch = 0, partition = 0 } = {},
  ): Promise<ErrorCode> {
    const marker = { producerId, producerEpoch, isCommit };
    return this.groups.completeTransaction(partition, {
      ...marker,
      coordinatorEpoch: 0,
      transactionVersion: 1,
    });
  }

  /** What is committed for a partition; −1 for nothing, the error's name for a group that fails. */
  async committed(
    groupId: string,
    partition = 0,
    topic = "t",
    requireStable = false,
  ): Promise<number | string> {
    const found = await this.groups.fetchOffsets({
      groupId,
      topics: [{ topic, partitions: [partition] }],
      requireStable,
    });
    if (found.errorCode !== ErrorCode.NONE) return `error ${found.errorCode}`;
    const first = found.topics[0]?.partitions[0];
    if (first !== undefined && first.errorCode !== ErrorCode.NONE)
      return `error ${first.errorCode}`;
    return first?.value?.offset ?? -1;
  }
}

function offsetOf(topics: TopicLookup, offset: number, partition = 0, topic = "t"): OffsetToCommit {
  const topicId = topics.byName(topic)?.topicId ?? topicIdOf(topic);
  return { topic, topicId, partition, offset, leaderEpoch: 0, metadata: "" };
}
