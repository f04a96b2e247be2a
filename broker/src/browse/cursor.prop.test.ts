import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Cursor, decodeCursor, digestOf, encodeCursor } from "./cursor.ts";

const cursor: fc.Arbitrary<Cursor> = fc
  .record({
    order: fc.constantFrom("newest" as const, "oldest" as const),
    query: fc.nat({ max: 0xffff_ffff }),
    hasEnds: fc.boolean(),
    positions: fc
      .uniqueArray(
        fc.tuple(fc.nat({ max: 10_000 }), fc.oneof(fc.nat(), fc.nat({ max: 2 ** 50 }))),
        {
          selector: ([partition]) => partition,
          maxLength: 50,
        },
      )
      .map((entries) => new Map(entries)),
  })
  .map(({ hasEnds, positions, ...rest }) => {
    const ends = new Map([...positions].map(([partition, position]) => [partition, position + 7]));
    return { ...rest, positions, ends: hasEnds ? ends : null };
  });

describe("cursor", () => {
  test("decode(encode(x)) equals x", () => {
    fc.assert(
      fc.property(cursor, (made) => {
        expect(decodeCursor(encodeCursor(made) ?? "")).toEqual(made);
      }),
    );
  });

  test("any other text is none", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        expect(decodeCursor(text)).toBeNull();
      }),
    );
  });

  test("a changed character makes it none", () => {
    fc.assert(
      fc.property(cursor, fc.nat(), fc.constantFrom("A", "b", "-", "_", "9"), (made, at, other) => {
        const text = encodeCursor(made) ?? "";
        const index = at % text.length;
        const changed = text.slice(0, index) + other + text.slice(index + 1);
        fc.pre(changed !== text);
        expect(decodeCursor(changed)).toBeNull();
      }),
    );
  });

  test("more positions than a URL has room for make none", () => {
    const positions = new Map(Array.from({ length: 3_000 }, (_, index) => [index, 2 ** 45]));
    expect(encodeCursor({ order: "newest", query: 1, positions, ends: null })).toBeNull();
    const fewer = new Map([...positions].slice(0, 1_000));
    const text = encodeCursor({ order: "newest", query: 1, positions: fewer, ends: null });
    expect(decodeCursor(text ?? "")?.positions.size).toBe(1_000);
  });

  test("the digest tells queries apart", () => {
    expect(digestOf("a")).not.toBe(digestOf("b"));
    expect(digestOf("a")).toBe(digestOf("a"));
  });
});
