/**
 * `runnel demo`, a child of `runnel up --demo`: once a second what /proc says of this machine goes
 * into two topics, through the Kafka protocol like anybody's data. One sample is under way at a time,
 * so a slow broker means fewer samples, never more memory.
 */
import { Buffer } from "node:buffer";
import { readdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { CommandError } from "../cli/failure.ts";
import type { HostPort } from "../cli/values.ts";
import { withCluster } from "../commands/client.ts";
import type { NumberedRecord } from "../kafka/batch-sender.ts";
import { type Cluster, REQUEST_TIMEOUT_MS } from "../kafka/cluster.ts";
import { explain, explainCode } from "../kafka/explain.ts";
import { TopicProducer } from "../kafka/topic-producer.ts";
import { awaitTopic } from "../kafka/topic-wait.ts";
import { type HostSample, metricsBetween } from "./metrics.ts";
import {
  type ProcessInfo,
  parseCpu,
  parseDisks,
  parseLoad,
  parseMemory,
  parseNetwork,
  parseProcess,
} from "./proc.ts";
import { ProcessWatch } from "./processes.ts";

const INTERVAL_MS = 1_000;
const METRICS_TOPIC = "host.metrics";
const PROCESSES_TOPIC = "host.processes";
/** A day of both is enough for a demonstration. */
const RETENTION_MS = 86_400_000;

export async function feedDemo(flags: { readonly bootstrap: string }): Promise<void> {
  if ((await readProc("stat")) === "") {
    process.stderr.write("runnel: this system has no /proc: --demo has nothing to feed\n");
    return;
  }
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once("SIGTERM", end).once("SIGINT", end).once("disconnect", end);
  await withCluster(flags, async ({ cluster, bootstrap }) => {
    await using metrics = await openTopic(cluster, bootstrap, METRICS_TOPIC);
    await using processes = await openTopic(cluster, bootstrap, PROCESSES_TOPIC);
    process.stdout.write(`demo ready: ${METRICS_TOPIC}, ${PROCESSES_TOPIC}\n`);
    await run(metrics, processes, flags.bootstrap, stop.signal);
  });
}

async function openTopic(
  cluster: Cluster,
  bootstrap: readonly HostPort[],
  topic: string,
): Promise<TopicProducer> {
  const configs = [{ name: "retention.ms", value: String(RETENTION_MS) }];
  const wanted = { name: topic, numPartitions: 1, replicationFactor: -1, assignments: [], configs };
  const answer = await cluster.call("CreateTopics", null, [wanted], REQUEST_TIMEOUT_MS, false);
  for (const { errorCode, errorMessage } of answer.topics) {
    if (errorCode === 0 || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) continue;
    throw new CommandError(`topic "${topic}": ${explainCode(errorCode, errorMessage ?? null)}`);
  }
  const { partitions } = await awaitTopic(cluster, topic);
  const partitionCount = partitions.length;
  return new TopicProducer({ bootstrap, topic, partitionCount, acks: -1, compression: "none" });
}

async function run(
  metrics: TopicProducer,
  processes: TopicProducer,
  bootstrap: string,
  signal: AbortSignal,
): Promise<void> {
  const host = hostname();
  const watch = new ProcessWatch();
  let before = await sampleHost();
  await sampleProcesses(watch);
  let isFailing = false;
  let nextMs = performance.now() + INTERVAL_MS;
  while (!signal.aborted) {
    const pauseMs = Math.max(0, nextMs - performance.now());
    await delay(pauseMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    // After a pause (a laptop that slept) samples are not made up for.
    nextMs = Math.max(nextMs + INTERVAL_MS, performance.now());
    const after = await sampleHost();
    const values = metricsBetween(before, after);
    before = after;
    const timestamp = Date.now();
    const events = await sampleProcesses(watch);
    const outcomes = await Promise.all([
      send(
        metrics,
        [...values].map(([group, value]) => {
          return toRecord(`${host}/${group}`, { host, group, timestamp, ...value }, timestamp);
        }),
      ),
      send(
        processes,
        events.map((event) => {
          return toRecord(`${host}/${event.pid}`, { host, timestamp, ...event }, timestamp);
        }),
      ),
    ]);
    const error = outcomes.find((outcome) => outcome !== null) ?? null;
    if (error !== null && !isFailing) {
      process.stderr.write(`runnel demo: samples are lost: ${explain(error, bootstrap)}\n`);
    }
    isFailing = error !== null;
  }
}

/** What went wrong; null for nothing. */
async function send(producer: TopicProducer, records: readonly NumberedRecord[]): Promise<unknown> {
  if (records.length === 0) return null;
  return (await producer.send(records)).error;
}

function toRecord(key: string, value: unknown, timestamp: number): NumberedRecord {
  return {
    key: Buffer.from(key),
    value: Buffer.from(JSON.stringify(value)),
    headers: [],
    partition: null,
    timestamp,
    line: 1,
  };
}

async function sampleHost(): Promise<HostSample> {
  const [stat, load, memory, disks, network] = await Promise.all(
    ["stat", "loadavg", "meminfo", "diskstats", "net/dev"].map(readProc),
  );
  return {
    atMs: performance.now(),
    cpu: parseCpu(stat ?? ""),
    load: parseLoad(load ?? ""),
    memory: parseMemory(memory ?? ""),
    disks: parseDisks(disks ?? ""),
    network: parseNetwork(network ?? ""),
  };
}

/** Only processes that are new cost more than their entry in the folder. */
async function sampleProcesses(watch: ProcessWatch): Promise<ReturnType<ProcessWatch["update"]>> {
  const names = await readdir("/proc").catch((): string[] => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const found: ProcessInfo[] = [];
  for (const pid of watch.unknown(pids)) {
    const info = parseProcess(await readProc(`${pid}/stat`));
    if (info !== null) found.push(info);
  }
  return watch.update(pids, found, Date.now());
}

/** Empty for what is not there (any more). */
async function readProc(name: string): Promise<string> {
  return readFile(`/proc/${name}`, "utf8").catch(() => "");
}
