/**
 * The composition root: builds every part of a broker and plugs them into each other. The same wiring
 * runs on real machines and in memory with faults; only `config` and `world` differ.
 */
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import type { About, V1Services } from "#admin/v1/services.ts";
import { createDispatch } from "#api/dispatch.ts";
import { handlers, type Services } from "#api/handlers.ts";
import { ApiProbe } from "#api/probe.ts";
import { allowAll } from "#auth/authorizer.ts";
import { Browsing } from "#browse/browsing.ts";
import type { BrokerConfig } from "#config/broker-settings.ts";
import type { LoadedConfig } from "#config/load.ts";
import { AutoTopics } from "#controller/auto-topics.ts";
import { Controller } from "#controller/controller.ts";
import { partitionsLedBy } from "#controller/elections.ts";
import { Membership } from "#controller/membership.ts";
import { ProducerIds } from "#controller/producer-ids.ts";
import { GroupCoordinator, OFFSETS_TOPIC } from "#coordinator/group-coordinator.ts";
import { LagTable } from "#coordinator/lag-table.ts";
import type { GroupConfig, TopicLookup } from "#coordinator/ports.ts";
import type { World } from "#io/ports.ts";
import { LogManager } from "#log/log-manager.ts";
import { Semaphore } from "#log/semaphore.ts";
import { brokerDirectory } from "#metadata/endpoints.ts";
import type { MetadataImage, TopicImage } from "#metadata/image.ts";
import { ImageFollower } from "#metadata/image-follower.ts";
import type { MetadataStore } from "#metadata/store.ts";
import { TopicConfigs } from "#metadata/topic-configs.ts";
import { TopicDeletions } from "#metadata/topic-deletions.ts";
import { LogLimiter } from "#metrics/log-limiter.ts";
import type { MetricRegistry } from "#metrics/metric.ts";
import { ByteBudget } from "#net/byte-budget.ts";
import { DEFAULT_LIMITS, type NetLimits } from "#net/limits.ts";
import { type KafkaListener, openKafkaListener } from "#net/listener.ts";
import { NetProbe } from "#net/probe.ts";
import { EventTimes } from "#replica/event-times.ts";
import { STORED_READS_AT_ONCE } from "#replica/fetch.ts";
import { FetchSessions } from "#replica/fetch-sessions.ts";
import { InternalTopic } from "#replica/internal-topic.ts";
import { registerReplicaMetrics } from "#replica/probe.ts";
import { ReplicaManager } from "#replica/replica-manager.ts";

export interface NodeConfig {
  readonly loaded: LoadedConfig;
  readonly clusterId: string;
  /** The folder of the logs, which this node alone uses. */
  readonly dataFolder: string;
  readonly store: MetadataStore;
  readonly metrics: MetricRegistry;
}

/** A running broker. */
export interface Node {
  /** Where it accepts clients, in the order of the setting. */
  readonly listeners: readonly KafkaListener[];
  readonly image: MetadataImage;
  readonly services: Services;
  /** How far groups are behind. */
  readonly lags: LagTable;
  /** Keeps the indexes by which the admin port finds keys up to date, from now on. */
  startKeyIndexing(): Promise<void>;
  /** What the routes of the admin port work with; `about` is the process around the node. */
  v1Services(about: About): V1Services;
  /** Whether it accepts connections and knows the cluster. */
  isReady(): boolean;
  /**
   * Stops accepting, answers or fails what is parked, syncs every log and leaves the mark of an orderly
   * stop. Resolves when all that is done.
   */
  stop(): Promise<void>;
}

/** How long an orderly stop waits for connections to take their answers. */
const DRAIN_MS = 3_000;
/** Bytes of answers that wait on all connections, above which a fetch gets no more than a first batch. */
const UNSENT_BYTES_FULL = 64 * 1024 * 1024;

