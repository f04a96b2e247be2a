/** Every route with the schemas of what goes in and comes out; the one definition of the admin API. */
import { z } from "zod";
import * as audit from "./audit.ts";
import * as cluster from "./cluster.ts";
import { DryRunQuery, GroupId, PartitionIndex, TopicName } from "./common.ts";
import * as configs from "./configs.ts";
import * as events from "./events.ts";
import * as groups from "./groups.ts";
import * as metrics from "./metrics.ts";
import { PATHS, type RouteName, type RoutePath } from "./paths.ts";
import * as records from "./records.ts";
import * as topics from "./topics.ts";
import * as transactions from "./transactions.ts";

export interface Route extends RoutePath {
  readonly tag:
    | "cluster"
    | "brokers"
    | "topics"
    | "events"
    | "groups"
    | "transactions"
    | "metrics"
    | "audit";
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Of the answer that is no problem. */
  readonly status: 200 | 201;
  /** The answer, or one message of a stream. */
  readonly response: z.ZodType;
  /** Whether `If-Match` with the resource's etag guards the change. */
  readonly takesIfMatch?: true;
  /** Whether `Idempotency-Key` makes a repetition answer what the first one did. */
  readonly takesIdempotencyKey?: true;
}

const InTopic = z.strictObject({ topic: TopicName });
const InGroup = z.strictObject({ group: GroupId });
const InTransaction = z.strictObject({ transactionalId: transactions.TransactionalId });
const InPartition = z.strictObject({ topic: TopicName, partition: PartitionIndex });
const OfBroker = z.strictObject({ broker: cluster.BrokerId });
const ConfigsOfBroker = z.strictObject({ broker: cluster.ConfigBroker });

const CLUSTER_ROUTES = {
  getCluster: {
    ...PATHS.getCluster,
    tag: "cluster",
    summary: "The cluster, its health and its totals",
    status: 200,
    response: cluster.Cluster,
  },
  listBrokers: {
    ...PATHS.listBrokers,
    tag: "brokers",
    summary: "Live brokers; the filter looks at their ids and racks",
    query: cluster.BrokersQuery,
    status: 200,
    response: cluster.BrokerPage,
  },
  getBroker: {
    ...PATHS.getBroker,
    tag: "brokers",
    summary: "One broker",
    params: OfBroker,
    status: 200,
    response: cluster.Broker,
  },
  listReplicas: {
    ...PATHS.listReplicas,
    tag: "brokers",
    summary: "The replicas on a broker; the filter looks at their topics",
    params: OfBroker,
    query: cluster.ReplicasQuery,
    status: 200,
    response: cluster.ReplicaPage,
  },
  getBrokerConfigs: {
    ...PATHS.getBrokerConfigs,
    tag: "brokers",
    summary: "Settings of a broker; `default`: what was set at run time for all",
    params: ConfigsOfBroker,
    status: 200,
    response: configs.ConfigList,
  },
  changeBrokerConfigs: {
    ...PATHS.changeBrokerConfigs,
    tag: "brokers",
    summary: "Changes settings of one broker, or of all, at run time",
    params: ConfigsOfBroker,
    query: DryRunQuery,
    body: configs.ConfigPatch,
    status: 200,
    response: configs.ConfigChanges,
    takesIfMatch: true,
  },
} as const satisfies Partial<Record<RouteName, Route>>;

