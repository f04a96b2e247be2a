import { expect, test } from "vitest";
import type { LogConfig } from "./ports.ts";
import { mustRoll } from "./roll-rule.ts";
import { Segment } from "./segment.ts";
import { CONFIG } from "./testing.ts";

const SEGMENT_MS = 10_000;

/** The age of its records from which a segment is over. */
function lifeOf(segment: Segment, config: Partial<LogConfig>): number {
  const { baseOffset } = segment;
  let alive = 0;
  for (let over = SEGMENT_MS + 1; over - alive > 1; ) {
    const age = Math.floor((alive + over) / 2);
    const next = { size: 100, lastOffset: baseOffset + 1, maxTimestamp: 5_000 + age };
    const whole = { ...CONFIG, segmentMs: SEGMENT_MS, ...config };
    if (mustRoll(segment, whole, next, { nowMs: () => 0 })) over = age;
    else alive = age;
  }
  return alive;
}

function segmentAt(baseOffset: number): Segment {
  const segment = new Segment("/data/topic-0", baseOffset, 0);
  const place = { lastOffset: baseOffset, position: 0, size: 100, maxTimestamp: 5_000 };
  segment.book(place, 4096);
  return segment;
}

test("segment.jitter.ms takes a part of its own off the life of every segment", () => {
  const segments = Array.from({ length: 200 }, (_, index) => segmentAt(100 * index));
  const lives = segments.map((one) => lifeOf(one, { segmentJitterMs: 4_000 }));
  expect(Math.min(...lives)).toBeGreaterThanOrEqual(SEGMENT_MS - 4_000);
  expect(Math.max(...lives)).toBeLessThanOrEqual(SEGMENT_MS);
  const mean = lives.reduce((sum, one) => sum + one, 0) / lives.length;
  expect(Math.abs(mean - (SEGMENT_MS - 2_000))).toBeLessThan(500);
  expect(segments.map((one) => lifeOf(one, { segmentJitterMs: 4_000 }))).toEqual(lives);
  expect(segments.every((one) => lifeOf(one, {}) === SEGMENT_MS)).toBe(true);
});

test("a jitter beyond segment.ms is as much as segment.ms", () => {
  const segments = Array.from({ length: 50 }, (_, index) => segmentAt(index));
  const lives = segments.map((one) => lifeOf(one, { segmentJitterMs: Number.MAX_SAFE_INTEGER }));
  expect(Math.min(...lives)).toBeGreaterThanOrEqual(0);
  expect(new Set(lives).size).toBeGreaterThan(40);
});
