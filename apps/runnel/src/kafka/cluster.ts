/**
 * A connection to a Kafka cluster, as the commands need it: any API by name at any broker, and the
 * metadata as it is, internal topics and errors of single topics included (the client library's
 * `Admin` hides both).
 */

import {
  Admin,
  type API,
  type Connection,
  type consumerGroupDescribeV0,
  type createPartitionsV3,
  type createTopicsV7,
  type deleteRecordsV2,
  type deleteTopicsV6,
  type describeConfigsV4,
  type describeGroupsV5,
  type describeLogDirsV4,
  type describeProducersV0,
  type describeTransactionsV0,
  type fetchV17,
  findErrorBy,
  type incrementalAlterConfigsV1,
  type initProducerIdV5,
  kGetApi,
  kGetBootstrapConnection,
  kGetConnection,
  type listOffsetsV9,
  type listTransactionsV1,
  type metadataV12,
} from "@platformatic/kafka";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { HostPort } from "../cli/values.ts";
import { retry } from "./retry.ts";

export const CLIENT_ID = "runnel";
export const CONNECT_TIMEOUT_MS = 5_000;
export const REQUEST_TIMEOUT_MS = 30_000;
export const RETRIES = 3;
export const RETRY_DELAY_MS = 250;

/** The APIs that commands call themselves; the newest version both sides know is used. */
interface Apis {
  readonly Metadata: typeof metadataV12.api;
  readonly ListOffsets: typeof listOffsetsV9.api;
  readonly Fetch: typeof fetchV17.api;
  readonly CreateTopics: typeof createTopicsV7.api;
  readonly DeleteTopics: typeof deleteTopicsV6.api;
  readonly CreatePartitions: typeof createPartitionsV3.api;
  readonly DeleteRecords: typeof deleteRecordsV2.api;
  readonly DescribeConfigs: typeof describeConfigsV4.api;
  readonly IncrementalAlterConfigs: typeof incrementalAlterConfigsV1.api;
  readonly DescribeLogDirs: typeof describeLogDirsV4.api;
  readonly DescribeGroups: typeof describeGroupsV5.api;
  readonly ConsumerGroupDescribe: typeof consumerGroupDescribeV0.api;
  readonly ListTransactions: typeof listTransactionsV1.api;
  readonly DescribeTransactions: typeof describeTransactionsV0.api;
  readonly DescribeProducers: typeof describeProducersV0.api;
  readonly InitProducerId: typeof initProducerIdV5.api;
}
type ApiName = keyof Apis;
type Call<Name extends ApiName> = Apis[Name]["async"];
type Arguments<Name extends ApiName> =
  Parameters<Call<Name>> extends [unknown, ...infer Rest] ? Rest : never;
type Response<Name extends ApiName> =
  Apis[Name] extends API<infer _Arguments, infer Result> ? Result : never;

export interface Broker extends HostPort {
  readonly nodeId: number;
  readonly rack: string | null;
}

export interface Partition {
  readonly partition: number;
  readonly errorCode: number;
  /** −1 while there is none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly offline: readonly number[];
}

export interface Topic {
  readonly name: string;
  readonly id: string;
  readonly errorCode: number;
  readonly isInternal: boolean;
  /** In ascending order. */
  readonly partitions: readonly Partition[];
}

export interface ClusterView {
  readonly clusterId: string | null;
  readonly controllerId: number;
  readonly brokers: ReadonlyMap<number, Broker>;
  /** By ascending name. */
  readonly topics: readonly Topic[];
}

/** Answers that carry one of these are asked for again: the cluster is busy with itself. */
const BUSY: readonly number[] = [
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_CONTROLLER,
];

class RawClient extends Admin {
  connectTo(broker: HostPort | null): Promise<Connection> {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    const settle = (error: Error | null, connection?: Connection): void => {
      if (error === null && connection !== undefined) resolve(connection);
      else reject(error ?? new Error("no connection"));
    };
    if (broker === null) this[kGetBootstrapConnection](settle);
    else this[kGetConnection](broker, settle);
    return promise;
  }

  apiNamed<Name extends ApiName>(name: Name): Promise<API<Arguments<Name>, Response<Name>>> {
    const { promise, resolve, reject } =
      Promise.withResolvers<API<Arguments<Name>, Response<Name>>>();
    this[kGetApi]<Arguments<Name>, Response<Name>>(name, (error, api) => {
      if (error === null && api !== undefined) resolve(api);
      else reject(error ?? new Error(`no API ${name}`));
    });
    return promise;
  }
}

