/**
 * The composition root: builds every part of a broker and plugs them into each other. The same wiring
 * runs on real machines and in memory with faults; only `config` and `world` differ.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import type { V1Services } from "#admin/v1/services.ts";
import type { Services } from "#api/handlers.ts";
import type { Actor } from "#audit/actor.ts";
import { type Audit, AuditLog, NO_AUDIT } from "#audit/audit-log.ts";
import { Changes } from "#audit/changes.ts";
import { GroupChanges } from "#audit/group-changes.ts";
import { allowAll } from "#auth/authorizer.ts";
import { Browsing } from "#browse/browsing.ts";
import { AutoTopics } from "#controller/auto-topics.ts";
import { Controller } from "#controller/controller.ts";
import { partitionsLedBy } from "#controller/elections.ts";
import { Membership } from "#controller/membership.ts";
import { ProducerIds } from "#controller/producer-ids.ts";
import { OFFSETS_TOPIC } from "#coordinator/group-coordinator.ts";
import type { LagTable } from "#coordinator/lag-table.ts";
import type { TopicLookup } from "#coordinator/ports.ts";
import { registerGroupMetrics } from "#coordinator/probe.ts";
import {
  TRANSACTION_TOPIC,
  type TransactionCoordinator,
} from "#coordinator/transaction-coordinator.ts";
import { registerTransactionMetrics } from "#coordinator/transaction-probe.ts";
import type { World } from "#io/ports.ts";
import type { Compactor } from "#log/compaction/compactor.ts";
import { LogDirs } from "#log/log-dirs.ts";
import { Semaphore } from "#log/semaphore.ts";
import { brokerDirectory } from "#metadata/endpoints.ts";
import type { MetadataImage } from "#metadata/image.ts";
import { ImageFollower } from "#metadata/image-follower.ts";
import { TopicConfigs } from "#metadata/topic-configs.ts";
import { TopicDeletions } from "#metadata/topic-deletions.ts";
import { LogLimiter } from "#metrics/log-limiter.ts";
import { ByteBudget } from "#net/byte-budget.ts";
import type { KafkaListener } from "#net/listener.ts";
import { NetProbe } from "#net/probe.ts";
import { deleteRecords } from "#replica/delete-records.ts";
import { STORED_READS_AT_ONCE } from "#replica/fetch.ts";
import { FetchSessions } from "#replica/fetch-sessions.ts";
import type { InternalTopic } from "#replica/internal-topic.ts";
import { appendMarker } from "#replica/markers.ts";
import type { TransactionGate } from "#replica/ports.ts";
import { registerReplicaMetrics } from "#replica/probe.ts";
import { ReplicaManager } from "#replica/replica-manager.ts";
import { type Around, openAuditTopic, v1Services } from "./node-admin.ts";
import { compactorOf } from "./node-compaction.ts";
import {
  groupCoordinator,
  lagTable,
  tellGroupsOfDeletedTopics,
  topicLookup,
} from "./node-groups.ts";
import { listen } from "./node-listeners.ts";
import type { NodeConfig, Parts } from "./node-parts.ts";
import { transactionCoordinator } from "./node-transactions.ts";

export type { Around } from "./node-admin.ts";
export type { NodeConfig } from "./node-parts.ts";

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
  /** What the routes of the admin port work with; `around` is the process around the node. */
  v1Services(around: Around): V1Services;
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
  const logs = await LogDirs.open({
    folders: [{ path: config.dataFolder, problem: null }, ...(config.otherFolders ?? [])],
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
  const auditTopic = await openAuditTopic(config, world, { controller, replicas });
  const audit = auditOf(config, world, auditTopic);
  const parts = { logs, view, controller, replicas, probe: net.probe, audit };
  const services = servicesOf(config, world, parts);
  tellGroupsOfDeletedTopics(view, services);
  startCoordinators(view, services);
  const topicConfigs = new TopicConfigs(view, nodeId, loaded.fixed);
  const browsing = new Browsing(world, { view, replicas, topicConfigs }, config.metrics);
  const compactor = compactorOf(config, world, replicas);
  const running = { logs, membership, replicas, services, view, browsing, compactor };
  registerReplicaMetrics(config.metrics, { replicas, logs, fetchSessions: services.fetchSessions });
  const lags = lagTable(services);
  registerCoordinatorMetrics(config, services, lags);
  const served = { ...parts, services, lags, auditTopic, browsing, compactor };
  const listeners = await listen(config, world, services, net).catch(async (error: unknown) => {
    await stopParts([], running, world);
    throw error;
  });
  return {
    listeners,
    services,
    lags,
    startKeyIndexing: () => browsing.startIndexing(),
    v1Services: (around) => v1Services(config, world, { ...served, listeners }, around),
    get image() {
      return view.image;
    },
    isReady: () => view.image.brokers.has(nodeId),
    stop: () => stopParts(listeners, running, world),
  };
}

function auditOf(
  { loaded, metrics }: NodeConfig,
  { clock, scheduler, logger }: World,
  topic: InternalTopic,
): Audit {
  const { runnelAuditEnable, nodeId: brokerId } = loaded.broker;
  if (!runnelAuditEnable) return NO_AUDIT;
  return new AuditLog({ topic, brokerId, clock, scheduler, logger, metrics });
}

async function stopParts(
  listeners: readonly KafkaListener[],
  { logs, membership, replicas, services, view, browsing, compactor }: Running,
  { logger }: World,
): Promise<void> {
  const stopping = listeners.map((listener) => listener.stop(DRAIN_MS));
  const browsed = Promise.all([browsing.close(), compactor.close()]);
  replicas.close();
  await services.transactions.close();
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
  readonly logs: LogDirs;
  readonly membership: Membership;
  readonly replicas: ReplicaManager;
  readonly services: Services;
  readonly view: ImageFollower;
  readonly browsing: Browsing;
  readonly compactor: Compactor;
}

/** What a node keeps, apart from its role in the cluster. */
interface Stored {
  readonly logs: LogDirs;
  readonly view: ImageFollower;
  readonly deletions: TopicDeletions;
}

/** Opens every partition that the image gives to this broker, and follows the image from then on. */
async function openReplicas(
  { loaded, onStorageLost }: NodeConfig,
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
  logs.listener = {
    onFolderLost: (path) => replicas.takeOffline(path),
    onAllLost: () => onStorageLost?.("the disks of all data folders failed"),
  };
  await replicas.start(view.image, await deletions.unfinished());
  return replicas;
}

/** Coordinators begin where they have something to go on with, before anybody asks. */
function startCoordinators({ image }: ImageFollower, { groups, transactions }: Services): void {
  if (image.topicsByName.has(OFFSETS_TOPIC)) void groups.start();
  if (image.topicsByName.has(TRANSACTION_TOPIC)) void transactions.start();
}

function registerCoordinatorMetrics(
  { metrics }: NodeConfig,
  { groups, transactions }: Services,
  lags: LagTable,
): void {
  registerGroupMetrics(metrics, { lags: () => lags.latest, usage: () => groups.usage });
  registerTransactionMetrics(metrics, transactions);
}

/** Groups and transactions, each of which needs the other. */
function coordinatorsOf(
  config: NodeConfig,
  world: World,
  parts: Pick<Parts, "controller" | "replicas" | "view"> & { readonly topics: TopicLookup },
) {
  const gate: TransactionGate = { admit: (admission) => transactions.admit(admission) };
  const groups = groupCoordinator(config, world, { ...parts, gate });
  const producerIds = new ProducerIds(() => parts.controller.allocateProducerIds());
  const transactions: TransactionCoordinator = transactionCoordinator(config, world, {
    ...parts,
    producerIds,
    endOffsets: (partition, marker) => groups.completeTransaction(partition, marker),
  });
  return { groups, transactions, producerIds, gate };
}

function servicesOf(config: NodeConfig, world: World, parts: Parts): Services {
  const { loaded } = config;
  const { broker } = loaded;
  const { logs, view, controller, replicas, probe, audit } = parts;
  const { clock, scheduler, logger, random, workers, disk } = world;
  const directory = brokerDirectory({
    view,
    nodeId: broker.nodeId,
    advertised: broker.advertisedListeners,
  });
  const topics = topicLookup(view);
  const coordinators = coordinatorsOf(config, world, { topics, controller, replicas, view });
  const { groups, transactions, producerIds, gate } = coordinators;
  const changes = new Changes({
    controller,
    replicas,
    deleteRecords: (partition, offset) => deleteRecords({ logs, logger }, partition, offset),
    writeMarker: (topic, partition, marker) =>
      topic.name === OFFSETS_TOPIC
        ? groups.completeTransaction(partition.identity.index, marker)
        : appendMarker(partition, marker),
    audit,
  });
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
      ? new AutoTopics<Actor>(
          (topics, actor) => changes.createOnRequest(actor, topics),
          new LogLimiter(logger, clock),
        )
      : null,
    isTopicDeletionEnabled: broker.deleteTopicEnable,
    producerIds,
    transactions,
    replicas,
    logs,
    disk,
    append: { clock, workers, gate },
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
    groups,
    changes,
    groupChanges: new GroupChanges({ groups, audit, clock }),
  };
}
