import type { Histogram } from "@runnel/contracts/events.ts";
import { describe, expect, it } from "vitest";
import { heightsOf, layerPath, layersOf, OWN_LAYERS_MAX } from "./histogram-layers.ts";
import { limitsOf, moveMarking, rangeOf, wheelFactor, zoomed } from "./histogram-range.ts";

describe("a marking", () => {
  it("moves by arrows, and grows with Shift, inside of the buckets", () => {
    const right = { key: "ArrowRight", shiftKey: false };
    expect(moveMarking(null, right, 10)).toEqual({ anchor: 0, cursor: 0 });
    const grown = moveMarking({ anchor: 3, cursor: 3 }, { ...right, shiftKey: true }, 10);
    expect(grown).toEqual({ anchor: 3, cursor: 4 });
    expect(moveMarking({ anchor: 9, cursor: 9 }, right, 10)).toEqual({ anchor: 9, cursor: 9 });
    expect(moveMarking(null, { key: "x", shiftKey: false }, 10)).toBeNull();
  });

  it("covers whole buckets, whichever way it was drawn", () => {
    const scale = { fromMs: 1_000, widthMs: 100 };
    expect(rangeOf({ anchor: 2, cursor: 4 }, scale)).toEqual({ from: 1_200, to: 1_500 });
    expect(rangeOf({ anchor: 4, cursor: 2 }, scale)).toEqual({ from: 1_200, to: 1_500 });
  });
});

describe("zoomed()", () => {
  const limits = { from: 0, to: 10_000 };

  it("keeps what is under the pointer where it is", () => {
    expect(zoomed({ from: 0, to: 1_000 }, 0.5, 500, limits)).toEqual({ from: 250, to: 750 });
    expect(zoomed({ from: 0, to: 1_000 }, 0.5, 200, limits)).toEqual({ from: 100, to: 600 });
  });

  it("goes neither beyond the limits nor to nothing", () => {
    expect(zoomed({ from: 1_000, to: 9_000 }, 2, 5_000, limits)).toEqual(limits);
    expect(zoomed({ from: 100, to: 220 }, 0.5, 100, limits)).toEqual({ from: 100, to: 220 });
  });

  it.each([
    [{ deltaY: 120, deltaMode: 0 }, 1.27],
    [{ deltaY: -120, deltaMode: 0 }, 0.79],
    [{ deltaY: 3, deltaMode: 1 }, 1.1],
    [{ deltaY: 100_000, deltaMode: 0 }, 2],
  ])("a turn of %j changes the span by %d", (turn, factor) => {
    expect(wheelFactor(turn)).toBeCloseTo(factor, 2);
  });
});

describe("limitsOf()", () => {
  const whole = { from: 1_000, to: 5_000 };

  it("grow with the time that passed since the whole was seen", () => {
    expect(limitsOf(whole, { from: 2_000, to: 3_000 }, 9_000)).toEqual({ from: 1_000, to: 9_000 });
    const behind = { from: 7_000, to: 8_000 };
    expect(zoomed(behind, 0.5, 7_500, limitsOf(whole, behind, 9_000))).toEqual({
      from: 7_250,
      to: 7_750,
    });
  });

  it("keep events of the time to come in sight", () => {
    expect(limitsOf(whole, whole, 3_000)).toEqual(whole);
    expect(limitsOf(null, { from: 7_000, to: 8_000 }, 3_000)).toEqual({ from: 0, to: 8_000 });
  });
});

describe("layersOf()", () => {
  const histogram = (counts: readonly (readonly number[])[] | null): Histogram =>
    ({
      fromMs: 0,
      widthMs: 1,
      buckets: [{ count: 6, isExact: true }],
      partitions:
        counts?.map((own, partition) => ({ partition: partition * 10, counts: [...own] })) ?? null,
    }) as unknown as Histogram;

  it("is one layer where there is one partition, or where they were not counted", () => {
    expect(layersOf(histogram(null))).toEqual([{ partition: null, counts: [6], size: 1 }]);
    expect(layersOf(histogram([[6]]))).toEqual([{ partition: 0, counts: [6], size: 1 }]);
  });

  it("has a layer for each of a few", () => {
    const layers = layersOf(histogram([[1], [2], [0], [2], [1]]));
    expect(layers.map(({ partition }) => partition)).toEqual([0, 10, 20, 30, 40]);
  });

  it("has layers for the largest of many, and one for all the others", () => {
    const layers = layersOf(histogram([[1], [9], [1], [8], [7], [1], [6], [2]]));
    expect(layers).toHaveLength(OWN_LAYERS_MAX + 1);
    expect(layers.map(({ partition }) => partition)).toEqual([10, 30, 40, 60, null]);
    expect(layers.at(-1)).toEqual({ partition: null, counts: [5], size: 4 });
  });

  it("draws them on top of each other, and whatever is there can be seen", () => {
    expect(heightsOf([1, 3], 8, 3)).toEqual([12.5, 37.5]);
    expect(heightsOf([1, 0], 1_000_000, 3)).toEqual([3, 0]);
    expect(heightsOf([0, 0], 8, 3)).toEqual([0, 0]);
    const layers = layersOf(histogram([[2], [4]]));
    const all = (): boolean => true;
    expect(layerPath(layers, 0, 6, 3, all)).toBe("M0.1 66.67h0.8v33.33h-0.8z");
    expect(layerPath(layers, 1, 6, 3, all)).toBe("M0.1 0.00h0.8v66.67h-0.8z");
    expect(layerPath(layers, 1, 6, 3, () => false)).toBe("");
  });
});
