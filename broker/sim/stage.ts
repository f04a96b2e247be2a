/** What the workloads of one seed share: the world, its broker, the history, and makers of clients. */
import type { Fetcher as FetcherClass, FetcherOptions } from "./clients/fetcher.ts";
import { Fetcher } from "./clients/fetcher.ts";
import { Producer, type ProducerOptions } from "./clients/producer.ts";
import { createTopics, partitionsOf, Topics } from "./clients/topics.ts";
import { TransactionalProducer } from "./clients/transactional-producer.ts";
import { WireClient } from "./clients/wire-client.ts";
import { History, type Isolation } from "./history.ts";
import { Nemesis } from "./nemesis.ts";
import type { Plan } from "./plan.ts";
import { type Chance, chanceOf } from "./world/chance.ts";
import { Life } from "./world/life.ts";
import { SimBroker } from "./world/sim-broker.ts";
import { SimTime } from "./world/time.ts";

/** How often the ends of partitions are looked at, ms. */
const SAMPLE_MS = 40;
/** The longest timeout of a transaction, ms. */
export const TRANSACTION_MS_MAX = 10_000;
/** Versions of Fetch and Produce that differ in what they do. */
const FETCH_VERSIONS = [4, 7, 9, 11, 12, 13, 16, 17] as const;
const PRODUCE_VERSIONS = [7, 8, 9, 11, 12, 13] as const;
/** How long producers wait for an answer, and for a batch to be stored, ms: the impatient begin new epochs. */
const PATIENCES: readonly [Patience, ...Patience[]] = [
  { requestMs: 300, deliveryMs: 400 },
  { requestMs: 8_000, deliveryMs: 5_000 },
  { requestMs: 8_000, deliveryMs: 30_000 },
  { requestMs: 8_000, deliveryMs: 120_000 },
];

type Patience = Pick<ProducerOptions, "requestMs" | "deliveryMs">;

export class Stage {
  readonly plan: Plan;
  readonly time = new SimTime();
  readonly history = new History();
  readonly broker: SimBroker;
  readonly nemesis: Nemesis;
  readonly partitions: readonly string[];
  /** Faults are over, and nothing new is sent. */
  isOver = false;
  #lastValue = 0;

  constructor(plan: Plan) {
    const { seed, settings } = plan;
    const { time, history } = this;
    this.plan = plan;
    this.partitions = partitionsOf(plan.topics);
    for (const topic of plan.topics.filter(({ isCompacted }) => isCompacted)) {
      for (const partition of partitionsOf([topic])) history.compacted.add(partition);
    }
    const onBug = (text: string): void => history.note("bug", text);
    this.broker = new SimBroker({ seed, time, settings, onBug });
    const chance = this.chance("nemesis");
    this.nemesis = new Nemesis({ plan, broker: this.broker, time, chance });
  }

  chance(name: string): Chance {
    return chanceOf(this.plan.seed, name);
  }

  client(name: string, life = new Life()): WireClient {
    return new WireClient({ time: this.time, network: this.broker.network, life }, name);
  }

  topics(): Topics {
    return new Topics(this.plan.topics);
  }

  fetcher(
    name: string,
    isolation: Isolation,
    options: Partial<FetcherOptions> & { readonly life?: Life } = {},
  ): FetcherClass {
    const chance = this.chance(`fetcher ${name}`);
    return new Fetcher({
      name,
      client: this.client(name, options.life),
      topics: this.topics(),
      history: this.history,
      chance,
      version: chance.pick([...FETCH_VERSIONS]),
      isolation,
      partitionBytesMax: chance.pick([200, 4_096, 1 << 20]),
      ...options,
    });
  }

  producer(name: string, isIdempotent: boolean): Producer {
    const chance = this.chance(`producer ${name}`);
    return new Producer({
      name,
      client: this.client(name),
      topics: this.topics(),
      history: this.history,
      chance,
      time: this.time,
      version: chance.pick([...PRODUCE_VERSIONS]),
      isIdempotent,
      acks: isIdempotent || chance.happens(0.5) ? -1 : 1,
      flyingMax: chance.between(1, 5),
      retryMs: chance.pick([10, 100]),
      ...chance.pick(PATIENCES),
      resetShare: chance.pick([0, 0.03, 0.2]),
      codecs: this.plan.codecs,
      nextValue: () => this.nextValue(),
    });
  }

  transactionalProducer(
    name: string,
    transactionalId: string,
    { life = new Life(), isAlone = false } = {},
  ): TransactionalProducer {
    const chance = this.chance(`producer ${name}`);
    return new TransactionalProducer({
      name,
      transactionalId,
      client: this.client(name, life),
      topics: this.topics(),
      history: this.history,
      chance,
      time: this.time,
      isSecond: chance.happens(0.7),
      timeoutMs: chance.pick([1_000, 3_000, TRANSACTION_MS_MAX]),
      isAlone,
      nextValue: () => this.nextValue(),
    });
  }

  /** Unique in the world. */
  nextValue(): number {
    this.#lastValue += 1;
    return this.#lastValue;
  }

  /** Starts the broker and makes the topics. */
  async open(): Promise<void> {
    await this.broker.start();
    await createTopics(this.client("admin"), this.plan.topics);
    void this.#sample();
  }

  /** Waits, at most `limitMs`, until `test` holds; notes what is stuck otherwise. */
  async until(what: string, limitMs: number, test: () => boolean): Promise<boolean> {
    const { time, history } = this;
    const deadline = time.monotonicMs() + limitMs;
    while (!test()) {
      if (time.monotonicMs() > deadline) {
        history.note("stuck", `${what}, ${limitMs} ms after the last fault`);
        return false;
      }
      await time.sleep(100);
    }
    return true;
  }

  /** Looks at the ends of all partitions again and again. */
  async #sample(): Promise<void> {
    const last = new Map<string, string>();
    for (;;) {
      for (const one of this.broker.node?.services.replicas.partitions() ?? []) {
        const { identity, leaderEpoch, highWatermark, lastStableOffset } = one;
        if (identity.isInternal) continue;
        const partition = `${identity.topicName}-${identity.index}`;
        const seen = `${leaderEpoch}/${highWatermark}/${lastStableOffset}`;
        if (last.get(partition) === seen) continue;
        last.set(partition, seen);
        const at = this.history.now();
        const marks = { partition, leaderEpoch, highWatermark, lastStableOffset, at };
        this.history.watermarks.push(marks);
      }
      await this.time.sleep(SAMPLE_MS);
    }
  }
}
