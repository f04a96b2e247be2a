/** Everything of a run but its faults: the broker, the feed of transfers, processors of every client, and the watch. */
import { setTimeout as sleep } from "node:timers/promises";
import { type BrokerProcess, freePort, startBroker } from "../broker-process.ts";
import { Wire } from "../wire.ts";
import { createTopic, NumberedProducer } from "../workload.ts";
import { checkBank, doubledIn, type Output, transferOf } from "./accounts.ts";
import type { Command, ProcessorKind } from "./clients.ts";
import { CommittedLog, endOf } from "./committed-log.ts";
import { checkMixture, type Outcomes } from "./mixture.ts";
import { type Counts, Slot } from "./slot.ts";
import type { Mode } from "./task.ts";
import { Watch } from "./watch.ts";

export const TRANSACTION_TIMEOUT_MS = 5_000;
/** Beyond its timeout, a transaction may be open for as long as this. */
const OVERDUE_MS_MAX = 10_000;
const SETTLE_WITHIN_MS = 150_000;
const INPUT = "transfers";
const MIXED = "mixed";
const PARTITIONS = 3;
const MIXED_PARTITIONS = 5;
const FEED_PAUSE_MS = 2_500;
const ENV = {
  RUNNEL_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
  RUNNEL_OFFSETS_TOPIC_NUM_PARTITIONS: "4",
  RUNNEL_TRANSACTION_STATE_LOG_NUM_PARTITIONS: "4",
};

export interface WorldOptions {
  /** The script of the command. */
  readonly script: string;
  readonly dataDir: string;
  readonly kinds: readonly ProcessorKind[];
}

const partitionsOf = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, at) => at);
const groupOf = (kind: ProcessorKind): string => `bank-${kind.name}`;
const debitsOf = (kind: ProcessorKind): string => `debits-${kind.name}`;
const creditsOf = (kind: ProcessorKind): string => `credits-${kind.name}`;

export class World {
  readonly slots: readonly Slot[];
  readonly port: number;
  readonly #options: WorldOptions;
  readonly #watch: Watch;
  readonly #feeders: readonly { readonly name: string; readonly producer: NumberedProducer }[];
  readonly #logs: ReadonlyMap<string, readonly CommittedLog[]>;
  readonly #running: readonly Promise<void>[];
  #broker: BrokerProcess;

