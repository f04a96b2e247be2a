/** Searching and following events on a real broker: its threads, its files, its HTTP. */

import { Producer, stringSerializers } from "@platformatic/kafka";
import { type Client, createClient } from "@runnel/contracts/client.ts";
import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startRunnel } from "../harness/server.ts";
import { waitFor, within } from "../harness/wait.ts";

const TOPIC = "orders";
const PARTITIONS = 3;
const EVENTS = 6_000;
const ANSWER_MS_MAX = 30_000;
/** As `limits.ts` of browsing has them. */
const SCANS_AT_ONCE = 2;
const TAILS_MAX = 32;

type Query = NonNullable<Parameters<Client["readEvents"]>[0]["query"]>;

let server: Server;
let client: Client;
let producer: Producer<string, string, string, string>;

beforeAll(async () => {
  server = await startRunnel();
  client = createClient({ baseUrl: `http://${server.admin}` });
  producer = new Producer({
    clientId: "test",
    bootstrapBrokers: [server.kafka],
    serializers: stringSerializers,
  });
  const configs = { "segment.bytes": "1048576", "index.interval.bytes": "16384" };
  await client.createTopic({ body: { name: TOPIC, partitionCount: PARTITIONS, configs } });
  for (let from = 0; from < EVENTS; from += 500) await send(from, from + 500, from % 1_000 === 0);
});

afterAll(async () => {
  await producer.close();
  await server[Symbol.asyncDispose]();
});

/** Events `from` up to `to`, one ms apart, a KiB each, on all partitions in turn. */
async function send(from: number, to: number, isPacked: boolean): Promise<void> {
  const messages = Array.from({ length: to - from }, (_, index) => {
    const n = from + index;
    const value = JSON.stringify({ n, total: (n % 100) / 4, note: "x".repeat(1_000) });
    const timestamp = 1_700_000_000_000n + BigInt(n);
    return { topic: TOPIC, key: `o-${n}`, value, partition: n % PARTITIONS, timestamp };
  });
  await producer.send({ messages, compression: isPacked ? "zstd" : "none" });
}

async function read(query: Query): Promise<EventStreamMessage[]> {
  const collect = async (): Promise<EventStreamMessage[]> => {
    const messages: EventStreamMessage[] = [];
    const input = { params: { topic: TOPIC }, query };
    for await (const message of client.readEvents(input)) messages.push(message);
    return messages;
  };
  return await within("the answer", ANSWER_MS_MAX, collect());
}

const keysOf = (messages: readonly EventStreamMessage[]): string[] =>
  messages.flatMap((one) => (one.event === "event" ? [one.data.key.text] : []));

const doneOf = (messages: readonly EventStreamMessage[]) =>
  messages.flatMap((one) => (one.event === "done" ? [one.data] : []))[0];

const keys = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `o-${from + index}`);

describe("a search", () => {
  test("the newest and the oldest, merged by time over partitions and segments", async () => {
    expect(keysOf(await read({ limit: 40 }))).toEqual(keys(EVENTS - 40, 40).reverse());
    expect(keysOf(await read({ limit: 40, order: "oldest" }))).toEqual(keys(0, 40));
  });

  test("by time, by filter, and page by page", async () => {
    const from = "time:1700000003000";
    const to = "time:1700000003500";
    const range = await read({ from, to, order: "oldest", limit: 1_000 });
    expect(keysOf(range)).toEqual(keys(3_000, 500));
    const all = await read({ filter: "value.total = 24.75 key^=o-", limit: 1_000 });
    expect(keysOf(all)).toHaveLength(EVENTS / 100);
    expect(doneOf(all)).toMatchObject({ reason: "end", records: EVENTS, skips: { count: 0 } });
    const paged: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page: EventStreamMessage[] = await read({
        filter: "value.total = 24.75",
        limit: 7,
        ...(cursor === "" ? {} : { cursor }),
      });
      paged.push(...keysOf(page));
      cursor = doneOf(page)?.cursor ?? null;
    }
    expect(paged).toEqual(keysOf(all));
  });

  test("limits end it with a cursor, and it says how much there is", async () => {
    const messages = await read({ filter: "absent", maxBytes: 1_000_000, limit: 1 });
    const done = doneOf(messages);
    expect(done?.reason).toBe("bytes");
    expect(done?.cursor).not.toBeNull();
    expect(done?.bytesInRange).toBeGreaterThan(done?.bytes ?? 0);
  });

  test("whoever leaves frees the thread at once", async () => {
    const controls = Array.from({ length: SCANS_AT_ONCE }, () => new AbortController());
    const streams = controls.map(({ signal }) =>
      client.readEvents(
        { params: { topic: TOPIC }, query: { limit: 5_000, fieldLength: 2_000 } },
        { signal },
      ),
    );
    // What is not read makes them wait, each in its thread.
    for (const stream of streams) await within("a phase", ANSWER_MS_MAX, stream.next());
    for (const control of controls) control.abort();
    await Promise.all(streams.map((stream) => stream.return().catch(() => {})));
    const messages = await read({ limit: 1 });
    expect(doneOf(messages)?.reason).toBe("results");
  });

  test("H7: an expression that would take for ever costs no more than its budget", async () => {
    const filter = "cel:`value.note.matches('(x+x+)+y')`";
    const messages = await read({ filter, limit: 5, maxMs: 2_000 });
    expect(["time", "end"]).toContain(doneOf(messages)?.reason);
  });
});

