/**
 * The settings of a broker, under Kafka's names where Kafka has one; our own begin with `runnel.`.
 * The defaults of topic settings (`log.retention.hours` …) come from `topic-settings.ts`.
 */
import {
  type Address,
  parseAddress,
  parseAdvertised,
  parseHosts,
  parseListeners,
} from "./address.ts";
import { COMPACTION_SETTINGS } from "./compaction-settings.ts";
import { CONSUMER_GROUP_SETTINGS } from "./consumer-group-settings.ts";
import {
  bool,
  INT_MAX,
  int,
  list,
  long,
  parsed,
  type Served,
  type Setting,
  short,
  string,
  type ValuesOf,
  word,
} from "./setting.ts";
import { topicDefaultSettings } from "./topic-settings.ts";
import { TRANSACTION_SETTINGS } from "./transaction-settings.ts";

const MIB = 1_048_576;
const only = (value: string, because: string): Served => ({ values: [value], because });
const NO_REPLICATION = "replication is not built yet";
const NO_SECURITY = "authentication is not built yet";

/** Folders joined by commas, without slashes at their ends; null where two are in each other's way. */
function parseFolders(text: string): readonly [string, ...string[]] | null {
  const folders = text.split(",").map((one) => one.trim().replace(/(?<=.)\/+$/, ""));
  const isInside = (one: string): boolean => folders.some((other) => one.startsWith(`${other}/`));
  const isBad = folders.some((one) => one === "" || one.includes("\0") || isInside(one));
  const [first, ...others] = folders;
  if (isBad || first === undefined || new Set(folders).size !== folders.length) return null;
  return [first, ...others];
}

const PLACE = {
  nodeId: int({
    name: "node.id",
    default: 1,
    min: 0,
    doc: "The number of this broker, unlike that of any other in the cluster. It is written into the data folder and cannot change after.",
  }),
  brokerRack: string({
    name: "broker.rack",
    default: null,
    doc: "Where the broker stands, as told to clients: a rack, a room, a data centre.",
  }),
  logDirs: parsed<readonly [string, ...string[]]>(
    "list",
    {
      name: "log.dirs",
      default: "data",
      allowed: "folders, joined by commas, each of them once and none inside another",
      doc: "The data folders, each best on a disk of its own. A relative one counts from where the broker was started. The first holds the metadata too; partitions go where the fewest are. One whose disk fails is offline alone.",
    },
    parseFolders,
  ),
  listeners: parsed(
    "list",
    {
      name: "listeners",
      default: "PLAINTEXT://127.0.0.1:9092",
      allowed: "NAME://HOST:PORT, several joined by commas, each with another name",
      doc: "Where the broker listens for clients. Port 0 takes any free one. Only PLAINTEXT is served until TLS and authentication are built.",
    },
    parseListeners,
  ),
  advertisedListeners: parsed(
    "list",
    {
      name: "advertised.listeners",
      default: null,
      allowed: "NAME://HOST:PORT as clients reach it, several joined by commas",
      doc: "The addresses that clients are told. Where it is not set, a client is told the address at which its own connection arrived: right on one machine and in one network, wrong behind port forwarding.",
    },
    parseAdvertised,
  ) as Setting<ReturnType<typeof parseAdvertised>>,
  runnelAdminListener: parsed<Address | "off">(
    "string",
    {
      name: "runnel.admin.listener",
      default: "127.0.0.1:9644",
      allowed: "HOST:PORT, or off",
      doc: "Where the admin API, `/metrics`, `/healthz` and `/readyz` are served.",
    },
    (text) => (text === "off" ? text : parseAddress(text)),
  ),
  runnelAdminAllowedHosts: parsed(
    "list",
    {
      name: "runnel.admin.allowed.hosts",
      default: "",
      allowed: "host names without ports, joined by commas",
      doc: "Names under which the admin port is reached, besides loopback names and the address that it is bound to: requests under other names are refused, as pages of other sites may have led a browser here.",
    },
    parseHosts,
  ),
  runnelMetricsHistoryEnable: bool({
    name: "runnel.metrics.history.enable",
    default: true,
    doc: "Whether the broker keeps what its metrics were: 24 hours in steps of 10 seconds, 30 days in steps of 5 minutes, in a file of 253 MB in the data folder. Without the admin port it keeps none.",
  }),
  runnelMetadata: word({
    name: "runnel.metadata",
    default: "embedded",
    values: ["embedded"],
    doc: "Where the metadata of the cluster is kept: `embedded` is a database in the data folder, for one broker.",
  }),
};

