/** What stronger promises cost: idempotence, transactions, reading only what is committed. */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { type Bench, CONNECTIONS, configsOf, deleteTopic, KIB, PARTITIONS } from "../bench.ts";
import type { Fact } from "../facts.ts";
import type { Report } from "../report.ts";
import { type Contest, type Figures, spreadOf } from "../rounds.ts";
import { createTopic, runnelProgram, type Server, start } from "../servers.ts";
import type { Settings } from "../session.ts";
import { LoadProducer, type ProducerShape } from "./producer.ts";
import { readContest } from "./read-contest.ts";
import { restartFact } from "./restart-fact.ts";

const NAMES = {
  idempotent: "idempotent produce, 64 KiB",
  transactional: "transactional produce, commit every 100 ms",
  commit: "commit of one record",
  committed: "fetch read_committed",
  restart: "restart with producers and offsets",
} as const;

const BATCH = { batchBytes: 64 * KIB, recordBytes: KIB } as const;
const RUN_MS = 3_000;
const REQUESTS_PER_CONNECTION = 400;
const COMMIT_EVERY_MS = 100;
const COMMITS = 300;
const SYNCS = 200;
const SYNCED_BYTES = 4 * KIB;

export async function deliveryRows(report: Report, settings: Settings): Promise<void> {
  if (!Object.values(NAMES).some((name) => report.wants(name))) return;
  const { folder, rounds } = settings;
  {
    await using broker = await start(runnelProgram(`${folder}/delivery`));
    const bench: Bench = { folder, broker, kafka: null };
    await report.row(idempotentContest(bench, rounds));
    await report.row(transactionalContest(bench, rounds));
    await report.fact(NAMES.commit, () => commitFact(bench, rounds));
    if (report.wants(NAMES.committed))
      await report.row(await readContest(bench, rounds, NAMES.committed));
  }
  await report.fact(NAMES.restart, () => restartFact(folder, NAMES.restart));
}

/** CPU time of the broker for the same requests with and without a producer id. */
function idempotentContest({ broker }: Bench, rounds: number): Contest {
  const run = async (kind: "plain" | "idempotent", round: number): Promise<Figures> => {
    const topic = `${kind}-${round}`;
    await createTopic(broker.port, topic, PARTITIONS, configsOf(false));
    const producers = await Promise.all(
      Array.from({ length: CONNECTIONS }, (_, partition) =>
        LoadProducer.open(broker.port, shapeOf(topic, kind, [partition])),
      ),
    );
    const before = broker.cpuMicros();
    await Promise.all(
      producers.map(async (producer) => {
        while (producer.sent < REQUESTS_PER_CONNECTION) await producer.send();
        await producer.flush();
      }),
    );
    const requests = CONNECTIONS * REQUESTS_PER_CONNECTION;
    const cpuMicros = (broker.cpuMicros() - before) / requests;
    for (const producer of producers) producer[Symbol.dispose]();
    await deleteTopic(broker.port, topic);
    return { value: cpuMicros, cpuMicros };
  };
  return {
    name: NAMES.idempotent,
    unit: "µs CPU a request",
    reach: 1.05,
    better: "lower",
    rounds,
    names: { floor: "plain", runnel: "idempotent" },
    floor: (round) => run("plain", round),
    runnel: (round) => run("idempotent", round),
    kafka: null,
  };
}

/** One producer over ten partitions, as fast as it goes, with a commit every so often and without any. */
function transactionalContest({ broker }: Bench, rounds: number): Contest {
  const run = async (kind: "idempotent" | "transactional", round: number): Promise<Figures> => {
    const topic = `rate-${kind}-${round}`;
    await createTopic(broker.port, topic, PARTITIONS, configsOf(true));
    const partitions = Array.from({ length: PARTITIONS }, (_, at) => at);
    using producer = await LoadProducer.open(broker.port, shapeOf(topic, kind, partitions));
    const before = broker.cpuMicros();
    const startedAt = performance.now();
    for (let commitAt = startedAt + COMMIT_EVERY_MS; performance.now() < startedAt + RUN_MS; ) {
      await producer.send();
      if (kind !== "transactional" || performance.now() < commitAt) continue;
      await producer.commit();
      commitAt = performance.now() + COMMIT_EVERY_MS;
    }
    if (kind === "transactional") await producer.commit();
    else await producer.flush();
    const seconds = (performance.now() - startedAt) / 1000;
    const cpuMicros = (broker.cpuMicros() - before) / producer.sent;
    await deleteTopic(broker.port, topic);
    return { value: producer.sentBytes / 1e6 / seconds, cpuMicros };
  };
  return {
    name: `${NAMES.transactional}, ${PARTITIONS} partitions, 64 KiB, flush.messages 1`,
    unit: "MB/s",
    reach: 0.85,
    better: "higher",
    rounds,
    names: { floor: "without transactions", runnel: "with them" },
    floor: (round) => run("idempotent", round),
    runnel: (round) => run("transactional", round),
    kafka: null,
  };
}

/** From the record to the answer of its commit, one transaction after the other. */
async function commitFact(bench: Bench, rounds: number): Promise<Fact> {
  const ratios: number[] = [];
  const notes: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const syncMs = syncTime(`${bench.folder}/sync.data`);
    const commitMs = await commitTime(bench.broker, round);
    ratios.push(commitMs / syncMs);
    notes.push(`${commitMs.toFixed(2)} to ${syncMs.toFixed(2)}`);
  }
  const spread = spreadOf(ratios);
  return {
    name: `${NAMES.commit} in one partition, p50, times one fdatasync of ${SYNCED_BYTES / KIB} KiB`,
    unit: "×",
    value: spread.median,
    spread,
    reach: 6,
    note: `ms: ${notes.join(", ")}`,
  };
}

async function commitTime({ port }: Server, round: number): Promise<number> {
  const topic = `commit-${round}`;
  await createTopic(port, topic, 1, configsOf(true));
  const shape = { ...shapeOf(topic, "transactional", [0]), batchBytes: 200, recordBytes: 100 };
  using producer = await LoadProducer.open(port, shape);
  const times: number[] = [];
  for (let commit = 0; commit < COMMITS; commit += 1) {
    const startedAt = performance.now();
    await producer.send();
    await producer.commit();
    times.push(performance.now() - startedAt);
  }
  await deleteTopic(port, topic);
  return spreadOf(times).median;
}

/** The median of one append and fdatasync, ms. */
function syncTime(path: string): number {
  const file = openSync(path, "a");
  const bytes = new Uint8Array(SYNCED_BYTES).fill(0x55);
  const times = Array.from({ length: SYNCS }, () => {
    const startedAt = performance.now();
    writeSync(file, bytes);
    fdatasyncSync(file);
    return performance.now() - startedAt;
  });
  closeSync(file);
  return spreadOf(times).median;
}

function shapeOf(
  topic: string,
  kind: ProducerShape["kind"],
  partitions: readonly number[],
): ProducerShape {
  return { ...BATCH, topic, kind, partitions, transactionalId: `load-${topic}` };
}