/** Starts a broker; it accepts connections when this resolves. Rejects with `IoError`. */
export async function createNode(config: NodeConfig, world: World): Promise<Node> {
  const { loaded, store } = config;
  const { broker } = loaded;
  const nodeId = broker.nodeId;
  const { clock, scheduler, logger, workers, disk } = world;
  const logs = await LogManager.open({
    dataFolder: config.dataFolder,
    disk,
    scheduler,
    workers,
    logger,
    openFilesMax: broker.runnelMaxOpenFiles,
    tailCacheBytes: Number(broker.runnelTailCacheBytes),
    nowMs: () => clock.nowMs(),
  });
  const view = await ImageFollower.start(store, world);
  const membership = await Membership.join({
    store,
    view,
    scheduler,
    logger,
    clusterId: config.clusterId,
    nodeId,
    broker: { rack: broker.brokerRack, endpoints: [] },
  });
  const controller = new Controller({
    store,
    view,
    seat: membership,
    random: world.random,
    nodeId,
    broker,
    fixed: loaded.fixed,
  });
  // What a crash may have taken from a log that was not synced, consumers learn by the new epoch.
  if (!logs.wasClean) await controller.reelect(partitionsLedBy(view.image, nodeId));
  const deletions = new TopicDeletions({ store, nodeId, logger });
  const replicas = await openReplicas(config, world, { logs, view, deletions });
  const budget = new ByteBudget(() => Number(broker.queuedMaxRequestBytes), scheduler);
  const net = { budget, probe: new NetProbe(config.metrics, budget) };
  const { probe } = net;
  const parts = { logs, view, controller, replicas, probe };
  const services = servicesOf(config, world, parts);
  const lags = lagTable(services);
  tellGroupsOfDeletedTopics(view, services);
  if (view.image.topicsByName.has(OFFSETS_TOPIC)) void services.groups.start();
  const browsing = new Browsing(world, {
    view,
    replicas,
    topicConfigs: new TopicConfigs(view, nodeId, loaded.fixed),
  });
  const running = { logs, membership, replicas, services, view, browsing };
  registerReplicaMetrics(config.metrics, { replicas, logs, fetchSessions: services.fetchSessions });
  const listeners = await listen(config, world, services, net).catch(async (error: unknown) => {
    await stopParts([], running, world);
    throw error;
  });
  return {
    listeners,
    services,
    lags,
    startKeyIndexing: () => browsing.startIndexing(),
    v1Services: (about) =>
      v1Services(config, world, { ...parts, services, lags, listeners, browsing }, about),
    get image() {
      return view.image;
    },
    isReady: () => view.image.brokers.has(nodeId),
    stop: () => stopParts(listeners, running, world),
  };
}

/** The services of the node, for the routes of the admin port. */
function v1Services(
  { loaded }: NodeConfig,
  { logger, random }: World,
  parts: Pick<Parts, "view" | "controller"> & {
    readonly services: Services;
    readonly lags: LagTable;
    readonly listeners: readonly KafkaListener[];
    readonly browsing: Browsing;
  },
  about: About,
): V1Services {
  const { view, controller, services, lags, listeners, browsing } = parts;
  const { broker, fixed } = loaded;
  const bound = listeners.map(({ name, host, port }) => ({ name, host, port }));
  return {
    ...services,
    controller,
    lags,
    eventTimes: new EventTimes(logger),
    logger,
    random,
    topicConfigs: new TopicConfigs(view, broker.nodeId, fixed),
    broker,
    listeners: broker.advertisedListeners ?? bound,
    browse: () => browsing.service(),
    about,
  };
}

function lagTable({ groups, topics, replicas, clock }: Services): LagTable {
  const endOf = (topicId: string, partition: number): number | null => {
    const found = replicas.find(topicId, partition);
    return found.kind === "open" ? found.partition.highWatermark : null;
  };
  return new LagTable({ groups, topics, endOf, clock });
}

