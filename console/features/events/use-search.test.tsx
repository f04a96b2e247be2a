// @vitest-environment happy-dom
import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import { QueryClient } from "@tanstack/react-query";
import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "../../lib/api.ts";
import { refreshNow } from "../../lib/refresh.ts";
import { eventMessage, streamMessage } from "./testing-messages.ts";
import { type SearchControl, type SearchQuery, useSearch } from "./use-search.ts";

const asked: (string | undefined)[] = [];

/** A search that is answered by these messages, one list after the other. */
async function search(
  query: SearchQuery | null,
  ...answers: readonly (readonly EventStreamMessage[])[]
): Promise<{ readonly current: SearchControl }> {
  vi.spyOn(api, "readEvents").mockImplementation(async function* ({ query: said }) {
    asked.push(said?.cursor);
    yield* answers[asked.length - 1] ?? [];
  });
  const { result } = renderHook(() => useSearch("orders", query));
  await act(async () => {});
  return result;
}

const done = (cursor: string | null): EventStreamMessage =>
  streamMessage("done", { reason: cursor === null ? "end" : "results", cursor });
const offsetsOf = ({ search: { rows } }: SearchControl): readonly number[] =>
  rows.map(({ offset }) => offset);

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  asked.length = 0;
});

describe("useSearch()", () => {
  it("is idle where nothing is asked", async () => {
    const control = await search(null);
    expect(control.current.search.status).toBe("idle");
    expect(control.current.goOn).toBeNull();
  });

  it("fails where the stream ends without its last word", async () => {
    const control = await search({}, [eventMessage(1)]);
    expect(control.current.search.status).toBe("failed");
    expect(String(control.current.search.error)).toContain("before it was done");
    expect(offsetsOf(control.current)).toEqual([1]);
  });

  it("goes on where a stream broke, and shows no row twice", async () => {
    const progress = streamMessage("progress", { cursor: "a", partitions: [] });
    const control = await search(
      {},
      [eventMessage(1), progress, eventMessage(2)],
      [eventMessage(2), eventMessage(3), done(null)],
    );
    await act(async () => control.current.goOn?.());
    expect(asked).toEqual([undefined, "a"]);
    expect(offsetsOf(control.current)).toEqual([1, 2, 3]);
    expect(control.current.goOn).toBeNull();
  });

  it("runs again with Refresh now", async () => {
    const control = await search({}, [eventMessage(1), done(null)], [eventMessage(7), done(null)]);
    await act(async () => refreshNow(new QueryClient()));
    expect(offsetsOf(control.current)).toEqual([7]);
  });
});
