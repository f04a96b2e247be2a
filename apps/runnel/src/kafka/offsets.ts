/** Offsets of partitions: where they begin and end, and where a position falls. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { CommandError } from "../cli/failure.ts";
import { formatCounted } from "../cli/format.ts";
import type { Position } from "../cli/position.ts";
import type { Cluster, ClusterView, Topic } from "./cluster.ts";
import { explainCode } from "./explain.ts";

export interface Range {
  /** Offset of the oldest record there is. */
  readonly start: bigint;
  /** Offset that the next record gets: the high watermark. */
  readonly end: bigint;
}

const EARLIEST = -2n;
const LATEST = -1n;
const NO_BROKER = "has no leader at the moment: try again once its broker is back";

/** The topic of that name, or a `CommandError` that says what to do. */
export function topicOf(view: ClusterView, name: string): Topic {
  const topic = view.topics.find((candidate) => candidate.name === name);
  if (topic === undefined || topic.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) {
    throw new CommandError(
      `there is no topic "${name}": create it with "runnel topic create ${name}", ` +
        'or see what there is with "runnel topic list"',
    );
  }
  if (topic.errorCode !== 0) {
    throw new CommandError(`topic "${name}": ${explainCode(topic.errorCode)}`);
  }
  return topic;
}

/** Throws `CommandError` where the topic lacks one of `partitions`; null stands for all of them. */
export function partitionsOf(topic: Topic, partitions: readonly number[] | null): number[] {
  const all = topic.partitions.map(({ partition }) => partition);
  if (partitions === null) return all;
  const missing = partitions.find((partition) => !all.includes(partition));
  if (missing === undefined) return [...partitions];
  throw new CommandError(
    `topic "${topic.name}" has no partition ${missing}: it has ${all.length}, counted from 0`,
  );
}

/** Where the given partitions begin and end. */
export async function rangesOf(
  cluster: Cluster,
  view: ClusterView,
  topic: Topic,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, Range>> {
  const [starts, ends] = await Promise.all([
    listOffsets(cluster, view, topic, partitions, EARLIEST),
    listOffsets(cluster, view, topic, partitions, LATEST),
  ]);
  return new Map(
    partitions.map((partition) => [
      partition,
      { start: starts.get(partition) ?? 0n, end: ends.get(partition) ?? 0n },
    ]),
  );
}

/** The end of each of the given partitions. */
export function endsOf(
  cluster: Cluster,
  view: ClusterView,
  topic: Topic,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, bigint>> {
  return listOffsets(cluster, view, topic, partitions, LATEST);
}

/**
 * The offset at which `position` falls in each partition, always within what is stored. A time falls
 * on the first record that is not older, and on the end where all are.
 */
export async function resolvePosition(
  cluster: Cluster,
  view: ClusterView,
  topic: Topic,
  position: Position,
  ranges: ReadonlyMap<number, Range>,
): Promise<ReadonlyMap<number, bigint>> {
  const partitions = [...ranges.keys()];
  const found =
    position.kind === "time"
      ? await listOffsets(cluster, view, topic, partitions, BigInt(position.atMs))
      : null;
  return new Map(
    [...ranges].map(([partition, range]) => {
      const at = found?.get(partition) ?? -1n;
      return [partition, placeWithin(range, position, at)];
    }),
  );
}

/** `foundAt` is what the broker found for a time, −1 for nothing. */
export function placeWithin(range: Range, position: Position, foundAt: bigint): bigint {
  switch (position.kind) {
    case "beginning":
      return range.start;
    case "end":
      return range.end;
    case "offset":
      return clamp(BigInt(position.offset), range);
    case "before-end":
      return clamp(range.end - BigInt(position.count), range);
    case "time":
      return foundAt < 0n ? range.end : clamp(foundAt, range);
  }
}

/** Partitions that are named when a place is not what was asked for; the others are counted. */
const REMARKS_MAX = 10;

/**
 * A sentence for every partition that does not hold the offset which `position` names, and of which the
 * nearest one is taken.
 */
export function remarksOnPlaces(
  topic: string,
  position: Position,
  ranges: ReadonlyMap<number, Range>,
): readonly string[] {
  if (position.kind !== "offset") return [];
  const asked = BigInt(position.offset);
  const outside = [...ranges].filter(([, { start, end }]) => asked < start || asked > end);
  const remarks = outside.slice(0, REMARKS_MAX).map(([partition, range]) => {
    const { start, end } = range;
    const side = asked < start ? `before the beginning (${start})` : `beyond the end (${end})`;
    const place = `partition ${partition} of topic "${topic}"`;
    return `Offset ${asked} is ${side} of ${place}: ${clamp(asked, range)} is taken instead.`;
  });
  const more = outside.length - remarks.length;
  return more > 0
    ? [...remarks, `The same holds for ${formatCounted(more, "other partition")}.`]
    : remarks;
}

function clamp(offset: bigint, { start, end }: Range): bigint {
  if (offset < start) return start;
  return offset > end ? end : offset;
}

/** One question per leader, all at once. Rejects with a `CommandError` if any partition fails. */
async function listOffsets(
  cluster: Cluster,
  view: ClusterView,
  topic: Topic,
  partitions: readonly number[],
  timestamp: bigint,
): Promise<ReadonlyMap<number, bigint>> {
  const found = new Map<number, bigint>();
  const byLeader = groupByLeader(topic, partitions);
  await Promise.all(
    [...byLeader].map(async ([leader, led]) => {
      const broker = view.brokers.get(leader);
      if (broker === undefined) {
        throw new CommandError(`partition ${led[0]} of topic "${topic.name}" ${NO_BROKER}`);
      }
      const asked = led.map((partitionIndex) => {
        return { partitionIndex, currentLeaderEpoch: -1, timestamp };
      });
      const response = await cluster.call("ListOffsets", broker, -1, 0, [
        { name: topic.name, partitions: asked },
      ]);
      for (const answer of response.topics.flatMap((each) => each.partitions)) {
        if (answer.errorCode !== 0) {
          throw new CommandError(
            `partition ${answer.partitionIndex} of topic "${topic.name}": ` +
              explainCode(answer.errorCode),
          );
        }
        found.set(answer.partitionIndex, answer.offset);
      }
    }),
  );
  return found;
}

/** Partitions by the node id of their leader, −1 for those without one. */
export function groupByLeader(
  topic: Topic,
  partitions: readonly number[],
): ReadonlyMap<number, readonly number[]> {
  const wanted = new Set(partitions);
  const led = topic.partitions.filter(({ partition }) => wanted.has(partition));
  const groups = Map.groupBy(led, ({ leader }) => leader);
  return new Map(
    [...groups].map(([leader, members]) => [leader, members.map(({ partition }) => partition)]),
  );
}
