/** The state of groups as plain values, to compare what is in memory with what the log says. */
import { inspect, isDeepStrictEqual } from "node:util";
import { assert } from "@runnel/kit/assert.ts";
import { TopicPatterns } from "../consumer-group/topic-patterns.ts";
import { GroupShard, type TopicSources } from "../group/group-shard.ts";
import type { Group } from "../group/model.ts";
import { placesOf } from "../group/place-table.ts";
import { emptyUsage } from "../limits.ts";
import type { GroupConfig, LoadedItem, TopicLookup } from "../ports.ts";
import { FakeTopics } from "./fake-topics.ts";
import { compacted } from "./memory-log.ts";

/** What survives a crash, by group id: the last record and the offsets, committed and pending. */
export function durableState(shard: GroupShard): ReadonlyMap<string, unknown> {
  const states = new Map<string, unknown>();
  for (const group of shard.groups.values()) {
    const { record, pending } = group;
    const isEmpty = record === null && group.offsetCount === 0 && pending.size === 0;
    if (isEmpty && group.consumer === null) continue;
    // Which topics subscriptions were last checked against is no part of the log.
    const consumer = group.consumer && { ...group.consumer, checkedVersion: -1 };
    states.set(group.groupId, {
      record,
      consumer: structuredClone(consumer),
      offsets: new Map(
        [...group.offsets].map(([topic, partitions]) => [topic, new Map(partitions)]),
      ),
      offsetCount: group.offsetCount,
      pending: new Map(
        [...pending.byProducer].map(([producerId, table]) => [
          producerId,
          new Map(
            [...placesOf(table)].map(([place, value]) => [
              `${place.topic}/${place.partition}`,
              value,
            ]),
          ),
        ]),
      ),
      pendingCounts: new Map(
        [...placesOf(pending.counts)].map(([place, count]) => [
          `${place.topic}/${place.partition}`,
          count,
        ]),
      ),
      pendingSize: pending.size,
    });
  }
  return states;
}

/** Members and generation of a group that is in none of the states between generations; else null. */
export function settledState(group: Group): unknown {
  if (group.state !== "Stable" && group.state !== "Empty") return null;
  return {
    state: group.state,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leaderId: group.leaderId,
    staticMembers: new Map(group.staticMembers),
    members: new Map(
      [...group.members.values()].map((member) => [
        member.memberId,
        {
          groupInstanceId: member.groupInstanceId,
          clientId: member.clientId,
          clientHost: member.clientHost,
          sessionTimeoutMs: member.sessionTimeoutMs,
          rebalanceTimeoutMs: member.rebalanceTimeoutMs,
          subscription: member.protocols.find(({ name }) => name === group.protocolName)?.metadata,
          assignment: member.assignment,
        },
      ]),
    ),
  };
}

/** Throws where the two differ; `what` says of what they are. */
export function same(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const show = (value: unknown): string => inspect(value, { depth: 8 });
  assert(false, `${what}: ${show(actual)} and ${show(expected)}`);
}

/** Throws unless what is in memory is what the log says. Returns what the log says. */
export function checkAgainstLog(
  shard: GroupShard,
  log: readonly LoadedItem[],
  config: GroupConfig,
): GroupShard {
  const replayed = replayLog(log, config);
  same(durableState(shard), durableState(replayed), "memory and log");
  return replayed;
}

/** Throws unless the log says the same when it was compacted up to `end`, early and late. */
export function checkAgainstCompacted(
  shard: GroupShard,
  log: readonly LoadedItem[],
  { end, config }: { readonly end: number; readonly config: GroupConfig },
): void {
  for (const isLate of [false, true]) {
    const rest = [...compacted(log.slice(0, end), isLate), ...log.slice(end)];
    same(durableState(shard), durableState(replayLog(rest, config)), "memory and compacted log");
  }
}

/** For groups that look no topics up. */
export const NO_TOPICS: TopicSources = topicSources(new FakeTopics());

/** Topics as a shard sees them, with expressions that are matched at once. */
export function topicSources(topics: TopicLookup): TopicSources {
  const scheduler = { after: () => ({ cancel() {} }), soon: (work: () => void) => work() };
  return { topics, patterns: new TopicPatterns(topics, scheduler) };
}

/** A new shard with all that is in the log replayed. */
export function replayLog(
  log: readonly LoadedItem[],
  config: GroupConfig,
  sources = NO_TOPICS,
  usage = emptyUsage(),
): GroupShard {
  const shard = new GroupShard(usage, () => config, sources);
  for (const item of log) replayItem(shard, item);
  return shard;
}

/** Applies what was read from a log. */
export function replayItem(shard: GroupShard, item: LoadedItem): void {
  if (item.kind === "end") {
    shard.replayEnd(item);
    return;
  }
  const record = shard.decode(item);
  if (record !== null) shard.replay(record, item.offset);
}
