import type { Condition } from "@runnel/contracts/filter-model.ts";
import { partitionOfKey } from "@runnel/protocol/partitioner.ts";
import { describe, expect, test } from "vitest";
import { SCAN_STALLED_MS_MAX } from "./limits.ts";
import type { EventQuery, ScanOptions } from "./query.ts";
import type { ScanMessage } from "./scan-messages.ts";
import {
  EVERYTHING,
  eventOf,
  openService,
  type ServiceRig,
  scanOptions,
} from "./testing-service.ts";

type Done = Extract<ScanMessage, { readonly kind: "done" }>;

const FORM = scanOptions().form;

interface Answer {
  readonly phases: readonly string[];
  readonly events: readonly { partition: number; offset: number }[];
  readonly done: Done | null;
}

async function collect(messages: AsyncIterable<ScanMessage>): Promise<Answer> {
  const phases: string[] = [];
  const events: Answer["events"][number][] = [];
  let done: Done | null = null;
  for await (const message of messages) {
    if (message.kind === "phase") phases.push(message.phase);
    else if (message.kind === "events") {
      events.push(...message.events.map((text) => JSON.parse(text) as Answer["events"][number]));
    } else if (message.kind === "done") done = message;
  }
  return { phases, events, done };
}

function ask(
  { service, wait }: ServiceRig,
  query: Partial<EventQuery> = {},
  options: Partial<ScanOptions> = {},
): Promise<Answer> {
  return wait(service.scan({ ...EVERYTHING, ...query }, scanOptions(options)).then(collect));
}

async function openFilled(count = 3): Promise<ServiceRig> {
  const rig = await openService(count);
  for (let n = 0; n < 12; n += 1) await rig.append(n % count, [eventOf(n, `k${n}`)]);
  return rig;
}

const keyIs = (text: string): Condition => ({
  kind: "compare",
  field: { kind: "key", path: [] },
  operator: "equals",
  operand: { kind: "text", text },
});

const places = ({ events }: Answer): string[] =>
  events.map(({ partition, offset }) => `${partition}@${offset}`);

