import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type EventPlace,
  parseKey,
  parsePartitions,
  parsePlace,
  printKey,
  printPartitions,
  printPlace,
} from "./event-places.ts";

const place: fc.Arbitrary<EventPlace> = fc.oneof(
  fc.constantFrom({ kind: "earliest" } as const, { kind: "latest" } as const),
  fc.record({ kind: fc.constant("offset" as const), offset: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant("time" as const), timestamp: fc.nat({ max: 9e14 }) }),
  fc.record({ kind: fc.constant("group" as const), group: fc.string({ minLength: 1 }) }),
);

describe("places of events in URLs", () => {
  test("parsePlace(printPlace(x)) equals x, and any text is a place or none", () => {
    fc.assert(
      fc.property(place, (made) => {
        expect(parsePlace(printPlace(made))).toEqual(made);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = parsePlace(text);
        expect(found === null || parsePlace(printPlace(found)) !== null).toBe(true);
      }),
    );
  });

  test.each([
    ["time:2026-11-24T05:00:00Z", { kind: "time", timestamp: Date.UTC(2026, 10, 24, 5) }],
    ["time:2026-11-24T06:00+01:00", { kind: "time", timestamp: Date.UTC(2026, 10, 24, 5) }],
    ["time:2026-11-24", null],
    ["time:2026-13-24T05:00:00Z", null],
    ["time:-1", null],
    ["offset:9007199254740992", null],
    ["offset:1e3", null],
    ["offset:", null],
    ["group:", null],
    ["group:a:b", { kind: "group", group: "a:b" }],
    ["", null],
    ["Latest", null],
  ])("%s", (text, expected) => {
    expect(parsePlace(text)).toEqual(expected);
  });

  test("parsePartitions(printPartitions(x)) equals x", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 40 }), { minLength: 1 }), (partitions) => {
        const sorted = partitions.toSorted((a, b) => a - b);
        expect(parsePartitions(printPartitions(partitions))).toEqual(sorted);
      }),
    );
    expect(printPartitions([5, 0, 1, 2, 9])).toBe("0-2,5,9");
  });

  test.each(["", ",", "1,", "-1", "3-1", "a", "1-99999999", "0x1", "1 ,2", "1.5"])(
    "%j is no list of partitions",
    (text) => {
      expect(parsePartitions(text)).toBeNull();
    },
  );

  test("parseKey(printKey(x)) equals x", () => {
    const awkward = fc.constantFrom("b:", "t:", "b:AA", "t:t:", "", "\ufeffx", "ä");
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.oneof(awkward, fc.string()).map((text) => new TextEncoder().encode(text)),
    );
    fc.assert(
      fc.property(bytes, (key) => {
        expect(parseKey(printKey(key))).toEqual(key);
      }),
    );
  });

  test.each(["b:A", "b:=", "b:A+", "b:ä"])("%j is no key", (text) => {
    expect(parseKey(text)).toBeNull();
  });
});
