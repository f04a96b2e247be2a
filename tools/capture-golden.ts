/**
 * Captures golden wire bytes: real clients talk to Apache Kafka through a recording proxy, and for each API and version the
 * fullest small exchange is written to `NN-api-name/vV-client.{request,response}.hex` (one line: the frame without its
 * 4-byte length, header included).
 *
 *   node tools/capture-golden.ts [--out shared/protocol/fixtures] [--version 4.3.1] [--client kafkajs]...
 *
 * Needs the Debian clients (kcat, python3-confluent-kafka, python3-kafka), Maven and Java. Identifiers and times differ between
 * runs, so a second run rewrites every file; the folder is not emptied first.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { apiFolder } from "./kafka/golden/api-folder.ts";
import {
  type Exchange,
  type RecordingProxy,
  startRecordingProxy,
} from "./kafka/golden/recording-proxy.ts";

const FIXTURE_BYTES_MAX = 2_000;
const WRITE_TXN_MARKERS_KEY = 27;
const EVERY_VERSION_KEYS: ReadonlySet<number> = new Set([0, 1, 3, 18]);
const LAST_CLIENT_KEY = 23;
const toolsFolder = import.meta.dirname;
const workloadsFolder = join(toolsFolder, "kafka/golden/workloads");

const { values: options } = parseArgs({
  options: {
    out: { type: "string", default: join(toolsFolder, "../shared/protocol/fixtures") },
    version: { type: "string", default: "4.3.1" },
    client: { type: "string", multiple: true, default: [] },
  },
});

interface Fixture {
  readonly client: string;
  readonly folder: string;
  readonly exchange: Exchange;
}

interface Workload {
  readonly client: string;
  readonly commands: (plain: string, sasl: string, libs: string) => readonly (readonly string[])[];
}

const python = "/usr/bin/python3";
const workloads: readonly Workload[] = [
  {
    client: "java",
    commands: (plain, sasl, libs) => [
      [
        "java",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
        "-cp",
        libs,
        join(workloadsFolder, "JavaWorkload.java"),
        plain,
        sasl,
      ],
    ],
  },
  {
    client: "platformatic",
    commands: (plain, sasl) => [
      [process.execPath, join(workloadsFolder, "platformatic.ts"), plain, sasl],
    ],
  },
  {
    client: "librdkafka",
    commands: (plain, sasl) => [
      [python, join(workloadsFolder, "confluent.py"), plain, sasl],
      ["kcat", "-L", "-b", plain, "-X", "client.id=golden"],
    ],
  },
  {
    client: "kafkajs",
    commands: (plain, sasl) => [
      [process.execPath, join(workloadsFolder, "kafkajs.ts"), plain, sasl],
    ],
  },
  {
    client: "kafka-python",
    commands: (plain) => [[python, join(workloadsFolder, "kafka_python.py"), plain]],
  },
];

await main();

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "runnel-golden-"));
  const ports = { plain: 0, sasl: 0 };
  await using plain = await startRecordingProxy(0, () => ports.plain);
  await using sasl = await startRecordingProxy(0, () => ports.sasl);
  const home = (
    await output("node", [join(toolsFolder, "kafka/get-kafka.mjs"), "--version", options.version])
  ).trim();
  const broker = await startBroker(home, dataDir, plain, sasl, ports);
  const fixtures = new Map<string, Fixture>();
  try {
    for (const workload of workloads) {
      if (options.client.length > 0 && !options.client.includes(workload.client)) {
        continue;
      }
      plain.take();
      sasl.take();
      for (const [command = "", ...args] of workload.commands(
        `127.0.0.1:${plain.port}`,
        `127.0.0.1:${sasl.port}`,
        join(home, "libs", "*"),
      )) {
        await output(command, args);
      }
      collect(workload.client, [...plain.take(), ...sasl.take()], fixtures);
    }
    const selected = select(fixtures.values());
    await Promise.all(selected.map(write));
    process.stderr.write(
      `${selected.length} of ${fixtures.size} exchanges written to ${options.out}\n`,
    );
  } finally {
    broker.kill("SIGTERM");
    await new Promise((settle) => broker.once("exit", settle));
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function startBroker(
  home: string,
  dataDir: string,
  plain: RecordingProxy,
  sasl: RecordingProxy,
  ports: { plain: number; sasl: number },
): Promise<ChildProcess> {
  ports.plain = await freePort();
  ports.sasl = await freePort();
  const controller = await freePort();
  const settings = [
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    `listeners=PLAINTEXT://127.0.0.1:${ports.plain},SASL://127.0.0.1:${ports.sasl},CONTROLLER://127.0.0.1:${controller}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${plain.port},SASL://127.0.0.1:${sasl.port}`,
    "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT",
    "sasl.enabled.mechanisms=PLAIN",
    'listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="secret";',
    "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users=User:ANONYMOUS;User:alice",
  ];
  const broker = spawn(
    "node",
    [
      join(toolsFolder, "kafka/run-kafka.mjs"),
      "--until-stdin-ends",
      "--data-dir",
      dataDir,
      "--kafka",
      `127.0.0.1:${ports.plain}`,
      ...settings.flatMap((setting) => ["--set", setting]),
    ],
    { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, KAFKA_HOME: home } },
  );
  for await (const line of createInterface({ input: broker.stdout })) {
    if (line.startsWith("kafka ")) {
      return broker;
    }
  }
  throw new Error("Apache Kafka ended before it was ready");
}

/** Bound once and let go, because Kafka cannot be asked which port its 0 became. */
async function freePort(): Promise<number> {
  await using listener = await startRecordingProxy(0, () => 0);
  return listener.port;
}

