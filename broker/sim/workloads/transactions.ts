/**
 * W2: transactions that send to several partitions and read what others committed; some are aborted, some
 * outlast their time, some lose their producer to another one with the same transactional id.
 */
import type { Fetcher } from "../clients/fetcher.ts";
import type { TransactionalProducer } from "../clients/transactional-producer.ts";
import { type Stage, TRANSACTION_MS_MAX } from "../stage.ts";
import type { Chance } from "../world/chance.ts";
import { Life } from "../world/life.ts";
import { CATCH_UP_MS_MAX, isEverythingSeen, startPoller } from "./log.ts";

const ABORT_SHARE = 0.3;
/** Part of the sends behind which an actor stands still until its time is over, or for a moment. */
const PAUSE_SHARE = 0.03;
const MOMENT_SHARE = 0.15;
const MOMENT_MS_MAX = 1_000;
/** Part of the transactions in the middle of which the process of an actor dies for good. */
const DEATH_SHARE = 0.02;
/** How soon another one takes its place, if one does, ms. */
const REPLACED_MS_MAX = 4_000;
/** Without faults: how long a transaction may take, ms. */
const COMMIT_MS_MAX = 60_000;
/** How much later than its timeout a transaction that nobody ends is aborted, ms. */
const HANGING_MS_MAX = 10_000;

interface Actor {
  readonly name: string;
  readonly id: string;
  readonly chance: Chance;
  readonly life: Life;
  readonly producer: TransactionalProducer;
  readonly fetcher: Fetcher;
}

export async function playTransactions(stage: Stage): Promise<void> {
  const chance = stage.chance("transactions");
  const count = chance.between(2, 4);
  // At times two processes believe that they are the same producer.
  const idCount = chance.happens(0.4) ? count - 1 : count;
  const troupe = new Troupe(stage, new Set(idCount < count ? ["id0"] : []));
  for (let index = 0; index < count; index += 1) troupe.enter(`id${index % idCount}`);
  startPoller(stage, "poller0");
  await stage.nemesis.run();
  stage.isOver = true;
  await stage.nemesis.heal();
  await troupe.rest();
  await settle(stage, troupe.alive);
}

/** The actors: some die, and some of those are replaced. */
class Troupe {
  readonly #stage: Stage;
  readonly #chance: Chance;
  readonly #shared: ReadonlySet<string>;
  readonly #actors: Actor[] = [];
  readonly #working: Promise<void>[] = [];

  /** `shared`: the ids under which several work at once. */
  constructor(stage: Stage, shared: ReadonlySet<string>) {
    this.#stage = stage;
    this.#shared = shared;
    this.#chance = stage.chance("troupe");
  }

  get alive(): readonly Actor[] {
    return this.#actors.filter(({ life }) => !life.isOver);
  }

  /** Another process begins to work as the producer `id`. */
  enter(id: string): void {
    const stage = this.#stage;
    const name = `actor${this.#actors.length}`;
    const life = new Life();
    const producer = stage.transactionalProducer(name, id, {
      life,
      isAlone: !this.#shared.has(id),
    });
    const fetcher = stage.fetcher(name, "read_committed", { life });
    fetcher.assign(new Map(stage.partitions.map((partition) => [partition, 0])));
    const actor = { name, id, chance: stage.chance(name), life, producer, fetcher };
    this.#actors.push(actor);
    this.#working.push(this.#work(actor));
  }

  /** Resolves when nobody is in the middle of anything. */
  async rest(): Promise<void> {
    await Promise.all(this.#working);
  }

  async #work(actor: Actor): Promise<void> {
    const { chance, life } = actor;
    while (!this.#stage.isOver) {
      const isLast = this.alive.length > 1 && chance.happens(DEATH_SHARE);
      if (isLast) {
        await begin(this.#stage, actor);
        life.end();
        return this.#replace(actor);
      }
      await perform(this.#stage, actor);
    }
  }

  #replace({ id }: Actor): void {
    const { time } = this.#stage;
    if (this.#chance.happens(0.5)) return;
    time.after(this.#chance.span(1, REPLACED_MS_MAX), () => {
      if (!this.#stage.isOver) this.enter(id);
    });
  }
}

/** A transaction from its begin to its end. */
async function perform(stage: Stage, actor: Actor): Promise<void> {
  const { chance, producer, fetcher } = actor;
  if (await begin(stage, actor)) await producer.end(!chance.happens(ABORT_SHARE));
  else await producer.giveUp();
  fetcher.transaction = null;
  await stage.time.sleep(chance.span(1, 400));
}

/** A transaction up to its end; false where it has to be given up. */
async function begin(stage: Stage, { chance, producer, fetcher }: Actor): Promise<boolean> {
  const partitions = stage.partitions as [string, ...string[]];
  fetcher.transaction = await producer.begin();
  for (let left = chance.between(1, 5); left > 0; left -= 1) {
    if (chance.happens(0.3)) await fetcher.poll(0);
    const sent = await producer.send(chance.pick(partitions), chance.between(1, 3));
    if (sent === null) return false;
    if (chance.happens(PAUSE_SHARE)) await stage.time.sleep(2 * TRANSACTION_MS_MAX);
    if (chance.happens(MOMENT_SHARE)) await stage.time.sleep(chance.span(1, MOMENT_MS_MAX));
  }
  return true;
}

/** Everybody commits once more, no transaction is left open, and readers see the end. */
async function settle(stage: Stage, actors: readonly Actor[]): Promise<void> {
  const { history } = stage;
  for (const { name, producer } of actors) {
    let isDone = false;
    void commitOnce(stage, producer).then(() => {
      isDone = true;
    });
    await stage.until(`${name} cannot commit`, COMMIT_MS_MAX, () => isDone);
  }
  await untilNoneHangs(stage, TRANSACTION_MS_MAX);
  await dieLast(stage, actors[0] as Actor);
  await stage.until("a reader lags behind", CATCH_UP_MS_MAX, () => isEverythingSeen(stage));
  if (history.transactions.length === 0) history.note("stuck", "nobody began a transaction");
}

/** Nobody but the broker ends the last transaction. */
async function dieLast(stage: Stage, { name, producer, life }: Actor): Promise<void> {
  let isBegun = false;
  void producer.begin().then(async () => {
    for (const partition of stage.partitions) await producer.send(partition, 1);
    isBegun = true;
  });
  await stage.until(`${name} cannot send`, COMMIT_MS_MAX, () => isBegun);
  life.end();
  await untilNoneHangs(stage, producer.timeoutMs);
}

async function untilNoneHangs(stage: Stage, timeoutMs: number): Promise<void> {
  const hasNoneOpen = (): boolean =>
    [...(stage.broker.node?.services.replicas.partitions() ?? [])].every(
      ({ lastStableOffset, highWatermark }) => lastStableOffset === highWatermark,
    );
  await stage.until("a transaction hangs", timeoutMs + HANGING_MS_MAX, hasNoneOpen);
}

async function commitOnce(stage: Stage, producer: TransactionalProducer): Promise<void> {
  for (;;) {
    await producer.begin();
    let isGood = true;
    for (const partition of stage.partitions) {
      isGood &&= (await producer.send(partition, 1)) !== null;
    }
    if (!isGood) await producer.giveUp();
    else if (await producer.end(true)) return;
  }
}
