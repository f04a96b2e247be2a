/** What all loads have in common: the servers they run on, and how one run is measured. */
import { DeleteTopicsApi } from "@runnel/protocol/messages/20-delete-topics.ts";
import type { DriveResult } from "./driver.ts";
import type { Contest, Figures } from "./rounds.ts";
import { call, kafkaProgram, type Server, start } from "./servers.ts";

export const CONNECTIONS = 10;
export const PARTITIONS = 10;
export const IN_FLIGHT = 5;
export const KIB = 1024;
export const MIB = 1024 * KIB;
const DELETE_TOPICS_VERSION = 5;
const FLUSH_NEVER = "9223372036854775807";

export interface Bench {
  readonly folder: string;
  readonly broker: Server;
  /** An Apache Kafka that carries the same loads; null where there is none. */
  readonly kafka: Server | null;
}

/** The same load on Runnel and, where there is one, on Kafka. */
export function both(
  { broker, kafka }: Bench,
  run: (server: Server, round: number) => Promise<Figures>,
): Pick<Contest, "runnel" | "kafka"> {
  return {
    runnel: (round) => run(broker, round),
    kafka: kafka === null ? null : (round) => run(kafka, round),
  };
}

/** Settings of a topic that is synced at every request, or never. */
export function configsOf(isSynced: boolean): Record<string, string> {
  return {
    "flush.messages": isSynced ? "1" : FLUSH_NEVER,
    "file.delete.delay.ms": "0",
    // A batch of 1 MiB with what surrounds it.
    "max.message.bytes": "2000000",
  };
}

export async function measured(
  server: Server,
  requests: number,
  work: () => Promise<DriveResult>,
): Promise<{ readonly result: DriveResult; readonly cpuMicros: number }> {
  const before = server.cpuMicros();
  const result = await work();
  return { result, cpuMicros: (server.cpuMicros() - before) / requests };
}

export async function deleteTopic(port: number, name: string): Promise<void> {
  await call(port, DeleteTopicsApi, DELETE_TOPICS_VERSION, {
    topicNames: [name],
    timeoutMs: 30_000,
  });
}

/** An Apache Kafka beside us, where `KAFKA_HOME` names one. */
export async function startKafka(folder: string): Promise<Server | null> {
  if (process.env["KAFKA_HOME"] === undefined) return null;
  return await start(kafkaProgram(`${folder}/kafka`));
}