const TOPIC_ROUTES = {
  listTopics: {
    ...PATHS.listTopics,
    tag: "topics",
    summary: "Topics; the filter looks at their names",
    query: topics.TopicsQuery,
    status: 200,
    response: topics.TopicPage,
  },
  createTopic: {
    ...PATHS.createTopic,
    tag: "topics",
    summary: "Creates a topic",
    query: DryRunQuery,
    body: topics.NewTopic,
    status: 201,
    response: topics.TopicCreated,
    takesIdempotencyKey: true,
  },
  getTopicDefaults: {
    ...PATHS.getTopicDefaults,
    tag: "topics",
    summary: "What a new topic is given where nothing is said",
    status: 200,
    response: topics.TopicDefaults,
  },
  getTopic: {
    ...PATHS.getTopic,
    tag: "topics",
    summary: "One topic",
    params: InTopic,
    status: 200,
    response: topics.Topic,
  },
  growTopic: {
    ...PATHS.growTopic,
    tag: "topics",
    summary: "Gives a topic more partitions",
    params: InTopic,
    query: DryRunQuery,
    body: topics.TopicPatch,
    status: 200,
    response: topics.TopicGrown,
    takesIfMatch: true,
  },
  deleteTopic: {
    ...PATHS.deleteTopic,
    tag: "topics",
    summary: "Deletes a topic with all its events",
    params: InTopic,
    query: DryRunQuery,
    status: 200,
    response: topics.TopicDeleted,
    takesIfMatch: true,
  },
  listPartitions: {
    ...PATHS.listPartitions,
    tag: "topics",
    summary: "The partitions of a topic",
    params: InTopic,
    query: topics.PartitionsQuery,
    status: 200,
    response: topics.PartitionPage,
  },
  getTopicConfigs: {
    ...PATHS.getTopicConfigs,
    tag: "topics",
    summary: "The settings of a topic",
    params: InTopic,
    status: 200,
    response: configs.ConfigList,
  },
  changeTopicConfigs: {
    ...PATHS.changeTopicConfigs,
    tag: "topics",
    summary: "Changes settings of a topic",
    params: InTopic,
    query: DryRunQuery,
    body: configs.ConfigPatch,
    status: 200,
    response: configs.ConfigChanges,
    takesIfMatch: true,
  },
  listTopicGroups: {
    ...PATHS.listTopicGroups,
    tag: "topics",
    summary: "Groups that read a topic; the filter looks at their ids",
    params: InTopic,
    query: topics.TopicGroupsQuery,
    status: 200,
    response: topics.TopicGroupPage,
  },
  readEvents: {
    ...PATHS.readEvents,
    tag: "events",
    summary: "Searches a topic, or follows it, as a stream of server-sent events",
    params: InTopic,
    query: events.EventsQuery,
    status: 200,
    response: events.EventStreamMessage,
  },
  getHistogram: {
    ...PATHS.getHistogram,
    tag: "events",
    summary: "How many events there are by time, without reading them",
    params: InTopic,
    query: events.HistogramQuery,
    status: 200,
    response: events.Histogram,
  },
  readKey: {
    ...PATHS.readKey,
    tag: "events",
    summary: "All events of one key, as a stream of server-sent events",
    params: InTopic,
    query: events.KeyQuery,
    status: 200,
    response: events.EventStreamMessage,
  },
  readLatest: {
    ...PATHS.readLatest,
    tag: "events",
    summary: "The latest event of every key, now or at a time, as a stream of server-sent events",
    params: InTopic,
    query: events.LatestQuery,
    status: 200,
    response: events.EventStreamMessage,
  },
  produce: {
    ...PATHS.produce,
    tag: "events",
    summary: "Produces events",
    params: InTopic,
    query: DryRunQuery,
    body: records.ProduceRequest,
    status: 200,
    response: records.ProduceResponse,
    takesIdempotencyKey: true,
  },
  deleteRecords: {
    ...PATHS.deleteRecords,
    tag: "events",
    summary: "Deletes the oldest events of partitions, up to a point",
    params: InTopic,
    query: DryRunQuery,
    body: records.DeleteRecordsRequest,
    status: 200,
    response: records.RecordsDeleted,
  },
} as const satisfies Partial<Record<RouteName, Route>>;

const GROUP_ROUTES = {
  listGroups: {
    ...PATHS.listGroups,
    tag: "groups",
    summary: "Consumer groups; the filter looks at their ids",
    query: groups.GroupsQuery,
    status: 200,
    response: groups.GroupPage,
  },
  getGroup: {
    ...PATHS.getGroup,
    tag: "groups",
    summary: "One group with its members",
    params: InGroup,
    status: 200,
    response: groups.Group,
  },
  deleteGroup: {
    ...PATHS.deleteGroup,
    tag: "groups",
    summary: "Deletes a group without members, and its offsets",
    params: InGroup,
    query: DryRunQuery,
    status: 200,
    response: groups.GroupDeleted,
    takesIfMatch: true,
  },
  listGroupOffsets: {
    ...PATHS.listGroupOffsets,
    tag: "groups",
    summary: "What a group committed, how far it is behind, and who reads",
    params: InGroup,
    query: groups.GroupOffsetsQuery,
    status: 200,
    response: groups.GroupOffsetPage,
  },
  resetOffsets: {
    ...PATHS.resetOffsets,
    tag: "groups",
    summary: "Moves where a group without members goes on",
    params: InGroup,
    query: DryRunQuery,
    body: groups.ResetRequest,
    status: 200,
    response: groups.OffsetChanges,
    takesIfMatch: true,
  },
  deleteOffsets: {
    ...PATHS.deleteOffsets,
    tag: "groups",
    summary: "Forgets what a group committed for topics that it does not read now",
    params: InGroup,
    query: DryRunQuery,
    body: groups.DeleteOffsetsRequest,
    status: 200,
    response: groups.OffsetChanges,
    takesIfMatch: true,
  },
} as const satisfies Partial<Record<RouteName, Route>>;

