// @vitest-environment happy-dom
import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api } from "../../lib/api.ts";
import { eventMessage, streamMessage } from "./testing-messages.ts";
import { useLive } from "./use-live.ts";

const asked: { readonly cursor: string | undefined; readonly signal: AbortSignal }[] = [];
/** What the streams say, one after the other; each stays open behind its last word but "done". */
let said: readonly (readonly EventStreamMessage[])[] = [];

const following = streamMessage("phase", { phase: "following" });
const progress = (cursor: string): EventStreamMessage => streamMessage("progress", { cursor });

beforeEach(() => {
  vi.useFakeTimers();
  asked.length = 0;
  vi.spyOn(api, "readEvents").mockImplementation(async function* ({ query }, options) {
    const signal = options?.signal ?? new AbortController().signal;
    const messages = said[asked.length] ?? [];
    asked.push({ cursor: query?.cursor, signal });
    yield* messages;
    if (messages.at(-1)?.event === "done") return;
    await new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  });
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const pass = (ms: number): Promise<void> =>
  act(async () => void (await vi.advanceTimersByTimeAsync(ms)));

function setHidden(isHidden: boolean): void {
  vi.spyOn(document, "hidden", "get").mockReturnValue(isHidden);
  act(() => void document.dispatchEvent(new Event("visibilitychange")));
}

describe("useLive()", () => {
  it("goes on behind an hour, and loses nothing", async () => {
    const done = streamMessage("done", { reason: "time", cursor: "b", dropped: 0 });
    said = [
      [following, progress("a"), eventMessage(1), done],
      [following, progress("b"), eventMessage(2)],
    ];
    const { result } = renderHook(() => useLive("orders", { live: true }));
    await pass(5_000);
    expect(asked.map(({ cursor }) => cursor)).toEqual([undefined, "b"]);
    expect(result.current.view.rows.map(({ offset }) => offset)).toEqual([2, 1]);
    expect(result.current).toMatchObject({ error: null, gapCount: 0 });
  });

  it("rests while nobody can see it, and goes on where it stopped", async () => {
    said = [
      [following, progress("a"), eventMessage(1)],
      [following, progress("a"), eventMessage(1), eventMessage(2)],
    ];
    const { result } = renderHook(() => useLive("orders", { live: true }));
    await pass(500);
    setHidden(true);
    expect(asked[0]?.signal.aborted).toBe(true);
    await pass(600_000);
    expect(asked).toHaveLength(1);
    setHidden(false);
    await pass(500);
    expect(asked[1]?.cursor).toBe("a");
    expect(result.current.view.rows.map(({ offset }) => offset)).toEqual([2, 1]);
  });
});
