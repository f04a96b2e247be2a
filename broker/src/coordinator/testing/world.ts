/** A group coordinator in a world that a test controls, and a client that follows the protocol. */
import { assert } from "@runnel/kit/assert.ts";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { silentLogger } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { JoinResult } from "../group/events.ts";
import { GroupCoordinator, type JoinInput, OFFSETS_TOPIC } from "../group-coordinator.ts";
import type { GroupConfig } from "../ports.ts";
import { FakeTime } from "./fake-time.ts";
import { FakeTopics, topicIdOf } from "./fake-topics.ts";
import { MemoryLog } from "./memory-log.ts";
import { DEFAULT_CONFIG } from "./scenario.ts";

export class CoordinatorWorld {
  readonly time = new FakeTime();
  readonly topics = new FakeTopics();
  readonly log: MemoryLog;
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

  /** A group with one member that has its assignment; returns the member's id. */
  async stableMember(groupId = "g"): Promise<string> {
    const joining = this.join({ groupId });
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
      assignments: [{ memberId, assignment: new Uint8Array([9]) }],
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
      offsets: [
        {
          topic,
          topicId: this.topics.byName(topic)?.topicId ?? topicIdOf(topic),
          partition,
          offset,
          leaderEpoch: 0,
          metadata: "",
        },
      ],
    });
    return errorCodes[0] ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  }

  /** What is committed for a partition; −1 for nothing, the error's name for a group that fails. */
  async committed(groupId: string, partition = 0, topic = "t"): Promise<number | string> {
    const found = await this.groups.fetchOffsets({
      groupId,
      topics: [{ topic, partitions: [partition] }],
      requireStable: false,
    });
    if (found.errorCode !== ErrorCode.NONE) return `error ${found.errorCode}`;
    return found.topics[0]?.partitions[0]?.value?.offset ?? -1;
  }
}
