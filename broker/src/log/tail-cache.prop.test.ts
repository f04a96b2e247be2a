import { seededRandom } from "@runnel/kit/seeded-random.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { appendPart, type LogTail, TailCache } from "./tail-cache.ts";
import { concat } from "./testing.ts";

interface Entry {
  readonly log: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly bytes: Uint8Array;
}

/** The reference: one array of all batches, oldest first, and where each log goes on. */
class Model {
  entries: Entry[] = [];
  readonly next = [0, 0, 0];
  readonly bytesMax: number;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.entries.reduce((sum, one) => sum + one.bytes.length, 0);
  }

  add(entry: Entry): void {
    this.entries.push(entry);
    while (this.bytes > this.bytesMax) this.entries.shift();
  }

  read(log: number, offset: number, endOffset: number, bytesMax: number, atLeastOne: boolean) {
    const mine = this.entries.filter((one) => one.log === log);
    if (mine.length === 0 || offset < (mine[0] as Entry).baseOffset) return null;
    const parts: Uint8Array[] = [];
    let size = 0;
    for (const one of mine.filter((entry) => entry.lastOffset >= offset)) {
      if (one.lastOffset >= endOffset) break;
      if (size + one.bytes.length > bytesMax && !(atLeastOne && size === 0)) break;
      parts.push(one.bytes);
      size += one.bytes.length;
    }
    return concat(parts);
  }
}

const actions = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant("add"),
        log: fc.nat(2),
        a: fc.nat(4),
        b: fc.nat(400),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("big"),
        log: fc.nat(2),
        a: fc.nat(4),
        b: fc.nat(4000),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("clear"),
        log: fc.nat(2),
        a: fc.nat(4),
        b: fc.nat(40),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("read"),
        log: fc.nat(2),
        a: fc.nat(120),
        b: fc.nat(3000),
      }),
    },
  ),
  { maxLength: 120 },
);

test("reads, eviction and accounting are those of a plain array", () => {
  fc.assert(
    fc.property(actions, fc.constantFrom(0, 300, 3000, 40_000), fc.nat(), (all, bytesMax, seed) => {
      const random = seededRandom(seed);
      const cache = new TailCache(bytesMax, (length) => new Uint8Array(length).fill(0xee));
      const tails = [cache.tail(), cache.tail(), cache.tail()];
      const model = new Model(bytesMax);
      for (const { kind, log, a, b } of all) {
        const tail = tails[log] as LogTail;
        const baseOffset = model.next[log] as number;
        let [seen, expected]: (Uint8Array | null)[] = [null, null];
        if (kind === "clear") {
          tail.clear();
          model.entries = model.entries.filter((one) => one.log !== log);
        } else if (kind === "read") {
          const endOffset = Math.min(baseOffset, a + random.below(30));
          const found = tail.read(a, endOffset, b, a % 2 === 0);
          expected = model.read(log, a, endOffset, b, a % 2 === 0);
          seen = found === null ? null : concat(found.parts).subarray(0, found.size);
        } else {
          const bytes = random.bytes((kind === "big" ? 15_000 : 20) + b);
          const lastOffset = baseOffset + a;
          model.next[log] = lastOffset + 1;
          model.add({ log, baseOffset, lastOffset, bytes });
          seen = tail.add(bytes.slice(), baseOffset, lastOffset);
          expected = bytes;
        }
        expect(seen).toEqual(expected);
        expect(cache.bytes).toBe(model.bytes);
      }
    }),
    { numRuns: 300 },
  );
});

test("small batches that follow each other are one piece of memory", () => {
  const cache = new TailCache(1_000_000, (length) => new Uint8Array(length));
  const tail = cache.tail();
  for (let i = 0; i < 30; i += 1) tail.add(new Uint8Array(100).fill(i), i, i);
  const found = tail.read(0, 30, 1_000_000, true);
  expect(found?.size).toBe(3000);
  expect(found?.parts.length).toBe(1);
});

test("a small batch in a large piece of memory does not keep that alive", () => {
  const cache = new TailCache(1_000_000, (length) => new Uint8Array(length));
  const frame = new Uint8Array(1_000_000);
  const kept = cache.tail().add(frame.subarray(0, 20_000), 0, 0);
  expect(kept.buffer.byteLength).toBe(20_000);
});

test("logs that come and go leave nothing behind in the order of eviction", () => {
  const cache = new TailCache(1_000_000, (length) => new Uint8Array(length));
  for (let i = 0; i < 20_000; i += 1) {
    const tail = cache.tail();
    tail.add(new Uint8Array(10), 0, 0);
    tail.clear();
  }
  expect(cache.bytes).toBe(0);
  expect(cache.queuedCount).toBeLessThan(5000);
});

test("appendPart() joins neighbours in memory and nothing else", () => {
  const memory = new Uint8Array(30).map((_, i) => i);
  const parts: Uint8Array[] = [];
  appendPart(parts, memory.subarray(0, 10));
  appendPart(parts, memory.subarray(10, 15));
  appendPart(parts, memory.subarray(16, 20));
  appendPart(parts, new Uint8Array([9]));
  expect(parts.map((one) => one.length)).toEqual([15, 4, 1]);
  expect(concat(parts)).toEqual(new Uint8Array([...memory.subarray(0, 15), 16, 17, 18, 19, 9]));
});
