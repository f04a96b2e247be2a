/** Waits until a topic can be written to. */
import { setTimeout as delay } from "node:timers/promises";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Cluster, Topic } from "./cluster.ts";
import { topicOf } from "./offsets.ts";

const ATTEMPTS_MAX = 40;
const ATTEMPT_DELAY_MS = 250;
/** A topic that is unknown for this long will not come: the brokers create none by themselves. */
const UNKNOWN_ATTEMPTS_MAX = 8;

/** The topic once every partition has a leader; asks the brokers to create it where it is missing. */
export async function awaitTopic(cluster: Cluster, name: string): Promise<Topic> {
  for (let attempt = 1; ; attempt += 1) {
    const view = await cluster.describeOrCreate(name);
    const topic = view.topics.find((candidate) => candidate.name === name);
    const isUnknown =
      topic === undefined || topic.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    const isReady = topic?.errorCode === 0 && topic.partitions.every(({ leader }) => leader >= 0);
    const isPassing = isUnknown || topic.errorCode === ErrorCode.LEADER_NOT_AVAILABLE;
    const max = isUnknown ? UNKNOWN_ATTEMPTS_MAX : ATTEMPTS_MAX;
    if (isReady || attempt >= max || (topic?.errorCode !== 0 && !isPassing)) {
      return topicOf(view, name);
    }
    await delay(ATTEMPT_DELAY_MS);
  }
}
