/**
 * A broker process under attack, and what must hold whatever the attack is: the process lives, its
 * memory is back within 64 MiB of what it was, a polite client makes progress all the while, the log
 * has a line a second at most of each kind, nothing counts as a failure of the broker.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { MetadataApi } from "@runnel/protocol/messages/03-metadata.ts";
import { CreateTopicsApi } from "@runnel/protocol/messages/19-create-topics.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { type Server, startRunnel } from "../harness/server.ts";
import { Client, requestFrame } from "./client.ts";
import { growth, readMetrics, type Samples } from "./metrics.ts";
import { Polite } from "./polite.ts";

const MIB = 1024 * 1024;
/** What an attack may leave. */
const GROWN_BYTES_MAX = 64 * MIB;
/** What a broker may use at the height of an attack: its byte budget, its caches, one frame, some air. */
const PEAK_BYTES_MAX = 320 * MIB;
/** The polite client makes progress: how fast depends on who else uses the machine. */
const SLOWEST_MS_MAX = 10_000;
const LINE_KINDS_MAX = 3;
const POLITE_TOPIC = "polite";
const WARM_TOPIC = "warm";
const WARM_BATCH_BYTES = 900 * 1024;
const WARM_BATCHES = 200;
const WARM_SMALL = 50_000;
/** Rounds of the load by which memory settles, before the first attack. */
const STEADY_ROUNDS = 12;
const SETTLE_ROUNDS_MAX = 200;
const SETTLE_BATCHES = 30;
const SETTLE_SMALL = 2_000;

export const BAD_REQUESTS = "runnel_kafka_decode_failures_total";
export const FAILURES = "runnel_kafka_request_failures_total";
export const READ_PAUSES = "runnel_kafka_read_pauses_total";
export const CLOSED = "runnel_kafka_connections_closed_total";
export const REQUESTS = "runnel_kafka_requests_total";

export interface AttackOptions {
  /** Counters that the attack must move, and by how much at least. */
  readonly moves: Readonly<Record<string, number>>;
  /** How much more memory than before the attack may take at its height. */
  readonly peakBytesMax?: number;
  /** How much memory may stay, for a row that is known not to keep the common bound. */
  readonly grownBytesMax?: number;
  /** Requests that may end as failures of the broker. */
  readonly failuresMax?: number;
}

export interface AttackReport {
  readonly grownBytes: number;
  readonly peakBytes: number;
  readonly slowestMs: number;
  readonly lines: readonly LogLine[];
}

