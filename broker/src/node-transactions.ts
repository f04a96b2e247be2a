/** The transaction coordinator of a node: its log, its settings, and how markers get into partitions. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { BrokerConfig } from "#config/broker-settings.ts";
import type { Controller } from "#controller/controller.ts";
import { createInternalTopic } from "#controller/internal-topics.ts";
import type { ProducerIds } from "#controller/producer-ids.ts";
import { OFFSETS_TOPIC } from "#coordinator/group-coordinator.ts";
import type { TopicLookup } from "#coordinator/ports.ts";
import { TRANSACTION_TOPIC, TransactionCoordinator } from "#coordinator/transaction-coordinator.ts";
import type {
  TopicPartition,
  TransactionConfig,
  TransactionMarkers,
} from "#coordinator/txn/ports.ts";
import type { World } from "#io/ports.ts";
import type { TransactionMarker } from "#log/transaction-marker.ts";
import { InternalTopic } from "#replica/internal-topic.ts";
import { withPartition } from "#replica/lookup.ts";
import { appendMarker } from "#replica/markers.ts";
import type { ReplicaManager } from "#replica/replica-manager.ts";
import type { NodeConfig, Parts } from "./node-parts.ts";

type EndOffsets = (partition: number, marker: TransactionMarker) => Promise<ErrorCode>;

/** What the coordinator of a node works with. */
export interface TransactionParts extends Pick<Parts, "controller" | "replicas"> {
  readonly topics: TopicLookup;
  /** Ends a transaction in a partition of the groups' internal topic. */
  readonly endOffsets: EndOffsets;
  readonly producerIds: Pick<ProducerIds, "next">;
}

export function transactionCoordinator(
  { loaded }: NodeConfig,
  { clock, scheduler, logger }: World,
  { controller, replicas, topics, endOffsets, producerIds }: TransactionParts,
): TransactionCoordinator {
  const { broker } = loaded;
  return new TransactionCoordinator({
    log: new InternalTopic({
      name: TRANSACTION_TOPIC,
      replicas,
      create: () => createTransactionTopic(controller, broker),
    }),
    topics,
    markers: localMarkers(replicas, endOffsets),
    producerIds,
    coordinatorEpochOf: (index) =>
      replicas.image.topicsByName.get(TRANSACTION_TOPIC)?.partitions[index]?.leaderEpoch ?? -1,
    config: () => transactionConfig(broker),
    clock,
    scheduler,
    logger,
  });
}

/** Writes markers into the partitions of this node; offsets of groups are ended by their coordinator. */
function localMarkers(replicas: ReplicaManager, endOffsets: EndOffsets): TransactionMarkers {
  const write = async (
    marker: TransactionMarker,
    { topic: name, partition: index }: TopicPartition,
  ): Promise<ErrorCode> => {
    if (name === OFFSETS_TOPIC) return await endOffsets(index, marker);
    const topic = replicas.image.topicsByName.get(name);
    if (topic === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return await withPartition<ErrorCode>(replicas, topic.id, index, (found) =>
      found.partition === null ? found.errorCode : appendMarker(found.partition, marker),
    );
  };
  return {
    write: (marker, partitions) =>
      Promise.all(partitions.map((partition) => write(marker, partition))),
  };
}

/** The topic of transactions: as durable as any, never dropped by age or size. */
function createTransactionTopic(controller: Controller, broker: BrokerConfig): Promise<void> {
  return createInternalTopic(controller, {
    name: TRANSACTION_TOPIC,
    partitionCount: broker.transactionStateLogNumPartitions,
    replicationFactor: broker.transactionStateLogReplicationFactor,
    assignments: [],
    configs: [
      { name: "cleanup.policy", value: "compact" },
      { name: "segment.bytes", value: String(broker.transactionStateLogSegmentBytes) },
      { name: "retention.ms", value: "-1" },
      { name: "retention.bytes", value: "-1" },
    ],
  });
}

function transactionConfig(broker: BrokerConfig): TransactionConfig {
  return {
    timeoutMsMax: broker.transactionMaxTimeoutMs,
    expirationMs: broker.transactionalIdExpirationMs,
    expirationCheckIntervalMs: broker.transactionRemoveExpiredTransactionCleanupIntervalMs,
  };
}
