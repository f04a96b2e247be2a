import { describe, expect, it } from "vitest";
import { DURATIONS, describeAmount, fromAmount, SIZES, toAmount } from "./quantity.ts";

describe("toAmount()", () => {
  it.each([
    ["604800000", "7", "d"],
    ["90000", "90", "s"],
    ["1500", "1500", "ms"],
    ["-1", "-1", "ms"],
    ["0", "0", "ms"],
    ["", "", "ms"],
    ["many", "many", "ms"],
  ])("%s ms is %s %s", (text, count, unit) => {
    const amount = toAmount(text, DURATIONS);
    expect([amount.count, amount.unit.name]).toEqual([count, unit]);
  });
});

describe("fromAmount()", () => {
  it("gives back what was there, for every number", () => {
    for (const text of ["1073741824", "1", "9223372036854775807", "-1", "123456789"]) {
      expect(fromAmount(toAmount(text, SIZES))).toBe(text);
    }
  });

  it("takes fractions and leaves nonsense to the broker's words", () => {
    const hours = DURATIONS[3];
    if (hours === undefined) throw new Error("no hours");
    expect(fromAmount({ count: "1.5", unit: hours })).toBe("5400000");
    expect(fromAmount({ count: "soon", unit: hours })).toBe("soon");
    expect(fromAmount({ count: "-1", unit: hours })).toBe("-1");
  });
});

describe("describeAmount()", () => {
  it("knows what stands for no limit", () => {
    expect(describeAmount("-1", SIZES)).toBe("no limit");
    expect(describeAmount("1073741824", SIZES)).toBe("1 GiB");
  });
});
