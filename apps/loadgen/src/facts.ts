/** What is measured without a floor: how long a start takes, and how much memory a broker holds. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { MIB } from "./bench.ts";
import { fill } from "./fetch-loads.ts";
import { type Spread, spreadOf } from "./rounds.ts";
import { createTopic, removeFolder, runnelProgram, type Server, start } from "./servers.ts";

export interface Fact {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** What is to be reached, at most or, for "higher", at least; null where nothing is asked. */
  readonly reach: number | null;
  /** "lower" where left out. */
  readonly better?: "higher" | "lower";
  /** Of the rounds, where `value` is their median. */
  readonly spread?: Spread;
  /** What else there is to know of it. */
  readonly note?: string;
}

const STARTS = 9;
const SETTLE_MS = 3_000;
const PARTITIONS_PER_TOPIC = 1_000;

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

/** Ms from spawn until it accepts, on an empty folder; the first start warms the compile cache. */
export async function startOnEmptyFolder(folder: string): Promise<Fact> {
  const times: number[] = [];
  for (let round = 0; round <= STARTS; round += 1) {
    const dataDir = `${folder}/empty-${round}`;
    await using server = await start(runnelProgram(dataDir));
    if (round > 0) times.push(server.startedInMs);
  }
  const value = spreadOf(times).median;
  return {
    name: "ready to accept, empty folder, warm compile cache",
    unit: "ms",
    value,
    reach: 300,
  };
}

/** Ms until it accepts after an orderly stop with 1,000 partitions and `gigabytes` of records. */
export async function startOnFullFolder(folder: string, gigabytes: number): Promise<Fact> {
  const dataDir = `${folder}/full`;
  {
    await using server = await start(runnelProgram(dataDir));
    await createTopic(server.port, "thousand", PARTITIONS_PER_TOPIC);
    await fill(server, "bulk", Math.round((gigabytes * 1e9) / (64 * 1024)));
  }
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    await using server = await start(runnelProgram(dataDir));
    times.push(server.startedInMs);
  }
  removeFolder(dataDir);
  return {
    name: `ready to accept, 1,000 partitions and ${gigabytes} GB, after a clean stop`,
    unit: "ms",
    value: spreadOf(times).median,
    reach: 2_000,
  };
}

/** Resident memory of a broker that does nothing, its admin port open and asked once. */
export async function idleMemory(folder: string): Promise<Fact> {
  const program = runnelProgram(`${folder}/idle`, ["--admin", "127.0.0.1:0"]);
  let admin = "";
  await using server = await start({
    ...program,
    portIn(output) {
      admin = /admin (127\.0\.0\.1:\d+)/.exec(output)?.[1] ?? admin;
      return program.portIn(output);
    },
  });
  await (await fetch(`http://${admin}/metrics`)).text();
  await settle();
  const value = server.memory().now / MIB;
  return { name: "RSS idle with the admin port", unit: "MiB", value, reach: 130 };
}

/** Resident memory with 10,000 partitions. */
export async function partitionsMemory(folder: string): Promise<Fact> {
  await using server = await start(runnelProgram(`${folder}/partitions`));
  await createManyPartitions(server);
  await settle();
  const value = server.memory().now / MIB;
  return { name: "RSS with 10,000 partitions", unit: "MiB", value, reach: 500 };
}

/** Ms until it accepts after an orderly stop with 10,000 partitions. */
export async function startOnManyPartitions(folder: string): Promise<Fact> {
  const dataDir = `${folder}/many`;
  {
    await using server = await start(runnelProgram(dataDir));
    await createManyPartitions(server);
  }
  await using server = await start(runnelProgram(dataDir));
  return {
    name: "ready to accept, 10,000 partitions, after a clean stop",
    unit: "ms",
    value: server.startedInMs,
    reach: null,
  };
}

async function createManyPartitions(server: Server): Promise<void> {
  for (let topic = 0; topic < 10; topic += 1) {
    await createTopic(server.port, `many-${topic}`, PARTITIONS_PER_TOPIC);
  }
}

/** Ms of `startBroker()` inside a process whose modules are loaded. */
export async function embeddedStart(): Promise<Fact> {
  const script = join(import.meta.dirname, "..", "..", "testing", "bench", "start.ts");
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  await new Promise((resolve) => child.once("exit", resolve));
  const value = Number(/(\d+(\.\d+)?) ms/.exec(output)?.[1]);
  return { name: "startBroker() once modules are loaded", unit: "ms", value, reach: 100 };
}
