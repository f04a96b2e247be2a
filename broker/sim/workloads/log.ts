/**
 * W1: producers send numbered records, pollers read all partitions by themselves, subscribers by a
 * group. In the end everything that was acknowledged is there once, and everybody saw it.
 */
import type { Producer } from "../clients/producer.ts";
import type { Isolation } from "../history.ts";
import type { Stage } from "../stage.ts";
import { GroupCast } from "./group-cast.ts";

/** Batches that all producers together hand over, about. */
const BATCHES = 90;
/** Without faults: longer than a producer waits for any answer, ms. */
const ANSWER_MS_MAX = 150_000;
/**
 * Sends after the faults, of which one must be taken: a producer without an id never sends a batch twice,
 * and the first may meet a connection that is dead without a word.
 */
const LAST_SENDS_MAX = 3;
/** Without faults: how soon readers have read everything, ms. */
export const CATCH_UP_MS_MAX = 60_000;

export async function playLog(stage: Stage): Promise<void> {
  const chance = stage.chance("log");
  const senders = startProducers(stage, chance.between(1, 3), BATCHES);
  for (let index = 0; index < chance.between(1, 2); index += 1) {
    startPoller(stage, `poller${index}`);
  }
  if (chance.happens(0.3)) {
    const cast = new GroupCast(stage, "subscribers");
    cast.start(chance.between(1, 2));
  }
  await stage.nemesis.run();
  await settle(stage, senders);
}

/** A producer, and the application that hands it records until the stage is over. */
interface Sender {
  readonly name: string;
  readonly producer: Producer;
  readonly application: Promise<void>;
}

/** Producers that are at work for the span of the plan. */
export function startProducers(
  stage: Stage,
  count: number,
  batches: number,
  partitions: readonly string[] = stage.partitions,
): Sender[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `producer${index}`;
    const isIdempotent = index === 0 || stage.chance(name).happens(0.7);
    const producer = stage.producer(name, isIdempotent);
    void producer.run();
    const pauseMs = stage.plan.spanMs / (batches / count);
    return { name, producer, application: feed(stage, name, producer, { pauseMs, partitions }) };
  });
}

async function feed(
  stage: Stage,
  name: string,
  producer: Producer,
  { pauseMs, partitions }: { readonly pauseMs: number; readonly partitions: readonly string[] },
): Promise<void> {
  const chance = stage.chance(`feed ${name}`);
  while (!stage.isOver) {
    const partition = chance.pick(partitions as [string, ...string[]]);
    // At times several batches are under way at once.
    const count = chance.happens(0.3) ? chance.between(2, 6) : 1;
    for (let sent = 0; sent < count; sent += 1) {
      const padding = chance.happens(0.05) ? 3_000 : chance.below(100);
      await producer.send(partition, chance.between(1, 4), padding);
    }
    await stage.time.sleep(count * chance.span(0.1, 4 * pauseMs));
  }
}

/** Reads all partitions from their beginning, by itself. */
export function startPoller(stage: Stage, name: string): void {
  const chance = stage.chance(name);
  const isolation = chance.pick<Isolation>(["read_uncommitted", "read_committed"]);
  const fetcher = stage.fetcher(name, isolation);
  const beginning = new Map(stage.partitions.map((partition) => [partition, 0]));
  stage.history.readers.set(name, stage.partitions);
  const run = async (): Promise<void> => {
    fetcher.assign(beginning);
    for (;;) {
      // Who reads everything once more must see the same.
      if (chance.happens(0.01) && !stage.isOver) fetcher.assign(beginning);
      await fetcher.poll(chance.pick([0, 50, 500]));
    }
  };
  void run();
}

/** Ends the faults, lets everybody come to an end, and sends once more, which must work then. */
export async function settle(
  stage: Stage,
  senders: readonly Sender[],
  partitions: readonly string[] = stage.partitions,
): Promise<void> {
  stage.isOver = true;
  await stage.nemesis.heal();
  const { history } = stage;
  const isDone = (): boolean => senders.every(({ producer }) => producer.unanswered === 0);
  for (const { application } of senders) await application;
  await stage.until("a producer waits for answers", ANSWER_MS_MAX, isDone);
  let left = senders.flatMap((sender) => partitions.map((partition) => ({ sender, partition })));
  for (let attempt = 0; left.length > 0 && attempt < LAST_SENDS_MAX; attempt += 1) {
    const before = history.sends.length;
    for (const { sender, partition } of left) await sender.producer.send(partition, 1, 10);
    await stage.until("a producer waits for answers", ANSWER_MS_MAX, isDone);
    const taken = new Set(
      history.sends
        .slice(before)
        .filter(({ outcome }) => outcome === "ok")
        .map(({ process, partition }) => `${process} ${partition}`),
    );
    left = left.filter(({ sender, partition }) => !taken.has(`${sender.name} ${partition}`));
  }
  for (const { sender, partition } of left) {
    history.note("stuck", `${sender.name} cannot send to ${partition} any more`);
  }
  for (const { producer } of senders) producer.end();
  await stage.until("a reader lags behind", CATCH_UP_MS_MAX, () => isEverythingSeen(stage));
}

/** Whether every reader has read all that was acknowledged. */
export function isEverythingSeen({ history }: Stage): boolean {
  const ends = new Map<string, number>();
  for (const { partition, offset } of history.sends) {
    if (offset !== null) ends.set(partition, Math.max(offset + 1, ends.get(partition) ?? 0));
  }
  const read = new Map<string, number>();
  for (const { process, reads } of history.polls) {
    const reader = process.split("/")[0] ?? process;
    for (const { partition, to } of reads) {
      const key = `${reader} ${partition}`;
      read.set(key, Math.max(to, read.get(key) ?? 0));
    }
  }
  return [...history.readers].every(([reader, partitions]) =>
    partitions.every(
      (partition) => (read.get(`${reader} ${partition}`) ?? 0) >= (ends.get(partition) ?? 0),
    ),
  );
}
