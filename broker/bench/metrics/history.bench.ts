/**
 * What the metrics history costs: `node --expose-gc broker/bench/metrics/history.bench.ts`.
 *
 * 2,000 series of topics and APIs that all move are sampled for a day of slots and queried. Printed are
 * the ms of event loop a sample takes, the resident memory it adds, and the time of queries.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { silentLogger } from "@runnel/kit/world.ts";
import { nodeDisk } from "../../src/io/node/disk.ts";
import { MetricsHistory } from "../../src/metrics/history/history.ts";
import { MetricRegistry } from "../../src/metrics/metric.ts";

const SLOT_MS = 10_000;
const SLOTS = 8_640;
const TOPICS = 480;
const APIS = 30;
const BOUNDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

const registry = new MetricRegistry();
const traffic = Array.from({ length: TOPICS }, (_, topic) => ({
  name: `topic-${topic}`,
  value: 0,
}));
for (const direction of ["received_bytes", "sent_bytes", "received_events", "sent_events"]) {
  registry.readings(`bench_${direction}_total`, "", {
    type: "counter",
    label: "topic",
    each: (visit) => {
      for (const { name, value } of traffic) visit(name, value, true);
    },
  });
}
const seconds = registry.histograms("bench_request_seconds", "", "api", BOUNDS);
const apis = Array.from({ length: APIS }, (_, api) => seconds.get(`api-${api}`));

/** Time by hand: the history's timers run when the bench says so. */
let nowMs = 1_700_000_000_000;
const timers: (() => void)[] = [];
const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
const scheduler = {
  after(_delayMs: number, work: () => void) {
    timers.push(work);
    return { cancel() {} };
  },
  soon: setImmediate,
};

function move(): void {
  for (const [index, topic] of traffic.entries()) topic.value += 1_000 + index;
  for (const [index, api] of apis.entries()) {
    for (let count = 0; count < 20; count += 1) api.observe(BOUNDS[(index + count) % 16] ?? 0);
  }
}

const percentile = (sorted: readonly number[], share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(2);

function report(name: string, values: number[]): void {
  const sorted = values.toSorted((a, b) => a - b);
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => percentile(sorted, share));
  console.log(`${name}: p50 ${p50} ms, p99 ${p99} ms, max ${max} ms (${values.length} times)`);
}

const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

/** Resident memory since the start, most of it garbage that was not asked for back, and what is used. */
function reportMemory(name: string): void {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const [used, resident] = [heapUsed + external - usedBefore, rss - rssBefore].map(mib);
  console.log(`memory ${name}: +${used} used, +${resident} resident`);
}

const folder = mkdtempSync(join(tmpdir(), "runnel-history-"));
const disk = nodeDisk;
globalThis.gc?.();
const rssBefore = process.memoryUsage.rss();
const usedBefore = process.memoryUsage().heapUsed + process.memoryUsage().external;
const options = { disk, folder, clock, scheduler, logger: silentLogger } as const;
const history = await MetricsHistory.open({ ...options, registries: [registry] });
const active: number[] = [];
const cpuBefore = process.cpuUsage();
for (let slot = 0; slot < SLOTS; slot += 1) {
  nowMs += SLOT_MS;
  move();
  const before = performance.eventLoopUtilization();
  for (const work of timers.splice(0)) work();
  await history.idle();
  active.push(performance.eventLoopUtilization(before).active);
}
const { user, system } = process.cpuUsage(cpuBefore);
const cpuMs = ((user + system) / 1000 / SLOTS).toFixed(2);
console.log(`${history.series.length} series, ${cpuMs} ms of CPU a sample, all threads`);
reportMemory("after a day of samples");
report("event loop a sample", active);
report(
  "event loop a sample, first of a block",
  active.filter((_, slot) => slot % 30 === 0),
);

for (const [name, hours, count] of [
  ["1 series, 24 h", 24, 1],
  ["1 series, 1 h", 1, 1],
  ["100 series, 1 h", 1, 100],
  ["100 series, 24 h", 24, 100],
] as const) {
  const series = history.series.slice(0, count).map((one) => one.name);
  const times: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    const start = performance.now();
    await history.query({ series, from: nowMs - hours * 3_600_000, to: nowMs, points: 600 });
    times.push(performance.now() - start);
  }
  report(`query ${name}`, times);
}
reportMemory("after the queries");
await history.close();
const opening = performance.now();
const again = await MetricsHistory.open({ ...options, registries: [new MetricRegistry()] });
console.log(`open: ${(performance.now() - opening).toFixed(1)} ms`);
await again.close();
rmSync(folder, { recursive: true });
