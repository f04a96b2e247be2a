/**
 * The rows of `npm run bench -- --full`: every combination of what a produce load can be, reads from the
 * tail and from disk, latencies, starts and memory. It takes hours and 10 GB of disk.
 */
import { writeFileSync } from "node:fs";
import { type Bench, CONNECTIONS, KIB, MIB, startKafka } from "./bench.ts";
import {
  embeddedStart,
  idleMemory,
  partitionsMemory,
  startOnEmptyFolder,
  startOnFullFolder,
  startOnManyPartitions,
} from "./facts.ts";
import { type FetchLoad, fetchContest, fill } from "./fetch-loads.ts";
import { latencyContest, type ProduceShape, peakOf, produceContest } from "./produce-loads.ts";
import type { Report } from "./report.ts";
import { runnelProgram, start } from "./servers.ts";
import type { Settings } from "./session.ts";

const RECORDS = [KIB, 100] as const;
const BATCHES = [16 * KIB, 64 * KIB, MIB] as const;
const CONNECTION_COUNTS = [1, 10, 100] as const;
const PARTITION_COUNTS = [1, 50] as const;
const ACKS = [1, -1] as const;
const SYNCED = [true, false] as const;

/** A run sends about so much, but no fewer requests than make it steady. */
const BYTES_PER_RUN = 256 * MIB;
const REQUESTS_MIN = 512;
const LATENCY_SECONDS = 10;
const FETCHES_PER_RUN = 2_000;
const TAIL_BATCHES = 1_024;
const COLD_BATCHES = 8_192;
const FULL_START_GIGABYTES = 10;

export interface Cell {
  readonly name: string;
  readonly shape: ProduceShape;
}

/** Every produce load: 144 of them. */
export function produceCells(): readonly Cell[] {
  return RECORDS.flatMap((recordBytes) =>
    BATCHES.flatMap((batchBytes) =>
      CONNECTION_COUNTS.flatMap((connections) =>
        PARTITION_COUNTS.flatMap((partitions) =>
          ACKS.flatMap((acks) =>
            SYNCED.map((isSynced) => {
              const shape = { recordBytes, batchBytes, connections, partitions, acks, isSynced };
              return { name: `produce ${nameOf(shape)}`, shape };
            }),
          ),
        ),
      ),
    ),
  );
}

/** Latencies for every size of batch, synced and not. */
export function latencyCells(): readonly Cell[] {
  const common = { recordBytes: KIB, connections: CONNECTIONS, partitions: 50, acks: -1 } as const;
  return BATCHES.flatMap((batchBytes) =>
    SYNCED.map((isSynced) => {
      const shape = { ...common, batchBytes, isSynced };
      return { name: `latency at half the peak, ${nameOf(shape)}`, shape };
    }),
  );
}

type Read = Omit<FetchLoad, "rounds" | "requests" | "reach">;

/** Reads of 1 MiB by any number of connections, which share the topic out or each read all of it. */
export function readCells(): readonly Read[] {
  const tail = { topic: "tail", batches: TAIL_BATCHES, mode: "fetch-memory" } as const;
  const cold = { topic: "cold", batches: COLD_BATCHES, mode: "fetch-file" } as const;
  return [tail, cold].flatMap((source) => [
    ...CONNECTION_COUNTS.map((connections) => {
      const name = `fetch 1 MiB, ${source.topic}, ${counted(connections, "connection")}`;
      return { ...source, name, connections, isEach: false };
    }),
    {
      ...source,
      name: `fetch 1 MiB, ${source.topic}, 10 consumers on one topic`,
      connections: 10,
      isEach: true,
    },
  ]);
}

function nameOf(shape: ProduceShape): string {
  return [
    `${sizeOf(shape.recordBytes)} records`,
    `${sizeOf(shape.batchBytes)} batches`,
    counted(shape.connections, "connection"),
    counted(shape.partitions, "partition"),
    `acks ${shape.acks === -1 ? "all" : shape.acks}`,
    `flush ${shape.isSynced ? "1" : "max"}`,
  ].join(", ");
}

function sizeOf(bytes: number): string {
  if (bytes >= MIB) return `${bytes / MIB} MiB`;
  return bytes >= KIB ? `${bytes / KIB} KiB` : `${bytes} B`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Runs the rows that the report wants. */
export async function runMatrix(report: Report, settings: Settings): Promise<void> {
  const { folder } = settings;
  await produceRows(report, settings);
  await readRows(report, settings);
  await report.fact("start empty", () => startOnEmptyFolder(folder));
  await report.fact("start full", () => startOnFullFolder(folder, FULL_START_GIGABYTES));
  await report.fact("start partitions", () => startOnManyPartitions(folder));
  await report.fact("start embedded", embeddedStart);
  await report.fact("memory idle", () => idleMemory(folder));
  await report.fact("memory partitions", () => partitionsMemory(folder));
}

function requestsOf({ batchBytes }: ProduceShape): number {
  return Math.max(REQUESTS_MIN, Math.ceil(BYTES_PER_RUN / batchBytes));
}

async function produceRows(report: Report, { folder, rounds }: Settings): Promise<void> {
  const produces = produceCells().filter(({ name }) => report.wants(name));
  const latencies = latencyCells().filter(({ name }) => report.wants(name));
  if (produces.length + latencies.length === 0) return;
  await using broker = await start(runnelProgram(`${folder}/produce`));
  await using kafka = await startKafka(folder);
  const bench: Bench = { folder, broker, kafka };
  for (const { name, shape } of produces) {
    const requests = requestsOf(shape);
    await report.row(produceContest(bench, { ...shape, name, requests, reach: null, rounds }));
  }
  await report.fact("memory loaded", () => ({
    name: "RSS, peak under the loads above",
    unit: "MiB",
    value: broker.memory().peak / MIB,
    reach: null,
  }));
  for (const { name, shape } of latencies) {
    const peak = await peakOf(broker, shape, requestsOf(shape));
    const ratePerSecond = Math.max(1, Math.floor(peak / 2));
    const more = { name, seconds: LATENCY_SECONDS, ratePerSecond, reach: null, rounds };
    await report.row(latencyContest(bench, { ...shape, ...more }));
  }
}

async function readRows(report: Report, { folder, rounds }: Settings): Promise<void> {
  const reads = readCells().filter(({ name }) => report.wants(name));
  const more = { requests: FETCHES_PER_RUN, reach: null, rounds };
  const dataDir = `${folder}/fetch`;
  const tails = reads.filter(({ topic }) => topic === "tail");
  if (tails.length > 0) {
    await using broker = await start(runnelProgram(dataDir));
    await using kafka = await startKafka(folder);
    await fill(broker, "tail", TAIL_BATCHES);
    if (kafka !== null) await fill(kafka, "tail", TAIL_BATCHES);
    for (const read of tails) {
      await report.row(fetchContest({ folder, broker, kafka }, { ...read, ...more }));
    }
  }
  const colds = reads.filter(({ topic }) => topic === "cold");
  if (colds.length === 0) return;
  writeFileSync(`${folder}/floor-read.data`, new Uint8Array(64 * MIB));
  {
    await using broker = await start(runnelProgram(dataDir));
    await fill(broker, "cold", COLD_BATCHES);
  }
  // After a start, nothing is in the tail cache.
  await using broker = await start(runnelProgram(dataDir));
  for (const read of colds) {
    await report.row(fetchContest({ folder, broker, kafka: null }, { ...read, ...more }));
  }
}
