import { describe, expect, it } from "vitest";
import {
  EMPTY_EVENT,
  jsonProblem,
  problemsOf,
  toCommand,
  toHttp,
  toRecord,
  toRecords,
} from "./draft.ts";

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
    [{ count: "0" }, "count"],
    [{ count: "1001" }, "count"],
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

describe("echoes", () => {
  it("quote what a shell would take apart", () => {
    expect(toCommand("orders", draft, "127.0.0.1:9092")).toBe(
      `echo '{"id":9007199254740993}' | npx runnel produce orders --key o-1`,
    );
    expect(toHttp("a b", draft, "127.0.0.1:9644")).toContain("/v1/topics/a%20b/events");
  });

  it("give no command for what the command cannot say", () => {
    expect(toCommand("orders", { ...draft, valueForm: "none" }, "x:1")).toBeNull();
  });
});