describe("a key", () => {
  const params = { topic: TOPIC };

  test("is found by the index that is made beside the log, of which the answer tells", async () => {
    const find = async (): Promise<EventStreamMessage[]> => {
      const messages: EventStreamMessage[] = [];
      const query = { key: "o-1234", partitions: "all" };
      for await (const one of client.readKey({ params, query })) messages.push(one);
      return messages;
    };
    const indexed = await waitFor("the index", async () => {
      const messages = await find();
      const { passedBytes = 0, bytes = 0 } = doneOf(messages) ?? {};
      return passedBytes > bytes ? messages : null;
    });
    expect(keysOf(indexed)).toEqual(["o-1234"]);
    expect(doneOf(indexed)).toMatchObject({ reason: "end", coverage: { chosenBy: "all" } });
    expect(doneOf(indexed)?.keyIndex?.indexedBytes).toBeGreaterThan(0);
  });

  test("has a latest event, and had another one before", async () => {
    await send(0, 3, false);
    const latest = async (query: { readonly at?: string }): Promise<number[]> => {
      const offsets: number[] = [];
      const filter = "key=o-0 or key=o-1 or key=o-2";
      const all = { ...query, filter, partitions: "all" };
      for await (const message of client.readLatest({ params, query: all })) {
        if (message.event === "event") offsets.push(message.data.offset);
      }
      return offsets;
    };
    expect((await latest({})).every((offset) => offset > 0)).toBe(true);
    expect(await latest({})).toHaveLength(3);
  });

  test("events are counted by time without being read", async () => {
    const histogram = await client.getHistogram({ params, query: { byPartition: true } });
    expect(histogram.total).toBeGreaterThanOrEqual(EVENTS);
    expect(histogram.partitions).toHaveLength(PARTITIONS);
  });
});

describe("a live stream", () => {
  test("tells of what comes, soon after it came", async () => {
    const control = new AbortController();
    const stream = client.readEvents(
      { params: { topic: TOPIC }, query: { live: true, filter: "value.n >= 7000" } },
      { signal: control.signal },
    );
    const next = async (): Promise<EventStreamMessage> => {
      const { value } = await within("a live message", ANSWER_MS_MAX, stream.next());
      if (value === undefined) throw new Error("the stream ended");
      return value;
    };
    expect(await next()).toMatchObject({ event: "phase", data: { phase: "following" } });
    expect(await next()).toMatchObject({ event: "progress" });
    await send(6_500, 6_600, false);
    await send(7_000, 7_010, true);
    const found: string[] = [];
    while (found.length < 10) {
      const message = await next();
      if (message.event === "event") found.push(message.data.key.text);
    }
    expect(found.toSorted()).toEqual(keys(7_000, 10).toSorted());
    await stream.return();
    control.abort();
  });

  test("H5: only so many at once, and clients that go make room", async () => {
    const control = new AbortController();
    const open = () =>
      client.readEvents(
        { params: { topic: TOPIC }, query: { live: true } },
        { signal: control.signal },
      );
    const streams = Array.from({ length: TAILS_MAX }, open);
    for (const stream of streams) await within("a phase", ANSWER_MS_MAX, stream.next());
    await expect(open().next()).rejects.toMatchObject({ kind: "unavailable" });
    control.abort();
    await Promise.all(streams.map((stream) => stream.return().catch(() => {})));
    const once = async (): Promise<EventStreamMessage | undefined> => {
      for (;;) {
        const again = client.readEvents({ params: { topic: TOPIC }, query: { live: true } });
        const first = await again.next().catch(() => null);
        if (first === null) continue;
        await again.return();
        return first.value ?? undefined;
      }
    };
    expect(await within("room for another", ANSWER_MS_MAX, once())).toMatchObject({
      event: "phase",
    });
  });
});