export class Cluster implements AsyncDisposable {
  /** For what the library's own methods do well: the calls on consumer groups. */
  readonly admin: RawClient;
  /** The addresses that are asked first, as people write them. */
  readonly bootstrap: string;

  constructor(bootstrap: readonly HostPort[]) {
    this.bootstrap = formatBootstrap(bootstrap);
    this.admin = new RawClient({ ...clientOptions(bootstrap) });
  }

  /** The version in which `call` speaks an API; rejects where the brokers do not serve it. */
  async versionOf(name: ApiName): Promise<number> {
    return (await this.admin.apiNamed(name)).version;
  }

  /**
   * Calls an API at `broker`, or at any broker for null, again a few times while connections fail or
   * the cluster is busy. Errors of single items (a topic, a partition) do not reject: look at their
   * codes.
   */
  call<Name extends ApiName>(
    name: Name,
    broker: HostPort | null,
    ...args: Arguments<Name>
  ): Promise<Response<Name>> {
    return this.#call(() => this.admin.apiNamed(name), broker, args);
  }

  /** As `call`, of an API that the client library lacks. */
  callApi<Args extends unknown[], Result>(
    api: API<Args, Result>,
    broker: HostPort | null,
    ...args: Args
  ): Promise<Result> {
    return this.#call(() => Promise.resolve(api), broker, args);
  }

  #call<Args extends unknown[], Result>(
    find: () => Promise<API<Args, Result>>,
    broker: HostPort | null,
    args: Args,
  ): Promise<Result> {
    return retry({ retries: RETRIES, delayMs: RETRY_DELAY_MS }, async (isLast) => {
      const connection = await this.admin.connectTo(broker);
      const api = await find();
      try {
        return await api.async(connection, ...args);
      } catch (error) {
        const response = responseOf(error);
        const isBusy = BUSY.some((code) => findErrorBy(error as Error, "apiCode", code) !== null);
        if (response === undefined || (isBusy && !isLast)) throw error;
        return response as Result;
      }
    });
  }

  /** Everything about `topics`, or about all there are for null. Creates none. */
  async describe(topics: readonly string[] | null): Promise<ClusterView> {
    const response = await this.call("Metadata", null, topics?.slice() ?? null, false, false);
    return toView(response);
  }

  /** As `describe`, but asks the broker to create what is missing, as producers do. */
  async describeOrCreate(topic: string): Promise<ClusterView> {
    return toView(await this.call("Metadata", null, [topic], true, false));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.admin.close().catch(() => {});
  }
}

/** Addresses as people write them. */
export function formatBootstrap(bootstrap: readonly HostPort[]): string {
  return bootstrap.map(({ host, port }) => `${host}:${port}`).join(",");
}

/** What every client of the library needs to know. */
export function clientOptions(bootstrap: readonly HostPort[]): {
  clientId: string;
  bootstrapBrokers: HostPort[];
  connectTimeout: number;
  timeout: number;
  retries: number;
  retryDelay: number;
} {
  return {
    clientId: CLIENT_ID,
    bootstrapBrokers: [...bootstrap],
    connectTimeout: CONNECT_TIMEOUT_MS,
    timeout: REQUEST_TIMEOUT_MS,
    retries: RETRIES,
    retryDelay: RETRY_DELAY_MS,
  };
}

/** The answer behind an error that only some items of it caused. */
export function responseOf(error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  return code === "PLT_KFK_RESPONSE" ? (error as { response?: unknown }).response : undefined;
}

function toView(response: metadataV12.MetadataResponse): ClusterView {
  const topics = response.topics.map(
    (topic): Topic => ({
      name: topic.name ?? "",
      id: topic.topicId,
      errorCode: topic.errorCode,
      isInternal: topic.isInternal,
      partitions: topic.partitions.map(toPartition).sort((a, b) => a.partition - b.partition),
    }),
  );
  return {
    clusterId: response.clusterId ?? null,
    controllerId: response.controllerId,
    brokers: new Map(
      response.brokers.map(({ nodeId, host, port, rack }) => {
        return [nodeId, { nodeId, host, port, rack: rack ?? null }];
      }),
    ),
    topics: topics.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function toPartition(partition: metadataV12.MetadataResponsePartition): Partition {
  return {
    partition: partition.partitionIndex,
    errorCode: partition.errorCode,
    leader: partition.leaderId,
    leaderEpoch: partition.leaderEpoch,
    replicas: partition.replicaNodes,
    isr: partition.isrNodes,
    offline: partition.offlineReplicas,
  };
}