/** Runs a program to its end and returns what it printed; its failure is this program's failure. */
async function output(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((settle, fail) => {
    child.once("error", fail).once("close", settle);
  });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += String(chunk);
  });
  const code = await ended;
  if (code !== 0) {
    throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${text}`);
  }
  return text;
}

/**
 * Adds what one client sent. Of several exchanges of one API and version the first client's is kept, and of that client's
 * the largest below the limit, as it has the most fields filled.
 */
function collect(
  client: string,
  exchanges: readonly Exchange[],
  fixtures: Map<string, Fixture>,
): void {
  const size = (of: Exchange): number => of.request.length + of.response.length;
  for (const exchange of exchanges) {
    const folder = apiFolder(exchange.apiKey);
    const isBroker = !/^(golden|kafka-python)/.test(exchange.clientId ?? "");
    const isSmall =
      exchange.request.length <= FIXTURE_BYTES_MAX && exchange.response.length <= FIXTURE_BYTES_MAX;
    // The broker is a client of its own listener, too; only its transaction markers come from nobody else.
    if (folder === null || !isSmall || (isBroker && exchange.apiKey !== WRITE_TXN_MARKERS_KEY)) {
      continue;
    }
    const identity = `${folder}/v${exchange.apiVersion}`;
    const known = fixtures.get(identity);
    if (known === undefined || (known.client === client && size(exchange) > size(known.exchange))) {
      fixtures.set(identity, { client, folder, exchange });
    }
  }
}

/**
 * Every version of Produce, Fetch, Metadata and ApiVersions; the newest and the oldest of the other APIs that producers,
 * consumers and group members send; the newest of the rest. This keeps the set small enough to read.
 */
function select(fixtures: Iterable<Fixture>): readonly Fixture[] {
  const byKey = Map.groupBy(fixtures, ({ exchange }) => exchange.apiKey);
  return [...byKey].flatMap(([key, of]) => {
    const sorted = of.toSorted((a, b) => a.exchange.apiVersion - b.exchange.apiVersion);
    if (EVERY_VERSION_KEYS.has(key)) {
      return sorted;
    }
    return key <= LAST_CLIENT_KEY && sorted.length > 1
      ? [sorted[0]!, sorted.at(-1)!]
      : [sorted.at(-1)!];
  });
}

async function write({ client, folder, exchange }: Fixture): Promise<void> {
  await mkdir(join(options.out, folder), { recursive: true });
  const path = join(options.out, folder, `v${exchange.apiVersion}-${client}`);
  await writeFile(`${path}.request.hex`, `${exchange.request.toString("hex")}\n`);
  await writeFile(`${path}.response.hex`, `${exchange.response.toString("hex")}\n`);
}
