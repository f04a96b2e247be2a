/**
 * DescribeProducers (key 61), v0: what a partition remembers of its producers, open transactions among
 * it (KIP-664).
 *
 * Errors: TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER,
 * KAFKA_STORAGE_ERROR; INVALID_REQUEST for a partition from the second time on: an answer is no larger than
 * what there is.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { DescribeProducersApi } from "@runnel/protocol/messages/61-describe-producers.ts";
import type { ProducerEntry } from "#log/producer-state.ts";
import type { DataServices } from "./data-services.ts";
import type { Handler } from "./handler.ts";
import { all, topicByName, withPartition } from "./partition-lookup.ts";

export const describeProducers: Handler<typeof DescribeProducersApi, DataServices> = {
  api: DescribeProducersApi,
  versions: [0, 0],
  async handle(request, services, context) {
    const asked = new Set<string>();
    const topics = request.topics.map(async ({ name, partitionIndexes }) => {
      const found = topicByName(services, context, "read", name);
      const partitions = partitionIndexes.map((partitionIndex) => {
        if (found.topic === null) return failed(partitionIndex, found.errorCode);
        const key = `${found.topic.id}:${partitionIndex}`;
        if (asked.has(key)) return failed(partitionIndex, ErrorCode.INVALID_REQUEST);
        asked.add(key);
        return withPartition(services, found.topic.id, partitionIndex, (lookup) => {
          if (lookup.partition === null) return failed(partitionIndex, lookup.errorCode);
          const { producers } = lookup.partition.log;
          return {
            ...failed(partitionIndex, ErrorCode.NONE),
            activeProducers: described(producers),
          };
        });
      });
      return { name, partitions: await all(partitions) };
    });
    return { throttleTimeMs: 0, topics: await Promise.all(topics) };
  },
};

function failed(partitionIndex: number, errorCode: ErrorCode) {
  return { partitionIndex, errorCode, errorMessage: null, activeProducers: [] };
}

function described(producers: { entries(): Iterable<ProducerEntry> }) {
  return [...producers.entries()].map((entry) => ({
    producerId: entry.producerId,
    producerEpoch: entry.epoch,
    lastSequence: entry.batches.at(-1)?.lastSequence ?? -1,
    lastTimestamp: entry.lastTimestamp,
    coordinatorEpoch: entry.coordinatorEpoch,
    currentTxnStartOffset: entry.transactionStart ?? -1,
  }));
}
