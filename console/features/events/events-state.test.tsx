// @vitest-environment happy-dom
import { act, cleanup, renderHook } from "@testing-library/react";
import { type OnUrlUpdateFunction, withNuqsTestingAdapter } from "nuqs/adapters/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type EventsState, useEventsState } from "./events-state.ts";

async function historyOf(change: Partial<EventsState>, searchParams = ""): Promise<string> {
  const onUrlUpdate = vi.fn<OnUrlUpdateFunction>();
  const wrapper = withNuqsTestingAdapter({ searchParams, onUrlUpdate });
  const { result } = renderHook(() => useEventsState(), { wrapper });
  await act(async () => void (await result.current[1](change)));
  return onUrlUpdate.mock.calls.map(([{ options }]) => options.history).join(" ");
}

afterEach(cleanup);

describe("useEventsState()", () => {
  it.each<Partial<EventsState>>([
    { mode: "oldest" },
    { from: "time:1", to: null },
    { f: "key=a" },
    { partitions: "0" },
    { mode: "newest", from: "time:1" },
  ])("a step of its own in the history for %j", async (change) => {
    expect(await historyOf(change)).toBe("push");
  });

  it.each<Partial<EventsState>>([{ r: "0@1" }, { cols: ["value.a"] }, { vd: "hex" }])(
    "none for %j",
    async (change) => {
      expect(await historyOf(change)).toBe("replace");
    },
  );

  it("none for what is so already", async () => {
    expect(await historyOf({ mode: "oldest", f: "key=a" }, "?mode=oldest&f=key%3Da")).toBe(
      "replace",
    );
  });
});
