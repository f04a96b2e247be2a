/** The broker under test as a real process on a free port, in a folder that is removed with it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child, type ChildExit, run } from "./child.ts";
import { within } from "./wait.ts";

const root = join(import.meta.dirname, "../..");
const STARTS_WITHIN_MS = 60_000;
const DENO_VERSION = "2.9.6";

export type Runtime = "node" | "deno";

export interface ServerAddresses {
  /** `host:port` of the Kafka protocol. */
  readonly kafka: string;
  /** `host:port` of the admin API; Apache Kafka has none. */
  readonly admin: string | null;
}

export interface Server extends AsyncDisposable, ServerAddresses {
  readonly kind: "runnel" | "kafka";
  readonly pid: number;
  readonly dataDir: string;
  /** What the process printed, for the report of a failed test. */
  readonly output: string;
  /** Settles when the process has ended, whoever ended it. */
  readonly exited: Promise<ChildExit>;
  /** Stops the process and leaves the data folder until disposal. */
  stop(signal?: NodeJS.Signals): Promise<ChildExit>;
}

export interface RunnelOptions {
  readonly runtime?: Runtime;
  /** More flags of `runnel broker`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** An existing data folder, which then outlives the server. */
  readonly dataDir?: string;
}

/** Groups start at once and internal topics are small, because that is what a test waits for. */
const runnelEnv = {
  RUNNEL_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
  RUNNEL_GROUP_CONSUMER_HEARTBEAT_INTERVAL_MS: "300",
  RUNNEL_GROUP_CONSUMER_MIN_HEARTBEAT_INTERVAL_MS: "100",
  RUNNEL_GROUP_CONSUMER_SESSION_TIMEOUT_MS: "10000",
  RUNNEL_GROUP_CONSUMER_MIN_SESSION_TIMEOUT_MS: "1000",
  RUNNEL_OFFSETS_TOPIC_NUM_PARTITIONS: "4",
  RUNNEL_TRANSACTION_STATE_LOG_NUM_PARTITIONS: "4",
};

/** Starts what `RUNNEL_TEST_SERVER` names: `runnel` (default), or `kafka`, by which the tests themselves are checked. */
export function startServer(options: RunnelOptions = {}): Promise<Server> {
  const kind = process.env["RUNNEL_TEST_SERVER"] ?? "runnel";
  switch (kind) {
    case "runnel":
      return startRunnel(options);
    case "kafka":
      return startKafka();
    default:
      throw new Error(`RUNNEL_TEST_SERVER is ${kind}, expected runnel or kafka`);
  }
}

export async function startRunnel({
  runtime = "node",
  args = [],
  env = {},
  dataDir,
}: RunnelOptions = {}): Promise<Server> {
  const program = join(root, "apps/runnel/src/main.mjs");
  const launcher: readonly [string, ...string[]] =
    runtime === "node" ? [process.execPath] : [await denoPath(), "run", "-A"];
  const [command, ...more] = launcher;
  return startProcess("runnel", dataDir, (folder) => ({
    command: [
      command,
      ...more,
      program,
      "broker",
      "--data-dir",
      folder,
      "--kafka",
      "127.0.0.1:0",
      "--admin",
      "127.0.0.1:0",
      ...args,
    ],
    env: { ...runnelEnv, ...env },
  }));
}

/** Apache Kafka in KRaft mode; `KAFKA_HOME` or the download of `tools/kafka/get-kafka.mjs`. */
export function startKafka(settings: readonly string[] = []): Promise<Server> {
  return startProcess("kafka", undefined, (folder) => ({
    command: [
      process.execPath,
      join(root, "tools/kafka/run-kafka.mjs"),
      "--until-stdin-ends",
      "--data-dir",
      folder,
      ...settings.flatMap((setting) => ["--set", setting]),
    ],
    env: {},
  }));
}

/**
 * Finds the addresses in what a server prints when it is ready: `kafka HOST:PORT` and, for Runnel, `admin HOST:PORT`, on one
 * line or on two, among any other words. Null until all of them have been printed.
 */
export function parseAddresses(kind: Server["kind"], output: string): ServerAddresses | null {
  const find = (word: string): string | null =>
    new RegExp(`\\b${word}\\W+(\\S+:\\d+)`).exec(output)?.[1] ?? null;
  const kafka = find("kafka");
  const admin = kind === "runnel" ? find("admin") : null;
  return kafka === null || (kind === "runnel" && admin === null) ? null : { kafka, admin };
}

async function startProcess(
  kind: Server["kind"],
  dataDir: string | undefined,
  launch: (folder: string) => {
    readonly command: readonly [string, ...string[]];
    readonly env: Readonly<Record<string, string>>;
  },
): Promise<Server> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), `runnel-e2e-${kind}-`)));
  const remove = async (): Promise<void> => {
    if (dataDir === undefined) {
      await rm(folder, { recursive: true, force: true });
    }
  };
  const ready = Promise.withResolvers<ServerAddresses>();
  let printed = "";
  const child = new Child({
    name: kind,
    cwd: root,
    ...launch(folder),
    onLine: (line) => {
      printed = `${printed}${line}\n`.slice(-10_000);
      const addresses = parseAddresses(kind, printed);
      if (addresses !== null) {
        ready.resolve(addresses);
      }
    },
  });
  const ended = child.exited.then(({ code, signal }) => {
    throw new Error(`${kind} ended with ${signal ?? code} before it was ready`);
  });
  ended.catch(() => {
    // After the start an exit is the test's business.
  });
  try {
    const addresses = await within(
      `${kind} is ready`,
      STARTS_WITHIN_MS,
      Promise.race([ready.promise, ended]),
    );
    return {
      kind,
      ...addresses,
      pid: child.pid,
      dataDir: folder,
      get output() {
        return child.output;
      },
      exited: child.exited,
      stop: (signal) => child.stop(signal),
      async [Symbol.asyncDispose]() {
        await child.stop();
        await remove();
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    await child.exited;
    await remove();
    throw new Error(`${kind} did not start; it printed:\n${child.output}`, { cause: error });
  }
}

/** Fetched by npm at its first use: the binaries of all platforms are too much for the lock file. */
export async function denoPath(): Promise<string> {
  const { stdout } = await run({
    name: "deno",
    command: ["npx", "--yes", `deno@${DENO_VERSION}`, "eval", "console.log(Deno.execPath())"],
    cwd: tmpdir(),
    withinMs: 300_000,
  });
  return stdout.trim();
}
