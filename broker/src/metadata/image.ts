/**
 * What a broker knows of the cluster: an immutable view, built from the metadata store and replaced by
 * a new one at every change. What did not change is shared between the two, topic by topic.
 */
import type { Overrides } from "#config/effective.ts";

export interface Endpoint {
  readonly listenerName: string;
  readonly host: string;
  readonly port: number;
}

export interface BrokerImage {
  readonly id: number;
  /** Grows with every registration: the create revision of the broker's key. */
  readonly epoch: number;
  readonly rack: string | null;
  /** Empty where clients are told the address at which their connection arrived. */
  readonly endpoints: readonly Endpoint[];
}

/** State of one partition; equal in shape whether the cluster has one broker or many. */
export interface PartitionImage {
  readonly index: number;
  /** Broker id; −1 for none. */
  readonly leader: number;
  /** Grows with every election. */
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Replicas out of the ISR that can still be elected safely (KIP-966). */
  readonly elr: readonly number[];
  readonly lastKnownElr: readonly number[];
  /** Grows with every change of this state. */
  readonly partitionEpoch: number;
  /** Revision of the key that holds it, for compare-and-swap; 0 while it is as it was created. */
  readonly modRevision: number;
}

export interface TopicImage {
  readonly name: string;
  /** Uuid text; another one for every topic that ever bore the name. */
  readonly id: string;
  readonly isInternal: boolean;
  /** By index, without gaps. */
  readonly partitions: readonly PartitionImage[];
  /** The topic's own settings. Kept as the same `Map` until they change. */
  readonly configs: Overrides;
  /** Revision of the key that holds them, for compare-and-swap; 0 while there are none. */
  readonly configsRevision: number;
  /** Revision of the key that holds the topic, for compare-and-swap. */
  readonly modRevision: number;
}

export interface MetadataImage {
  /** Revision of the store up to which everything is in. */
  readonly revision: number;
  readonly clusterId: string;
  /** Broker id of the controller; −1 while there is none. */
  readonly controllerId: number;
  /** Live brokers by id. */
  readonly brokers: ReadonlyMap<number, BrokerImage>;
  readonly topicsByName: ReadonlyMap<string, TopicImage>;
  readonly topicsById: ReadonlyMap<string, TopicImage>;
  /** Partitions of all topics. */
  readonly partitionCount: number;
  /** Settings changed at run time, by broker id. */
  readonly brokerConfigs: ReadonlyMap<number, Overrides>;
  /** Settings changed at run time for all brokers. */
  readonly defaultBrokerConfigs: Overrides;
  /** Settings of groups, by group id; of groups that exist or not. */
  readonly groupConfigs: ReadonlyMap<string, Overrides>;
  /** Feature levels that are finalized, by name, and the epoch that grows with them. */
  readonly finalizedFeatures: ReadonlyMap<string, number>;
  readonly finalizedFeaturesEpoch: number;
}

/** What differs between two images. */
export interface ImageChange {
  /** Ids of topics that came, went or changed (partitions or settings). */
  readonly topicIds: ReadonlySet<string>;
  readonly areBrokersChanged: boolean;
  /** Settings of brokers changed: every topic's effective settings may have, too. */
  readonly areBrokerConfigsChanged: boolean;
}

export type ImageListener = (
  previous: MetadataImage,
  next: MetadataImage,
  change: ImageChange,
) => void;

/** The image of the moment, and news of the next ones. */
export interface MetadataView {
  readonly image: MetadataImage;
  /** Calls `listener` with every image from the next one on, in order; returns how to stop it. */
  subscribe(listener: ImageListener): () => void;
  /** Resolves once the image holds `revision`; rejects with `IoError` when the view is closed first. */
  waitFor(revision: number): Promise<void>;
}

/** Every administrative change, appended by the broker alone. */
export const AUDIT_TOPIC = "__audit";

/** Topics that the broker keeps its own records in; clients read them and never write to them. */
export const INTERNAL_TOPICS: ReadonlySet<string> = new Set([
  AUDIT_TOPIC,
  "__consumer_offsets",
  "__transaction_state",
  "__share_group_state",
]);

/** The view of a cluster in which nothing is known yet. */
export const EMPTY_IMAGE: MetadataImage = {
  revision: 0,
  clusterId: "",
  controllerId: -1,
  brokers: new Map(),
  topicsByName: new Map(),
  topicsById: new Map(),
  partitionCount: 0,
  brokerConfigs: new Map(),
  defaultBrokerConfigs: new Map(),
  groupConfigs: new Map(),
  finalizedFeatures: new Map(),
  finalizedFeaturesEpoch: -1,
};