const NETWORK = {
  connectionsMaxIdleMs: long({
    name: "connections.max.idle.ms",
    default: 600_000,
    min: 1_000,
    unit: "ms",
    doc: "A connection without a request for this long is closed.",
  }),
  maxConnections: int({
    name: "max.connections",
    default: 10_000,
    min: 1,
    doc: "Connections that are open at once; the next one is closed as it comes.",
  }),
  maxConnectionsPerIp: int({
    name: "max.connections.per.ip",
    default: 2_000,
    min: 1,
    doc: "Connections that are open at once from one address.",
  }),
  queuedMaxRequestBytes: long({
    name: "queued.max.request.bytes",
    default: 64 * MIB,
    min: 1,
    unit: "bytes",
    doc: "Bytes of requests that are held at once, over all connections; above it the broker stops reading. One request that is larger is let in alone.",
  }),
  socketRequestMaxBytes: int({
    name: "socket.request.max.bytes",
    default: 100 * MIB,
    min: 1_024,
    unit: "bytes",
    doc: "The largest request; a connection that announces a larger one is closed.",
  }),
  fetchMaxBytes: int({
    name: "fetch.max.bytes",
    default: 57_671_680,
    min: 1_024,
    unit: "bytes",
    doc: "The largest answer to a fetch, whatever the client asks for; never more than 64 MiB, and less while many answers wait to be sent. A first batch that is larger goes out whole.",
  }),
  maxIncrementalFetchSessionCacheSlots: int({
    name: "max.incremental.fetch.session.cache.slots",
    default: 1_000,
    min: 0,
    doc: "Fetch sessions that are remembered; clients without one send their full list every time.",
  }),
  numNetworkThreads: int({
    name: "num.network.threads",
    default: 1,
    min: 1,
    served: only("1", "a broker runs one event loop; run several brokers on a large machine"),
    doc: "Threads that read and write connections.",
  }),
  numIoThreads: int({
    name: "num.io.threads",
    default: 1,
    min: 1,
    served: only("1", "a broker runs one event loop; run several brokers on a large machine"),
    doc: "Threads that answer requests.",
  }),
  requestTimeoutMs: int({
    name: "request.timeout.ms",
    default: 30_000,
    min: 1,
    unit: "ms",
    served: only("30000", "brokers do not ask each other anything yet"),
    doc: "How long a broker waits for the answer of another one.",
  }),
};

const TOPICS = {
  autoCreateTopicsEnable: bool({
    name: "auto.create.topics.enable",
    default: true,
    doc: "Whether a topic comes into being when a client first asks for it.",
  }),
  defaultReplicationFactor: short({
    name: "default.replication.factor",
    default: -1,
    min: -1,
    except: 0,
    doc: "Replicas of a new topic whose creator did not say; −1 for three, or as many as there are live brokers.",
  }),
  deleteTopicEnable: bool({
    name: "delete.topic.enable",
    default: true,
    doc: "Whether topics can be deleted.",
  }),
  numPartitions: int({
    name: "num.partitions",
    default: 1,
    min: 1,
    doc: "Partitions of a new topic whose creator did not say.",
  }),
  runnelMaxPartitions: int({
    name: "runnel.max.partitions",
    default: 50_000,
    min: 1,
    doc: "Partitions of the whole cluster; what would exceed it is not created.",
  }),
};

const LOGS = {
  logRetentionCheckIntervalMs: long({
    name: "log.retention.check.interval.ms",
    default: 300_000,
    min: 1,
    max: INT_MAX,
    unit: "ms",
    doc: "How often the broker looks for segments to drop.",
  }),
  producerIdExpirationMs: int({
    name: "producer.id.expiration.ms",
    default: 86_400_000,
    min: 1,
    unit: "ms",
    doc: "An idempotent producer that was silent for this long is forgotten by a partition.",
  }),
  runnelMaxOpenFiles: int({
    name: "runnel.max.open.files",
    default: 2_048,
    min: 16,
    doc: "Segment files that are held open at once.",
  }),
  runnelTailCacheBytes: long({
    name: "runnel.tail.cache.bytes",
    default: 64 * MIB,
    min: 0,
    unit: "bytes",
    doc: "Memory for the newest records of all partitions, from which consumers at the end are served.",
  }),
  replicaLagTimeMaxMs: long({
    name: "replica.lag.time.max.ms",
    default: 30_000,
    min: 1,
    unit: "ms",
    served: only("30000", NO_REPLICATION),
    doc: "A follower that has not caught up for this long is no longer in sync.",
  }),
};

