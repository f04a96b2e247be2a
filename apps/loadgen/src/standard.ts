/** The rows of `npm run bench`: what the product promises, in half an hour and 6 GB of disk. */
import { writeFileSync } from "node:fs";
import { type Bench, CONNECTIONS, KIB, MIB, PARTITIONS, startKafka } from "./bench.ts";
import { compactionRows } from "./delivery/compaction-rows.ts";
import { deliveryRows } from "./delivery/delivery-rows.ts";
import { groupRows } from "./delivery/group-rows.ts";
import {
  embeddedStart,
  idleMemory,
  partitionsMemory,
  startOnEmptyFolder,
  startOnFullFolder,
} from "./facts.ts";
import { fetchContest, fill } from "./fetch-loads.ts";
import { latencyContest, type ProduceLoad, peakOf, produceContest } from "./produce-loads.ts";
import type { Report } from "./report.ts";
import { runnelProgram, start } from "./servers.ts";
import type { Settings } from "./session.ts";

const LARGE = {
  batchBytes: 64 * KIB,
  recordBytes: KIB,
  connections: CONNECTIONS,
  partitions: PARTITIONS,
  acks: -1,
} as const;
const PRODUCE_NAMES = {
  unsynced: "produce 64 KiB, flush.messages max",
  synced: "produce 64 KiB, flush.messages 1",
  small: "produce 1 KiB",
  latency: "latency, open loop at half the peak, flush 1",
} as const;
const FETCH_NAMES = { tail: "fetch 1 MiB, tail cache", cold: "fetch 1 MiB, cold" } as const;
const LOADED = "memory loaded";
const LARGE_REQUESTS = 4_000;
const FULL_START_GIGABYTES = 1.5;

/** Runs the rows that the report wants. */
export async function runStandard(report: Report, settings: Settings): Promise<void> {
  const wantsAny = (names: object): boolean => {
    return Object.values(names).some((name: string) => report.wants(name));
  };
  if (wantsAny(PRODUCE_NAMES) || report.wants(LOADED)) await produceRows(report, settings);
  if (wantsAny(FETCH_NAMES)) await fetchRows(report, settings);
  await deliveryRows(report, settings);
  await compactionRows(report, settings);
  await groupRows(report, settings);
  const { folder } = settings;
  await report.fact("start empty", () => startOnEmptyFolder(folder));
  await report.fact("start full", () => startOnFullFolder(folder, FULL_START_GIGABYTES));
  await report.fact("start embedded", embeddedStart);
  await report.fact("memory idle", () => idleMemory(folder));
  await report.fact("memory partitions", () => partitionsMemory(folder));
}

async function produceRows(report: Report, { folder, rounds }: Settings): Promise<void> {
  await using broker = await start(runnelProgram(`${folder}/produce`));
  await using kafka = await startKafka(folder);
  const bench: Bench = { folder, broker, kafka };
  const load = (more: Omit<ProduceLoad, keyof typeof LARGE | "rounds">): ProduceLoad => {
    return { ...LARGE, ...more, rounds };
  };
  const unsynced = { name: PRODUCE_NAMES.unsynced, requests: LARGE_REQUESTS, reach: 0.7 };
  await report.row(produceContest(bench, load({ ...unsynced, isSynced: false })));
  const synced = { name: PRODUCE_NAMES.synced, requests: LARGE_REQUESTS, reach: 0.7 };
  const peak = await report.row(produceContest(bench, load({ ...synced, isSynced: true })));
  await report.fact(LOADED, () => ({
    name: "RSS, peak under the heaviest load",
    unit: "MiB",
    value: broker.memory().peak / MIB,
    reach: 450,
  }));
  const small = { name: PRODUCE_NAMES.small, requests: 60_000, reach: 0.5, isSynced: false };
  await report.row(produceContest(bench, { ...load(small), batchBytes: KIB, recordBytes: 900 }));
  if (!report.wants(PRODUCE_NAMES.latency)) return;
  const shape = { ...LARGE, isSynced: true };
  const peakPerSecond =
    peak === null
      ? await peakOf(broker, shape, LARGE_REQUESTS)
      : (peak.runnel.median * 1e6) / LARGE.batchBytes;
  await report.row(
    latencyContest(bench, {
      ...shape,
      name: PRODUCE_NAMES.latency,
      seconds: 3,
      ratePerSecond: Math.max(1, Math.floor(peakPerSecond / 2)),
      reach: 3,
      rounds,
    }),
  );
}

const TAIL_BATCHES = 1024;
const COLD_BATCHES = 8192;

async function fetchRows(report: Report, { folder, rounds }: Settings): Promise<void> {
  const dataDir = `${folder}/fetch`;
  writeFileSync(`${folder}/floor-read.data`, new Uint8Array(64 * MIB));
  const common = { connections: CONNECTIONS, requests: 2_000, rounds, isEach: false };
  {
    await using broker = await start(runnelProgram(dataDir));
    await using kafka = await startKafka(folder);
    await fill(broker, "tail", TAIL_BATCHES);
    if (kafka !== null) await fill(kafka, "tail", TAIL_BATCHES);
    const tail = {
      topic: "tail",
      batches: TAIL_BATCHES,
      mode: "fetch-memory",
      reach: 0.8,
    } as const;
    const bench: Bench = { folder, broker, kafka };
    await report.row(fetchContest(bench, { ...common, ...tail, name: FETCH_NAMES.tail }));
    await fill(broker, "cold", COLD_BATCHES);
  }
  await using broker = await start(runnelProgram(dataDir));
  const cold = { topic: "cold", batches: COLD_BATCHES, mode: "fetch-file", reach: 0.6 } as const;
  const bench: Bench = { folder, broker, kafka: null };
  await report.row(fetchContest(bench, { ...common, ...cold, name: FETCH_NAMES.cold }));
}