  private constructor(
    options: WorldOptions,
    broker: BrokerProcess,
    commands: ReadonlyMap<ProcessorKind, Command>,
  ) {
    this.#options = options;
    this.#broker = broker;
    this.port = broker.port;
    const port = (): number => broker.port;
    this.#feeders = partitionsOf(PARTITIONS).map((partition) => {
      const name = `f${partition}`;
      const feed = { topic: INPUT, partition, name, valueBytes: 0, pauseMs: FEED_PAUSE_MS };
      return { name, producer: new NumberedProducer({ ...feed, payloadOf: transferOf, port }) };
    });
    const places = outputsOf(options.kinds).flatMap(({ topic, partitions }) =>
      partitionsOf(partitions).map((partition) => ({ topic, partition })),
    );
    this.#logs = new Map(
      outputsOf(options.kinds).map(({ topic }) => {
        const own = places.filter((place) => place.topic === topic);
        return [topic, own.map((place) => new CommittedLog(place))];
      }),
    );
    this.#watch = new Watch({
      groups: options.kinds.map(groupOf),
      input: INPUT,
      partitions: PARTITIONS,
      places,
      heldMsMax: TRANSACTION_TIMEOUT_MS + OVERDUE_MS_MAX,
      port,
    });
    this.#running = [this.#watch.run(), ...this.#feeders.map(({ producer }) => producer.run())];
    this.slots = [...commands].flatMap(([kind, command]) => {
      const slot = (mode: Mode, at: number): Slot =>
        new Slot(command, taskOf(kind, mode, at, port()));
      const bankers = Array.from({ length: kind.bankers }, (_, at) => slot("bank", at));
      return [...bankers, slot("mix", 0)];
    });
  }

  static async start(options: WorldOptions): Promise<World> {
    const commands = new Map<ProcessorKind, Command>();
    for (const kind of options.kinds) commands.set(kind, await kind.command());
    const broker = await start(options, await freePort());
    try {
      await createTopic(broker.port, INPUT, PARTITIONS, {});
      for (const { topic, partitions } of outputsOf(options.kinds)) {
        await createTopic(broker.port, topic, partitions, { "segment.bytes": "1048576" });
      }
      const world = new World(options, broker, commands);
      await Promise.all(world.slots.map((slot) => slot.ready()));
      return world;
    } catch (error) {
      await broker.kill("SIGKILL");
      throw error;
    }
  }

  async killBroker(): Promise<void> {
    await this.#broker.kill("SIGKILL");
    this.#broker = await start(this.#options, this.port);
  }

  async pauseBroker(ms: number): Promise<void> {
    this.#broker.send("SIGSTOP");
    await sleep(ms);
    this.#broker.send("SIGCONT");
  }

  get brokerOutput(): string {
    return this.#broker.output();
  }

  get counts(): Counts {
    const sum = { committed: 0, aborted: 0, fenced: 0, failed: 0, zombies: 0 };
    for (const { counts } of this.slots) {
      for (const key of Object.keys(sum) as (keyof Counts)[]) sum[key] += counts[key];
    }
    return sum;
  }

  /** What can be said in the middle of it. */
  async look(): Promise<string[]> {
    for (const log of this.#logs.values()) {
      for (const partition of log) await partition.readOn(this.port);
    }
    const findings = this.#findingsSoFar();
    for (const kind of this.#options.kinds) {
      findings.push(...doubledIn(this.#output(debitsOf(kind))));
      findings.push(...doubledIn(this.#output(creditsOf(kind))));
    }
    findings.push(...checkMixture(this.#output(MIXED).values, this.#outcomes(), false));
    return findings;
  }

  /** Ends the feed, lets every transfer be made, ends the processors and checks everything. */
  async finish(): Promise<string[]> {
    for (const { producer } of this.#feeders) producer.stop();
    await Promise.all(this.#running.slice(1));
    const late: string[] = [];
    if (!(await within(SETTLE_WITHIN_MS, () => this.#isProcessed()))) {
      const places = this.#options.kinds.map((kind) => {
        return `${groupOf(kind)} at ${this.#watch.committedBy(groupOf(kind)).join(", ")}`;
      });
      late.push(`not all transfers were made within ${SETTLE_WITHIN_MS} ms: ${places.join("; ")}`);
    }
    await Promise.all(this.slots.map((slot) => slot.stop()));
    const openMsMax = TRANSACTION_TIMEOUT_MS + OVERDUE_MS_MAX;
    if (!(await within(openMsMax, () => Promise.resolve(this.#watch.isSettled)))) {
      late.push(`a transaction was open ${openMsMax} ms after its producer had ended`);
    }
    const findings = [...late, ...(await this.look())];
    const sent = new Map(this.#feeders.map(({ name, producer }) => [name, producer.sent]));
    for (const kind of this.#options.kinds) {
      const [debits, credits] = [this.#output(debitsOf(kind)), this.#output(creditsOf(kind))];
      findings.push(...checkBank({ debits, credits }, sent));
    }
    findings.push(...checkMixture(this.#output(MIXED).values, this.#outcomes(), true));
    return [...new Set(findings)];
  }

  async stop(): Promise<void> {
    this.#watch.stop();
    for (const { producer } of this.#feeders) producer.stop();
    this.#broker.send("SIGCONT");
    await Promise.all(this.slots.map((slot) => slot.stop()));
    await Promise.all(this.#running);
    await this.#broker.kill("SIGKILL");
  }

  #findingsSoFar(): string[] {
    const fed = this.#feeders.flatMap(({ producer }) => producer.findings);
    const worked = this.slots.flatMap((slot) => slot.findings);
    return [...fed, ...worked, ...this.#watch.findings];
  }

  /** Whether every group has committed all of the input. */
  async #isProcessed(): Promise<boolean> {
    const wire = await Wire.connect(this.port);
    try {
      for (const partition of partitionsOf(PARTITIONS)) {
        const end = await endOf(wire, { topic: INPUT, partition }, false);
        const isBehind = (kind: ProcessorKind): boolean =>
          this.#watch.committedBy(groupOf(kind))[partition] !== end;
        if (end > 0 && this.#options.kinds.some(isBehind)) return false;
      }
      return true;
    } finally {
      wire.close();
    }
  }

  #output(topic: string): Output {
    const values = this.#logs.get(topic)?.flatMap((log) => log.values) ?? [];
    return { name: topic, values };
  }

  #outcomes(): Outcomes {
    const mixers = this.slots.filter(({ mode }) => mode === "mix");
    return new Map(
      mixers.flatMap(({ workers }) => workers.map(({ name, outcomes }) => [name, outcomes])),
    );
  }
}

function start({ script, dataDir }: WorldOptions, port: number): Promise<BrokerProcess> {
  const kafka = `127.0.0.1:${port}`;
  const args = ["broker", "--data-dir", dataDir, "--kafka", kafka, "--admin", "off"];
  return startBroker(script, args, port, ENV);
}

function outputsOf(kinds: readonly ProcessorKind[]) {
  const ofKinds = kinds.flatMap((kind) => [debitsOf(kind), creditsOf(kind)]);
  const topics = ofKinds.map((topic) => ({ topic, partitions: PARTITIONS }));
  return [...topics, { topic: MIXED, partitions: MIXED_PARTITIONS }];
}

function taskOf(kind: ProcessorKind, mode: Mode, at: number, port: number) {
  return {
    bootstrap: `127.0.0.1:${port}`,
    mode,
    transactionalId: `${mode}-${kind.name}-${at}`,
    transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
    groupId: groupOf(kind),
    input: INPUT,
    debits: debitsOf(kind),
    credits: creditsOf(kind),
    partitions: PARTITIONS,
    mixed: MIXED,
    mixedPartitions: MIXED_PARTITIONS,
  };
}

async function within(ms: number, ask: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (performance.now() < deadline) {
    if (await ask()) return true;
    await sleep(200);
  }
  return false;
}
