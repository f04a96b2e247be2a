import { describe, expect, it } from "vitest";
import { toRanges } from "./member-table.tsx";
import { type ResetState, toResetRequest } from "./reset-state.ts";

const NOTHING: ResetState = {
  kind: "timestamp",
  at: null,
  by: null,
  offset: null,
  topic: null,
  partitions: null,
};

describe("toResetRequest()", () => {
  it("asks for nothing while something is missing", () => {
    expect(toResetRequest(NOTHING)).toBeNull();
    expect(toResetRequest({ ...NOTHING, kind: "shift", by: 0 })).toBeNull();
    expect(toResetRequest({ ...NOTHING, kind: "offset" })).toBeNull();
  });

  it("takes everything that was committed where no topic is named", () => {
    expect(toResetRequest({ ...NOTHING, kind: "beginning" })).toEqual({
      to: { kind: "beginning" },
    });
  });

  it("narrows to a topic and its partitions", () => {
    const state = { ...NOTHING, kind: "shift", by: 1, topic: "orders" } as const;
    expect(toResetRequest(state)?.scope).toEqual([{ topic: "orders" }]);
    expect(toResetRequest({ ...state, partitions: [] })?.scope).toEqual([{ topic: "orders" }]);
    expect(toResetRequest({ ...state, partitions: [2] })).toEqual({
      to: { kind: "shift", by: 1 },
      scope: [{ topic: "orders", partitions: [2] }],
    });
  });
});

describe("toRanges()", () => {
  it.each([
    [[], ""],
    [[3], "3"],
    [[7, 0, 1, 2, 3], "0–3, 7"],
  ])("%j is %j", (numbers, text) => expect(toRanges(numbers)).toBe(text));
});
