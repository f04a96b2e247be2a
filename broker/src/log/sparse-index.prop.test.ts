import fc from "fast-check";
import { expect, test } from "vitest";
import { OFFSET_ENTRY_SIZE, OffsetIndex, TIME_ENTRY_SIZE, TimeIndex } from "./sparse-index.ts";

type Pair = readonly [number, number];

/** Pairs of which both parts grow. */
const growing = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 5000 })), {
    maxLength: 60,
  })
  .map((steps) => {
    let [first, second] = [-1, -1];
    return steps.map(([a, b]): Pair => {
      first += a;
      second += b;
      return [first, second];
    });
  });

function offsetIndexOf(pairs: readonly Pair[]): OffsetIndex {
  const index = new OffsetIndex();
  for (const [offset, position] of pairs) index.add(offset, position);
  return index;
}

const offsetEntries = (index: OffsetIndex): Pair[] =>
  Array.from({ length: index.count }, (_, i) => [index.relativeOffsetAt(i), index.positionAt(i)]);

test("OffsetIndex.find() is what a linear scan finds", () => {
  fc.assert(
    fc.property(growing, fc.integer({ min: -5, max: 3000 }), (pairs, wanted) => {
      const expected = pairs.findLastIndex(([offset]) => offset <= wanted);
      expect(offsetIndexOf(pairs).find(wanted)).toBe(expected);
    }),
  );
});

test("OffsetIndex.decode() gives back what encode() wrote, in one piece or in two", () => {
  fc.assert(
    fc.property(growing, fc.nat(60), (pairs, cut) => {
      const index = offsetIndexOf(pairs);
      const from = Math.min(cut, index.count);
      const bytes = index.encode(0);
      expect(bytes.slice(from * OFFSET_ENTRY_SIZE)).toEqual(index.encode(from));
      const decoded = OffsetIndex.decode(bytes, 2 ** 31);
      expect(decoded === null ? null : offsetEntries(decoded)).toEqual(pairs);
    }),
  );
});

test("OffsetIndex.decode() refuses torn, unordered and too large entries and never throws", () => {
  const good = offsetIndexOf([
    [3, 100],
    [7, 250],
  ]).encode(0);
  expect(OffsetIndex.decode(good, 251)).not.toBeNull();
  expect(OffsetIndex.decode(good, 250)).toBeNull();
  expect(OffsetIndex.decode(good.subarray(0, 15), 251)).toBeNull();
  expect(OffsetIndex.decode(new Uint8Array(16), 251)).toBeNull();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const index = OffsetIndex.decode(bytes, 1000);
      for (let i = 1; i < (index?.count ?? 0); i += 1) {
        expect(index?.positionAt(i)).toBeGreaterThan(index?.positionAt(i - 1) as number);
      }
    }),
  );
});

test("OffsetIndex.truncate() and remove() leave the other entries", () => {
  fc.assert(
    fc.property(growing, fc.nat(100_000), fc.nat(), (pairs, position, seed) => {
      const index = offsetIndexOf(pairs);
      index.truncate(position);
      const left = pairs.filter(([, at]) => at < position);
      expect(offsetEntries(index)).toEqual(left);
      fc.pre(left.length > 0);
      index.remove(seed % left.length);
      expect(offsetEntries(index)).toEqual(left.toSpliced(seed % left.length, 1));
      index.add(1_000_000, 1_000_000);
      expect(index.find(1_000_000)).toBe(left.length - 1);
    }),
  );
});

function timeIndexOf(pairs: readonly Pair[]): TimeIndex {
  const index = new TimeIndex();
  for (const [offset, timestamp] of pairs) index.add(timestamp, offset);
  return index;
}

const timeEntries = (index: TimeIndex): Pair[] =>
  Array.from({ length: index.count }, (_, i) => [index.relativeOffsetAt(i), index.timestampAt(i)]);

test("TimeIndex.findBefore() is what a linear scan finds", () => {
  fc.assert(
    fc.property(growing, fc.integer({ min: -5, max: 200_000 }), (pairs, wanted) => {
      const expected = pairs.findLastIndex(([, timestamp]) => timestamp < wanted);
      expect(timeIndexOf(pairs).findBefore(wanted)).toBe(expected);
    }),
  );
});

test("TimeIndex keeps only growing timestamps, and survives encode() and decode()", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2 ** 45), fc.nat(9)), { maxLength: 40 }), (adds) => {
      const index = new TimeIndex();
      const kept: Pair[] = [];
      for (const [i, [timestamp]] of adds.entries()) {
        index.add(timestamp, i);
        if (timestamp > (kept.at(-1)?.[1] ?? -1)) kept.push([i, timestamp]);
      }
      expect(timeEntries(index)).toEqual(kept);
      const bytes = index.encode(0);
      expect(bytes.length).toBe(kept.length * TIME_ENTRY_SIZE);
      const decoded = TimeIndex.decode(bytes);
      expect(decoded === null ? null : timeEntries(decoded)).toEqual(kept);
      fc.pre(bytes.length > 0);
      expect(TimeIndex.decode(bytes.subarray(1))).toBeNull();
    }),
  );
  expect(TimeIndex.decode(new Uint8Array(2 * TIME_ENTRY_SIZE))).toBeNull();
});

test("TimeIndex.truncate() and remove() leave the other entries", () => {
  fc.assert(
    fc.property(growing, fc.nat(3000), fc.nat(), (pairs, offset, seed) => {
      const index = timeIndexOf(pairs);
      index.truncate(offset);
      const left = pairs.filter(([at]) => at < offset);
      expect(timeEntries(index)).toEqual(left);
      fc.pre(left.length > 0);
      index.remove(seed % left.length);
      expect(timeEntries(index)).toEqual(left.toSpliced(seed % left.length, 1));
    }),
  );
});
