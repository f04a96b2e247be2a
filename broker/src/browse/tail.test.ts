import { partitionOfKey } from "@runnel/protocol/partitioner.ts";
import { describe, expect, test, vi } from "vitest";
import { decodeCursor } from "./cursor.ts";
import {
  TAIL_BEHIND_MAX,
  TAIL_HEARTBEAT_MS,
  TAIL_MS_MAX,
  TAIL_REJOIN_EVENTS,
  TAILS_MAX,
} from "./limits.ts";
import type { EventQuery } from "./query.ts";
import { MemoryBook } from "./source/memory-book.ts";
import { Tail, type TailMessage } from "./tail.ts";
import type { TestBatch } from "./testing-logs.ts";
import {
  EVERYTHING,
  eventOf,
  openService,
  type ServiceRig,
  scanOptions,
} from "./testing-service.ts";
import type { TailNews, TailSaid } from "./thread/tail-task.ts";
import type { JobStream } from "./thread/thread-pool.ts";

const FORM = scanOptions().form;
const LIVE: EventQuery = { ...EVERYTHING, order: "oldest", from: { kind: "latest" } };

/** A tail whose messages are taken as they come. */
class Follower {
  readonly messages: TailMessage[] = [];
  readonly ended: Promise<void>;
  readonly #control = new AbortController();

  static async open(
    { service, wait }: ServiceRig,
    query: Partial<EventQuery> = {},
    cursor: string | null = null,
  ): Promise<Follower> {
    const control = new AbortController();
    const options = scanOptions({ cursor, signal: control.signal });
    const messages = await wait(service.tail({ ...LIVE, ...query }, options));
    return new Follower(messages, control);
  }

  private constructor(messages: AsyncIterable<TailMessage>, control: AbortController) {
    this.#control = control;
    this.ended = this.#follow(messages);
  }

  async #follow(messages: AsyncIterable<TailMessage>): Promise<void> {
    for await (const message of messages) this.messages.push(message);
  }

  get places(): string[] {
    const events = this.messages.flatMap((one) => (one.kind === "events" ? one.events : []));
    return events.map((text) => {
      const { partition, offset } = JSON.parse(text) as { partition: number; offset: number };
      return `${partition}@${offset}`;
    });
  }

  get progress(): Extract<TailMessage, { readonly kind: "progress" | "done" }> | undefined {
    return this.messages.findLast((one) => one.kind === "progress" || one.kind === "done");
  }

  stop(): void {
    this.#control.abort();
  }
}

const pass = ({ rig }: ServiceRig, ms: number): Promise<void> => rig.time.advanceAsync(ms);

const many = (count: number, from: number): TestBatch[] => [
  {
    events: Array.from({ length: count }, (_, n) => ({
      key: null,
      value: "v",
      timestamp: from + n,
    })),
  },
];

