/** The cluster and its brokers. */
import { z } from "zod";
import { Count, PartitionIndex, Timestamp } from "./common.ts";
import { page, pageQuery } from "./page.ts";

/** One reason why the cluster is not well, and what to do. */
export const HealthReason = z
  .object({
    severity: z.enum(["warning", "critical"]),
    subject: z.string().meta({ description: "What it is about: `topic orders`, `broker 1`." }),
    message: z.string(),
    remedy: z.string(),
  })
  .meta({ id: "HealthReason" });
export type HealthReason = z.infer<typeof HealthReason>;

/** Answers “is it OK?”: the worst of the reasons, and at most 100 of them, the worst first. */
export const Health = z
  .object({
    status: z.enum(["ok", "warning", "critical"]),
    reasons: z.array(HealthReason),
  })
  .meta({ id: "Health" });
export type Health = z.infer<typeof Health>;

export const Cluster = z
  .object({
    clusterId: z.string(),
    /** −1 while there is none. */
    controllerId: z.int(),
    version: z.string().meta({ description: "Version of the broker that answers." }),
    bootstrap: z.array(z.string()).meta({
      description: "host:port of Kafka listeners, for clients' bootstrap.servers.",
    }),
    health: Health,
    brokerCount: Count,
    topicCount: Count.meta({ description: "Without internal topics." }),
    internalTopicCount: Count,
    partitionCount: Count,
    underReplicatedCount: Count.meta({ description: "Partitions with replicas out of sync." }),
    offlineCount: Count.meta({ description: "Partitions without a leader." }),
    groupCount: Count.nullable().meta({ description: "Null while groups are being loaded." }),
    eventCount: Count.meta({ description: "Events in all partitions, internal topics left out." }),
    sizeBytes: Count.meta({ description: "Bytes of all logs on this broker." }),
  })
  .meta({ id: "Cluster" });
export type Cluster = z.infer<typeof Cluster>;

export const Listener = z
  .object({ name: z.string(), host: z.string(), port: z.int() })
  .meta({ id: "Listener" });

/** A folder in which a broker keeps partitions, best on a disk of its own. */
export const DataFolder = z
  .object({
    path: z.string(),
    error: z.string().nullable().meta({
      description: "Why it is offline, and its partitions with it; null while it is in service.",
    }),
    partitionCount: Count.meta({ description: "Partitions that are served from it." }),
    sizeBytes: Count.meta({ description: "Bytes of their logs." }),
    totalBytes: Count.nullable().meta({ description: "Of its disk." }),
    freeBytes: Count.nullable(),
  })
  .meta({ id: "DataFolder" });
export type DataFolder = z.infer<typeof DataFolder>;

/** What only the broker itself knows is null for the others. */
export const Broker = z
  .object({
    id: z.int(),
    isSelf: z.boolean().meta({ description: "This is the broker that answers." }),
    isController: z.boolean(),
    rack: z.string().nullable(),
    epoch: z.int().meta({ description: "Grows with every registration." }),
    listeners: z.array(Listener),
    partitionCount: Count.meta({ description: "Replicas that it has." }),
    leaderCount: Count.meta({ description: "Partitions that it leads." }),
    leaderSkew: z.number().meta({
      description: "How far `leaderCount` is from an equal share: 0.1 is 10 % above it.",
    }),
    sizeBytes: Count.nullable(),
    dataFolder: z.string().nullable().meta({ description: "The first, with the metadata." }),
    dataFolders: z.array(DataFolder).nullable(),
    diskTotalBytes: Count.nullable().meta({ description: "Of the disk of the first data folder." }),
    diskFreeBytes: Count.nullable(),
    version: z.string().nullable(),
    runtime: z.string().nullable().meta({ description: "`node 26.10.0`, `deno 2.9.6`." }),
    startedAt: Timestamp.nullable(),
  })
  .meta({ id: "Broker" });
export type Broker = z.infer<typeof Broker>;

/** A broker's id; `default` stands for all brokers. */
export const ConfigBroker = z
  .string()
  .regex(/^(?:\d{1,10}|default)$/, "a broker is named by its id, all of them by `default`");

export const BrokerId = z.int().min(0).max(2_147_483_647);

export const BrokersQuery = pageQuery(["id", "partitionCount", "leaderCount"]);
export const BrokerPage = page(Broker);

/** One replica on a broker. */
export const Replica = z
  .object({
    topic: z.string(),
    partition: PartitionIndex,
    isLeader: z.boolean(),
    isInSync: z.boolean(),
    sizeBytes: Count.nullable().meta({ description: "Null where another broker has it." }),
  })
  .meta({ id: "Replica" });
export type Replica = z.infer<typeof Replica>;

export const ReplicasQuery = pageQuery(["topic", "sizeBytes"]);
export const ReplicaPage = page(Replica);
