/**
 * The keys of the metadata store, and what their values hold (JSON):
 *
 *   /cluster                        {clusterId}
 *   /controller                     {brokerId}; under a lease; created by whoever becomes controller
 *   /brokers/ID                     {rack, endpoints}; under a lease
 *   /topics/NAME                    {id, assignments: [[broker, …] per partition]}
 *   /partitions/TOPIC-ID/INDEX      state of a partition once it differs from its creation
 *   /deleted-topics/BROKER/TOPIC-ID {name}; until that broker has removed what it had of the topic
 *   /configs/topics/TOPIC-ID        [[name, value], …]
 *   /configs/brokers/ID, …/default  [[name, value], …]
 *   /configs/groups/GROUP-ID        [[name, value], …]
 *   /features                       {epoch, levels: [[name, level], …]}
 *   /producer-ids                   {next}: the first producer id that no block holds yet, as text
 */
import { IoError } from "@runnel/kit/errors.ts";
import type { Overrides } from "#config/effective.ts";
import { MetadataErrorCode } from "./errors.ts";
import type { BrokerImage, PartitionImage } from "./image.ts";
import type { KeyValue } from "./store.ts";

export const CLUSTER_KEY = "/cluster";
export const CONTROLLER_KEY = "/controller";
export const FEATURES_KEY = "/features";
export const PRODUCER_IDS_KEY = "/producer-ids";
/** Stands for all brokers among the settings of brokers. */
export const DEFAULT_BROKER = "default";

const BROKERS = "/brokers/";
const TOPICS = "/topics/";
const PARTITIONS = "/partitions/";
const DELETED_TOPICS = "/deleted-topics/";
const TOPIC_CONFIGS = "/configs/topics/";
const BROKER_CONFIGS = "/configs/brokers/";
const GROUP_CONFIGS = "/configs/groups/";

export const brokerKey = (id: number): string => `${BROKERS}${id}`;
export const topicKey = (name: string): string => `${TOPICS}${name}`;
export const partitionsPrefix = (topicId: string): string => `${PARTITIONS}${topicId}/`;
export const partitionKey = (topicId: string, index: number): string =>
  `${partitionsPrefix(topicId)}${index}`;
export const deletedTopicsPrefix = (brokerId: number): string => `${DELETED_TOPICS}${brokerId}/`;
export const deletedTopicKey = (brokerId: number, topicId: string): string =>
  `${deletedTopicsPrefix(brokerId)}${topicId}`;
export const topicConfigsKey = (topicId: string): string => `${TOPIC_CONFIGS}${topicId}`;
export const brokerConfigsKey = (id: number | typeof DEFAULT_BROKER): string =>
  `${BROKER_CONFIGS}${id}`;

export const groupConfigsKey = (groupId: string): string => `${GROUP_CONFIGS}${groupId}`;

/** What a key is about; null for one that this Runnel does not know. */
export type ParsedKey =
  | { readonly kind: "cluster" | "controller" | "features" }
  | { readonly kind: "broker"; readonly brokerId: number }
  | { readonly kind: "topic"; readonly name: string }
  | { readonly kind: "partition"; readonly topicId: string; readonly index: number }
  | { readonly kind: "topicConfigs"; readonly topicId: string }
  | { readonly kind: "groupConfigs"; readonly groupId: string }
  | { readonly kind: "brokerConfigs"; readonly brokerId: number | typeof DEFAULT_BROKER };

export function parseKey(key: string): ParsedKey | null {
  if (key === CLUSTER_KEY) return { kind: "cluster" };
  if (key === CONTROLLER_KEY) return { kind: "controller" };
  if (key === FEATURES_KEY) return { kind: "features" };
  if (key.startsWith(TOPICS)) return { kind: "topic", name: key.slice(TOPICS.length) };
  if (key.startsWith(PARTITIONS)) {
    const [topicId = "", index = ""] = key.slice(PARTITIONS.length).split("/");
    return { kind: "partition", topicId, index: Number(index) };
  }
  if (key.startsWith(TOPIC_CONFIGS)) {
    return { kind: "topicConfigs", topicId: key.slice(TOPIC_CONFIGS.length) };
  }
  if (key.startsWith(BROKER_CONFIGS)) {
    const id = key.slice(BROKER_CONFIGS.length);
    return { kind: "brokerConfigs", brokerId: id === DEFAULT_BROKER ? id : Number(id) };
  }
  if (key.startsWith(GROUP_CONFIGS)) {
    return { kind: "groupConfigs", groupId: key.slice(GROUP_CONFIGS.length) };
  }
  if (key.startsWith(BROKERS)) {
    return { kind: "broker", brokerId: Number(key.slice(BROKERS.length)) };
  }
  return null;
}

export interface TopicRecord {
  readonly id: string;
  /** Broker ids per partition as it was created; the first is the first leader. */
  readonly assignments: readonly (readonly number[])[];
}

export type PartitionRecord = Omit<PartitionImage, "index" | "modRevision">;
export type BrokerRecord = Omit<BrokerImage, "id" | "epoch">;

export interface FeaturesRecord {
  /** Grows with every change. */
  readonly epoch: number;
  readonly levels: readonly (readonly [name: string, level: number])[];
}

/** The value of a key: written by us alone, so its form is taken as it is once it is JSON. */
export function decodeValue<T>(entry: KeyValue): T {
  try {
    return JSON.parse(entry.value) as T;
  } catch (error) {
    throw new IoError(
      MetadataErrorCode.FORMAT,
      `metadata key ${entry.key}: its value is no valid JSON`,
      error,
    );
  }
}

/** Settings as the value of a key, in the order of the map. */
export function encodeConfigs(overrides: Overrides): string {
  return JSON.stringify([...overrides]);
}

export function decodeConfigs(entry: KeyValue): Overrides {
  return new Map(decodeValue<readonly (readonly [string, string])[]>(entry));
}

/** The state in which a partition begins: led by its first replica, all of them in sync. */
export function initialPartition(index: number, replicas: readonly number[]): PartitionImage {
  return {
    index,
    leader: replicas[0] ?? -1,
    leaderEpoch: 0,
    replicas,
    isr: replicas,
    elr: [],
    lastKnownElr: [],
    partitionEpoch: 0,
    modRevision: 0,
  };
}
