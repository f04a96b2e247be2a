/**
 * W2: transactions that send to several partitions and read what others committed; some are aborted, some
 * outlast their time, some lose their producer to another one with the same transactional id.
 */
import type { Fetcher } from "../clients/fetcher.ts";
import type { TransactionalProducer } from "../clients/transactional-producer.ts";
import { type Stage, TRANSACTION_MS_MAX } from "../stage.ts";
import type { Chance } from "../world/chance.ts";
import { CATCH_UP_MS_MAX, isEverythingSeen, startPoller } from "./log.ts";

const ABORT_SHARE = 0.3;
/** Part of the transactions that stand still in the middle until their time is over. */
const PAUSE_SHARE = 0.03;
/** Without faults: how long a transaction may take, ms. */
const COMMIT_MS_MAX = 60_000;
/** How much later than its timeout a transaction that nobody ends is aborted, ms. */
const HANGING_MS_MAX = 10_000;

interface Actor {
  readonly name: string;
  readonly chance: Chance;
  readonly producer: TransactionalProducer;
  readonly fetcher: Fetcher;
}

export async function playTransactions(stage: Stage): Promise<void> {
  const chance = stage.chance("transactions");
  const count = chance.between(2, 4);
  // At times two processes believe that they are the same producer.
  const idCount = chance.happens(0.3) ? count - 1 : count;
  const actors = Array.from({ length: count }, (_, index): Actor => {
    const name = `actor${index}`;
    const producer = stage.transactionalProducer(name, `id${index % idCount}`);
    const fetcher = stage.fetcher(name, "read_committed");
    fetcher.assign(new Map(stage.partitions.map((partition) => [partition, 0])));
    return { name, chance: stage.chance(name), producer, fetcher };
  });
  startPoller(stage, "poller0");
  const working = actors.map((actor) => work(stage, actor));
  await stage.nemesis.run();
  stage.isOver = true;
  await stage.nemesis.heal();
  await Promise.all(working);
  await settle(stage, actors);
}

async function work(stage: Stage, { chance, producer, fetcher }: Actor): Promise<void> {
  const partitions = stage.partitions as [string, ...string[]];
  while (!stage.isOver) {
    fetcher.transaction = await producer.begin();
    let isGood = true;
    for (let left = chance.between(1, 5); left > 0 && isGood; left -= 1) {
      if (chance.happens(0.3)) await fetcher.poll(0);
      isGood = (await producer.send(chance.pick(partitions), chance.between(1, 3))) !== null;
      if (chance.happens(PAUSE_SHARE)) await stage.time.sleep(2 * TRANSACTION_MS_MAX);
    }
    if (!isGood) await producer.giveUp();
    else await producer.end(!chance.happens(ABORT_SHARE));
    fetcher.transaction = null;
    await stage.time.sleep(chance.span(1, 400));
  }
}

/** Everybody commits once more, no transaction is left open, and readers see the end. */
async function settle(stage: Stage, actors: readonly Actor[]): Promise<void> {
  const { history, broker } = stage;
  for (const { name, producer } of actors) {
    let isDone = false;
    void commitOnce(stage, producer).then(() => {
      isDone = true;
    });
    await stage.until(`${name} cannot commit`, COMMIT_MS_MAX, () => isDone);
  }
  const hasNoneOpen = (): boolean =>
    [...(broker.node?.services.replicas.partitions() ?? [])].every(
      ({ lastStableOffset, highWatermark }) => lastStableOffset === highWatermark,
    );
  await stage.until("a transaction hangs", TRANSACTION_MS_MAX + HANGING_MS_MAX, hasNoneOpen);
  await stage.until("a reader lags behind", CATCH_UP_MS_MAX, () => isEverythingSeen(stage));
  if (history.transactions.length === 0) history.note("stuck", "nobody began a transaction");
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