export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export class Arena implements AsyncDisposable {
  readonly server: Server;
  readonly #polite: Polite;
  readonly #clients: Client[] = [];
  /** The most memory that the broker had in use while it worked for honest clients alone. */
  #steadyBytes = 0;

  private constructor(server: Server) {
    this.server = server;
    this.#polite = new Polite(server.kafka, POLITE_TOPIC);
  }

  /** Starts a broker with `settings`, and the polite client. */
  static async open(settings: Readonly<Record<string, string>> = {}): Promise<Arena> {
    const args = Object.entries(settings).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
    const server = await startRunnel({ args });
    const client = await Client.connect(server.kafka);
    await createTopic(client, POLITE_TOPIC);
    await createTopic(client, WARM_TOPIC, { "flush.messages": "1000000" });
    client.destroy();
    const arena = new Arena(server);
    // As any broker that is attacked has worked before: its caches are full, its heap has the room that it
    // takes. What an attack adds is measured from there.
    await arena.#work(WARM_BATCHES, WARM_SMALL);
    // What it has in use swings by tens of MiB, as the collector comes by. After an attack it is seen under
    // this same load: with one look at an idle broker before, the swing would count as the attack's.
    for (let round = 0; round < STEADY_ROUNDS; round += 1) {
      await arena.#work(SETTLE_BATCHES, SETTLE_SMALL);
      arena.#steadyBytes = Math.max(arena.#steadyBytes, arena.residentBytes);
    }
    await arena.#polite.progress(100);
    return arena;
  }

  /** A connection that is closed with the arena at the latest. */
  async connect(from?: string): Promise<Client> {
    const client = await Client.connect(this.server.kafka, from);
    this.#clients.push(client);
    return client;
  }

  metrics(): Promise<Samples> {
    return readMetrics(this.server.admin as string);
  }

  /** Resolves when the polite client has done `count` more round trips. */
  progress(count: number): Promise<void> {
    return this.#polite.progress(count);
  }

  /** Sends `frame` on a connection of its own; the answer, or null when the broker closes it. */
  async once(frame: Uint8Array): Promise<Buffer | null> {
    const client = await Client.connect(this.server.kafka);
    try {
      return await client.exchange(frame);
    } finally {
      client.destroy();
    }
  }

  /** Memory of the broker now, bytes. */
  get residentBytes(): number {
    return this.#statusBytes("VmRSS");
  }

  /** Runs `work` and checks what must hold during and after it. */
  async attack(
    name: string,
    options: AttackOptions,
    work: () => Promise<void>,
  ): Promise<AttackReport> {
    await this.progress(20);
    const before = await this.metrics();
    writeFileSync(`/proc/${this.server.pid}/clear_refs`, "5");
    const residentBefore = this.residentBytes;
    const since = new Date();
    this.#polite.forget();
    try {
      await work();
      await this.progress(10);
    } catch (error) {
      throw new Error(`${name}; the broker printed:\n${this.server.output.slice(-3_000)}`, {
        cause: error,
      });
    }
    const { slowestMs } = this.#polite;
    const peakBytes = this.#statusBytes("VmHWM") - residentBefore;
    const grownBytes = await this.#settle(Math.max(residentBefore, this.#steadyBytes));
    const lines = this.linesSince(since);
    const after = await this.metrics();
    const report = { grownBytes, peakBytes, slowestMs, lines };
    console.log(summary(name, report, options, { before, after }));
    this.#check(report, options, { before, after, since });
    return report;
  }

  /** Lines of the log from `since` on. */
  linesSince(since: Date): LogLine[] {
    const lines = this.server.output.split("\n").filter((line) => line.startsWith("{"));
    return lines
      .map((line) => JSON.parse(line) as LogLine)
      .filter(({ time }) => new Date(time) >= since);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.#polite[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }

  /** Honest load: large batches to one partition, and many small requests. */
  async #work(batches: number, small: number): Promise<void> {
    const client = await Client.connect(this.server.kafka);
    const value = new Uint8Array(WARM_BATCH_BYTES);
    const records = buildBatch({ records: [{ key: null, value, timestamp: Date.now() }] });
    const produce = requestFrame(ProduceApi, 9, {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: WARM_TOPIC, partitionData: [{ index: 0, records }] }],
    });
    const ask = requestFrame(MetadataApi, 12, { topics: [{ name: WARM_TOPIC }] });
    for (let count = 0; count < batches; count += 1) client.send(produce);
    for (let count = 0; count < small; count += 1) client.send(ask);
    for (let count = 0; count < batches + small; count += 1) {
      if ((await client.answer()) === null) throw new Error("the broker closed on honest load");
    }
    client.destroy();
  }

  /**
   * Waits until what the attack has taken is given back, and tells how much is not. The collector has no
   * reason to look for garbage while nothing happens, so there is honest load meanwhile.
   */
  async #settle(residentBefore: number): Promise<number> {
    let least = this.residentBytes - residentBefore;
    for (let round = 0; least > GROWN_BYTES_MAX && round < SETTLE_ROUNDS_MAX; round += 1) {
      await this.#work(SETTLE_BATCHES, SETTLE_SMALL);
      least = Math.min(least, this.residentBytes - residentBefore);
    }
    return least;
  }

  #check(
    { grownBytes, peakBytes, slowestMs, lines }: AttackReport,
    options: AttackOptions,
    { before, after, since }: { before: Samples; after: Samples; since: Date },
  ): void {
    const { peakBytesMax = PEAK_BYTES_MAX, grownBytesMax = GROWN_BYTES_MAX } = options;
    demand(grownBytes <= grownBytesMax, `${mib(grownBytes)} MiB stay in use`);
    demand(peakBytes <= peakBytesMax, `${mib(peakBytes)} MiB at the peak`);
    demand(slowestMs <= SLOWEST_MS_MAX, `the polite client waited ${slowestMs.toFixed()} ms`);
    const seconds = (Date.now() - since.getTime()) / 1000;
    const kinds = Map.groupBy(lines, ({ msg }) => msg);
    demand(kinds.size <= LINE_KINDS_MAX, `kinds of log lines: ${[...kinds.keys()].join("; ")}`);
    for (const [msg, { length }] of kinds) {
      demand(length <= seconds + 1, `${length} lines "${msg}" in ${seconds.toFixed(1)} s`);
    }
    for (const [counter, least] of Object.entries(options.moves)) {
      const moved = growth(before, after, counter);
      demand(moved >= least, `${counter} moved by ${moved}, ${least} expected`);
    }
    const failures = growth(before, after, FAILURES);
    demand(failures <= (options.failuresMax ?? 0), `${failures} requests failed in the broker`);
  }

  #statusBytes(field: "VmRSS" | "VmHWM"): number {
    const status = readFileSync(`/proc/${this.server.pid}/status`, "utf8");
    const [, kib] = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status) ?? [];
    if (kib === undefined) throw new Error(`no ${field} of the broker`);
    return Number(kib) * 1024;
  }
}

export async function createTopic(
  client: Client,
  name: string,
  configs: Readonly<Record<string, string>> = {},
  partitions = 1,
): Promise<string> {
  const { topics } = await client.call(CreateTopicsApi, 7, {
    timeoutMs: 10_000,
    validateOnly: false,
    topics: [
      {
        name,
        numPartitions: partitions,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
  });
  const [created] = topics;
  if (created?.errorCode !== ErrorCode.NONE) {
    throw new Error(`creating ${name}: error ${created?.errorCode}, ${created?.errorMessage}`);
  }
  return created.topicId;
}

function demand(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}

function summary(
  name: string,
  { grownBytes, peakBytes, slowestMs, lines }: AttackReport,
  { moves }: AttackOptions,
  { before, after }: { before: Samples; after: Samples },
): string {
  const moved = Object.keys(moves).map((key) => `${key} +${growth(before, after, key)}`);
  const memory = `${mib(peakBytes)} MiB at the peak, ${mib(grownBytes)} MiB stay`;
  const polite = `polite client ≤ ${slowestMs.toFixed()} ms`;
  return `${name}: ${memory}; ${polite}; ${lines.length} log lines; ${moved.join(", ")}`;
}
