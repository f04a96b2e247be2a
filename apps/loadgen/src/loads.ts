/** The loads of `npm run bench`: each against the floor and against a broker, in turn. */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { readResponseHeader } from "@runnel/protocol/headers.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import { DeleteTopicsApi } from "@runnel/protocol/messages/20-delete-topics.ts";
import { type DriveResult, drive, percentile } from "./driver.ts";
import { batchOf, FETCH_VERSION, fetchFrame, PRODUCE_VERSION, produceFrame } from "./requests.ts";
import type { Contest, Figures } from "./rounds.ts";
import { call, createTopic, floorProgram, removeFolder, type Server, start } from "./servers.ts";

export const CONNECTIONS = 10;
export const IN_FLIGHT = 5;
const PARTITIONS = 10;
const DELETE_TOPICS_VERSION = 5;
const FLUSH_NEVER = "9223372036854775807";
const MIB = 1024 * 1024;

export interface ProduceLoad {
  readonly name: string;
  readonly batchBytes: number;
  readonly recordBytes: number;
  readonly requests: number;
  readonly isSynced: boolean;
  readonly reach: number;
  readonly rounds: number;
}

export interface Bench {
  readonly folder: string;
  readonly broker: Server;
  /** An Apache Kafka that carries the same loads; null where there is none. */
  readonly kafka: Server | null;
}

/** Throughput of produce: megabytes or requests a second, whichever the load is about. */
export function produceContest(bench: Bench, load: ProduceLoad): Contest {
  const batch = batchOf(load.batchBytes, load.recordBytes);
  const perSecond = ({ requests, sentBytes, seconds }: DriveResult) =>
    load.batchBytes >= 16 * 1024 ? sentBytes / 1e6 / seconds : requests / seconds;
  return {
    name: load.name,
    unit: load.batchBytes >= 16 * 1024 ? "MB/s" : "requests/s",
    reach: load.reach,
    better: "higher",
    rounds: load.rounds,
    floor: async () => {
      const mode = load.isSynced ? "produce-sync" : "produce";
      const path = `${bench.folder}/floor.data`;
      await using server = await start(floorProgram(mode, path));
      const result = await measured(server, load.requests, () =>
        produce(server, load, produceFrames("floor", batch), null, false),
      );
      removeFolder(path);
      return { value: perSecond(result.result), cpuMicros: result.cpuMicros };
    },
    ...both(bench, async (server, round) => {
      const topic = `${load.name.replaceAll(/[^a-z0-9]+/gi, "-")}-${round}`;
      await createTopic(server.port, topic, PARTITIONS, configsOf(load.isSynced));
      const result = await measured(server, load.requests, () =>
        produce(server, load, produceFrames(topic, batch), null, true),
      );
      await deleteTopic(server.port, topic);
      return { value: perSecond(result.result), cpuMicros: result.cpuMicros };
    }),
  };
}

export interface LatencyLoad {
  readonly name: string;
  readonly batchBytes: number;
  readonly recordBytes: number;
  readonly seconds: number;
  readonly ratePerSecond: number;
  readonly reach: number;
  readonly rounds: number;
}

/** The 99th percentile of produce with every request synced, in open loop at a fixed rate. */
export function latencyContest(bench: Bench, load: LatencyLoad): Contest {
  const batch = batchOf(load.batchBytes, load.recordBytes);
  const requests = Math.ceil(load.seconds * load.ratePerSecond);
  const run = { ...load, requests, isSynced: true };
  const p99 = (result: DriveResult) => percentile(result.latenciesMs, 0.99);
  return {
    name: load.name,
    unit: "ms p99",
    reach: load.reach,
    better: "lower",
    rounds: load.rounds,
    floor: async () => {
      const path = `${bench.folder}/floor.data`;
      await using server = await start(floorProgram("produce-sync", path));
      const result = await measured(server, requests, () =>
        produce(server, run, produceFrames("floor", batch), load.ratePerSecond, false),
      );
      removeFolder(path);
      return { value: p99(result.result), cpuMicros: result.cpuMicros };
    },
    ...both(bench, async (server, round) => {
      const topic = `latency-${round}`;
      await createTopic(server.port, topic, PARTITIONS, configsOf(true));
      const result = await measured(server, requests, () =>
        produce(server, run, produceFrames(topic, batch), load.ratePerSecond, true),
      );
      await deleteTopic(server.port, topic);
      return { value: p99(result.result), cpuMicros: result.cpuMicros };
    }),
  };
}

export interface FetchLoad {
  readonly name: string;
  readonly requests: number;
  readonly reach: number;
  readonly rounds: number;
  /** A topic of one partition that holds `batchBytes` × `batches`. */
  readonly topic: string;
  readonly batches: number;
  readonly recordsPerBatch: number;
  readonly mode: "fetch-memory" | "fetch-file";
}