function tellGroupsOfDeletedTopics(view: ImageFollower, { groups }: Services): void {
  view.subscribe((previous, next, { topicIds }) => {
    const gone = [...topicIds].filter((id) => !next.topicsById.has(id));
    const deleted = gone.flatMap((id) => previous.topicsById.get(id) ?? []);
    if (deleted.length === 0) return;
    groups.onTopicsDeleted(deleted.map(({ name, id: topicId }) => ({ name, topicId })));
  });
}

async function stopParts(
  listeners: readonly KafkaListener[],
  { logs, membership, replicas, services, view, browsing }: Running,
  { logger }: World,
): Promise<void> {
  const stopping = listeners.map((listener) => listener.stop(DRAIN_MS));
  const browsed = browsing.close();
  replicas.close();
  await services.groups.close();
  await Promise.all([...stopping, browsed]);
  await logs.close();
  await membership.leave().catch((error: unknown) => {
    logger.warn({ error: messageOf(error) }, "leaving the cluster failed");
  });
  view.close();
}

/** What a node has to end. */
interface Running {
  readonly logs: LogManager;
  readonly membership: Membership;
  readonly replicas: ReplicaManager;
  readonly services: Services;
  readonly view: ImageFollower;
  readonly browsing: Browsing;
}

/** What a node keeps, apart from its role in the cluster. */
interface Stored {
  readonly logs: LogManager;
  readonly view: ImageFollower;
  readonly deletions: TopicDeletions;
}

/** Opens every partition that the image gives to this broker, and follows the image from then on. */
async function openReplicas(
  { loaded }: NodeConfig,
  { clock, scheduler, logger }: World,
  { logs, view, deletions }: Stored,
): Promise<ReplicaManager> {
  const { broker, fixed } = loaded;
  const topicConfigs = new TopicConfigs(view, broker.nodeId, fixed);
  const replicas = new ReplicaManager(
    {
      brokerId: broker.nodeId,
      logs,
      clock,
      scheduler,
      logger,
      configOf: (topic) => topicConfigs.of(topic),
      retentionIntervalMs: () => Number(broker.logRetentionCheckIntervalMs),
      producerIdExpirationMs: broker.producerIdExpirationMs,
      onDeleted: (topicId) => deletions.finish(topicId),
    },
    view.image,
  );
  view.subscribe((_previous, next, change) => replicas.apply(next, change));
  await replicas.start(view.image, await deletions.unfinished());
  return replicas;
}

interface Parts {
  readonly logs: LogManager;
  readonly view: ImageFollower;
  readonly controller: Controller;
  readonly replicas: ReplicaManager;
  readonly probe: NetProbe;
}

function servicesOf(config: NodeConfig, world: World, parts: Parts): Services {
  const { loaded } = config;
  const { broker } = loaded;
  const { logs, view, controller, replicas, probe } = parts;
  const { clock, scheduler, logger, random, workers, disk } = world;
  const directory = brokerDirectory({
    view,
    nodeId: broker.nodeId,
    advertised: broker.advertisedListeners,
  });
  const topics = topicLookup(view);
  // Never 0: then a fetch would not wait for data, and its client would ask again at once.
  const answerBytesMax = (): number =>
    Math.max(1, Math.min(broker.fetchMaxBytes, UNSENT_BYTES_FULL - probe.unsentBytes));
  return {
    authorizer: allowAll,
    clock,
    view,
    controller,
    brokers: directory,
    autoTopics: broker.autoCreateTopicsEnable
      ? new AutoTopics(controller, new LogLimiter(logger, clock))
      : null,
    isTopicDeletionEnabled: broker.deleteTopicEnable,
    producerIds: new ProducerIds(() => controller.allocateProducerIds()),
    replicas,
    logs,
    disk,
    dataFolder: config.dataFolder,
    append: { clock, workers },
    reads: {
      clock,
      scheduler,
      logger,
      reads: new Semaphore(STORED_READS_AT_ONCE),
      answerBytesMax,
    },
    fetchSessions: new FetchSessions(random, () => broker.maxIncrementalFetchSessionCacheSlots),
    fetchMaxBytes: answerBytesMax,
    topics,
    coordinators: {
      locate(topic, partition, context) {
        const leader = view.image.topicsByName.get(topic)?.partitions[partition]?.leader ?? -1;
        return directory.one(leader, context);
      },
    },
    groups: new GroupCoordinator({
      log: new InternalTopic({
        name: OFFSETS_TOPIC,
        replicas,
        create: () => createOffsetsTopic(controller, broker),
      }),
      topics,
      config: () => groupConfig(broker),
      clock,
      scheduler,
      random,
      logger,
    }),
  };
}

