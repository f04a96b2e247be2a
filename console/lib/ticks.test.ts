import { describe, expect, it } from "vitest";
import { formatTime } from "./format.ts";
import { timeTicks, valueTicks } from "./ticks.ts";

const KIB = 1_024;

describe("valueTicks()", () => {
  it.each([
    [0, "1/s", [0, 1]],
    [0.9, "1/s", [0, 0.5, 1]],
    [2_370, "1/s", [0, 1_000, 2_000, 3_000]],
    [3, "count", [0, 1, 2, 3]],
    [0.4, "count", [0, 1]],
    [1_500 * KIB, "bytes/s", [0, 512 * KIB, 1_024 * KIB, 1_536 * KIB]],
    [158, "seconds", [0, 60, 120, 180]],
    [0.048, "seconds", [0, 0.02, 0.04, 0.06]],
    [400_000, "seconds", [0, 172_800, 345_600, 518_400]],
  ] as const)("up to %d %s", (max, unit, ticks) => expect(valueTicks(max, unit)).toEqual(ticks));

  it("never has more than a few, and always reaches the value", () => {
    for (const unit of ["bytes", "seconds", "count", "1/s"] as const) {
      for (let max = 0.001; max < 1e15; max *= 3.7) {
        const ticks = valueTicks(max, unit);
        expect(ticks.length).toBeLessThanOrEqual(6);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(max * (1 - 1e-9));
      }
    }
  });
});

describe("timeTicks()", () => {
  const at = (text: string): number => Date.parse(text);

  it("are at whole parts of an hour", () => {
    const ticks = timeTicks(at("2026-11-24T08:05:20Z"), at("2026-11-24T09:05:20Z"), "UTC");
    expect(ticks.map((tick) => new Date(tick).toISOString().slice(11, 16))).toEqual([
      "08:10",
      "08:20",
      "08:30",
      "08:40",
      "08:50",
      "09:00",
    ]);
  });

  it("are at midnight of the zone where they are days", () => {
    const ticks = timeTicks(at("2026-11-17T09:00:00Z"), at("2026-11-24T09:00:00Z"), "Asia/Kolkata");
    expect(ticks.map((tick) => new Date(tick).toISOString())).toEqual([
      "2026-11-18T18:30:00.000Z",
      "2026-11-20T18:30:00.000Z",
      "2026-11-22T18:30:00.000Z",
    ]);
  });

  it("stay at midnight when the clocks are changed", () => {
    const ticks = timeTicks(
      at("2026-10-22T09:00:00Z"),
      at("2026-10-29T09:00:00Z"),
      "Europe/Berlin",
    );
    expect(ticks.map((tick) => formatTime(tick, "Europe/Berlin").slice(0, 16))).toEqual([
      "2026-10-24 00:00",
      "2026-10-26 00:00",
      "2026-10-28 00:00",
    ]);
  });

  it("are there in the hour that comes twice, and never twice themselves", () => {
    const ticks = timeTicks(
      at("2026-10-25T00:30:00Z"),
      at("2026-10-25T01:30:00Z"),
      "Europe/Berlin",
    );
    expect(ticks).toHaveLength(7);
    const day = timeTicks(at("2026-03-28T22:30:00Z"), at("2026-03-29T10:30:00Z"), "Europe/Berlin");
    expect(day.map((tick) => formatTime(tick, "Europe/Berlin").slice(11, 16))).toEqual([
      "00:00",
      "03:00",
      "04:00",
      "06:00",
      "08:00",
      "10:00",
      "12:00",
    ]);
  });
});
