import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Buckets, planBuckets } from "./buckets.ts";
import { HISTORY_SHAPE, layoutOf } from "./layout.ts";
import { percentilesOf } from "./track.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = 1_700_000_000_000;
const layout = layoutOf(HISTORY_SHAPE);

test("the file is at most 256 MB, for a day of fine and a month of coarse values", () => {
  expect(layout.totalBytes).toBeLessThanOrEqual(256_000_000);
  const spanMs = ({ blocks, slotsPerBlock, slotMs }: typeof layout.fine) =>
    blocks * slotsPerBlock * slotMs;
  expect(layout.fine.slotMs).toBe(10_000);
  expect(spanMs(layout.fine)).toBeGreaterThanOrEqual(DAY);
  expect(layout.coarse.slotMs).toBe(300_000);
  expect(spanMs(layout.coarse)).toBeGreaterThanOrEqual(30 * DAY);
});

describe("planBuckets()", () => {
  const plan = (from: number, to: number, points: number) =>
    planBuckets(layout, { from, to, points }, NOW);

  test("takes the fine ring for short steps it still has, else the coarse one", () => {
    expect(plan(NOW - HOUR, NOW, 600)).toMatchObject({ stepMs: 10_000 });
    expect(plan(NOW - HOUR, NOW, 60)).toMatchObject({ stepMs: 70_000 });
    expect(plan(NOW - DAY, NOW, 600)).toMatchObject({ stepMs: 150_000, ring: layout.fine });
    expect(plan(NOW - DAY, NOW, 200)).toMatchObject({ stepMs: 600_000, ring: layout.coarse });
    expect(plan(NOW - 30 * DAY, NOW, 600)).toMatchObject({ ring: layout.coarse });
    const zoomed = plan(NOW - 3 * DAY, NOW - 3 * DAY + HOUR, 600);
    expect(zoomed).toMatchObject({ stepMs: 300_000, ring: layout.coarse, count: 13 });
  });

  test("covers what was asked for, begins at a multiple of its step, keeps to the points", () => {
    const request = fc.record({
      from: fc.integer({ min: 0, max: NOW }),
      spanMs: fc.integer({ min: 1, max: 400 * DAY }),
      points: fc.integer({ min: 2, max: 600 }),
    });
    fc.assert(
      fc.property(request, ({ from, spanMs, points }) => {
        const made = plan(from, from + spanMs, points);
        expect(made.from % made.stepMs).toBe(0);
        expect(made.stepMs % made.ring.slotMs).toBe(0);
        expect(made.count).toBeLessThanOrEqual(points);
        expect(made.from).toBeLessThanOrEqual(from);
        expect(made.from + made.count * made.stepMs).toBeGreaterThanOrEqual(from + spanMs);
      }),
    );
  });
});

test("Buckets keeps extremes and the mean, and null where there was nothing", () => {
  const plan = planBuckets(layout, { from: NOW, to: NOW + 90_000, points: 4 }, NOW);
  expect(plan).toMatchObject({ stepMs: 30_000, count: 4 });
  const buckets = new Buckets(plan);
  const slot = plan.from / 10_000;
  const same = (value: number) => ({ min: value, mean: value, max: value });
  buckets.add(slot, same(1));
  buckets.add(slot + 2, same(4));
  buckets.add(slot + 9, { min: -1, mean: 0, max: 7 });
  buckets.add(slot - 1, same(100));
  buckets.add(slot + 12, same(100));
  expect(buckets.finish()).toEqual({
    min: [1, null, null, -1],
    mean: [2.5, null, null, 0],
    max: [4, null, null, 7],
  });
});

test("percentilesOf() goes evenly through a bucket, and stops at the last bound", () => {
  expect(percentilesOf([0, 10, 0, 0], [1, 2, 4])).toEqual([1.5, 1.99]);
  expect(percentilesOf([98, 0, 0, 2], [1, 2, 4])[1]).toBe(4);
  expect(percentilesOf([0, 0], [1])).toEqual([Number.NaN, Number.NaN]);
});