describe("BrowseService.tail()", () => {
  test("tells of what comes from now on, that matches", async () => {
    const rig = await openService(2);
    await rig.append(0, [eventOf(1, "a"), eventOf(2, "b")]);
    const wanted = await Follower.open(rig, {
      condition: {
        kind: "compare",
        field: { kind: "key", path: [] },
        operator: "equals",
        operand: { kind: "text", text: "a" },
      },
      partitions: { kind: "all" },
    });
    const all = await Follower.open(rig);
    await pass(rig, 100);
    expect(all.places).toEqual([]);
    await rig.append(0, [eventOf(3, "a")]);
    await rig.append(1, [eventOf(4, "b"), eventOf(5, "a")]);
    await pass(rig, 100);
    expect(all.places).toEqual(["0@2", "1@0", "1@1"]);
    expect(wanted.places).toEqual(["0@2", "1@1"]);
    all.stop();
    wanted.stop();
    await rig.wait(Promise.all([all.ended, wanted.ended]));
    expect(rig.partitions.map(({ waiting }) => waiting)).toEqual([0, 0]);
    expect(all.messages.some(({ kind }) => kind === "done")).toBe(false);
  });

  test("goes on by cursor without a gap", async () => {
    const rig = await openService(1);
    const first = await Follower.open(rig);
    await rig.append(0, [eventOf(1)]);
    await pass(rig, 2_000);
    await rig.append(0, [eventOf(2)]);
    await pass(rig, 2_000);
    const cursor = first.progress?.cursor ?? null;
    first.stop();
    await rig.wait(first.ended);
    await rig.append(0, [eventOf(3), eventOf(4)]);
    const second = await Follower.open(rig, {}, cursor);
    await pass(rig, 100);
    expect(first.places).toEqual(["0@0", "0@1"]);
    expect(second.places).toEqual(["0@2", "0@3"]);
    second.stop();
    await rig.wait(second.ended);
  });

  test("says it has looked at no more than its thread has", async () => {
    const rig = await openService(1);
    const told: TailNews[] = [];
    const said: TailSaid[] = [];
    let wake = (): void => {};
    const job = {
      tell: (news: unknown) => told.push(news as TailNews),
      cancel: () => {},
      async *[Symbol.asyncIterator]() {
        for (;;) {
          for (let one = said.shift(); one !== undefined; one = said.shift()) yield one;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      },
    };
    const world = { clock: rig.rig.time, scheduler: rig.rig.time };
    const options = {
      partitions: rig.partitions,
      watchGrowth: () => () => {},
      positions: new Map<number, number>(),
      digest: 1,
    };
    const messages: TailMessage[] = [];
    const follow = async (): Promise<void> => {
      const tail = new Tail(world, job as unknown as JobStream<TailSaid>, options);
      for await (const message of tail) messages.push(message);
    };
    void follow();
    // Something is appended just before the heartbeat, so that it is due while the thread is busy.
    await pass(rig, TAIL_HEARTBEAT_MS - 20);
    await rig.append(0, [eventOf(1)]);
    await pass(rig, 100);
    const counts = { records: 0, bytes: 0, matches: 0, dropped: 0, filterErrors: 0 };
    said.push({ kind: "caught", counts });
    wake();
    await pass(rig, 1);
    const progress = messages.findLast((message) => message.kind === "progress");
    const { positions } = decodeCursor(progress?.cursor ?? "") ?? { positions: null };
    expect(positions).toEqual(new Map([[0, 0]]));
    await pass(rig, 100);
    expect(told.map(({ snapshots }) => snapshots.length)).toEqual([0, 1]);
  });

  test("follows partitions that the topic gets meanwhile, from their first event", async () => {
    const rig = await openService(1, { laterCount: 2 });
    const all = await Follower.open(rig);
    const named = await Follower.open(rig, { partitions: { kind: "some", partitions: [0] } });
    await pass(rig, 100);
    rig.grow(2);
    await rig.append(0, [eventOf(1)]);
    await rig.append(1, [eventOf(2), eventOf(3)]);
    await pass(rig, 2_000);
    await rig.append(1, [eventOf(4)]);
    await pass(rig, 2_000);
    expect(all.places).toEqual(["0@0", "1@0", "1@1", "1@2"]);
    expect(named.places).toEqual(["0@0"]);
    const cursor = all.progress?.cursor ?? null;
    all.stop();
    named.stop();
    await rig.wait(Promise.all([all.ended, named.ended]));
    expect(rig.partitions.map(({ waiting }) => waiting)).toEqual([0, 0, 0]);
    await rig.append(1, [eventOf(5)]);
    await rig.append(2, [eventOf(6)]);
    rig.grow(3);
    const next = await Follower.open(rig, {}, cursor);
    await pass(rig, 2_000);
    expect(next.places).toEqual(["1@3", "2@0"]);
    next.stop();
    await rig.wait(next.ended);
  });

  test("follows a key to the partition where it goes from then on", async () => {
    const rig = await openService(1, { laterCount: 1 });
    const key = ["a", "b", "c", "d"].find((one) => partitionOfKey(Buffer.from(one), 2) === 1) ?? "";
    const follower = await Follower.open(rig, {
      condition: {
        kind: "compare",
        field: { kind: "key", path: [] },
        operator: "equals",
        operand: { kind: "text", text: key },
      },
    });
    await pass(rig, 100);
    await rig.append(0, [eventOf(1, key)]);
    await pass(rig, 100);
    rig.grow(2);
    await rig.append(1, [eventOf(2, key), eventOf(3, "other")]);
    await pass(rig, 100);
    expect(follower.places).toEqual(["0@0", "1@0"]);
    follower.stop();
    await rig.wait(follower.ended);
  });

  test("leaves out what is too far behind, and counts it", async () => {
    const rig = await openService(1, { config: { segmentBytes: 1 << 26 } });
    const follower = await Follower.open(rig);
    await pass(rig, 10);
    const count = TAIL_BEHIND_MAX + 500;
    await rig.append(0, many(count - 1, 0));
    await rig.append(0, many(1, count));
    await pass(rig, 5_000);
    await rig.append(0, many(1, count + 1));
    await pass(rig, 5_000);
    expect(follower.places).toHaveLength(TAIL_REJOIN_EVENTS + 1);
    expect(follower.progress?.counts.dropped).toBe(count - TAIL_REJOIN_EVENTS);
    follower.stop();
    await rig.wait(follower.ended);
  });

  test("a client that takes nothing misses events, and is told how many", async () => {
    const rig = await openService(1, { config: { segmentBytes: 1 << 26 } });
    const options = scanOptions({ form: { ...FORM, lengthMax: 10_000 } });
    const tail = await rig.wait(rig.service.tail(LIVE, options));
    const messages = tail[Symbol.asyncIterator]();
    await rig.wait(messages.next());
    const large = "x".repeat(10_000);
    const total = 500;
    await rig.wait(messages.next());
    const next = messages.next();
    for (let n = 0; n < total; n += 1) await rig.append(0, [eventOf(n, null, large)]);
    await pass(rig, 2_000);
    let told = 0;
    let dropped = 0;
    let { value: message, done } = await rig.wait(next);
    for (; done !== true && dropped + told < total; ) {
      if (message?.kind === "events") told += message.events.length;
      if (message?.kind === "progress") dropped = message.counts.dropped;
      const following = messages.next();
      // Something more, so that there is progress to tell of.
      await rig.append(0, [eventOf(0)]);
      await pass(rig, 1_100);
      ({ value: message, done } = await rig.wait(following));
    }
    expect(dropped).toBeGreaterThan(0);
    expect(told).toBeGreaterThan(50);
  });

  test("H5: a client that takes nothing for a minute is given up", async () => {
    const rig = await openService(1, { config: { segmentBytes: 1 << 26 } });
    const options = scanOptions({ form: { ...FORM, lengthMax: 10_000 } });
    const tail = await rig.wait(rig.service.tail(LIVE, options));
    const messages = tail[Symbol.asyncIterator]();
    for (let n = 0; n < 2; n += 1) await rig.wait(messages.next());
    // From here on nothing is taken but what was asked for.
    const next = messages.next();
    const large = "x".repeat(10_000);
    for (let second = 0; second < 90; second += 1) {
      for (let n = 0; n < 10; n += 1) await rig.append(0, [eventOf(n, null, large)]);
      await pass(rig, 1_000);
    }
    const kinds: string[] = [];
    for (let { value, done } = await rig.wait(next); done !== true; ) {
      kinds.push(value.kind);
      ({ value, done } = await rig.wait(messages.next()));
    }
    expect(kinds.filter((kind) => kind === "events").length).toBeGreaterThan(1);
    expect(kinds).not.toContain("done");
  });

  test("ends when the topic is deleted, and after its time", async () => {
    const rig = await openService(1);
    const first = await Follower.open(rig);
    await pass(rig, TAIL_MS_MAX + 1_000);
    await rig.wait(first.ended);
    expect(first.messages.at(-1)).toMatchObject({ kind: "done", reason: "time" });
    const second = await Follower.open(rig);
    await pass(rig, 100);
    rig.partitions[0]?.close();
    await pass(rig, 100);
    await rig.wait(second.ended);
    expect(second.messages.at(-1)).toMatchObject({ kind: "done", reason: "deleted" });
  });

  test("H5: holds little, however many large batches come side by side", async () => {
    let held = 0;
    const hold = MemoryBook.prototype.hold;
    const spy = vi.spyOn(MemoryBook.prototype, "hold").mockImplementation(function (
      this: MemoryBook,
      ...args
    ) {
      hold.apply(this, args);
      held = Math.max(held, this.bytes);
    });
    const rig = await openService(4, { config: { segmentBytes: 1 << 26 } });
    const follower = await Follower.open(rig);
    await pass(rig, 100);
    const size = 3 * 1024 * 1024;
    for (let partition = 0; partition < 4; partition += 1) {
      const event = { key: null, value: "x".repeat(size), timestamp: 1_000 };
      await rig.append(partition, [{ events: [event, { ...event, value: "", timestamp: 1_001 }] }]);
    }
    await pass(rig, 2_000);
    expect(follower.places).toHaveLength(8);
    follower.stop();
    await rig.wait(follower.ended);
    spy.mockRestore();
    expect(held).toBeGreaterThan(size);
    expect(held).toBeLessThan(2 * size);
  });

  test("H5: only so many at once, and room for another when one ends", async () => {
    const rig = await openService(1);
    const tails: Follower[] = [];
    for (let n = 0; n < TAILS_MAX; n += 1) tails.push(await Follower.open(rig));
    await expect(Follower.open(rig)).rejects.toMatchObject({ kind: "busy" });
    tails[0]?.stop();
    await rig.wait(tails[0]?.ended ?? Promise.resolve());
    tails.push(await Follower.open(rig));
    for (const tail of tails) tail.stop();
    await rig.wait(Promise.all(tails.map(({ ended }) => ended)));
  });
});
