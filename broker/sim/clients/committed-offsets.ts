/** Reads what a group committed, and watches over it all the time: it must never go back. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { OffsetFetchApi } from "@runnel/protocol/messages/09-offset-fetch.ts";
import type { History } from "../history.ts";
import type { WireClient } from "./wire-client.ts";

const VERSION = 7;
const TIMEOUT_MS = 3_000;
const INTERVAL_MS = 100;

export interface AskedOffsets {
  readonly name: string;
  readonly group: string;
  readonly partitions: readonly string[];
  readonly history: History;
}

/** The committed offsets, −1 for none; null where there is no answer for all of them. */
export async function fetchOffsets(
  client: WireClient,
  { name, group, partitions, history }: AskedOffsets,
): Promise<Map<string, number> | null> {
  if (partitions.length === 0) return new Map();
  const topics = new Map<string, number[]>();
  for (const partition of partitions) {
    const at = partition.lastIndexOf("-");
    const topic = partition.slice(0, at);
    topics.set(topic, [...(topics.get(topic) ?? []), Number(partition.slice(at + 1))]);
  }
  const invoked = history.now();
  const answer = await client.call(
    OffsetFetchApi,
    VERSION,
    {
      groupId: group,
      topics: [...topics].map(([topic, partitionIndexes]) => ({ name: topic, partitionIndexes })),
      requireStable: true,
    },
    { timeoutMs: TIMEOUT_MS },
  );
  if (answer === null || answer.errorCode !== ErrorCode.NONE) return null;
  const found = new Map<string, number>();
  const ended = history.now();
  for (const topic of answer.topics) {
    for (const { partitionIndex, committedOffset: offset, errorCode } of topic.partitions) {
      if (errorCode !== ErrorCode.NONE) continue;
      const partition = `${topic.name}-${partitionIndex}`;
      found.set(partition, offset);
      history.offsetReads.push({ process: name, group, partition, offset, invoked, ended });
    }
  }
  return found.size === partitions.length ? found : null;
}

/** Asks all the time, until `isOver`. */
export async function monitorOffsets(
  client: WireClient,
  asked: AskedOffsets,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    await fetchOffsets(client, asked);
    await client.sleep(INTERVAL_MS);
  }
}