const TRANSACTION_ROUTES = {
  listTransactions: {
    ...PATHS.listTransactions,
    tag: "transactions",
    summary: "Transactional ids; the filter looks at them",
    query: transactions.TransactionsQuery,
    status: 200,
    response: transactions.TransactionPage,
  },
  getTransaction: {
    ...PATHS.getTransaction,
    tag: "transactions",
    summary: "One transactional id",
    params: InTransaction,
    status: 200,
    response: transactions.Transaction,
  },
  listTransactionPartitions: {
    ...PATHS.listTransactionPartitions,
    tag: "transactions",
    summary: "The partitions of a transaction under way; the filter looks at their topics",
    params: InTransaction,
    query: transactions.TransactionPartitionsQuery,
    status: 200,
    response: transactions.TransactionPartitionPage,
  },
  abortTransaction: {
    ...PATHS.abortTransaction,
    tag: "transactions",
    summary: "Aborts the transaction under way of a transactional id; its producer is fenced",
    params: InTransaction,
    query: DryRunQuery,
    status: 200,
    response: transactions.TransactionAborted,
    takesIfMatch: true,
  },
  listHeldPartitions: {
    ...PATHS.listHeldPartitions,
    tag: "transactions",
    summary: "Partitions in which transactions are open; the filter looks at their topics",
    query: transactions.HeldPartitionsQuery,
    status: 200,
    response: transactions.HeldPartitionPage,
  },
  listProducers: {
    ...PATHS.listProducers,
    tag: "transactions",
    summary: "What a partition remembers of its producers, and what they have open",
    params: InPartition,
    query: transactions.ProducersQuery,
    status: 200,
    response: transactions.ProducerPage,
  },
  abortHanging: {
    ...PATHS.abortHanging,
    tag: "transactions",
    summary: "Aborts, in one partition, a transaction that nobody coordinates",
    params: InPartition.extend({ producerId: transactions.ProducerId }),
    query: DryRunQuery,
    status: 200,
    response: transactions.HangingAborted,
  },
} as const satisfies Partial<Record<RouteName, Route>>;

const WATCH_ROUTES = {
  listMetricSeries: {
    ...PATHS.listMetricSeries,
    tag: "metrics",
    summary: "The series of metrics that have a history",
    query: metrics.MetricSeriesQuery,
    status: 200,
    response: metrics.MetricSeriesList,
  },
  getMetricHistory: {
    ...PATHS.getMetricHistory,
    tag: "metrics",
    summary: "What metrics were, in buckets: smallest, mean and largest value",
    query: metrics.MetricHistoryQuery,
    status: 200,
    response: metrics.MetricHistory,
  },
  listAudit: {
    ...PATHS.listAudit,
    tag: "audit",
    summary: "Administrative changes, newest first",
    query: audit.AuditQuery,
    status: 200,
    response: audit.AuditPage,
  },
} as const satisfies Partial<Record<RouteName, Route>>;

export const ROUTES = {
  ...CLUSTER_ROUTES,
  ...TOPIC_ROUTES,
  ...GROUP_ROUTES,
  ...TRANSACTION_ROUTES,
  ...WATCH_ROUTES,
} as const satisfies Readonly<Record<RouteName, Route>>;
export type Routes = typeof ROUTES;

/** The body of a route's answer. */
export type AnswerOf<N extends RouteName> = z.output<Routes[N]["response"]>;

type Part<N extends RouteName, K extends "params" | "query" | "body"> = Routes[N] extends {
  readonly [P in K]: infer S extends z.ZodType;
}
  ? S
  : never;

/** What a route is given, as the broker sees it: checked. */
export type ParamsOf<N extends RouteName> = z.output<Part<N, "params">>;
export type QueryOf<N extends RouteName> = z.output<Part<N, "query">>;
export type BodyOf<N extends RouteName> = z.output<Part<N, "body">>;

type Needs<N extends RouteName, K extends "params" | "body"> = [Part<N, K>] extends [never]
  ? unknown
  : { readonly [P in K]: z.input<Part<N, K>> };

type Takes<N extends RouteName> = [Part<N, "query">] extends [never]
  ? unknown
  : { readonly query?: z.input<Part<N, "query">> };

/** What a caller gives. */
export type InputOf<N extends RouteName> = Needs<N, "params"> & Needs<N, "body"> & Takes<N>;
