/** What the routes under `/v1` work with: the services that the Kafka handlers use, and no others. */
import type { Clock, Logger, Random } from "@runnel/kit/world.ts";
import type { Changes } from "#audit/changes.ts";
import type { GroupChanges } from "#audit/group-changes.ts";
import type { AuditTopic } from "#audit/reader.ts";
import type { TransactionChanges } from "#audit/transaction-changes.ts";
import type { Authorizer } from "#auth/authorizer.ts";
import type { BrowseService } from "#browse/service.ts";
import type { ListenerAddress } from "#config/address.ts";
import type { BrokerConfig } from "#config/broker-settings.ts";
import type { Controller } from "#controller/controller.ts";
import type { GroupCoordinator } from "#coordinator/group-coordinator.ts";
import type { LagTable } from "#coordinator/lag-table.ts";
import type { TopicLookup } from "#coordinator/ports.ts";
import type { TransactionCoordinator } from "#coordinator/transaction-coordinator.ts";
import type { Disk } from "#io/ports.ts";
import type { CompactionView } from "#log/compaction/compactor.ts";
import type { LogDirs } from "#log/log-dirs.ts";
import type { MetadataView } from "#metadata/image.ts";
import type { TopicConfigs } from "#metadata/topic-configs.ts";
import type { MetricsHistory } from "#metrics/history/history.ts";
import type { AppendContext } from "#replica/append.ts";
import type { EventTimes } from "#replica/event-times.ts";
import type { FetchContext } from "#replica/fetch.ts";
import type { Partition } from "#replica/partition.ts";
import type { ReplicaManager } from "#replica/replica-manager.ts";

export interface V1Services {
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly view: MetadataView;
  readonly controller: Pick<Controller, "describeConfigs" | "describeConfigsAfter">;
  /** The only way to change something: each change is in the audit log. */
  readonly changes: Changes;
  readonly groupChanges: GroupChanges;
  readonly transactionChanges: TransactionChanges;
  readonly topicConfigs: TopicConfigs;
  readonly replicas: ReplicaManager;
  readonly logs: LogDirs;
  readonly groups: Pick<
    GroupCoordinator,
    "start" | "visit" | "list" | "describe" | "fetchOffsets" | "findPartition"
  >;
  readonly transactions: Pick<
    TransactionCoordinator,
    "visit" | "list" | "describe" | "findPartition"
  >;
  readonly topics: TopicLookup;
  readonly lags: LagTable;
  readonly eventTimes: EventTimes;
  readonly append: AppendContext;
  readonly reads: FetchContext;
  readonly disk: Pick<Disk, "space">;
  /** The broker's settings, as it was started with them. */
  readonly broker: BrokerConfig;
  /** `delete.topic.enable`. */
  readonly isTopicDeletionEnabled: boolean;
  /** Where Kafka clients connect: the advertised addresses, else those that are bound. */
  readonly listeners: readonly ListenerAddress[];
  /** Reading events: loaded, and its threads started, when it is asked for. */
  readonly browse: () => Promise<BrowseService>;
  /** How the log of a partition is compacted; null where its topic is not. */
  readonly compactionOf: (partition: Partition) => CompactionView | null;
  readonly about: About;
  readonly auditTopic: AuditTopic;
  /** What metrics were; null where it is not kept. */
  readonly history: MetricsHistory | null;
}

/** The process that answers. */
export interface About {
  readonly version: string;
  /** `node 26.10.0`. */
  readonly runtime: string;
  /** Wall ms. */
  readonly startedAt: number;
}
