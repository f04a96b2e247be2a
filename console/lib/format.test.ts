import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatCompact,
  formatCount,
  formatIso,
  formatLag,
  formatNumberOf,
  formatRelative,
  formatRetention,
  formatSpan,
  formatTime,
} from "./format.ts";

describe("formatCount()", () => {
  it("separates thousands and knows that nothing is known", () => {
    expect(formatCount(1_204_331)).toBe("1,204,331");
    expect(formatCount(-2_400)).toBe("−2,400");
    expect(formatCount(null)).toBe("–");
  });
});

describe("formatNumberOf()", () => {
  it("knows one from many", () => {
    expect(formatNumberOf(1, "group")).toBe("1 group");
    expect(formatNumberOf(0, "group")).toBe("0 groups");
    expect(formatNumberOf(1_204, "topic")).toBe("1,204 topics");
  });
});

describe("formatLag()", () => {
  it("is a span, where it is known", () => {
    expect(formatLag({ seconds: 65 })).toBe("1 min 5 s");
    expect(formatLag({ seconds: null })).toBe("–");
    expect(formatLag(null)).toBe("–");
  });
});

describe("formatCompact()", () => {
  it.each([
    [0, "0"],
    [12.345, "12.3"],
    [999.4, "999"],
    [9_999, "9,999"],
    [12_300, "12.3K"],
    [4_560_000, "4.6M"],
  ])("%d is %s", (value, text) => expect(formatCompact(value)).toBe(text));
});

describe("formatBytes()", () => {
  it.each([
    [0, "0 B"],
    [1_023, "1023 B"],
    [1_024, "1.00 KiB"],
    [15_360, "15.0 KiB"],
    [1_073_741_824, "1.00 GiB"],
    [-2_048, "−2.00 KiB"],
  ])("%d is %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe("formatSpan() and formatRelative()", () => {
  it.each([
    [12, "12 ms"],
    [4_200, "4.2 s"],
    [65_000, "1 min 5 s"],
    [3_600_000, "1 h"],
    [183_600_000, "2 d 3 h"],
  ])("%d ms is %s", (ms, text) => expect(formatSpan(ms)).toBe(text));

  it("says on which side of now a time is", () => {
    expect(formatRelative(1_000, 13_500)).toBe("12 s ago");
    expect(formatRelative(200_000, 13_000)).toBe("in 3 min");
    expect(formatRelative(13_100, 13_000)).toBe("now");
  });
});

describe("formatIso()", () => {
  it("writes any time that a record may have", () => {
    expect(formatIso(1_700_000_000_123)).toBe("2023-11-14T22:13:20.123Z");
    expect(formatIso(9e15)).toBe("9000000000000000");
  });
});

describe("formatTime()", () => {
  it("is in ISO order with ms, in the zone", () => {
    expect(formatTime(1_700_000_000_123, "UTC")).toBe("2023-11-14 22:13:20.123");
    expect(formatTime(1_700_000_000_123, "Asia/Tokyo")).toBe("2023-11-15 07:13:20.123");
  });

  it("shows what is no time as the number that it is", () => {
    expect(formatTime(2 ** 53, "UTC")).toBe("9007199254740992");
  });
});

describe("formatRetention()", () => {
  it("knows the ways to say for ever", () => {
    expect(formatRetention("-1")).toBe("for ever");
    expect(formatRetention("9223372036854775807")).toBe("for ever");
    expect(formatRetention("604800000")).toBe("7 d");
  });
});
