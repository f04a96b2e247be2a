/**
 * The controller: administrative changes of topics and settings, and blocks of producer ids. Planning
 * is pure (`create-topics.ts`, `change-topics.ts`, `change-configs.ts`); this shell commits the plans.
 */
import { IoError } from "@runnel/kit/errors.ts";
import type { Random } from "@runnel/kit/world.ts";
import type { BrokerConfig } from "#config/broker-settings.ts";
import type { Overrides } from "#config/effective.ts";
import { MetadataErrorCode } from "#metadata/errors.ts";
import type { MetadataView } from "#metadata/image.ts";
import { PRODUCER_IDS_KEY } from "#metadata/keys.ts";
import type { MetadataStore } from "#metadata/store.ts";
import { layersOf } from "#metadata/topic-configs.ts";
import {
  type ConfigRequest,
  type ConfigResource,
  type ConfigResult,
  type Description,
  describeConfigs,
  describeConfigsAfter,
  planAlterConfigs,
} from "./change-configs.ts";
import {
  type DeletedTopic,
  type DoomedTopic,
  type GrownTopic,
  type GrowthResult,
  planCreatePartitions,
  planDeleteTopics,
} from "./change-topics.ts";
import { Committer, type ControllerSeat } from "./commit.ts";
import {
  type CreatedTopic,
  type NewTopic,
  planCreateTopics,
  refusedTopic,
} from "./create-topics.ts";
import { type PartitionReference, planReelection } from "./elections.ts";
import { COMMIT_ATTEMPTS_MAX, PRODUCER_ID_BLOCK } from "./limits.ts";

export interface ControllerOptions {
  readonly store: MetadataStore;
  readonly view: MetadataView;
  readonly seat: ControllerSeat;
  readonly random: Random;
  readonly nodeId: number;
  readonly broker: BrokerConfig;
  /** What file, environment and flags said. */
  readonly fixed: Overrides;
}

export interface ChangeOptions {
  /** Checks everything and changes nothing. */
  readonly isValidateOnly: boolean;
}

/** Producer ids from `first` on, `count` of them, that nobody else was or will be given. */
export interface ProducerIdBlock {
  readonly first: bigint;
  readonly count: number;
}

export class Controller {
  readonly #options: ControllerOptions;
  readonly #committer: Committer;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#committer = new Committer(options.store, options.view, options.seat);
  }

  /** Each topic is created wholly or not at all; `isInternal` for the broker's own topics alone. */
  createTopics(
    topics: readonly NewTopic[],
    options: ChangeOptions & { readonly isInternal?: boolean },
  ): Promise<readonly CreatedTopic[]> {
    const { broker, random, nodeId, fixed } = this.#options;
    return this.#committer.run({
      requests: topics,
      plan: (image, requests) =>
        planCreateTopics(image, requests, {
          random,
          layers: layersOf(image, nodeId, fixed),
          partitionCountDefault: broker.numPartitions,
          replicationFactorDefault: broker.defaultReplicationFactor,
          clusterPartitionsMax: broker.runnelMaxPartitions,
          isValidateOnly: options.isValidateOnly,
          isInternal: options.isInternal ?? false,
        }),
      refuse: ({ name }, outcome) => refusedTopic(name, outcome),
    });
  }

  deleteTopics(
    topics: readonly DoomedTopic[],
    { isValidateOnly }: ChangeOptions = { isValidateOnly: false },
  ): Promise<readonly DeletedTopic[]> {
    return this.#committer.run({
      requests: topics,
      plan: (image, requests) => planDeleteTopics(image, requests, isValidateOnly),
      refuse: ({ name, topicId }, outcome) => ({ name, topicId, ...outcome }),
    });
  }

  createPartitions(
    topics: readonly GrownTopic[],
    { isValidateOnly }: ChangeOptions,
  ): Promise<readonly GrowthResult[]> {
    const { broker, random } = this.#options;
    const clusterPartitionsMax = broker.runnelMaxPartitions;
    return this.#committer.run({
      requests: topics,
      plan: (image, requests) =>
        planCreatePartitions(image, requests, { random, clusterPartitionsMax, isValidateOnly }),
      refuse: ({ name }, outcome) => ({ name, ...outcome }),
    });
  }

  /** `isInternal` where the broker itself changes a topic of its own. */
  alterConfigs(
    requests: readonly ConfigRequest[],
    { isValidateOnly, isInternal = false }: ChangeOptions & { readonly isInternal?: boolean },
  ): Promise<readonly ConfigResult[]> {
    const { nodeId, fixed } = this.#options;
    const context = { nodeId, fixed, isValidateOnly, isInternal };
    return this.#committer.run({
      requests,
      plan: (image, left) => planAlterConfigs(image, left, context),
      refuse: ({ type, name }, outcome) => ({ type, name, ...outcome }),
    });
  }

  /** `wanted` names settings; null for all. */
  describeConfigs(resource: ConfigResource, wanted: readonly string[] | null): Description {
    return describeConfigs(this.#options.view.image, resource, wanted, this.#options);
  }

  /** The settings of a resource as they will be once `request` is done. */
  describeConfigsAfter(request: ConfigRequest, wanted: readonly string[] | null): Description {
    return describeConfigsAfter(this.#options.view.image, request, wanted, this.#options);
  }

  /**
   * Leaves each partition to its leader, in the next epoch, as after a crash: what it lost unsynced is
   * then told from what it writes next. Rejects with `IoError` where that cannot be stored.
   */
  async reelect(partitions: readonly PartitionReference[]): Promise<void> {
    await this.#committer.run<PartitionReference, boolean>({
      requests: partitions,
      plan: planReelection,
      refuse: (_partition, outcome) => {
        throw new IoError(MetadataErrorCode.UNAVAILABLE, `leader epochs: ${outcome.message}`);
      },
    });
  }

  /** Rejects with `IoError` when the store cannot be written; the block is then lost, not reused. */
  async allocateProducerIds(): Promise<ProducerIdBlock> {
    const { store } = this.#options;
    for (let attempt = 0; attempt < COMMIT_ATTEMPTS_MAX; attempt += 1) {
      const entry = await store.get(PRODUCER_IDS_KEY);
      const first = entry === null ? 0n : BigInt(entry.value);
      const { isApplied } = await store.transact({
        compare: [{ kind: "modRevision", key: PRODUCER_IDS_KEY, equals: entry?.modRevision ?? 0 }],
        success: [
          { kind: "put", key: PRODUCER_IDS_KEY, value: String(first + BigInt(PRODUCER_ID_BLOCK)) },
        ],
      });
      if (isApplied) return { first, count: PRODUCER_ID_BLOCK };
    }
    throw new IoError(
      MetadataErrorCode.UNAVAILABLE,
      `producer ids: another broker was faster ${COMMIT_ATTEMPTS_MAX} times`,
    );
  }
}
