import type { Condition } from "@runnel/contracts/filter-model.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ScanOptions } from "./query.ts";
import type { ScanMessage } from "./scan-messages.ts";
import { type PlacedEvent, placed, type TestBatch } from "./testing-logs.ts";
import { openService, type ServiceRig, scanOptions, TOPIC_NAME } from "./testing-service.ts";

const batch: fc.Arbitrary<TestBatch> = fc.record({
  events: fc.array(
    fc.record({
      key: fc.option(fc.constantFrom("a", "b", "c", "d", "e", "f"), { nil: null }),
      value: fc.option(fc.constantFrom("x", "y"), { nil: null }),
      timestamp: fc.integer({ min: 0, max: 50 }),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  codec: fc.constantFrom("none", "gzip"),
});

/** Batches whose times do not go back, so that a time is a place. */
function steady(batches: readonly TestBatch[]): TestBatch[] {
  let now = 1_000;
  return batches.map(({ events, ...rest }) => ({
    ...rest,
    events: events.map((event) => {
      now += event.timestamp % 3;
      return { ...event, timestamp: now };
    }),
  }));
}

const valueIs = (text: string): Condition => ({
  kind: "compare",
  field: { kind: "value", path: [] },
  operator: "equals",
  operand: { kind: "text", text },
});
const keyIsNot = (text: string): Condition => ({
  kind: "compare",
  field: { kind: "key", path: [] },
  operator: "notEquals",
  operand: { kind: "text", text },
});

const FILTERS: readonly { condition: Condition | null; holds(event: PlacedEvent): boolean }[] = [
  { condition: null, holds: () => true },
  { condition: valueIs("x"), holds: ({ value }) => value === "x" },
  { condition: keyIsNot("b"), holds: ({ key }) => key !== "b" },
  {
    condition: { kind: "all", conditions: [keyIsNot("c"), valueIs("y")] },
    holds: ({ key, value }) => key !== "c" && value === "y",
  },
];

interface Asked {
  readonly filter: (typeof FILTERS)[number];
  readonly atMs: number | null;
  readonly hasTombstones: boolean;
}

/** What is to be found of one partition, newest first. */
function expected(events: readonly PlacedEvent[], { filter, atMs, hasTombstones }: Asked) {
  const seen = new Set<string>();
  return events
    .filter(({ timestamp }) => atMs === null || timestamp <= atMs)
    .toReversed()
    .filter((event) => {
      if (event.key === null || seen.has(event.key)) return false;
      seen.add(event.key);
      return (event.value !== null || hasTombstones) && filter.holds(event);
    })
    .map(({ partition, offset }) => `${partition}@${offset}`);
}

async function ask(
  { service, wait }: ServiceRig,
  { filter, ...asked }: Asked,
  options: Partial<ScanOptions> = {},
) {
  const found: string[] = [];
  let done: Extract<ScanMessage, { readonly kind: "done" }> | null = null;
  const partitions = { kind: "all" } as const;
  const query = { topic: TOPIC_NAME, partitions, condition: filter.condition, ...asked };
  const collect = async (): Promise<void> => {
    for await (const message of await service.latest(query, scanOptions(options))) {
      if (message.kind === "done") done = message;
      if (message.kind !== "events") continue;
      for (const text of message.events) {
        const { partition, offset } = JSON.parse(text) as { partition: number; offset: number };
        found.push(`${partition}@${offset}`);
      }
    }
  };
  await wait(collect());
  return { found, done: done as Extract<ScanMessage, { readonly kind: "done" }> | null };
}

const asked = fc.record({
  filter: fc.constantFrom(...FILTERS),
  atMs: fc.option(fc.integer({ min: 995, max: 1_060 }), { nil: null }),
  hasTombstones: fc.boolean(),
});

const config = fc.record({
  segmentBytes: fc.constantFrom(300, 1_000_000),
  indexIntervalBytes: fc.constantFrom(0, 1_000_000),
});

describe("BrowseService.latest()", () => {
  test("finds the newest event of every key, and no other", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(batch, { maxLength: 15 }).map(steady), { minLength: 1, maxLength: 3 }),
        asked,
        config,
        async (partitions, query, sizes) => {
          const rig = await openService(partitions.length, { config: sizes });
          for (const [index, batches] of partitions.entries()) await rig.append(index, batches);
          const { found, done } = await ask(rig, query);
          expect(done).toMatchObject({ reason: "end", cursor: null });
          for (const [index, batches] of partitions.entries()) {
            const own = found.filter((place) => place.startsWith(`${index}@`));
            expect(own).toEqual(expected(placed(index, batches), query));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test("pages give what one answer gives, though events come meanwhile", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(batch, { maxLength: 12 }).map(steady), { minLength: 1, maxLength: 3 }),
        asked,
        fc.record(
          { results: fc.integer({ min: 1, max: 3 }), bytes: fc.integer({ min: 1, max: 400 }) },
          { requiredKeys: [] },
        ),
        fc.array(batch, { maxLength: 2 }),
        async (partitions, query, limits, later) => {
          const rig = await openService(partitions.length);
          for (const [index, batches] of partitions.entries()) await rig.append(index, batches);
          const whole = await ask(rig, query);
          const pages: string[] = [];
          for (let cursor: string | null = null, page = 0; ; page += 1) {
            expect(page).toBeLessThan(200);
            const all = { results: 1_000, bytes: 1 << 30, timeMs: 1e9, ...limits };
            const { found, done } = await ask(rig, query, { limits: all, cursor });
            pages.push(...found);
            cursor = done?.cursor ?? null;
            if (cursor === null) break;
            await rig.append(0, later);
          }
          expect(pages).toEqual(whole.found);
        },
      ),
      { numRuns: 50 },
    );
  });
});
