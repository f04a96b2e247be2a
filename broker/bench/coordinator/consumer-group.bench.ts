/**
 * Prints what a group of the consumer protocol with 1,000 members costs: steady heartbeats as a share of
 * one core at the default interval, codecs included; and how long one more member holds up the loop, with
 * the target made anew and its records encoded and replayed. Median and maximum of nine rounds.
 *
 *   node broker/bench/coordinator/consumer-group.bench.ts
 */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ConsumerGroupHeartbeatApi } from "@runnel/protocol/messages/68-consumer-group-heartbeat.ts";
import type { ConsumerHeartbeatResult } from "../../src/coordinator/consumer-group/events.ts";
import type { Partitions } from "../../src/coordinator/consumer-group/partitions.ts";
import { GroupShard } from "../../src/coordinator/group/group-shard.ts";
import { emptyUsage } from "../../src/coordinator/limits.ts";
import { FakeTopics } from "../../src/coordinator/testing/fake-topics.ts";
import { DEFAULT_CONFIG } from "../../src/coordinator/testing/scenario.ts";
import { topicSources } from "../../src/coordinator/testing/state.ts";

const MEMBERS = 1_000;
const INTERVAL_MS = 5_000;
const ROUNDS = 9;
const VERSION = 1;

class Group {
  readonly #shard: GroupShard;
  readonly #topics: readonly string[];
  readonly #epochs = new Map<string, number>();
  readonly #owned = new Map<string, Partitions>();
  #ticket = 0;

  constructor(topicCount: number, partitionCount: number) {
    const topics = new FakeTopics();
    this.#topics = Array.from({ length: topicCount }, (_, at) => `topic-${at}`);
    for (const name of this.#topics) topics.add(name, partitionCount / topicCount);
    this.#shard = new GroupShard(emptyUsage(), () => DEFAULT_CONFIG, topicSources(topics));
  }

  /** A heartbeat that only says that the member is there, through the codecs of both directions. */
  steady(memberId: string): void {
    const writer = new ByteWriter();
    const memberEpoch = this.#epochs.get(memberId) ?? 0;
    ConsumerGroupHeartbeatApi.request.write(writer, VERSION, {
      groupId: "g",
      memberId,
      memberEpoch,
    });
    const request = ConsumerGroupHeartbeatApi.request.read(
      new ByteReader(writer.finish()),
      VERSION,
    );
    const answer = this.beat(request.memberId, null);
    const out = new ByteWriter();
    const { errorMessage, heartbeatIntervalMs } = answer;
    const rest = { throttleTimeMs: 0, errorMessage, heartbeatIntervalMs, assignment: null };
    const { errorCode } = answer;
    ConsumerGroupHeartbeatApi.response.write(out, VERSION, {
      ...rest,
      errorCode,
      memberId,
      memberEpoch,
    });
  }

  /** `reported` null for nothing to report. */
  beat(memberId: string, reported = this.#owned.get(memberId) ?? null): ConsumerHeartbeatResult {
    const memberEpoch = this.#epochs.get(memberId) ?? 0;
    const isJoin = memberEpoch === 0;
    this.#ticket += 1;
    const step = this.#shard.step(
      {
        kind: "consumer-heartbeat",
        ticket: this.#ticket,
        groupId: "g",
        memberId,
        memberEpoch,
        groupInstanceId: null,
        rackId: null,
        rebalanceTimeoutMs: isJoin ? 60_000 : -1,
        topicNames: isJoin ? this.#topics : null,
        topicRegex: null,
        serverAssignor: null,
        reported: isJoin ? new Map() : reported,
        clientId: "bench",
        clientHost: "/127.0.0.1",
        mayDescribe: () => true,
      },
      { nowMs: 0, wallMs: 0 },
    );
    for (const record of step.records) this.#shard.encode(record);
    for (const record of step.records) this.#shard.replay(record, 0);
    const [reply] = step.replies;
    if (reply?.kind !== "consumer-heartbeat" || reply.result.errorCode !== ErrorCode.NONE) {
      throw new Error(`a heartbeat was answered with ${JSON.stringify(reply)}`);
    }
    this.#epochs.set(memberId, reply.result.memberEpoch);
    if (reply.result.assignment !== null) this.#owned.set(memberId, reply.result.assignment);
    return reply.result;
  }

  /** Everybody reports until all have what they are to have. */
  settle(members: readonly string[]): void {
    for (let round = 0; round < 4; round += 1) for (const memberId of members) this.beat(memberId);
  }
}

function milliseconds(work: () => void): number {
  const from = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1_000;
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1] ?? 0;
  return `${median.toFixed(2)} (to ${(sorted.at(-1) ?? 0).toFixed(2)})`;
}

for (const [topicCount, partitionCount] of [
  [1, 1_000],
  [10, 10_000],
] as const) {
  const group = new Group(topicCount, partitionCount);
  const members = Array.from({ length: MEMBERS }, (_, at) => `member-${at}`);
  for (const memberId of members) group.beat(memberId);
  group.settle(members);
  const shares = Array.from({ length: ROUNDS }, () => {
    const repeats = 20;
    const spent = milliseconds(() => {
      for (let count = 0; count < repeats; count += 1) members.forEach((one) => group.steady(one));
    });
    return (100 * spent) / repeats / INTERVAL_MS;
  });
  const joins = Array.from({ length: ROUNDS }, (_, round) => {
    const memberId = `late-${round}`;
    const from = performance.now();
    group.beat(memberId);
    const spent = performance.now() - from;
    members.push(memberId);
    group.settle(members);
    return spent;
  });
  console.log(`${MEMBERS} members, ${topicCount} topics, ${partitionCount} partitions`);
  console.log(`  steady heartbeats, % of one core   ${spread(shares)}`);
  console.log(`  one more member, ms of loop time   ${spread(joins)}`);
}
