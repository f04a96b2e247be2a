/** Browsing as a node has it: loaded when somebody wants it, and ended with the node. */
import type { World } from "#io/ports.ts";
import type { MetadataView } from "#metadata/image.ts";
import type { TopicConfigs } from "#metadata/topic-configs.ts";
import type { MetricRegistry } from "#metrics/metric.ts";
import type { Partition } from "#replica/partition.ts";
import type { ReplicaManager } from "#replica/replica-manager.ts";
import type { KeyIndexer } from "./keys/key-indexer.ts";
import { BrowseProbe } from "./probe.ts";
import type { BrowseService } from "./service.ts";

export interface BrowsingParts {
  readonly view: MetadataView;
  readonly replicas: ReplicaManager;
  readonly topicConfigs: TopicConfigs;
}

export class Browsing {
  readonly #world: World;
  readonly #parts: BrowsingParts;
  #service: Promise<BrowseService> | null = null;
  #indexer: Promise<KeyIndexer> | null = null;
  #isClosed = false;
  readonly #probe: BrowseProbe;

  constructor(world: World, parts: BrowsingParts, metrics: MetricRegistry) {
    this.#world = world;
    this.#parts = parts;
    this.#probe = new BrowseProbe(metrics);
  }

  /** Answers questions about events. */
  service(): Promise<BrowseService> {
    this.#service ??= import("./service.ts").then(({ BrowseService }) => {
      const { threads, clock, scheduler, logger } = this.#world;
      const probe = this.#probe;
      return new BrowseService({ ...this.#parts, threads, clock, scheduler, logger, probe });
    });
    return this.#service;
  }

  /** Keeps key indexes up to date from now on. */
  async startIndexing(): Promise<void> {
    this.#indexer ??= import("./keys/key-indexer.ts").then(({ KeyIndexer }) => {
      const { threads, clock, scheduler, logger } = this.#world;
      const partitions = (): Iterable<Partition> => this.#parts.replicas.partitions();
      const isEnabled = (partition: Partition): boolean => this.#isIndexed(partition);
      const world = { threads, clock, scheduler, logger, probe: this.#probe };
      return new KeyIndexer({ ...world, partitions, isEnabled });
    });
    const indexer = await this.#indexer;
    if (this.#isClosed) await indexer.close();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const [service, indexer] = await Promise.all([this.#service, this.#indexer]);
    await Promise.all([service?.close(), indexer?.close()]);
  }

  #isIndexed({ identity }: Partition): boolean {
    const topic = this.#parts.view.image.topicsById.get(identity.topicId);
    return topic !== undefined && this.#parts.topicConfigs.of(topic).runnelKeyIndexEnable;
  }
}