function topicLookup(view: ImageFollower): TopicLookup {
  const info = (topic: TopicImage | undefined) =>
    topic && { name: topic.name, topicId: topic.id, partitionCount: topic.partitions.length };
  return {
    byName: (name) => info(view.image.topicsByName.get(name)),
    byId: (topicId) => info(view.image.topicsById.get(topicId)),
  };
}

/** The topic of committed offsets: as durable as any, never dropped by age or size. */
async function createOffsetsTopic(controller: Controller, broker: BrokerConfig): Promise<void> {
  const topic = {
    name: OFFSETS_TOPIC,
    partitionCount: broker.offsetsTopicNumPartitions,
    replicationFactor: broker.offsetsTopicReplicationFactor,
    assignments: [],
    configs: [
      { name: "cleanup.policy", value: "compact" },
      { name: "segment.bytes", value: String(broker.offsetsTopicSegmentBytes) },
      { name: "retention.ms", value: "-1" },
      { name: "retention.bytes", value: "-1" },
    ],
  };
  const options = { isValidateOnly: false, isInternal: true };
  const [created] = await controller.createTopics([topic], options);
  const code = created?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  if (code === ErrorCode.NONE || code === ErrorCode.TOPIC_ALREADY_EXISTS) return;
  const reason = created?.message ?? errorName(code);
  throw new IoError("RUNNEL_OFFSETS_TOPIC", `${OFFSETS_TOPIC} could not be created: ${reason}`);
}

function groupConfig(broker: BrokerConfig): GroupConfig {
  return {
    initialRebalanceDelayMs: broker.groupInitialRebalanceDelayMs,
    sessionTimeoutMsMin: broker.groupMinSessionTimeoutMs,
    sessionTimeoutMsMax: broker.groupMaxSessionTimeoutMs,
    groupSizeMax: broker.groupMaxSize,
    offsetMetadataBytesMax: broker.offsetMetadataMaxBytes,
    offsetsRetentionMs: broker.offsetsRetentionMinutes * 60_000,
    offsetsRetentionCheckIntervalMs: Number(broker.offsetsRetentionCheckIntervalMs),
  };
}

function listen(
  { loaded, metrics }: NodeConfig,
  world: World,
  services: Services,
  { budget, probe }: { readonly budget: ByteBudget; readonly probe: NetProbe },
): Promise<KafkaListener[]> {
  const { broker } = loaded;
  const { clock, scheduler, logger, network, disk } = world;
  const dispatch = createDispatch({ handlers, services, clock, probe: new ApiProbe(metrics) });
  const limits: NetLimits = {
    ...DEFAULT_LIMITS,
    connectionsMax: broker.maxConnections,
    connectionsPerAddressMax: broker.maxConnectionsPerIp,
    frameBytesMax: broker.socketRequestMaxBytes,
    idleMs: Number(broker.connectionsMaxIdleMs),
  };
  return Promise.all(
    broker.listeners.map(({ name, host, port }) =>
      openKafkaListener({
        name,
        host,
        port,
        network,
        clock,
        scheduler,
        logger,
        allocate: (length) => disk.allocate(length),
        limits,
        budget,
        probe,
        dispatch,
      }),
    ),
  );
}
