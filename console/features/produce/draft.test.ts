import { describe, expect, it } from "vitest";
import {
  EMPTY_EVENT,
  filled,
  jsonProblem,
  problemsOf,
  toCommand,
  toHttp,
  toRecord,
  toRecords,
} from "./draft.ts";
import { parseDrafts } from "./saved-drafts.ts";

const draft = { ...EMPTY_EVENT, value: '{"id":9007199254740993}', key: "o-1" };

describe("problemsOf()", () => {
  it("finds nothing wrong with a whole event", () => {
    expect(problemsOf(draft).size).toBe(0);
  });

  it("says in which line JSON goes wrong", () => {
    expect(jsonProblem('{\n  "a": 1,\n  b: 2\n}')).toMatch(/^Line 3: /);
    expect(jsonProblem("")).toMatch(/empty/);
  });

  it.each([
    [{ valueForm: "base64", value: "?" }, "value"],
    [{ keyForm: "base64", key: "abc" }, "key"],
    [{ partition: "x" }, "partition"],
    [{ timestamp: "unclear" }, "timestamp"],
    [{ count: "0" }, "count"],
    [{ count: "1001" }, "count"],
    [{ rate: "0" }, "rate"],
    [{ rate: "101" }, "rate"],
    [{ value: '{"n":{{n}}}' }, "value"],
  ] as const)("%j", (change, field) => {
    expect(problemsOf({ ...draft, ...change }).has(field)).toBe(true);
  });
});

describe("toRecord()", () => {
  it("sends what was typed, digit for digit", () => {
    expect(toRecord(draft)).toEqual({
      key: { encoding: "utf8", data: "o-1" },
      value: { encoding: "utf8", data: '{"id":9007199254740993}' },
    });
  });

  it("tells a tombstone from an empty text, and no key from an empty one", () => {
    expect(toRecord({ ...draft, valueForm: "none", key: "" })).toEqual({
      key: null,
      value: null,
    });
    const empty = toRecord({ ...draft, valueForm: "text", value: "", keyForm: "empty" });
    expect(empty.value).toEqual({ encoding: "utf8", data: "" });
    expect(empty.key).toEqual({ encoding: "utf8", data: "" });
  });

  it("repeats an event as often as was said", () => {
    expect(toRecords({ ...draft, count: "3" })).toHaveLength(3);
  });
});

describe("placeholders", () => {
  const template = { ...draft, fills: true, key: "k-{{n}}", value: '{"n":{{n}},"id":"{{uuid}}"}' };

  it("are filled in anew for each event, and what is JSON then is JSON", () => {
    expect(problemsOf(template).size).toBe(0);
    const records = toRecords({ ...template, count: "3" });
    expect(records.map(({ key }) => key?.data)).toEqual(["k-1", "k-2", "k-3"]);
    expect(new Set(records.map(({ value }) => value?.data)).size).toBe(3);
    expect(JSON.parse(records[2]?.value?.data ?? "")).toMatchObject({ n: 3 });
    expect(toRecords({ ...template, count: "5" }, { first: 4, max: 10 })).toHaveLength(2);
  });

  it("stay as they are where nobody asked, or nobody knows them", () => {
    expect(toRecord(filled({ ...template, fills: false })).key?.data).toBe("k-{{n}}");
    expect(filled({ ...template, key: "{{x}}" }).key).toBe("{{x}}");
  });
});

describe("parseDrafts()", () => {
  it("reads what was kept, and nothing else", () => {
    const kept = [{ name: "one", draft: { ...EMPTY_EVENT, headers: [{ name: "a", value: "b" }] } }];
    expect(parseDrafts(JSON.parse(JSON.stringify(kept)))).toEqual(kept);
    expect(parseDrafts([{ name: "x", draft: { key: 1, valueForm: "?" } }, 7])).toEqual([
      { name: "x", draft: EMPTY_EVENT },
    ]);
    expect(parseDrafts(undefined)).toEqual([]);
  });
});

describe("echoes", () => {
  it("quote what a shell would take apart", () => {
    expect(toCommand("orders", draft, "127.0.0.1:9092")).toBe(
      `printf '%s\\n' '{"id":9007199254740993}' | npx runnel produce orders --key o-1`,
    );
    expect(toHttp("a b", draft, "127.0.0.1:9644")).toContain("/v1/topics/a%20b/events");
  });

  it("leave what is escaped in JSON to JSON, and make one line of several", () => {
    const value = '{\n  "a": "one\\ntwo"\r\n}';
    expect(toCommand("orders", { ...draft, key: "", value }, "127.0.0.1:9092")).toBe(
      `printf '%s\\n' '{ "a": "one\\ntwo" }' | npx runnel produce orders`,
    );
  });

  it("give no command for what the command cannot say", () => {
    expect(toCommand("orders", { ...draft, valueForm: "none" }, "x:1")).toBeNull();
  });
});
