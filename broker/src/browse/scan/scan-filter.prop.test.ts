import { conditionOf, parseFilter } from "@runnel/contracts/filter-parser.ts";
import type { Condition } from "@runnel/contracts/filters.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileFilter } from "../filter/compile.ts";
import { isMatch } from "../filter/filter-oracle.ts";
import type { StoredRecord } from "../record.ts";
import {
  fill,
  openLogs,
  type PlacedEvent,
  placed,
  runScan,
  snapshot,
  type TestBatch,
} from "../testing-logs.ts";

const RUNS = 100;

function conditionFrom(text: string): Condition {
  const parsed = parseFilter(text);
  const condition = parsed.kind === "filter" ? conditionOf(parsed.chips) : null;
  if (condition === null) throw new Error(`no filter: ${text}`);
  return condition;
}

/** What is asked of the scan, and what the plain way is asked; expressions mean the same as conditions. */
const question = fc.constantFrom(
  ...[
    ["value~~needle"],
    ["key~~k"],
    ["value.needle=1"],
    ["value.inner.needle=1"],
    ["value.needle=*"],
    ["not value.needle=1"],
    ["value~NEEDLE"],
    ["value^=needle"],
    ["value.needle=1 or key~~k2"],
    ["cel:`value.needle == 1`", "value.needle=1"],
    ["cel:`value.inner.needle == 1`", "value.inner.needle=1"],
  ].map(([asked = "", plain = asked]) => [conditionFrom(asked), conditionFrom(plain)] as const),
);

const value = fc.constantFrom(
  null,
  "needle",
  '{"needle":1}',
  '{"needle":2}',
  '{"q":12,"needle":1}',
  '{"other":1,"xxx":"yyyyyyyyyyyyyyyyy"}',
  '{"inner":{"needle":1}}',
  '{"text":"a needle"}',
  "hay",
);

const partition: fc.Arbitrary<TestBatch[]> = fc.array(
  fc.record({
    events: fc.array(
      fc.record({
        key: fc.constantFrom(null, "k1", "k2", "other"),
        value,
        timestamp: fc.nat({ max: 50 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    codec: fc.constantFrom("none" as const, "gzip" as const),
  }),
  { minLength: 1, maxLength: 6 },
);

const encoder = new TextEncoder();

function asRecord(event: PlacedEvent): StoredRecord {
  const encode = (text: string | null): Uint8Array | null =>
    text === null ? null : encoder.encode(text);
  return { ...event, key: encode(event.key), value: encode(event.value), headers: [] } as never;
}

const placeOf = ({ partition: index, offset }: PlacedEvent): string => `${index}@${offset}`;

describe("Scan with a filter", () => {
  test("a reason to stop that comes with the last record is told", async () => {
    const { rig, logs } = await openLogs(1);
    const events = [{ key: "a", value: "b", timestamp: 1 }];
    for (const log of logs) await fill(rig, log, [{ events }]);
    let isFull = false;
    const matches = (): boolean => {
      isFull = true;
      return false;
    };
    const stop = () => (isFull ? "keys" : null);
    const { end } = await runScan(rig.disk, logs.map(snapshot), { order: "newest", matches, stop });
    expect(end).toBe("keys");
  });

  test("one matcher for several partitions mixes up none of their batches", async () => {
    await fc.assert(
      fc.asyncProperty(
        question,
        fc.array(partition, { minLength: 2, maxLength: 4 }),
        fc.constantFrom("oldest" as const, "newest" as const),
        fc.constantFrom(0, 1024 * 1024),
        async ([asked, plain], partitions, order, memoryBytes) => {
          const { rig, logs } = await openLogs(partitions.length);
          for (const [index, log] of logs.entries()) await fill(rig, log, partitions[index] ?? []);
          const matcher = compileFilter(asked);
          const options = { order, matcher, memoryBytes, chunkBytes: 300 };
          const { events } = await runScan(rig.disk, logs.map(snapshot), options);
          const expected = partitions
            .flatMap((batches, index) => placed(index, batches))
            .filter((event) => isMatch(plain, asRecord(event)));
          expect(events.map(placeOf).toSorted()).toEqual(expected.map(placeOf).toSorted());
        },
      ),
      { numRuns: RUNS },
    );
  });
});
