/** The topics of a workload, and what one client knows of them: ids and leader epochs, by Metadata. */
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { MetadataApi } from "@runnel/protocol/messages/03-metadata.ts";
import { CreateTopicsApi } from "@runnel/protocol/messages/19-create-topics.ts";
import type { WireClient } from "./wire-client.ts";

const TIMEOUT_MS = 5_000;
const RETRY_MS = 100;
const METADATA_VERSION = 12;
const CREATE_VERSION = 7;

export interface TopicPlan {
  readonly name: string;
  readonly partitionCount: number;
  readonly isCompacted: boolean;
  readonly configs: readonly (readonly [name: string, value: string])[];
}

export interface PartitionPlace {
  readonly topic: string;
  readonly index: number;
}

/** Every partition of `plans`, as `topic-partition`. */
export function partitionsOf(plans: readonly TopicPlan[]): string[] {
  return plans.flatMap(({ name, partitionCount }) =>
    Array.from({ length: partitionCount }, (_, index) => `${name}-${index}`),
  );
}

/** Creates the topics; tries until all are there. */
export async function createTopics(client: WireClient, plans: readonly TopicPlan[]): Promise<void> {
  const left = new Map(plans.map((plan) => [plan.name, plan]));
  while (left.size > 0) {
    const answer = await client.call(
      CreateTopicsApi,
      CREATE_VERSION,
      {
        topics: [...left.values()].map(({ name, partitionCount, configs }) => ({
          name,
          numPartitions: partitionCount,
          replicationFactor: -1,
          assignments: [],
          configs: configs.map(([key, value]) => ({ name: key, value })),
        })),
        timeoutMs: TIMEOUT_MS,
        validateOnly: false,
      },
      { timeoutMs: TIMEOUT_MS },
    );
    for (const { name, errorCode, errorMessage } of answer?.topics ?? []) {
      const isThere = errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS;
      if (isThere) left.delete(name);
      else if (errorCode === ErrorCode.INVALID_CONFIG) {
        throw new Error(`sim: ${name}: ${errorMessage ?? "invalid config"}`);
      }
    }
    if (left.size > 0) await client.sleep(RETRY_MS);
  }
}

export class Topics {
  readonly #plans: readonly TopicPlan[];
  readonly #places: ReadonlyMap<string, PartitionPlace>;
  readonly #ids = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #epochs = new Map<string, number>();

  constructor(plans: readonly TopicPlan[]) {
    this.#plans = plans;
    this.#places = new Map(
      plans.flatMap(({ name, partitionCount }) =>
        Array.from(
          { length: partitionCount },
          (_, index) => [`${name}-${index}`, { topic: name, index }] as const,
        ),
      ),
    );
  }

  get isKnown(): boolean {
    return this.#ids.size === this.#plans.length;
  }

  find(partition: string): PartitionPlace {
    const place = this.#places.get(partition);
    if (place === undefined) throw new Error(`sim: no partition ${partition}`);
    return place;
  }

  isCompacted(partition: string): boolean {
    const { topic } = this.find(partition);
    return this.#plans.some(({ name, isCompacted }) => name === topic && isCompacted);
  }

  idOf(topic: string): string | undefined {
    return this.#ids.get(topic);
  }

  nameOf(topicId: string): string {
    return this.#names.get(topicId) ?? topicId;
  }

  /** −1 while it is not known. */
  epochOf(partition: string): number {
    return this.#epochs.get(partition) ?? -1;
  }

  /** Asks the broker; false where it did not answer for all topics. */
  async refresh(client: WireClient): Promise<boolean> {
    const answer = await client.call(
      MetadataApi,
      METADATA_VERSION,
      {
        topics: this.#plans.map(({ name }) => ({ name, topicId: ZERO_UUID })),
        allowAutoTopicCreation: false,
        includeTopicAuthorizedOperations: false,
      },
      { timeoutMs: TIMEOUT_MS },
    );
    for (const { name, topicId, errorCode, partitions } of answer?.topics ?? []) {
      if (errorCode !== ErrorCode.NONE || name === null) continue;
      this.#ids.set(name, topicId);
      this.#names.set(topicId, name);
      for (const { partitionIndex, leaderEpoch } of partitions) {
        this.#epochs.set(`${name}-${partitionIndex}`, leaderEpoch);
      }
    }
    if (answer === null || !this.isKnown) {
      await client.sleep(RETRY_MS);
      return false;
    }
    return true;
  }
}
