/** From one image to the next: applies the events of one revision, and shares what they leave alone. */
import { NO_OVERRIDES } from "#config/effective.ts";
import {
  type BrokerImage,
  EMPTY_IMAGE,
  type ImageChange,
  INTERNAL_TOPICS,
  type MetadataImage,
  type PartitionImage,
  type TopicImage,
} from "./image.ts";
import {
  type BrokerRecord,
  decodeConfigs,
  decodeValue,
  type FeaturesRecord,
  initialPartition,
  type ParsedKey,
  type PartitionRecord,
  parseKey,
  type TopicRecord,
} from "./keys.ts";
import type { KeyValue, MetadataEvent } from "./store.ts";

export interface NextImage {
  readonly image: MetadataImage;
  readonly change: ImageChange;
}

/** The image after `events`, which are all those of `revision`. */
export function advanceImage(
  previous: MetadataImage,
  revision: number,
  events: readonly MetadataEvent[],
): NextImage {
  const draft = new Draft(previous);
  // A topic comes before what belongs to it, whatever the order of their keys.
  const parsed = events.flatMap((event) => {
    const key = parseKey(event.kind === "put" ? event.entry.key : event.key);
    return key === null ? [] : [{ key, entry: event.kind === "put" ? event.entry : null }];
  });
  for (const { key, entry } of parsed) if (key.kind === "topic") draft.applyTopic(key.name, entry);
  for (const { key, entry } of parsed) draft.applyOther(key, entry);
  return draft.finish(revision);
}

/** The image of all there is, sharing with `previous` the topics that are as they were. */
export function rebuildImage(
  previous: MetadataImage,
  revision: number,
  entries: readonly KeyValue[],
): NextImage {
  const events = entries.map((entry) => ({ kind: "put", entry }) as const);
  const { image } = advanceImage(EMPTY_IMAGE, revision, events);
  const topicsByName = new Map(image.topicsByName);
  const topicsById = new Map(image.topicsById);
  const topicIds = new Set<string>();
  for (const [id, topic] of image.topicsById) {
    const known = previous.topicsById.get(id);
    if (known === undefined || !isSame(known, topic)) topicIds.add(id);
    else {
      topicsByName.set(known.name, known);
      topicsById.set(id, known);
    }
  }
  for (const id of previous.topicsById.keys()) if (!image.topicsById.has(id)) topicIds.add(id);
  return {
    image: { ...image, topicsByName, topicsById },
    change: { topicIds, areBrokersChanged: true, areBrokerConfigsChanged: true },
  };
}

/** Equal in every revision, so equal. */
function isSame(a: TopicImage, b: TopicImage): boolean {
  return (
    a.modRevision === b.modRevision &&
    a.configsRevision === b.configsRevision &&
    a.partitions.length === b.partitions.length &&
    a.partitions.every((one, index) => one.modRevision === b.partitions[index]?.modRevision)
  );
}

/** A change of an image under way: maps are copied when they are first written to. */
class Draft {
  readonly #previous: MetadataImage;
  #image: MetadataImage;
  /** Topics as they will be, by id; null for those that go. */
  readonly #topics = new Map<string, TopicImage | null>();
  /** Partition lists that are copies already. */
  readonly #ownPartitions = new Map<string, PartitionImage[]>();
  #areBrokersChanged = false;
  #areBrokerConfigsChanged = false;

  constructor(previous: MetadataImage) {
    this.#previous = previous;
    this.#image = previous;
  }

