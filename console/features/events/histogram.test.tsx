// @vitest-environment happy-dom
import type { Histogram as Counts } from "@runnel/contracts/events.ts";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api } from "../../lib/api.ts";
import { topicKeys } from "../../lib/data/topics.ts";
import { setPreferences } from "../../lib/preferences.ts";
import { Histogram } from "./histogram.tsx";

const NOW = 1_700_000_000_000;
const MINUTE = 60_000;
const onRange = vi.fn<(from: string | null, to: string | null) => void>();
let client: QueryClient;

/** As the broker counts: to the end that was asked for, or to now. */
function countsOf(query: { readonly from?: string; readonly to?: string } | undefined): Counts {
  const time = (text: string | undefined, other: number): number =>
    text === undefined ? other : Number(text.slice("time:".length));
  const [from, to] = [time(query?.from, NOW - 10 * MINUTE), time(query?.to, Date.now())];
  return {
    fromMs: from,
    widthMs: (to - from) / 10,
    total: 10,
    isExact: true,
    buckets: Array.from({ length: 10 }, () => ({ count: 1, isExact: true })),
    partitions: null,
    coverage: { partitions: [0], partitionCount: 1, chosenBy: "all", missing: [] },
  };
}

const pass = (ms: number): Promise<void> =>
  act(async () => void (await vi.advanceTimersByTimeAsync(ms)));

function page(from: string | null, to: string | null): ReactNode {
  return (
    <QueryClientProvider client={client}>
      <Histogram
        topic="orders"
        from={from}
        to={to}
        partitions={null}
        scan={null}
        onRange={onRange}
        onPartitions={() => {}}
      />
    </QueryClientProvider>
  );
}

const bars = (): HTMLElement => screen.getByRole("slider");

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  onRange.mockClear();
  setPreferences({ refreshMs: 0 });
  client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Infinity } } });
  client.setQueryData(topicKeys.one("orders"), { partitionCount: 1 });
  vi.spyOn(api, "getHistogram").mockImplementation(async ({ query }) => countsOf(query));
});
afterEach(() => {
  cleanup();
  client.clear();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("Histogram", () => {
  it("zooms out to the live edge, however long ago the whole was seen", async () => {
    const { rerender } = render(page(null, null));
    await pass(1_000);
    await pass(10 * MINUTE);
    const [from, to] = [Date.now() - 4 * MINUTE, Date.now() - MINUTE];
    rerender(page(`time:${from}`, `time:${to}`));
    await pass(1_000);
    fireEvent.keyDown(bars(), { key: "-" });
    await pass(1_000);
    expect(onRange).toHaveBeenCalledExactlyOnceWith(`time:${from - 1.5 * MINUTE}`, null);
  });

  it("marks with the main button only, and forgets a marking that is taken away", async () => {
    render(page(null, null));
    await pass(1_000);
    bars().setPointerCapture = () => {};
    vi.spyOn(bars(), "getBoundingClientRect").mockReturnValue(new DOMRect(0, 0, 100, 50));
    fireEvent.pointerDown(bars(), { button: 2 });
    fireEvent.pointerUp(bars(), { button: 2 });
    fireEvent.pointerDown(bars(), { button: 0 });
    fireEvent.pointerCancel(bars());
    fireEvent.pointerUp(bars(), { button: 0 });
    expect(onRange).not.toHaveBeenCalled();
    fireEvent.pointerDown(bars(), { button: 0 });
    fireEvent.pointerUp(bars(), { button: 0 });
    expect(onRange).toHaveBeenCalledOnce();
  });

  it("says so where there is nothing to count", async () => {
    vi.mocked(api.getHistogram).mockImplementation(async () => ({ ...countsOf({}), total: 0 }));
    render(page(null, null));
    await pass(1_000);
    expect(screen.getByText("No events to count")).toBeTruthy();
  });

  it("says why it has no counts, and asks again", async () => {
    vi.mocked(api.getHistogram).mockRejectedValueOnce(new Error("the index is being built"));
    render(page(null, null));
    await pass(1_000);
    expect(screen.getByRole("status").textContent).toContain("the index is being built");
    fireEvent.click(screen.getByText("Try again"));
    await pass(1_000);
    expect(bars()).toBeTruthy();
  });
});
