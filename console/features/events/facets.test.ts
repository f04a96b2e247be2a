import type { DecodedPayload, DecodedRecord } from "@runnel/contracts/decoded.ts";
import { parseFilter } from "@runnel/contracts/filter-parser.ts";
import { describe, expect, it } from "vitest";
import { conditionFor, type Facet, facetsOf, VALUES_SHOWN, withCondition } from "./facets.ts";

const payload = (text: string | null): DecodedPayload =>
  ({
    text: text ?? "",
    sizeBytes: text === null ? null : text.length,
    isTruncated: false,
    isExact: true,
  }) as DecodedPayload;

const row = (value: string, key: string | null = null, trace?: string): DecodedRecord =>
  ({
    key: payload(key),
    value: payload(value),
    headers: trace === undefined ? [] : [{ name: "trace", value: payload(trace) }],
  }) as unknown as DecodedRecord;

const shown = (facet: Facet | undefined): readonly unknown[] =>
  facet?.values.map(({ text, count }) => [text, count]) ?? [];

describe("facetsOf()", () => {
  it("counts keys, headers and fields of JSON, the most frequent value first", () => {
    const facets = facetsOf([
      row('{"status":"new","id":9007199254740993}', "a", "t"),
      row('{"status":"paid","tags":["x","x"]}', "b"),
      row('{"status":"paid"}', "b"),
      row("no json"),
    ]);
    expect(facets.map(({ name, rowCount }) => [name, rowCount])).toEqual([
      ["key", 3],
      ["header.trace", 1],
      ["value.status", 3],
      ["value.id", 1],
      ["value.tags[*]", 1],
    ]);
    expect(shown(facets[0])).toEqual([
      ["b", 2],
      ["a", 1],
    ]);
    expect(shown(facets[2])).toEqual([
      ["paid", 2],
      ["new", 1],
    ]);
    expect(shown(facets[3])).toEqual([["9007199254740993", 1]]);
  });

  it("shows a few of many values, and says how many more there are", () => {
    const rows = (count: number): DecodedRecord[] =>
      Array.from({ length: count }, (_, id) => row(JSON.stringify({ id })));
    const [few] = facetsOf(rows(20));
    expect([few?.values.length, few?.moreCount]).toEqual([VALUES_SHOWN, 20 - VALUES_SHOWN]);
    expect(facetsOf(rows(400))[0]?.moreCount).toBeNull();
  });

  it("makes conditions that the filter reads back", () => {
    const [facet] = facetsOf([row('{"a b":1.10}')]);
    const value = facet?.values[0];
    if (facet === undefined || value === undefined) throw new Error("there is no facet");
    const filter = withCondition('key="x" ', conditionFor(facet, value, "notEquals"));
    expect(filter).toBe('key="x" value."a b"!=1.10');
    expect(parseFilter(filter).kind).toBe("filter");
  });
});
