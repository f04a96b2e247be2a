import { describe, expect, it } from "vitest";
import { formatTime } from "./format.ts";
import { parseTime } from "./time-text.ts";

const NOW = 1_700_000_000_000;

describe("parseTime()", () => {
  it.each([
    ["now", NOW],
    ["15m", NOW - 900_000],
    ["15 min ago", NOW - 900_000],
    ["-2h", NOW - 7_200_000],
    ["1700000000123", 1_700_000_000_123],
    ["2023-11-14T22:13:20Z", NOW],
    ["2023-11-14 22:13:20.5Z", NOW + 500],
    ["2023-11-15T07:13:20+09:00", NOW],
  ])("%s", (text, at) => expect(parseTime(text, "UTC", NOW)).toBe(at));

  it("reads a time without a zone in the zone that was chosen", () => {
    expect(parseTime("2023-11-14 22:13", "UTC", NOW)).toBe(NOW - 20_000);
    expect(parseTime("2023-11-15 07:13:20", "Asia/Tokyo", NOW)).toBe(NOW);
    expect(parseTime("2026-07-01", "Europe/Zurich", NOW)).toBe(Date.UTC(2026, 5, 30, 22));
  });

  it("reads what is shown, in every zone and season", () => {
    for (const zone of ["UTC", "Europe/Zurich", "America/New_York", "Asia/Kolkata"]) {
      for (let at = NOW; at < NOW + 366 * 86_400_000; at += 13 * 86_400_000 + 12_345) {
        expect(parseTime(formatTime(at, zone), zone, NOW)).toBe(at);
      }
    }
  });

  it.each([
    ["2026-03-08 01:59", "America/New_York", "2026-03-08T06:59:00Z"],
    ["2026-03-08 02:30", "America/New_York", "2026-03-08T07:30:00Z"],
    ["2026-03-08 03:00", "America/New_York", "2026-03-08T07:00:00Z"],
    ["2026-11-01 01:30", "America/New_York", "2026-11-01T05:30:00Z"],
    ["2026-11-01 02:00", "America/New_York", "2026-11-01T07:00:00Z"],
    ["2026-03-29 02:30", "Europe/Berlin", "2026-03-29T01:30:00Z"],
    ["2026-10-25 02:30", "Europe/Berlin", "2026-10-25T00:30:00Z"],
    ["2026-10-04 02:15", "Australia/Lord_Howe", "2026-10-03T15:45:00Z"],
  ])("takes %s in %s as a calendar does where clocks change", (text, zone, instant) => {
    expect(parseTime(text, zone, NOW)).toBe(Date.parse(instant));
  });

  it.each(["", "soon", "2023-02-30", "2023-01-01 25:00", "12", "1e9"])("refuses %j", (text) =>
    expect(parseTime(text, "UTC", NOW)).toBeNull(),
  );
});
