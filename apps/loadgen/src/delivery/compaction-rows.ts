/** How fast a broker compacts, and what that costs those who produce meanwhile. */
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Compaction } from "@runnel/contracts/topics.ts";
import { IncrementalAlterConfigsApi } from "@runnel/protocol/messages/44-incremental-alter-configs.ts";
import { configsOf, deleteTopic, IN_FLIGHT, KIB, MIB } from "../bench.ts";
import { BatchForm } from "../console/batch-form.ts";
import { type AdminBroker, startBroker } from "../console/servers.ts";
import { drive } from "../driver.ts";
import { besideContest } from "../produce-beside.ts";
import { checkProduce } from "../produce-loads.ts";
import type { Report } from "../report.ts";
import { type Figures, spreadOf } from "../rounds.ts";
import { call, createTopic, removeFolder } from "../servers.ts";
import type { Settings } from "../session.ts";

const NAMES = { rate: "compaction", beside: "produce beside a compaction" } as const;

const SEGMENT_BYTES = 256 * MIB;
const RECORD_BYTES = KIB;
const RECORDS_PER_BATCH = 63;
const KEYS = 1_000_000;
const KEY_DIGITS = 9;

/** A request is larger than what it writes: more of them fill a segment, and begin the next, which stays as it is. */
const SPARE_REQUESTS = 16;

const RATE_SEGMENTS = 4;
const RATE_ROUNDS_MAX = 3;
/** Partitions of one segment each. All of them must not be compacted before a run is over. */
const BESIDE_PARTITIONS = 20;
const BESIDE_SECONDS = 15;
const BESIDE_ROUNDS_MAX = 5;

const POLL_MS = 50;
const ALTER_CONFIGS_VERSION = 1;
const TOPIC_RESOURCE = 2;
const SET = 0;

const utf8 = new TextEncoder();

export async function compactionRows(report: Report, { folder, rounds }: Settings): Promise<void> {
  if (!Object.values(NAMES).some((name) => report.wants(name))) return;
  const dataDir = `${folder}/compaction`;
  {
    await using broker = await startBroker(dataDir, ["--set", "log.cleaner.backoff.ms=50"]);
    const site: Site = { broker, dataDir, report };
    if (report.wants(NAMES.rate)) await rateFacts(site, Math.min(rounds, RATE_ROUNDS_MAX));
    await report.row(
      besideContest(broker, {
        name: NAMES.beside,
        workName: "with a compaction",
        seconds: BESIDE_SECONDS,
        rounds: Math.min(rounds, BESIDE_ROUNDS_MAX),
        beside: (round, run) => whileCompacting(site, round, run),
      }),
    );
  }
  removeFolder(dataDir);
}

interface Site {
  readonly broker: AdminBroker;
  readonly dataDir: string;
  readonly report: Report;
}

/** One pass over a log of 1 GiB, by the time that it took and by that of the processors. */
async function rateFacts({ broker, report, dataDir }: Site, rounds: number): Promise<void> {
  const rates: number[] = [];
  const cpuRates: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const topic = `log-${round}`;
    await fill(broker, topic, { partitions: 1, segments: RATE_SEGMENTS });
    const before = broker.cpuMicros();
    await compact(broker, topic);
    const [pass] = await untilCompacted(broker, topic);
    const cpuMs = (broker.cpuMicros() - before) / 1000;
    if (pass === undefined) throw new Error(`${topic} has no partition`);
    if (pass.bytesBefore < 0.99 * RATE_SEGMENTS * SEGMENT_BYTES || pass.recordsRemoved === 0) {
      throw new Error(`${topic} was not compacted as a whole: ${JSON.stringify(pass)}`);
    }
    rates.push(pass.bytesBefore / 1000 / pass.tookMs);
    cpuRates.push(pass.bytesBefore / 1000 / cpuMs);
    await remove(broker, topic, dataDir);
  }
  const name = `${NAMES.rate} of 1 GiB, 1 KiB records, ${KEYS.toLocaleString("en")} keys`;
  for (const [what, values] of [
    ["by the clock", rates],
    ["by all CPU time of the broker", cpuRates],
  ] as const) {
    const spread = spreadOf(values);
    await report.fact(NAMES.rate, () => ({
      name: `${name}, ${what}`,
      unit: "MB/s of input",
      value: spread.median,
      spread,
      reach: 100,
      better: "higher",
    }));
  }
}