/** Throughput of 1 MiB fetches over the whole of a topic, again and again. */
export function fetchContest(bench: Bench, load: FetchLoad): Contest {
  const span = Math.floor(load.batches / 16);
  const frames = Array.from({ length: span }, (_, at) =>
    fetchFrame(load.topic, 0, at * 16 * load.recordsPerBatch, MIB),
  );
  const fetched = async (server: Server, isChecked: boolean): Promise<Figures> => {
    const { result, cpuMicros } = await measured(server, load.requests, () =>
      drive({
        port: server.port,
        connections: CONNECTIONS,
        inFlight: IN_FLIGHT,
        requests: load.requests,
        ratePerSecond: null,
        frame: (n) => frames[n % span] as Uint8Array,
        ...(isChecked ? { check: checkFetch } : {}),
      }),
    );
    return { value: result.receivedBytes / 1e6 / result.seconds, cpuMicros };
  };
  return {
    name: load.name,
    unit: "MB/s",
    reach: load.reach,
    better: "higher",
    rounds: load.rounds,
    floor: async () => {
      const path = `${bench.folder}/${load.mode === "fetch-file" ? "floor-read.data" : "none"}`;
      await using server = await start(floorProgram(load.mode, path));
      return await fetched(server, false);
    },
    ...both(bench, (server) => fetched(server, true)),
  };
}

/** Fills a topic of one partition with `batches` of 64 KiB; returns the records of one. */
export async function fill(
  server: Server,
  topic: string,
  batches: number,
): Promise<{ recordsPerBatch: number }> {
  await createTopic(server.port, topic, 1, { "max.message.bytes": "2000000", ...configsOf(false) });
  const recordsPerBatch = Math.floor((64 * 1024 - 61) / 1024);
  const frame = produceFrame(topic, 0, batchOf(64 * 1024, 1024), -1);
  await drive({
    port: server.port,
    connections: 1,
    inFlight: IN_FLIGHT,
    requests: batches,
    ratePerSecond: null,
    frame: () => frame,
    check: checkProduce,
  });
  return { recordsPerBatch };
}

/** The same load on Runnel and, where there is one, on Kafka. */
function both(
  { broker, kafka }: Bench,
  run: (server: Server, round: number) => Promise<Figures>,
): Pick<Contest, "runnel" | "kafka"> {
  return {
    runnel: (round) => run(broker, round),
    kafka: kafka === null ? null : (round) => run(kafka, round),
  };
}

function configsOf(isSynced: boolean): Record<string, string> {
  return {
    "flush.messages": isSynced ? "1" : FLUSH_NEVER,
    "file.delete.delay.ms": "0",
  };
}

function produceFrames(topic: string, batch: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: PARTITIONS }, (_, at) => produceFrame(topic, at, batch, -1));
}

function produce(
  server: Server,
  load: { readonly requests: number },
  frames: readonly Uint8Array[],
  ratePerSecond: number | null,
  isChecked: boolean,
): Promise<DriveResult> {
  return drive({
    port: server.port,
    connections: CONNECTIONS,
    inFlight: IN_FLIGHT,
    requests: load.requests,
    ratePerSecond,
    frame: (n) => frames[n % frames.length] as Uint8Array,
    ...(isChecked ? { check: checkProduce } : {}),
  });
}

async function measured(
  server: Server,
  requests: number,
  work: () => Promise<DriveResult>,
): Promise<{ result: DriveResult; cpuMicros: number }> {
  const before = server.cpuMicros();
  const result = await work();
  return { result, cpuMicros: (server.cpuMicros() - before) / requests };
}

async function deleteTopic(port: number, name: string): Promise<void> {
  await call(port, DeleteTopicsApi, DELETE_TOPICS_VERSION, {
    topicNames: [name],
    timeoutMs: 30_000,
  });
}

function checkProduce(answer: Buffer): void {
  const reader = new ByteReader(answer);
  readResponseHeader(reader, ProduceApi, PRODUCE_VERSION);
  const response = ProduceApi.response.read(reader, PRODUCE_VERSION);
  const result = response.responses[0]?.partitionResponses[0];
  if (result?.errorCode !== 0) throw new Error(`produce failed: ${JSON.stringify(result)}`);
}

function checkFetch(answer: Buffer): void {
  const reader = new ByteReader(answer);
  readResponseHeader(reader, FetchApi, FETCH_VERSION);
  const response = FetchApi.response.read(reader, FETCH_VERSION);
  const result = response.responses[0]?.partitions[0];
  if (result?.errorCode !== 0) throw new Error(`fetch failed: error ${result?.errorCode}`);
  const bytes = result.records?.length ?? 0;
  if (bytes < MIB / 2) throw new Error(`fetch of 1 MiB gave ${bytes} bytes`);
}
