import { awkwardText, numberText, plainCondition } from "@runnel/contracts/filter-arbitrary.ts";
import type { NewRecord } from "@runnel/protocol/records/build.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecordCursor } from "../record.ts";
import { copyRecord, openBatch } from "../testing-records.ts";
import { boundsOf } from "./bounds.ts";
import { compileFilter } from "./compile.ts";
import { isMatch, Unknown } from "./filter-oracle.ts";
import { jsonLikeBytes } from "./json-arbitrary.ts";

const encoder = new TextEncoder();
const bytes = fc.oneof(
  fc.constant(null),
  { arbitrary: jsonLikeBytes, weight: 3 },
  awkwardText.map((text) => encoder.encode(text)),
  numberText.map((text) => encoder.encode(text)),
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.integer({ min: -1, max: 40 }).map((value) => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, value)),
);
const records: fc.Arbitrary<NewRecord[]> = fc.array(
  fc.record({
    key: bytes,
    value: bytes,
    timestamp: fc.integer({ min: 0, max: 2_000_000_000_000 }),
    headers: fc.array(fc.record({ key: awkwardText, value: bytes }), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 5 },
);

function open(cursor: RecordCursor, made: readonly NewRecord[], partition: number): void {
  const batch = { records: made, baseOffset: 15, producerId: 17n, producerEpoch: 0 };
  openBatch(cursor, batch, { partition });
}

const hexOf = (part: Uint8Array | null): string | null =>
  part === null ? null : Buffer.from(part).toString("hex");

/** What the plain way says; null where it cannot tell. */
function plainly(condition: Parameters<typeof isMatch>[0], cursor: RecordCursor): boolean | null {
  try {
    return isMatch(condition, copyRecord(cursor));
  } catch (error) {
    if (error instanceof Unknown) return null;
    throw error;
  }
}

describe("compileFilter()", () => {
  it("matches what the condition means, in batch after batch", () => {
    let matches = 0;
    fc.assert(
      fc.property(plainCondition, fc.array(records, { maxLength: 3 }), (condition, batches) => {
        const matcher = compileFilter(condition);
        const cursor = new RecordCursor();
        for (const batch of batches) {
          open(cursor, batch, 3);
          while (cursor.next()) {
            const expected = plainly(condition, cursor);
            const found = matcher.matches(cursor);
            if (found) matches += 1;
            expect(found).toBe(expected ?? found);
          }
        }
        expect(matcher.errorCount).toBe(0);
      }),
      { numRuns: 2_000 },
    );
    expect(matches).toBeGreaterThan(0);
  });

  it("matches only what is within the bounds", () => {
    fc.assert(
      fc.property(plainCondition, records, fc.nat({ max: 17 }), (condition, batch, partition) => {
        const matcher = compileFilter(condition);
        const bounds = boundsOf(condition);
        const cursor = new RecordCursor();
        open(cursor, batch, partition);
        while (cursor.next()) {
          if (!matcher.matches(cursor)) continue;
          const { key, offset, timestamp } = cursor;
          expect(bounds.partitions ?? [partition]).toContain(partition);
          // As text: of different classes, equal bytes are not the same for `toContainEqual`.
          const keys = (bounds.keys ?? [key]).map(hexOf);
          expect(keys).toContain(hexOf(key));
          expect(offset).toBeGreaterThanOrEqual(bounds.offsetMin);
          expect(offset).toBeLessThanOrEqual(bounds.offsetMax);
          expect(timestamp).toBeGreaterThanOrEqual(bounds.timestampMin);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("bounds nothing by a fraction that a double rounds", () => {
    const field = { kind: "offset" } as const;
    const operand = { kind: "number", number: "0.99999999999999999999" } as const;
    const bounds = boundsOf({ kind: "compare", field, operator: "greater", operand });
    expect(bounds.offsetMin).toBeLessThanOrEqual(1);
  });
});
