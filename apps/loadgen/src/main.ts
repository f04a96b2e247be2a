/**
 * `npm run bench`: the loads, each beside the floor, as a table; `--json FILE` writes the figures too,
 * `--only TEXT` runs the rows whose name holds the text, `--rounds N` fewer or more pairs, `--full` the
 * sizes that need more disk than 2 GB.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { parseArgs } from "node:util";
import {
  embeddedStart,
  type Fact,
  idleMemory,
  partitionsMemory,
  startOnEmptyFolder,
  startOnFullFolder,
} from "./facts.ts";
import { type Bench, fetchContest, fill, latencyContest, produceContest } from "./loads.ts";
import { type Contest, type ContestResult, contend } from "./rounds.ts";
import { kafkaProgram, removeFolder, runnelProgram, type Server, start } from "./servers.ts";

const { values: flags } = parseArgs({
  options: {
    json: { type: "string" },
    only: { type: "string" },
    rounds: { type: "string", default: "9" },
    dir: { type: "string" },
    full: { type: "boolean", default: false },
  },
});
const rounds = Number(flags.rounds);
const MIB = 1024 * 1024;

const folder = mkdtempSync(`${flags.dir ?? tmpdir()}/runnel-bench-`);
const results: ContestResult[] = [];
const facts: Fact[] = [];

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

function note(fact: Fact): void {
  facts.push(fact);
  tell(factLine(fact));
}

function factLine({ name, unit, value, reach }: Fact): string {
  const mark = value <= reach ? "reached" : "MISSED";
  return `${name}: ${value.toFixed(0)} ${unit}, to reach ≤ ${reach} ${mark}`;
}

async function row(contest: Contest): Promise<void> {
  if (flags.only !== undefined && !contest.name.includes(flags.only)) return;
  tell(contest.name);
  const result = await contend(contest, tell);
  results.push(result);
  tell(line(result));
}

function line(one: ContestResult): string {
  const number = (value: number) => value.toFixed(value < 10 ? 2 : 0);
  const mark = one.isReached ? "reached" : "MISSED";
  const sign = one.better === "higher" ? "≥" : "≤";
  return (
    `${one.name}: ratio ${one.ratio.median.toFixed(2)} (${one.ratio.min.toFixed(2)}–` +
    `${one.ratio.max.toFixed(2)}), to reach ${sign} ${one.reach} ${mark}; Runnel ` +
    `${number(one.runnel.median)} ${one.unit} (${one.runnelCpuMicros.toFixed(0)} µs CPU a request), ` +
    `floor ${number(one.floor.median)} ${one.unit} (${one.floorCpuMicros.toFixed(0)} µs)` +
    (one.kafka === null || one.ratioToKafka === null
      ? ""
      : `; Kafka ${number(one.kafka.median)}, ratio to it ${one.ratioToKafka.median.toFixed(2)}`)
  );
}

/** An Apache Kafka beside us, where `KAFKA_HOME` names one. */
async function startKafka(): Promise<Server | null> {
  if (process.env["KAFKA_HOME"] === undefined) return null;
  return await start(kafkaProgram(`${folder}/kafka`));
}

async function produceRows(): Promise<void> {
  await using broker = await start(runnelProgram(`${folder}/produce`));
  await using kafka = await startKafka();
  const bench: Bench = { folder, broker, kafka };
  const common = { batchBytes: 64 * 1024, recordBytes: 1024, rounds };
  await row(
    produceContest(bench, {
      ...common,
      name: "produce 64 KiB, flush.messages max",
      requests: 4000,
      isSynced: false,
      reach: 0.7,
    }),
  );
  await row(
    produceContest(bench, {
      ...common,
      name: "produce 64 KiB, flush.messages 1",
      requests: 4000,
      isSynced: true,
      reach: 0.7,
    }),
  );
  note({
    name: "RSS, peak under the heaviest load",
    unit: "MiB",
    value: broker.memory().peak / MIB,
    reach: 450,
  });
  await row(
    produceContest(bench, {
      batchBytes: 1024,
      recordBytes: 900,
      rounds,
      name: "produce 1 KiB",
      requests: 60_000,
      isSynced: false,
      reach: 0.5,
    }),
  );
  const peak = results.find((one) => one.name.includes("flush.messages 1"));
  const bytesPerSecond = (peak?.runnel.median ?? 200) * 1e6;
  await row(
    latencyContest(bench, {
      ...common,
      name: "latency, open loop at half the peak, flush 1",
      seconds: 3,
      ratePerSecond: Math.floor(bytesPerSecond / 2 / (64 * 1024)),
      reach: 3,
    }),
  );
}

const TAIL_BATCHES = 1024;
const COLD_BATCHES = 8192;

async function fetchRows(): Promise<void> {
  const dataDir = `${folder}/fetch`;
  writeFileSync(`${folder}/floor-read.data`, new Uint8Array(64 * MIB));
  {
    await using broker = await start(runnelProgram(dataDir));
    await using kafka = await startKafka();
    const { recordsPerBatch } = await fill(broker, "tail", TAIL_BATCHES);
    if (kafka !== null) await fill(kafka, "tail", TAIL_BATCHES);
    await row(
      fetchContest(
        { folder, broker, kafka },
        {
          name: "fetch 1 MiB, tail cache",
          topic: "tail",
          batches: TAIL_BATCHES,
          recordsPerBatch,
          requests: 2000,
          reach: 0.8,
          rounds,
          mode: "fetch-memory",
        },
      ),
    );
    await fill(broker, "cold", COLD_BATCHES);
  }
  await using broker = await start(runnelProgram(dataDir));
  await row(
    fetchContest(
      { folder, broker, kafka: null },
      {
        name: "fetch 1 MiB, cold",
        topic: "cold",
        batches: COLD_BATCHES,
        recordsPerBatch: Math.floor((64 * 1024 - 61) / 1024),
        requests: 2000,
        reach: 0.6,
        rounds,
        mode: "fetch-file",
      },
    ),
  );
}

/** Gigabytes that lie in the folder of the second start: 10 in the full run. */
const START_GIGABYTES = flags.full ? 10 : 1.5;

async function factRows(): Promise<void> {
  const wanted: readonly (readonly [string, () => Promise<Fact>])[] = [
    ["start empty", () => startOnEmptyFolder(folder)],
    ["start full", () => startOnFullFolder(folder, START_GIGABYTES)],
    ["start embedded", embeddedStart],
    ["memory idle", () => idleMemory(folder)],
    ["memory partitions", () => partitionsMemory(folder)],
  ];
  for (const [name, measure] of wanted) {
    if (flags.only === undefined || name.includes(flags.only)) note(await measure());
  }
}

try {
  if (flags.only === undefined || /produce|latency/.test(flags.only)) await produceRows();
  if (flags.only === undefined || flags.only.includes("fetch")) await fetchRows();
  await factRows();
} finally {
  removeFolder(folder);
}
const conditions = {
  node: process.version,
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 1024 ** 3),
  rounds,
};
for (const result of results) process.stdout.write(`${line(result)}\n`);
for (const fact of facts) process.stdout.write(`${factLine(fact)}\n`);
process.stdout.write(`conditions: ${JSON.stringify(conditions)}\n`);
if (flags.json !== undefined) {
  writeFileSync(flags.json, `${JSON.stringify({ conditions, results, facts }, null, 2)}\n`);
}
