/**
 * Where every route is. The client needs no more than this at run time; `routes.ts` adds the schemas,
 * from which the broker's routes, its OpenAPI document and the client's types come.
 *
 * `{name}` is one percent-encoded segment.
 */
export const PATHS = {
  getCluster: { method: "GET", path: "/v1/cluster" },
  listBrokers: { method: "GET", path: "/v1/brokers" },
  getBroker: { method: "GET", path: "/v1/brokers/{broker}" },
  listReplicas: { method: "GET", path: "/v1/brokers/{broker}/replicas" },
  getBrokerConfigs: { method: "GET", path: "/v1/brokers/{broker}/configs" },
  changeBrokerConfigs: { method: "PATCH", path: "/v1/brokers/{broker}/configs" },
  listTopics: { method: "GET", path: "/v1/topics" },
  createTopic: { method: "POST", path: "/v1/topics" },
  getTopicDefaults: { method: "GET", path: "/v1/topic-defaults" },
  getTopic: { method: "GET", path: "/v1/topics/{topic}" },
  growTopic: { method: "PATCH", path: "/v1/topics/{topic}" },
  deleteTopic: { method: "DELETE", path: "/v1/topics/{topic}" },
  listPartitions: { method: "GET", path: "/v1/topics/{topic}/partitions" },
  getTopicConfigs: { method: "GET", path: "/v1/topics/{topic}/configs" },
  changeTopicConfigs: { method: "PATCH", path: "/v1/topics/{topic}/configs" },
  listTopicGroups: { method: "GET", path: "/v1/topics/{topic}/groups" },
  readEvents: { method: "GET", path: "/v1/topics/{topic}/events", isStream: true },
  getHistogram: { method: "GET", path: "/v1/topics/{topic}/histogram" },
  readKey: { method: "GET", path: "/v1/topics/{topic}/keys", isStream: true },
  readLatest: { method: "GET", path: "/v1/topics/{topic}/latest", isStream: true },
  produce: { method: "POST", path: "/v1/topics/{topic}/events" },
  deleteRecords: { method: "POST", path: "/v1/topics/{topic}/records/delete" },
  listGroups: { method: "GET", path: "/v1/groups" },
  getGroup: { method: "GET", path: "/v1/groups/{group}" },
  deleteGroup: { method: "DELETE", path: "/v1/groups/{group}" },
  listGroupOffsets: { method: "GET", path: "/v1/groups/{group}/offsets" },
  resetOffsets: { method: "POST", path: "/v1/groups/{group}/offsets/reset" },
  deleteOffsets: { method: "POST", path: "/v1/groups/{group}/offsets/delete" },
  listTransactions: { method: "GET", path: "/v1/transactions" },
  getTransaction: { method: "GET", path: "/v1/transactions/{transactionalId}" },
  listTransactionPartitions: {
    method: "GET",
    path: "/v1/transactions/{transactionalId}/partitions",
  },
  abortTransaction: { method: "POST", path: "/v1/transactions/{transactionalId}/abort" },
  listHeldPartitions: { method: "GET", path: "/v1/held-partitions" },
  listProducers: { method: "GET", path: "/v1/topics/{topic}/partitions/{partition}/producers" },
  abortHanging: {
    method: "POST",
    path: "/v1/topics/{topic}/partitions/{partition}/producers/{producerId}/abort",
  },
  listMetricSeries: { method: "GET", path: "/v1/metrics/series" },
  getMetricHistory: { method: "GET", path: "/v1/metrics/history" },
  listAudit: { method: "GET", path: "/v1/audit" },
} as const satisfies Readonly<Record<string, RoutePath>>;

export interface RoutePath {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  readonly path: string;
  /** The answer is a stream of server-sent events, each with a name and JSON. */
  readonly isStream?: true;
}

export type RouteName = keyof typeof PATHS;

/** The names between braces, in order. */
export function paramNames(path: string): readonly string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
}
