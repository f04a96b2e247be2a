import { describe, expect, it } from "vitest";
import { seededRandom } from "./seeded-random.ts";

const draw = (seed: number, bound: number, count: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.below(bound));
};

describe("seededRandom()", () => {
  it("gives the same sequence for the same seed, on every runtime and for good", () => {
    expect(draw(7, 1000, 20)).toEqual(draw(7, 1000, 20));
    expect(draw(7, 1000, 20)).not.toEqual(draw(8, 1000, 20));
    expect(draw(2 ** 40, 1000, 20)).not.toEqual(draw(0, 1000, 20));
    expect(draw(1, 1000, 8)).toEqual([682, 816, 276, 538, 717, 961, 722, 445]);
    expect(Buffer.from(seededRandom(1).bytes(8)).toString("hex")).toBe("7f2cdd91d3e84df3");
  });

  it("below() covers its range evenly and never reaches the bound", () => {
    const counts = Array.from({ length: 10 }, () => 0);
    for (const value of draw(3, 10, 20_000)) counts[value] = (counts[value] as number) + 1;
    expect(counts).toHaveLength(10);
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(250);
    expect(draw(3, 1, 50)).toEqual(Array.from({ length: 50 }, () => 0));
    for (const value of draw(3, 2 ** 53, 50)) {
      expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
    }
  });

  it("bytes() gives as many as asked for", () => {
    const bytes = seededRandom(5).bytes(4096);
    expect(bytes).toHaveLength(4096);
    expect(new Set(bytes).size).toBe(256);
    expect(seededRandom(5).bytes(0)).toHaveLength(0);
  });
});
