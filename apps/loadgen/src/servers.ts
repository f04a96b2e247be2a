/** Starts the servers under load, each a process of its own, and stops them by their id. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import * as net from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import type { Api, RequestInputOf, ResponseDecodedOf } from "@runnel/protocol/api.ts";
import { readResponseHeader } from "@runnel/protocol/headers.ts";
import { ListOffsetsApi } from "@runnel/protocol/messages/02-list-offsets.ts";
import { CreateTopicsApi } from "@runnel/protocol/messages/19-create-topics.ts";
import { frameOf } from "./requests.ts";

const START_MS_MAX = 60_000;
const CREATE_TOPICS_VERSION = 7;
const LIST_OFFSETS_VERSION = 1;
/** ListOffsets: the end of the log. */
const LATEST = -1;
const LED_POLL_MS = 20;

export interface Server extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** Ms from spawn until it said that it listens. */
  readonly startedInMs: number;
  /** CPU time so far, user and system, in µs. */
  cpuMicros(): number;
  /** Resident memory now and at its peak, bytes. */
  memory(): { readonly now: number; readonly peak: number };
}

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Finds the port in what the program prints; null while it is not there. */
  portIn(output: string): number | null;
  readonly env?: Readonly<Record<string, string>>;
  /** How long it may take to listen; a minute where left out. */
  readonly startMsMax?: number;
  /** The process that serves, where it is not the one started. */
  pidIn?(output: string): number | null;
}

/** The floor in one of its modes. */
export function floorProgram(mode: string, path: string): Program {
  const script = join(import.meta.dirname, "floor.ts");
  return {
    command: process.execPath,
    args: [script, mode, path],
    portIn: (output) => numberIn(output, /listening (\d+)/),
  };
}

/** A Runnel broker on a folder, with any further flags. */
export function runnelProgram(dataDir: string, flags: readonly string[] = []): Program {
  const script = join(import.meta.dirname, "..", "..", "runnel", "src", "main.mjs");
  const admin = flags.includes("--admin") ? [] : ["--admin", "off"];
  const place = ["--data-dir", dataDir, "--kafka", "127.0.0.1:0", ...admin];
  return {
    command: process.execPath,
    args: [script, "broker", ...place, ...flags],
    portIn: (output) => numberIn(output, /kafka 127\.0\.0\.1:(\d+)/),
  };
}

/** An Apache Kafka from the jars of `KAFKA_HOME`, on an empty folder. */
export function kafkaProgram(dataDir: string): Program {
  const script = join(import.meta.dirname, "..", "..", "..", "tools", "kafka", "run-kafka.mjs");
  return {
    command: process.execPath,
    args: [script, "--data-dir", dataDir],
    portIn: (output) => numberIn(output, /kafka 127\.0\.0\.1:(\d+)/),
    pidIn: (output) => numberIn(output, /pid (\d+)/),
  };
}

function numberIn(text: string, pattern: RegExp): number | null {
  const match = pattern.exec(text);
  return match === null ? null : Number(match[1]);
}

/** Starts `program` and waits until it listens. Rejects with what it printed where it does not. */
export async function start(program: Program): Promise<Server> {
  const startedAt = performance.now();
  const { startMsMax = START_MS_MAX } = program;
  const child = spawn(program.command, program.args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...program.env },
  });
  let output = "";
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no port in: ${output}`)), startMsMax);
    const look = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-100_000);
      const found = program.portIn(output);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`the server ended with ${code}: ${output}`));
    });
  });
  const startedInMs = performance.now() - startedAt;
  const pid = program.pidIn?.(output) ?? (child.pid as number);
  return {
    port,
    pid,
    startedInMs,
    cpuMicros: () => cpuOf(pid),
    memory: () => memoryOf(pid),
    [Symbol.asyncDispose]: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await ended;
  clearTimeout(timer);
}

/** `/proc/PID/stat`: fields 14 and 15, in ticks of 10 ms. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
  return { now: kib("VmRSS") * 1024, peak: kib("VmHWM") * 1024 };
}

/** Sends one request on a connection of its own and returns the decoded answer. */
export async function call<A extends Api>(
  port: number,
  api: A,
  version: number,
  request: RequestInputOf<A>,
): Promise<ResponseDecodedOf<A>> {
  const socket = net.connect({ port, host: "127.0.0.1" });
  try {
    socket.write(frameOf(api, version, request));
    const chunks: Buffer[] = [];
    for await (const chunk of socket) {
      chunks.push(chunk as Buffer);
      const all = Buffer.concat(chunks);
      if (all.length < 4 || all.length < 4 + all.readInt32BE(0)) continue;
      const reader = new ByteReader(all, 4);
      readResponseHeader(reader, api, version);
      return api.response.read(reader, version) as ResponseDecodedOf<A>;
    }
    throw new Error(`${api.name}: the server closed the connection`);
  } finally {
    socket.destroy();
  }
}

/** Creates a topic with `partitions` and `configs`, all of them led when it resolves. */
export async function createTopic(
  port: number,
  name: string,
  partitions: number,
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  const answer = await call(port, CreateTopicsApi, CREATE_TOPICS_VERSION, {
    topics: [
      {
        name,
        numPartitions: partitions,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs: 60_000,
    validateOnly: false,
  });
  const topic = answer.topics[0];
  if (topic?.errorCode !== 0) throw new Error(`${name}: ${topic?.errorMessage ?? "no answer"}`);
  await untilLed(port, name, partitions);
}

/** Kafka answers a creation before its own broker leads the partitions. */
async function untilLed(port: number, name: string, count: number): Promise<void> {
  const partitions = Array.from({ length: count }, (_, partitionIndex) => ({
    partitionIndex,
    timestamp: LATEST,
  }));
  const deadline = performance.now() + START_MS_MAX;
  for (;;) {
    const answer = await call(port, ListOffsetsApi, LIST_OFFSETS_VERSION, {
      replicaId: -1,
      topics: [{ name, partitions }],
    });
    const waiting = answer.topics[0]?.partitions.filter(({ errorCode }) => errorCode !== 0);
    if (waiting?.length === 0) return;
    if (performance.now() > deadline) throw new Error(`${name}: not all partitions are led`);
    await sleep(LED_POLL_MS);
  }
}

export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
