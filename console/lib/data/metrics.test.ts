import { describe, expect, it } from "vitest";
import { batchesOf } from "./metrics.ts";

describe("batchesOf()", () => {
  it("fills requests with as many series as they may name", () => {
    const names = Array.from({ length: 250 }, (_, index) => `t-${index}`);
    const batches = batchesOf(names);
    expect(batches.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(batches.flat()).toEqual(names);
  });

  it("and no more of long names than an address can hold, but always one", () => {
    const long = "ü".repeat(249);
    const batches = batchesOf([long, long, long, long, long, "x".repeat(10_000)]);
    expect(batches.map(({ length }) => length)).toEqual([4, 1, 1]);
    expect(batchesOf([])).toEqual([]);
  });
});