const GROUPS = {
  groupInitialRebalanceDelayMs: int({
    name: "group.initial.rebalance.delay.ms",
    default: 3_000,
    min: 0,
    unit: "ms",
    doc: "How long an empty group waits for more members before its first rebalance.",
  }),
  groupMaxSessionTimeoutMs: int({
    name: "group.max.session.timeout.ms",
    default: 1_800_000,
    min: 1,
    unit: "ms",
    doc: "The longest session timeout a member may ask for.",
  }),
  groupMaxSize: int({
    name: "group.max.size",
    default: INT_MAX,
    min: 1,
    doc: "Members that a group may have.",
  }),
  groupMinSessionTimeoutMs: int({
    name: "group.min.session.timeout.ms",
    default: 6_000,
    min: 1,
    unit: "ms",
    doc: "The shortest session timeout a member may ask for.",
  }),
  offsetMetadataMaxBytes: int({
    name: "offset.metadata.max.bytes",
    default: 4_096,
    min: 0,
    unit: "bytes",
    doc: "The longest note that may be stored with a committed offset.",
  }),
  offsetsRetentionCheckIntervalMs: long({
    name: "offsets.retention.check.interval.ms",
    default: 600_000,
    min: 1,
    max: INT_MAX,
    unit: "ms",
    doc: "How often the broker looks for committed offsets to forget.",
  }),
  offsetsRetentionMinutes: int({
    name: "offsets.retention.minutes",
    default: 10_080,
    min: 1,
    unit: "minutes",
    doc: "Committed offsets of a group without members are forgotten after this time.",
  }),
  offsetsTopicNumPartitions: int({
    name: "offsets.topic.num.partitions",
    default: 50,
    min: 1,
    max: 10_000,
    doc: "Partitions of `__consumer_offsets`. It counts when the topic is created, and never after.",
  }),
  offsetsTopicReplicationFactor: short({
    name: "offsets.topic.replication.factor",
    default: -1,
    min: -1,
    except: 0,
    doc: "Replicas of `__consumer_offsets`; −1 for three, or as many as there are live brokers.",
  }),
  offsetsTopicSegmentBytes: int({
    name: "offsets.topic.segment.bytes",
    default: 100 * MIB,
    min: MIB,
    unit: "bytes",
    doc: "`segment.bytes` of `__consumer_offsets`.",
  }),
};

const AUDIT = {
  runnelAuditEnable: bool({
    name: "runnel.audit.enable",
    default: true,
    doc: "Whether every administrative change is written to the audit log: who, from where, what, before, after, result.",
  }),
  runnelAuditRetentionMs: long({
    name: "runnel.audit.retention.ms",
    default: 31_536_000_000,
    min: -1,
    unit: "ms",
    doc: "How long entries of the audit log are kept, in the topic `__audit`; −1 for ever. Its other settings, and these over the wire, cannot be changed.",
  }),
  runnelAuditRetentionBytes: long({
    name: "runnel.audit.retention.bytes",
    default: 4_294_967_296,
    min: -1,
    unit: "bytes",
    doc: "How large the audit log may become before its oldest entries go, whatever their age; −1 for no limit.",
  }),
};

/** Settings that tools look for, of parts that are not built: their default is all that is served. */
const LATER = {
  connectionsMaxReauthMs: long({
    name: "connections.max.reauth.ms",
    default: 0,
    min: 0,
    unit: "ms",
    served: only("0", NO_SECURITY),
    doc: "A client must prove who it is again after this time; 0 for never.",
  }),
  saslEnabledMechanisms: list({
    name: "sasl.enabled.mechanisms",
    default: "",
    isEmptyAllowed: true,
    served: only("", NO_SECURITY),
    doc: "Ways in which clients can prove who they are.",
  }),
};

export const BROKER_SETTINGS = {
  ...PLACE,
  ...NETWORK,
  ...TOPICS,
  ...LOGS,
  ...COMPACTION_SETTINGS,
  ...GROUPS,
  ...CONSUMER_GROUP_SETTINGS,
  ...TRANSACTION_SETTINGS,
  ...AUDIT,
  ...LATER,
};

/** The broker's own settings, parsed. They are fixed while it runs. */
export type BrokerConfig = ValuesOf<typeof BROKER_SETTINGS>;

/** All rows of broker scope, those behind topic settings included, by name. */
export const BROKER_SETTINGS_BY_NAME: ReadonlyMap<string, Setting> = byName([
  ...Object.values<Setting>(BROKER_SETTINGS),
  ...topicDefaultSettings(),
]);

function byName(settings: readonly Setting[]): ReadonlyMap<string, Setting> {
  const sorted = settings.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return new Map(sorted.map((setting) => [setting.name, setting]));
}
