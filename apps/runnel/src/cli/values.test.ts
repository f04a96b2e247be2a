import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "./failure.ts";
import { parsePosition } from "./position.ts";
import {
  parseAddress,
  parseBootstrap,
  parseChoice,
  parseInteger,
  parsePair,
  parsePartitions,
} from "./values.ts";

describe("values of flags", () => {
  it("reads whole numbers within bounds", () => {
    expect(parseInteger("42", "--n")).toBe(42);
    expect(parseInteger("-1", "--n", { min: -1 })).toBe(-1);
    for (const text of ["", "1.5", "1e3", "0x10", "-1", " 1", "99999999999999999"]) {
      expect(() => parseInteger(text, "--n")).toThrow(UsageError);
    }
    expect(() => parseInteger("7", "--n", { min: 1, max: 5 })).toThrow(/from 1 to 5/);
  });

  it("reads addresses of both families", () => {
    expect(parseAddress("localhost:1", "--a")).toEqual({ host: "localhost", port: 1 });
    expect(parseAddress("[::1]:2", "--a")).toEqual({ host: "::1", port: 2 });
    expect(parseAddress("host", "--a", 9092)).toEqual({ host: "host", port: 9092 });
    for (const text of ["", "host", "host:", ":1", "host:65536", "a:b:1", "http://x:1", "::1:1"]) {
      expect(() => parseAddress(text, "--a")).toThrow(UsageError);
    }
  });

  it("reads several bootstrap addresses", () => {
    expect(parseBootstrap("a, b:1", "--bootstrap")).toEqual([
      { host: "a", port: 9092 },
      { host: "b", port: 1 },
    ]);
    expect(() => parseBootstrap("a,", "--bootstrap")).toThrow(UsageError);
  });

  it("reads lists of partitions, each once, in order", () => {
    expect(parsePartitions("5-7,0, 2,6", "--partition")).toEqual([0, 2, 5, 6, 7]);
    for (const text of ["", "a", "3-1", "1-", "-1", "0-999999", "1,,2"]) {
      expect(() => parsePartitions(text, "--partition")).toThrow(UsageError);
    }
  });

  it("splits pairs at the first equals sign, and knows its choices", () => {
    expect(parsePair("a=b=c", "--config")).toEqual(["a", "b=c"]);
    expect(parsePair("a=", "--config")).toEqual(["a", ""]);
    expect(() => parsePair("=b", "--config")).toThrow(UsageError);
    expect(parseChoice("x", "--c", ["x", "y"])).toBe("x");
    expect(parseChoice("stable", "--c", ["Stable"])).toBe("Stable");
    expect(() => parseChoice("z", "--c", ["x", "y"])).toThrow(/none of x, y/);
  });
});

describe("parsePosition()", () => {
  it.each([
    ["beginning", { kind: "beginning" }],
    ["end", { kind: "end" }],
    ["0", { kind: "offset", offset: 0 }],
    ["999999999999", { kind: "offset", offset: 999_999_999_999 }],
    ["-10", { kind: "before-end", count: 10 }],
    ["1777636800000", { kind: "time", atMs: 1_777_636_800_000 }],
    ["@5", { kind: "time", atMs: 5 }],
    ["2026-05-01", { kind: "time", atMs: Date.UTC(2026, 4, 1) }],
    ["2026-05-01T12:00", { kind: "time", atMs: Date.UTC(2026, 4, 1, 12) }],
    ["2026-05-01T12:00Z", { kind: "time", atMs: Date.UTC(2026, 4, 1, 12) }],
    ["2026-05-01 12:00:01.5+02:00", { kind: "time", atMs: Date.UTC(2026, 4, 1, 10, 0, 1, 500) }],
    ["2026-05-01T12:00:01,25-0530", { kind: "time", atMs: Date.UTC(2026, 4, 1, 17, 30, 1, 250) }],
  ])("reads %s", (text, position) => {
    expect(parsePosition(text, "--from")).toEqual(position);
  });

  it.each([
    "",
    "Beginning",
    "1.5",
    "--1",
    "2026-02-30",
    "2026-13-01",
    "2026-05-01T25:00",
    "2026-05-01T12:00+15:00",
    "1900-01-01",
    "yesterday",
    "@9999999999999999",
  ])("refuses %j and says what is allowed", (text) => {
    expect(() => parsePosition(text, "--from")).toThrow(UsageError);
    expect(() => parsePosition(text, "--from")).toThrow(/^--from: .*beginning, end/);
  });

  it("reads back every time as it is shown", () => {
    const dates = fc.date({
      min: new Date(0),
      max: new Date("9999-12-31T23:59:59.999Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, (date) => {
        expect(parsePosition(date.toISOString(), "--to")).toEqual({
          kind: "time",
          atMs: date.getTime(),
        });
      }),
    );
  });
});
