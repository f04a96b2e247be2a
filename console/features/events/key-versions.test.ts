import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { describe, expect, it } from "vitest";
import { parseIgnored } from "./ignored-paths.ts";
import { numberFields, numberPoints, POINTS_MAX, stripMarks } from "./key-versions.ts";
import { versionAt } from "./keys-state.ts";

const version = (offset: number, text: string | null, at: number | null = offset): DecodedRecord =>
  ({
    partition: 0,
    offset,
    timestamp: at,
    value: { text: text ?? "", sizeBytes: text?.length ?? null, isTruncated: false },
  }) as DecodedRecord;

/** The newest first, as a search brings them. */
const versions = (...texts: readonly (string | null)[]): readonly DecodedRecord[] =>
  texts.map((text, index) => version(index, text)).toReversed();

describe("numberFields()", () => {
  it("names what holds numbers, also 64-bit ones that are written as text", () => {
    const rows = versions('{"a":1,"b":"x","c":{"d":["9007199254740993"]}}', null, "no json");
    expect(numberFields(rows)).toEqual(["value.a", "value.c.d[0]"]);
    expect(numberFields(versions("12"))).toEqual(["value"]);
  });
});

describe("numberPoints()", () => {
  it("keeps every digit, and tells a deletion from a version without the number", () => {
    const rows = versions('{"n":9007199254740993}', '{"n":"1.10"}', null, '{"n":true}');
    expect(numberPoints(rows, ["n"]).map(({ text, value }) => [text, value])).toEqual([
      ["9007199254740993", 9_007_199_254_740_992],
      ["1.10", 1.1],
      ["deleted", null],
      ["no number", null],
    ]);
  });

  it("thins many out, and keeps what sticks out", () => {
    const texts = Array.from({ length: 10_000 }, (_, index) => (index === 4_321 ? "999" : "1"));
    const points = numberPoints(versions(...texts), []);
    expect(points.length).toBeLessThanOrEqual(POINTS_MAX);
    expect(points.some(({ text }) => text === "999")).toBe(true);
    expect(points.map(({ at }) => at)).toEqual(
      points.map(({ at }) => at).toSorted((a, b) => a - b),
    );
    expect([points[0]?.at, points.at(-1)?.at]).toEqual([0, 9_999]);
  });
});

describe("stripMarks()", () => {
  it("counts every version once, however many lie on each other", () => {
    const rows = versions(
      ...Array.from({ length: 10_000 }, (_, at) => (at % 10 === 0 ? null : "1")),
    );
    const marks = stripMarks(rows, 200);
    expect(marks.length).toBe(200);
    expect(marks.reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
    expect(marks.reduce((sum, { deletedCount }) => sum + deletedCount, 0)).toBe(1_000);
    expect(marks[0]).toMatchObject({ index: 0 });
  });

  it("goes by the order where all are of one moment", () => {
    const rows = [version(1, "b", 5), version(0, "a", 5)];
    expect(stripMarks(rows, 10).map(({ start, index }) => [start, index])).toEqual([
      [0.9, 0],
      [0, 1],
    ]);
  });
});

describe("versionAt()", () => {
  it("is the newest that is not later", () => {
    const rows = versions("a", "b", "c");
    expect(versionAt(rows, 1)?.offset).toBe(1);
    expect(versionAt(rows, -1)).toBeNull();
  });
});

describe("parseIgnored()", () => {
  it("reads paths as the filter writes them, and says which is none", () => {
    expect(parseIgnored('updatedAt, value.items[*].etag\n"a b"')).toEqual({
      paths: [["updatedAt"], ["items", null, "etag"], ["a b"]],
      wrong: null,
    });
    expect(parseIgnored("a..b, c")).toEqual({ paths: [["c"]], wrong: "a..b" });
    expect(parseIgnored(" ")).toEqual({ paths: [], wrong: null });
  });
});
