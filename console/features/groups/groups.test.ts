import { describe, expect, it } from "vitest";
import { lagOfMembers, toRanges } from "./member-table.tsx";
import { type ResetState, toResetRequest } from "./reset-state.ts";

const NOTHING: ResetState = {
  kind: "timestamp",
  at: null,
  by: null,
  offset: null,
  topic: null,
  partitions: null,
};

const OFFSET = {
  topic: "orders",
  partition: 0,
  committedOffset: null,
  committedAt: null,
  leaderEpoch: null,
  metadata: null,
  logStart: null,
  highWatermark: null,
  isLost: false,
  clientId: null,
  clientHost: null,
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

describe("lagOfMembers()", () => {
  it("sums up the partitions of each, and nobody's are nobody's", () => {
    const offset = (memberId: string | null, events: number | null) => ({
      ...OFFSET,
      memberId,
      lag: events === null ? null : { events, seconds: null },
    });
    const lags = lagOfMembers([offset("a", 3), offset("b", 0), offset("a", 4), offset(null, 9)]);
    expect([...lags]).toEqual([
      ["a", 7],
      ["b", 0],
    ]);
    expect(lagOfMembers([offset("c", null)]).get("c")).toBe(0);
  });
});
