/**
 * W3: transfers are consumed, each becomes a debit and a credit, and the offsets move with the same
 * transaction. Processors are aborted, stand still, die and are replaced by others that are the same
 * producer; in the end every transfer was booked once.
 */
import { fetchOffsets, monitorOffsets } from "../clients/committed-offsets.ts";
import type { Fetcher } from "../clients/fetcher.ts";
import { partitionsOf, type TopicPlan } from "../clients/topics.ts";
import type { TransactionalProducer } from "../clients/transactional-producer.ts";
import type { WireClient } from "../clients/wire-client.ts";
import type { Read } from "../history.ts";
import { type Stage, TRANSACTION_MS_MAX } from "../stage.ts";
import type { Chance } from "../world/chance.ts";
import { Life } from "../world/life.ts";
import { settle, startProducers } from "./log.ts";

const GROUP = "bank";
const BATCHES = 25;
const ABORT_SHARE = 0.15;
/** Part of the transactions that stand still in the middle until their time is over. */
const PAUSE_SHARE = 0.03;
/** Without faults: how soon all transfers are booked, ms. */
const BOOKED_MS_MAX = 120_000;
const RETRY_MS = 50;

export async function playBank(stage: Stage): Promise<void> {
  const { plan, history } = stage;
  const chance = stage.chance("bank");
  const inputs = partitionsOf(plan.topics.slice(0, 1));
  const outputs = partitionsOf(plan.topics.slice(1) as TopicPlan[]);
  history.processed.push(...inputs);
  const senders = startProducers(stage, 1, BATCHES, inputs);
  const bank = new Bank(stage, { inputs, outputs, deskCount: chance.between(1, 2) });
  let isOver = false;
  const asked = { name: "monitor", group: GROUP, partitions: inputs, history };
  void monitorOffsets(stage.client("monitor"), asked, () => isOver);
  const pauseMs = chance.pick([1_000, 4_000]);
  const replace = async (): Promise<void> => {
    while (!stage.isOver) {
      await stage.time.sleep(chance.between(100, 2 * pauseMs));
      if (!stage.isOver) bank.replaceOne();
    }
  };
  void replace();
  await stage.nemesis.run();
  await settle(stage, senders, inputs);
  await stage.until("transfers are not booked", BOOKED_MS_MAX, () => bank.hasBookedAll());
  isOver = true;
}

/** Its desks share the partitions of transfers; one processor at a time works at each, or believes so. */
class Bank {
  readonly #stage: Stage;
  readonly #chance: Chance;
  readonly #outputs: readonly string[];
  readonly #desks: readonly { readonly inputs: readonly string[]; life: Life }[];
  readonly #booked = new Map<string, number>();
  #count = 0;

  constructor(
    stage: Stage,
    plan: {
      readonly inputs: readonly string[];
      readonly outputs: readonly string[];
      readonly deskCount: number;
    },
  ) {
    const { inputs, outputs, deskCount } = plan;
    this.#stage = stage;
    this.#chance = stage.chance("desks");
    this.#outputs = outputs;
    this.#desks = Array.from({ length: deskCount }, (_, desk) => ({
      inputs: inputs.filter((_partition, index) => index % deskCount === desk),
      life: new Life(),
    }));
    for (const desk of this.#desks.keys()) this.#staff(desk);
  }

  /** A new processor at some desk; the one before is dead, or a zombie that does not know. */
  replaceOne(): void {
    const index = this.#chance.below(this.#desks.length);
    if (this.#chance.happens(0.6)) this.#desks[index]?.life.end();
    this.#staff(index);
  }

  hasBookedAll(): boolean {
    const partitions = [...(this.#stage.broker.node?.services.replicas.partitions() ?? [])];
    return this.#desks
      .flatMap(({ inputs }) => inputs)
      .every((input) => {
        const found = partitions.find(({ identity }) => {
          return `${identity.topicName}-${identity.index}` === input;
        });
        return found !== undefined && (this.#booked.get(input) ?? 0) >= found.highWatermark;
      });
  }

  #staff(index: number): void {
    const desk = this.#desks[index];
    if (desk === undefined || desk.inputs.length === 0) return;
    const life = new Life();
    desk.life = life;
    this.#count += 1;
    const name = `processor${this.#count}`;
    const stage = this.#stage;
    const processor = new Processor({
      stage,
      chance: stage.chance(name),
      name,
      inputs: desk.inputs,
      outputs: this.#outputs,
      client: stage.client(name, life),
      fetcher: stage.fetcher(name, "read_committed", { life }),
      producer: stage.transactionalProducer(name, `desk${index}`, { life }),
      isReplaced: () => desk.life !== life,
      onBooked: (offsets) => {
        for (const [partition, offset] of offsets) this.#booked.set(partition, offset);
      },
    });
    void processor.run();
  }
}

interface ProcessorOptions {
  readonly stage: Stage;
  readonly chance: Chance;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly client: WireClient;
  readonly fetcher: Fetcher;
  readonly producer: TransactionalProducer;
  readonly isReplaced: () => boolean;
  readonly onBooked: (offsets: ReadonlyMap<string, number>) => void;
}

class Processor {
  readonly #options: ProcessorOptions;

  constructor(options: ProcessorOptions) {
    this.#options = options;
  }

  /** Works until its life ends, or until it finds out that another one has taken its place. */
  async run(): Promise<void> {
    const { producer, client, isReplaced } = this.#options;
    while (!isReplaced()) {
      // Who is new fences the one before, and only then asks where it left off.
      await producer.start();
      await this.#rewind();
      while (await this.#book()) await client.sleep(1);
    }
  }

  async #rewind(): Promise<void> {
    const { client, fetcher, name, inputs: partitions, stage } = this.#options;
    for (;;) {
      const asked = { name, group: GROUP, partitions, history: stage.history };
      const found = await fetchOffsets(client, asked);
      if (found !== null) {
        fetcher.assign(new Map([...found].map(([key, offset]) => [key, Math.max(0, offset)])));
        return;
      }
      await client.sleep(RETRY_MS);
    }
  }

  /** One transaction with what a poll returned; false where the processor has to begin anew. */
  async #book(): Promise<boolean> {
    const { fetcher, producer, chance, client, stage, onBooked } = this.#options;
    const reads = await fetcher.poll(100);
    if (reads === null || reads.length === 0) return true;
    if (!producer.isStarted) return false;
    await producer.begin();
    let isGood = await this.#derive(reads);
    if (!stage.isOver && chance.happens(PAUSE_SHARE)) await client.sleep(2 * TRANSACTION_MS_MAX);
    const offsets = new Map(reads.map(({ partition, to }) => [partition, to]));
    isGood &&= await producer.commitOffsets(GROUP, offsets);
    if (!isGood) {
      await producer.giveUp();
      return false;
    }
    const isCommit = stage.isOver || !chance.happens(ABORT_SHARE);
    if (!(await producer.end(isCommit)) || !isCommit) return false;
    onBooked(offsets);
    return true;
  }

  async #derive(reads: readonly Read[]): Promise<boolean> {
    const { chance, outputs, producer, stage } = this.#options;
    for (const { records } of reads) {
      for (const { value: source } of records) {
        for (const side of ["debit", "credit"] as const) {
          const sent = await producer.send(chance.pick(outputs as [string, ...string[]]), 1);
          if (sent === null) return false;
          for (const { value } of sent) stage.history.derivations.push({ source, value, side });
        }
      }
    }
    return true;
  }
}
