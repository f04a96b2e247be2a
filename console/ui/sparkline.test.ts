import { describe, expect, it } from "vitest";
import { pathOf } from "./sparkline.tsx";

describe("pathOf()", () => {
  it("goes from left to right, the largest at the top", () => {
    expect(pathOf([0, 5, 10], 10)).toBe("M0.0 17.0L30.0 9.0L60.0 1.0");
  });

  it("leaves gaps where nothing is known", () => {
    expect(pathOf([1, null, 1, 1], 1)).toBe("M0.0 1.0M40.0 1.0L60.0 1.0");
    expect(pathOf([], 1)).toBe("");
  });
});
