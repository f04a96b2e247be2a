import type { AuditRecord } from "@runnel/contracts/audit.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type AuditFilter, type AuditTopic, readAuditPage } from "./reader.ts";

const START = 40;
const utf8 = new TextEncoder();

const operations = ["topic.create", "topic.delete", "config.change"] as const;
const record: fc.Arbitrary<AuditRecord | null> = fc.option(
  fc.record({
    version: fc.constant(1 as const),
    at: fc.nat(50),
    brokerId: fc.constant(1),
    operation: fc.constantFrom(...operations),
    resource: fc.record({
      kind: fc.constantFrom("topic" as const, "group" as const),
      name: fc.constantFrom("a", "b", "b:"),
    }),
    actor: fc.record({
      principal: fc.constantFrom("User:Ada", "User:Bob"),
      host: fc.constant("127.0.0.1"),
      via: fc.constant("kafka" as const),
      listener: fc.constant("PLAINTEXT"),
      port: fc.constant(9092),
      client: fc.constantFrom("console", "tool"),
    }),
    asked: fc.constant(null),
    before: fc.constant(null),
    after: fc.constant(null),
    result: fc.constant({ outcome: "done" as const, error: null, message: null }),
  }),
  { freq: 12 },
);
const filter: fc.Arbitrary<AuditFilter> = fc.record({
  resource: fc.option(fc.constantFrom("topic:a", "topic:", "group:b", "group:b:", "x:")),
  actor: fc.option(fc.constantFrom("ada", "TOOL", "127", "nobody")),
  operation: fc.option(fc.constantFrom(...operations)),
  from: fc.option(fc.nat(50)),
  to: fc.option(fc.nat(50)),
});

/** A topic whose records begin at `START`; null stands for one that is none of ours. */
function topicOf(records: readonly (AuditRecord | null)[]): AuditTopic {
  const values = records.map((one) => utf8.encode(one === null ? "{" : JSON.stringify(one)));
  return {
    bounds: () => Promise.resolve({ startOffset: START, endOffset: START + records.length }),
    offsetAt(_index, timestamp) {
      const at = records.findIndex((one) => (one?.at ?? 0) >= timestamp);
      return Promise.resolve(at < 0 ? null : START + at);
    },
    async *read(_index, range = { startOffset: 0, endOffset: Number.POSITIVE_INFINITY }) {
      for (const [at, value] of values.entries()) {
        const offset = START + at;
        if (offset < range.startOffset || offset >= range.endOffset) continue;
        yield [{ offset, timestamp: 0, key: utf8.encode("k"), value }];
      }
    },
  };
}

function matches(one: AuditRecord, { resource, actor, operation, from, to }: AuditFilter): boolean {
  const key = `${one.resource.kind}:${one.resource.name}`;
  const isKind = resource === "topic:" || resource === "x:";
  const who = `${one.actor.principal} ${one.actor.host} ${one.actor.client}`.toLowerCase();
  return (
    (resource === null || (isKind ? key.startsWith(resource) : key === resource)) &&
    (actor === null || who.includes(actor.toLowerCase())) &&
    (operation === null || one.operation === operation) &&
    (from === null || one.at >= from) &&
    (to === null || one.at < to)
  );
}

test("pages give every entry that matches once, newest first, whatever their size", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { maxLength: 60 }),
      filter,
      fc.integer({ min: 1, max: 7 }),
      async (unsorted, wanted, limit) => {
        // The broker's clock stood still or went on.
        const times = unsorted.map((one) => one?.at ?? 0).sort((a, b) => a - b);
        const records = unsorted.map((one, at) => one && { ...one, at: times[at] ?? 0 });
        const topic = topicOf(records);
        const seen: number[] = [];
        let before: number | null = null;
        for (let page = 0; page < 100; page += 1) {
          const found = await readAuditPage(topic, { ...wanted, limit, before });
          expect(found.items.length).toBeLessThanOrEqual(limit);
          seen.push(...found.items.map(({ offset }) => offset));
          before = found.next;
          if (before === null) break;
        }
        const expected = records.flatMap((one, at) =>
          one !== null && matches(one, wanted) ? [START + at] : [],
        );
        expect(seen).toEqual(expected.toReversed());
      },
    ),
    { numRuns: 300 },
  );
});

test("a page looks at a bounded number of entries, and there may be no topic at all", async () => {
  const base = { resource: "topic:none", actor: null, operation: null, from: null, to: null };
  const request = { ...base, limit: 10, before: null };
  const many = {
    ...topicOf([]),
    bounds: () => Promise.resolve({ startOffset: 0, endOffset: 1_000_000 }),
  };
  const page = await readAuditPage(many, request);
  expect(page).toMatchObject({ items: [], searchedCount: 20_000, next: 980_000 });
  const none = { ...topicOf([]), bounds: () => Promise.resolve(null) };
  expect(await readAuditPage(none, request)).toMatchObject({ items: [], next: null });
});

test("a page holds a bounded number of bytes, and the pages give every entry all the same", async () => {
  const base = { resource: null, actor: null, operation: null, from: null, to: null };
  const one = fc.sample(record, 50).find((each) => each !== null);
  const large = { ...one, asked: "x".repeat(100_000) } as AuditRecord;
  const topic = topicOf(Array.from({ length: 100 }, () => large));
  const seen: number[] = [];
  let before: number | null = null;
  do {
    const page = await readAuditPage(topic, { ...base, limit: 200, before });
    expect(page.items.length).toBeLessThanOrEqual(42);
    seen.push(...page.items.map(({ offset }) => offset));
    before = page.next;
  } while (before !== null);
  expect(seen).toEqual(Array.from({ length: 100 }, (_, at) => START + 99 - at));
});

test("a page looks at a bounded number of bytes", async () => {
  const base = { resource: "topic:none", actor: null, operation: null, from: null, to: null };
  const value = new Uint8Array(1024 * 1024);
  const topic: AuditTopic = {
    bounds: () => Promise.resolve({ startOffset: 0, endOffset: 10_000 }),
    offsetAt: () => Promise.resolve(null),
    async *read(_index, { startOffset, endOffset } = { startOffset: 0, endOffset: 0 }) {
      for (let offset = startOffset; offset < endOffset; offset += 1) {
        yield [{ offset, timestamp: 0, key: utf8.encode("k"), value }];
      }
    },
  };
  const page = await readAuditPage(topic, { ...base, limit: 10, before: null });
  expect(page).toMatchObject({ searchedCount: 500, unreadableCount: 500, next: 9_500 });
});