/** Does `run` while logs are compacted; throws where that was over, or had stopped, before `run` was. */
async function whileCompacting(
  { broker, dataDir, report }: Site,
  round: number,
  run: () => Promise<Figures>,
): Promise<Figures> {
  const topic = `backlog-${round}`;
  await fill(broker, topic, { partitions: BESIDE_PARTITIONS, segments: 1 });
  await compact(broker, topic);
  await until(async () => bytesDone(await compactionsOf(broker, topic)) > 0);
  const before = bytesDone(await compactionsOf(broker, topic));
  const startedAt = performance.now();
  const figures = await run();
  const seconds = (performance.now() - startedAt) / 1000;
  const after = await compactionsOf(broker, topic);
  const megabytes = (bytesDone(after) - before) / 1e6;
  if (megabytes === 0 || after.every(({ dirtyBytes }) => dirtyBytes === 0)) {
    throw new Error(`${topic} was not compacted all through the run: its figures say nothing`);
  }
  report.tell(`  ${(megabytes / seconds).toFixed(0)} MB/s were read for compaction meanwhile`);
  await remove(broker, topic, dataDir);
  return figures;
}

/** What passes have read of logs, which they do twice. */
function bytesDone(compactions: readonly Compaction[]): number {
  const done = compactions.map(({ progress, lastPass }) => {
    return (progress?.bytesDone ?? 0) + 2 * (lastPass?.bytesBefore ?? 0);
  });
  return done.reduce((sum, bytes) => sum + bytes, 0);
}

/** Closed segments of records with keys at random; what the disk is to hold of them, it holds afterwards. */
async function fill(
  { port }: AdminBroker,
  topic: string,
  { partitions, segments }: { readonly partitions: number; readonly segments: number },
): Promise<void> {
  const configs = {
    ...configsOf(true),
    "segment.bytes": `${SEGMENT_BYTES}`,
    // It would have work to do as well.
    "runnel.key.index.enable": "false",
  };
  await createTopic(port, topic, partitions, configs);
  const forms = Array.from({ length: partitions }, (_, partition) => formOf(topic, partition));
  const requestBytes = (forms[0] as BatchForm).request(0).length;
  const perSegment = Math.ceil(SEGMENT_BYTES / requestBytes) + SPARE_REQUESTS;
  const perPartition = segments * perSegment;
  let random = 12_345;
  await drive({
    port,
    connections: 1,
    inFlight: IN_FLIGHT,
    requests: perPartition * partitions,
    ratePerSecond: null,
    frame: (n) => {
      // One partition after the other: batches of one are then synced together.
      const form = forms[Math.floor(n / perPartition)] as BatchForm;
      for (let index = 0; index < RECORDS_PER_BATCH; index += 1) {
        random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
        form.set(index, 10 ** (KEY_DIGITS - 1) + (random % KEYS));
      }
      return form.request(Date.now());
    },
    check: checkProduce,
  });
}

function formOf(topic: string, partition: number): BatchForm {
  const value = utf8.encode("x".repeat(RECORD_BYTES - KEY_DIGITS - 12));
  return new BatchForm({
    topic,
    partition,
    recordCount: RECORDS_PER_BATCH,
    digits: KEY_DIGITS,
    record: (number) => ({ key: utf8.encode(number), value }),
  });
}

/** From now on the topic is compacted. */
async function compact({ port }: AdminBroker, topic: string): Promise<void> {
  const policy = { name: "cleanup.policy", configOperation: SET, value: "compact" };
  const resource = { resourceType: TOPIC_RESOURCE, resourceName: topic, configs: [policy] };
  const answer = await call(port, IncrementalAlterConfigsApi, ALTER_CONFIGS_VERSION, {
    resources: [resource],
    validateOnly: false,
  });
  const [result] = answer.responses;
  if (result?.errorCode !== 0) throw new Error(`${topic}: ${result?.errorMessage ?? "no answer"}`);
}

async function compactionsOf({ api }: AdminBroker, topic: string): Promise<Compaction[]> {
  const { items } = await api.listPartitions({ params: { topic }, query: { limit: 100 } });
  return items.flatMap(({ compaction }) => {
    if (compaction === null) return [];
    if (compaction.failure !== null) throw new Error(`${topic}: ${compaction.failure.reason}`);
    return [compaction];
  });
}

async function untilCompacted(
  broker: AdminBroker,
  topic: string,
): Promise<NonNullable<Compaction["lastPass"]>[]> {
  for (;;) {
    const found = await compactionsOf(broker, topic);
    const passes = found.flatMap(({ lastPass }) => (lastPass === null ? [] : [lastPass]));
    if (found.length > 0 && passes.length === found.length) return passes;
    await sleep(POLL_MS);
  }
}

/** Waits until the files are gone as well. */
async function remove({ port, api }: AdminBroker, topic: string, dataDir: string): Promise<void> {
  const { id } = await api.getTopic({ params: { topic } });
  await deleteTopic(port, topic);
  const isThere = () => readdirSync(dataDir).some((name) => name.startsWith(id));
  await until(() => Promise.resolve(!isThere()));
}

async function until(ask: () => Promise<boolean>): Promise<void> {
  while (!(await ask())) await sleep(POLL_MS);
}