  applyTopic(name: string, entry: KeyValue | null): void {
    const known = this.#previous.topicsByName.get(name);
    if (entry === null) {
      if (known !== undefined) this.#topics.set(known.id, null);
      return;
    }
    const { id, assignments } = decodeValue<TopicRecord>(entry);
    const same = known?.id === id ? known : undefined;
    if (known !== undefined && same === undefined) this.#topics.set(known.id, null);
    this.#topics.set(id, {
      name,
      id,
      isInternal: INTERNAL_TOPICS.has(name),
      partitions: assignments.map(
        (replicas, index) => same?.partitions[index] ?? initialPartition(index, replicas),
      ),
      configs: same?.configs ?? NO_OVERRIDES,
      configsRevision: same?.configsRevision ?? 0,
      modRevision: entry.modRevision,
    });
  }

  applyOther(key: ParsedKey, entry: KeyValue | null): void {
    switch (key.kind) {
      case "cluster":
        this.#set({ clusterId: entry === null ? "" : decodeValue<ClusterRecord>(entry).clusterId });
        break;
      case "controller":
        this.#set({
          controllerId: entry === null ? -1 : decodeValue<ControllerRecord>(entry).brokerId,
        });
        break;
      case "features":
        this.#applyFeatures(entry);
        break;
      case "broker":
        this.#applyBroker(key.brokerId, entry);
        break;
      case "partition":
        this.#applyPartition(key.topicId, key.index, entry);
        break;
      case "topicConfigs":
        this.#applyTopicConfigs(key.topicId, entry);
        break;
      case "brokerConfigs":
        this.#applyBrokerConfigs(key.brokerId, entry);
        break;
      case "groupConfigs":
        this.#applyGroupConfigs(key.groupId, entry);
        break;
      case "topic":
        break;
    }
  }

  finish(revision: number): NextImage {
    this.#set({ revision });
    if (this.#topics.size > 0) this.#finishTopics();
    return {
      image: this.#image,
      change: {
        topicIds: new Set(this.#topics.keys()),
        areBrokersChanged: this.#areBrokersChanged,
        areBrokerConfigsChanged: this.#areBrokerConfigsChanged,
      },
    };
  }

  #finishTopics(): void {
    const topicsByName = new Map(this.#previous.topicsByName);
    const topicsById = new Map(this.#previous.topicsById);
    let { partitionCount } = this.#previous;
    for (const [id, topic] of this.#topics) {
      const before = topicsById.get(id);
      partitionCount += (topic?.partitions.length ?? 0) - (before?.partitions.length ?? 0);
      if (topic !== null) {
        topicsById.set(id, topic);
        topicsByName.set(topic.name, topic);
      } else if (before !== undefined) {
        topicsById.delete(id);
        if (topicsByName.get(before.name)?.id === id) topicsByName.delete(before.name);
      }
    }
    this.#set({ topicsByName, topicsById, partitionCount });
  }

  #applyPartition(topicId: string, index: number, entry: KeyValue | null): void {
    const topic = this.#topic(topicId);
    const known = topic?.partitions[index];
    // A state without its topic is what a deletion left behind; without its key it goes with the topic.
    if (topic === undefined || known === undefined || entry === null) return;
    let partitions = this.#ownPartitions.get(topicId);
    if (partitions === undefined) {
      partitions = [...topic.partitions];
      this.#ownPartitions.set(topicId, partitions);
      this.#topics.set(topicId, { ...topic, partitions });
    }
    partitions[index] = {
      index,
      ...decodeValue<PartitionRecord>(entry),
      modRevision: entry.modRevision,
    };
  }

  #applyTopicConfigs(topicId: string, entry: KeyValue | null): void {
    const topic = this.#topic(topicId);
    if (topic === undefined) return;
    const configs = entry === null ? NO_OVERRIDES : decodeConfigs(entry);
    this.#topics.set(topicId, { ...topic, configs, configsRevision: entry?.modRevision ?? 0 });
  }

  #applyBrokerConfigs(brokerId: number | "default", entry: KeyValue | null): void {
    this.#areBrokerConfigsChanged = true;
    const overrides = entry === null ? NO_OVERRIDES : decodeConfigs(entry);
    if (brokerId === "default") {
      this.#set({ defaultBrokerConfigs: overrides });
      return;
    }
    const brokerConfigs = new Map(this.#image.brokerConfigs);
    if (entry === null) brokerConfigs.delete(brokerId);
    else brokerConfigs.set(brokerId, overrides);
    this.#set({ brokerConfigs });
  }

  #applyGroupConfigs(groupId: string, entry: KeyValue | null): void {
    const groupConfigs = new Map(this.#image.groupConfigs);
    if (entry === null) groupConfigs.delete(groupId);
    else groupConfigs.set(groupId, decodeConfigs(entry));
    this.#set({ groupConfigs });
  }

  #applyBroker(id: number, entry: KeyValue | null): void {
    this.#areBrokersChanged = true;
    const brokers = new Map(this.#image.brokers);
    if (entry === null) brokers.delete(id);
    else {
      const record = decodeValue<BrokerRecord>(entry);
      const broker: BrokerImage = { id, epoch: entry.createRevision, ...record };
      brokers.set(id, broker);
    }
    this.#set({ brokers: new Map([...brokers].toSorted(([a], [b]) => a - b)) });
  }

  #applyFeatures(entry: KeyValue | null): void {
    const none: FeaturesRecord = { epoch: -1, levels: [] };
    const { epoch, levels } = entry === null ? none : decodeValue<FeaturesRecord>(entry);
    this.#set({ finalizedFeatures: new Map(levels), finalizedFeaturesEpoch: epoch });
  }

  #topic(id: string): TopicImage | undefined {
    const draft = this.#topics.get(id);
    return draft === undefined ? this.#previous.topicsById.get(id) : (draft ?? undefined);
  }

  #set(changes: Partial<MetadataImage>): void {
    this.#image = { ...this.#image, ...changes };
  }
}

interface ClusterRecord {
  readonly clusterId: string;
}

interface ControllerRecord {
  readonly brokerId: number;
}
