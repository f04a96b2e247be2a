import { expect, test } from "vitest";
import { cleanableRange, dirtyRatio, type LogFacts } from "./cleanable.ts";

const FACTS: LogFacts = {
  segments: [0, 10, 20, 30, 40].map((baseOffset) => ({
    baseOffset,
    size: 100,
    newestAt: 1000,
    abortedCount: 0,
  })),
  logStartOffset: 0,
  nextOffset: 50,
  stableOffset: 50,
  cleanedTo: null,
  minCompactionLagMs: 0,
  nowMs: 10_000,
};

test("all closed segments can be compacted, the active one never", () => {
  expect(cleanableRange(FACTS)).toEqual({
    dirtyOffset: 0,
    endOffset: 40,
    segmentCount: 4,
    firstDirty: 0,
    cleanBytes: 0,
    cleanableBytes: 400,
  });
  const one = { ...FACTS, segments: FACTS.segments.slice(4) };
  expect(cleanableRange(one)).toMatchObject({ segmentCount: 0, cleanableBytes: 0 });
  expect(dirtyRatio(cleanableRange(one))).toBe(0);
});

test("the last stable offset ends it at a segment", () => {
  expect(cleanableRange({ ...FACTS, stableOffset: 29 })).toMatchObject({ endOffset: 20 });
  expect(cleanableRange({ ...FACTS, stableOffset: 30 })).toMatchObject({ endOffset: 30 });
  expect(cleanableRange({ ...FACTS, stableOffset: 3 })).toMatchObject({ segmentCount: 0 });
});

test("what was compacted before counts as clean; a segment that was in part, as dirty", () => {
  const range = cleanableRange({ ...FACTS, cleanedTo: 25 });
  expect(range).toMatchObject({ dirtyOffset: 25, firstDirty: 2, cleanBytes: 200 });
  expect(dirtyRatio(range)).toBe(0.5);
  expect(dirtyRatio(cleanableRange({ ...FACTS, cleanedTo: 40 }))).toBe(0);
});

test("a checkpoint that cannot be of this log is not believed", () => {
  expect(cleanableRange({ ...FACTS, cleanedTo: 51 }).dirtyOffset).toBe(0);
  expect(cleanableRange({ ...FACTS, cleanedTo: 5, logStartOffset: 12 }).dirtyOffset).toBe(12);
});

test("records younger than min.compaction.lag.ms keep their segment and all behind it", () => {
  const segments = FACTS.segments.map((one, at) => ({ ...one, newestAt: at === 2 ? 9_500 : 1 }));
  const young = { ...FACTS, segments, minCompactionLagMs: 1000 };
  expect(cleanableRange(young)).toMatchObject({ endOffset: 20, cleanableBytes: 200 });
  // What was compacted already is not looked at again.
  expect(cleanableRange({ ...young, cleanedTo: 30 })).toMatchObject({ endOffset: 40 });
});

test("one pass knows of so many aborted transactions, and takes one segment in any case", () => {
  const segments = FACTS.segments.map((one) => ({ ...one, abortedCount: 400_000 }));
  expect(cleanableRange({ ...FACTS, segments })).toMatchObject({ endOffset: 10 });
});