describe("BrowseService.scan()", () => {
  test("tells phases, events newest first, and how it ended", async () => {
    const answer = await ask(await openFilled());
    expect(answer.phases).toEqual(["locating", "scanning"]);
    expect(places(answer).slice(0, 4)).toEqual(["2@3", "1@3", "0@3", "2@2"]);
    expect(answer.events[0]).toMatchObject({
      timestamp: 1_011,
      timestampType: "createTime",
      key: { decoder: "text", text: "k11", sizeBytes: 3, isTruncated: false },
      value: { decoder: "text", text: "v11", sizeBytes: 3, isTruncated: false },
      headers: [],
    });
    expect(answer.done).toMatchObject({
      reason: "end",
      cursor: null,
      counts: { records: 12, matches: 12, filterErrors: 0 },
      coverage: { partitions: [0, 1, 2], partitionCount: 3, chosenBy: "all", missing: [] },
      skips: { count: 0 },
    });
  });

  test("goes on by cursor, page by page, and new events come in front", async () => {
    const rig = await openFilled();
    const limits = { results: 5, bytes: 1 << 30, timeMs: 60_000 };
    const first = await ask(rig, {}, { limits });
    expect(first.done?.reason).toBe("results");
    await rig.append(0, [eventOf(99)]);
    const second = await ask(rig, {}, { limits, cursor: first.done?.cursor ?? null });
    const third = await ask(rig, {}, { limits, cursor: second.done?.cursor ?? null });
    expect(third.done).toMatchObject({ reason: "end", cursor: null });
    const whole = places(await ask(rig));
    expect([first, second, third].flatMap(places)).toEqual(whole.slice(1));
  });

  test("oldest first, the cursor at the end goes on when there is more", async () => {
    const rig = await openFilled();
    const first = await ask(rig, { order: "oldest" });
    expect(first.events).toHaveLength(12);
    expect(first.done?.reason).toBe("end");
    await rig.append(1, [eventOf(50)]);
    const cursor = first.done?.cursor ?? null;
    expect(places(await ask(rig, { order: "oldest" }, { cursor }))).toEqual(["1@4"]);
  });

  test("ranges by offset, by time and by partition", async () => {
    const rig = await openFilled();
    const offsets = await ask(rig, {
      order: "oldest",
      from: { kind: "offset", offset: 1 },
      to: { kind: "offset", offset: 2 },
    });
    expect(places(offsets)).toEqual(["0@1", "1@1", "2@1"]);
    const times = await ask(rig, {
      order: "oldest",
      from: { kind: "time", timestamp: 1_004 },
      to: { kind: "time", timestamp: 1_007 },
    });
    expect(places(times)).toEqual(["1@1", "2@1", "0@2"]);
    const each = new Map([
      [0, 3],
      [1, 4],
    ]);
    const from = { kind: "offsets", origin: "group g", offsets: each } as const;
    expect(places(await ask(rig, { order: "oldest", from }))).toEqual([
      "2@0",
      "2@1",
      "2@2",
      "0@3",
      "2@3",
    ]);
  });

  test.each(["oldest", "newest"] as const)(
    "a filter on times finds them wherever they lie, a range up to its end (%s)",
    async (order) => {
      const rig = await openService(1);
      const times = [0, 5, 20, 6, 7, 30, 2];
      for (const time of times) await rig.append(0, [eventOf(time)]);
      for (let ms = 999; ms < 1_032; ms += 1) {
        const since: Condition = {
          kind: "compare",
          field: { kind: "timestamp" },
          operator: "greaterOrEqual",
          operand: { kind: "number", number: String(ms) },
        };
        const before = await ask(rig, { order, condition: { ...since, operator: "less" } });
        const notSince = await ask(rig, { order, condition: { kind: "not", condition: since } });
        expect(places(before)).toEqual(places(notSince));
        expect(before.events).toHaveLength(times.filter((time) => 1_000 + time < ms).length);
        const found = await ask(rig, { order, condition: since });
        expect(found.events).toHaveLength(times.filter((time) => 1_000 + time >= ms).length);
      }
      const to = { kind: "time", timestamp: 1_010 } as const;
      expect((await ask(rig, { order, to })).events).toHaveLength(2);
    },
  );

  test("a key is looked for in its partition alone, unless all are asked for", async () => {
    const rig = await openFilled();
    const home = partitionOfKey(new TextEncoder().encode("k4"), 3);
    const other = (home + 1) % 3;
    await rig.append(home, [eventOf(20, "k4")]);
    await rig.append(other, [eventOf(21, "k4")]);
    const one = await ask(rig, { condition: keyIs("k4") });
    expect(one.events.every(({ partition }) => partition === home)).toBe(true);
    expect(one.done?.coverage).toMatchObject({ partitions: [home], chosenBy: "key" });
    const all = await ask(rig, { condition: keyIs("k4"), partitions: { kind: "all" } });
    expect(all.events.length).toBeGreaterThan(one.events.length);
    const some = await ask(rig, {
      condition: keyIs("k4"),
      partitions: { kind: "some", partitions: [other] },
    });
    expect(some.events.every(({ partition }) => partition === other)).toBe(true);
    expect(some.done?.coverage).toMatchObject({ partitions: [other], chosenBy: "query" });
  });

  test("says which partitions it could not read", async () => {
    const rig = await openService(2, { broken: [1] });
    await rig.append(0, [eventOf(1)]);
    const answer = await ask(rig);
    expect(places(answer)).toEqual(["0@0"]);
    expect(answer.done?.coverage).toMatchObject({
      partitions: [0],
      missing: [{ partition: 1, errorCode: 56 }],
    });
  });

  test("shows events in the form that is asked for", async () => {
    const rig = await openService(1);
    await rig.append(0, [eventOf(1, "ä".repeat(9), "7")]);
    const form = { ...FORM, lengthMax: 5, valueDecoder: "hex", withRaw: true } as const;
    const { events } = await ask(rig, {}, { form });
    expect(events[0]).toMatchObject({
      key: { text: "äääää", sizeBytes: 18, isTruncated: true },
      value: { decoder: "hex", text: "37", raw: { encoding: "utf8", data: "7" } },
    });
  });

  test.each([
    [{ topic: "missing" }, {}, "notFound", "topic"],
    [{ partitions: { kind: "some", partitions: [3] } }, {}, "invalid", "partitions"],
    [{}, { cursor: "nonsense" }, "invalid", "cursor"],
    [{ condition: { kind: "cel", expression: "1 +" } }, {}, "invalid", "filter"],
  ] as const)("refuses %j %j", async (query, options, kind, field) => {
    const rig = await openFilled();
    await expect(ask(rig, query as Partial<EventQuery>, options)).rejects.toMatchObject({
      name: "BrowseRefusal",
      kind,
      field,
    });
  });

  test("refuses a cursor that comes from another query", async () => {
    const rig = await openFilled();
    const limits = { results: 1, bytes: 1 << 30, timeMs: 60_000 };
    const { done } = await ask(rig, {}, { limits });
    const cursor = done?.cursor ?? null;
    expect(cursor).not.toBeNull();
    for (const other of [
      { order: "oldest" as const },
      { condition: keyIs("k1") },
      { to: { kind: "offset" as const, offset: 7 } },
    ]) {
      await expect(ask(rig, other, { cursor })).rejects.toMatchObject({ field: "cursor" });
    }
  });

  test("a cancelled scan ends without a last word, waiting or under way", async () => {
    const rig = await openFilled();
    const control = new AbortController();
    const scans = [1, 2, 3, 4].map(() => ask(rig, {}, { signal: control.signal }));
    control.abort();
    for (const answer of await Promise.all(scans)) expect(answer.done).toBeNull();
    expect((await ask(rig)).done?.reason).toBe("end");
  });

  test("scans beyond those at once wait, and too many are refused", async () => {
    const rig = await openFilled();
    const scans = Array.from({ length: 40 }, () =>
      ask(rig).then(
        ({ phases, done }) => `${phases[0]} ${done?.reason}`,
        (error: { kind: string }) => error.kind,
      ),
    );
    const outcomes = await Promise.all(scans);
    expect(outcomes.filter((one) => one === "locating end")).toHaveLength(2);
    expect(outcomes.filter((one) => one === "waiting end")).toHaveLength(32);
    expect(outcomes.filter((one) => one === "busy")).toHaveLength(6);
  });

  test("a client that takes nothing holds a bounded amount, and gets all in the end", async () => {
    const rig = await openService(1, { config: { segmentBytes: 1 << 24 } });
    const large = "x".repeat(10_000);
    for (let n = 0; n < 400; n += 1) await rig.append(0, [eventOf(n, null, large)]);
    const limits = { results: 1_000, bytes: 1 << 30, timeMs: 1e9 };
    const scan = rig.service.scan(
      EVERYTHING,
      scanOptions({ limits, form: { ...FORM, lengthMax: 20_000 } }),
    );
    const messages = (await rig.wait(scan))[Symbol.asyncIterator]();
    let size = 0;
    let count = 0;
    for (let turn = 0; turn < 50; turn += 1) await rig.rig.time.advanceAsync(10);
    for (;;) {
      const { value, done } = await rig.wait(messages.next());
      if (done === true) break;
      if (value.kind !== "events") continue;
      count += value.events.length;
      size += value.events.join("").length;
    }
    expect(count).toBe(400);
    expect(size).toBeGreaterThan(4_000_000);
  });

  test("H5: a client that takes nothing holds a thread no longer than the search may take", async () => {
    const rig = await openService(1, { config: { segmentBytes: 1 << 24 } });
    const large = "x".repeat(10_000);
    for (let n = 0; n < 400; n += 1) await rig.append(0, [eventOf(n, null, large)]);
    const form = { ...FORM, lengthMax: 20_000 };
    const limits = { results: 1_000, bytes: 1 << 30, timeMs: 5_000 };
    const silent = [1, 2].map(() => rig.service.scan(EVERYTHING, scanOptions({ limits, form })));
    const streams = await rig.wait(Promise.all(silent));
    const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
    for (const iterator of iterators) await rig.wait(iterator.next());
    for (let turn = 0; turn < 80; turn += 1) await rig.rig.time.advanceAsync(100);
    const { phases } = await ask(rig, {}, { form, limits: { ...limits, results: 1 } });
    expect(phases[0]).toBe("locating");
    for (const iterator of iterators) await rig.wait(Promise.resolve(iterator.return?.()));
  });

  test("H5: a search of which nothing is read ends, and others have its thread", async () => {
    const rig = await openService(1, { config: { segmentBytes: 1 << 24 } });
    const large = "x".repeat(10_000);
    for (let n = 0; n < 400; n += 1) await rig.append(0, [eventOf(n, null, large)]);
    const form = { ...FORM, lengthMax: 20_000 };
    const limits = { results: 1_000, bytes: 1 << 30, timeMs: 600_000 };
    const silent = [1, 2].map(() => rig.service.scan(EVERYTHING, scanOptions({ limits, form })));
    const [first, second] = await rig.wait(Promise.all(silent));
    const iterators = [first, second].map((stream) => stream?.[Symbol.asyncIterator]());
    for (const iterator of iterators) await rig.wait(Promise.resolve(iterator?.next()));
    await rig.rig.time.advanceAsync(SCAN_STALLED_MS_MAX - 5_000);
    const waiting = ask(rig, {}, { form, limits: { ...limits, results: 1 } });
    expect((await waiting).phases[0]).toBe("waiting");
    let done: Done | null = null;
    let count = 0;
    for (;;) {
      const step = await rig.wait(iterators[0]?.next() ?? Promise.reject(new Error("no stream")));
      if (step.done === true) break;
      if (step.value.kind === "events") count += step.value.events.length;
      if (step.value.kind === "done") done = step.value;
    }
    expect(done).toMatchObject({ reason: "stalled", cursor: expect.any(String) });
    const rest = await ask(rig, {}, { form, limits, cursor: done?.cursor ?? null });
    expect(count + rest.events.length).toBe(400);
    await rig.wait(Promise.resolve(iterators[1]?.return?.()));
  });

  test("leaving a search that waits takes it back", async () => {
    const rig = await openService(1, { config: { segmentBytes: 1 << 24 } });
    const large = "x".repeat(10_000);
    for (let n = 0; n < 300; n += 1) await rig.append(0, [eventOf(n, null, large)]);
    const options = (): ScanOptions =>
      scanOptions({
        limits: { results: 1_000, bytes: 1 << 30, timeMs: 1e7 },
        form: { ...FORM, lengthMax: 20_000 },
      });
    const begin = async () => {
      const stream = await rig.wait(rig.service.scan(EVERYTHING, options()));
      const iterator = stream[Symbol.asyncIterator]();
      return { iterator, first: (await rig.wait(iterator.next())).value };
    };
    const [, , third] = [await begin(), await begin(), await begin()];
    expect(third.first).toMatchObject({ phase: "waiting", waitingBefore: 0 });
    await rig.wait(Promise.resolve(third.iterator.return?.()));
    const { first } = await begin();
    expect(first).toMatchObject({ phase: "waiting", waitingBefore: 0 });
  });

  test("is counted, with how it ended", async () => {
    const rig = await openFilled();
    await ask(rig);
    await ask(rig, {}, { limits: { results: 1, bytes: 1 << 30, timeMs: 1e6 } });
    const control = new AbortController();
    control.abort();
    await ask(rig, {}, { signal: control.signal });
    const values = new Map<string, number>();
    for (const one of rig.metrics.all()) {
      if (one.kind === "counter") values.set(one.name, one.metric.value);
      if (one.kind !== "counters") continue;
      for (const [label, { value }] of one.family.members) values.set(label, value);
    }
    expect(Object.fromEntries(values)).toMatchObject({ end: 1, results: 1, cancelled: 1 });
    expect(values.get("runnel_browse_records_total")).toBeGreaterThanOrEqual(13);
  });
});
