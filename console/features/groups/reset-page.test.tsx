// @vitest-environment happy-dom
import { ApiError } from "@runnel/contracts/client.ts";
import type { OffsetChange, ResetRequest } from "@runnel/contracts/groups.ts";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { NuqsTestingAdapter } from "nuqs/adapters/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api } from "../../lib/api.ts";
import { ClusterProvider } from "../../lib/cluster.tsx";
import { outcomeOf, restOf } from "./reset-outcome.ts";
import { ResetPage } from "./reset-page.tsx";

const { toasts, push } = vi.hoisted(() => ({ toasts: [] as string[], push: vi.fn() }));
vi.mock("../../ui/toast.tsx", () => ({ toastDone: (title: string) => void toasts.push(title) }));
vi.mock("next/navigation", () => ({ useRouter: () => ({ push }) }));

function change(
  partition: number,
  before: number | null,
  after: number | null,
  error: string | null = null,
): OffsetChange {
  return {
    topic: "orders",
    partition,
    logStart: 0,
    highWatermark: 100,
    before: { offset: before, lag: null },
    after: { offset: after, lag: null },
    note: null,
    error,
  };
}

const SHIFT: ResetRequest = { to: { kind: "shift", by: 10 } };

describe("outcomeOf()", () => {
  it("counts what moved, and no refusal that the preview had already", () => {
    const preview = [change(0, 5, 15), change(1, 5, 15), change(2, null, null, "nothing there")];
    const changes = [change(0, 5, 15), change(1, 5, 5, "no answer"), preview[2] as OffsetChange];
    expect(outcomeOf(changes, preview)).toEqual({
      movedCount: 1,
      keptCount: 1,
      failed: [changes[1]],
    });
    expect(outcomeOf([change(0, 7, 7)], []).movedCount).toBe(0);
  });
});

describe("restOf()", () => {
  it("asks the same of those that failed alone", () => {
    const failed = [change(1, 5, 5, "x"), change(3, 5, 5, "x"), { ...change(0, 5, 5), topic: "b" }];
    const scope = [
      { topic: "orders", partitions: [1, 3] },
      { topic: "b", partitions: [0] },
    ];
    expect(restOf(SHIFT, failed)).toEqual({ ...SHIFT, scope });
    const each = [0, 1].map((partition) => ({ topic: "orders", partition, offset: 7 }));
    expect(restOf({ to: { kind: "offsets", offsets: each } }, failed)).toEqual({
      to: { kind: "offsets", offsets: [each[1]] },
    });
  });
});

let answers: { readonly dry: OffsetChange[][]; readonly wet: (OffsetChange[] | Error)[] };
let asked: ResetRequest[] = [];

beforeEach(() => {
  asked = [];
  toasts.length = 0;
  push.mockReset();
  const nothing = { items: [], nextCursor: null, totalCount: 0 };
  vi.spyOn(api, "getGroup").mockResolvedValue({ memberCount: 0 } as never);
  vi.spyOn(api, "listGroupOffsets").mockResolvedValue(nothing as never);
  vi.spyOn(api, "resetOffsets").mockImplementation(async ({ body, query }) => {
    const isDryRun = query?.dryRun === true;
    if (!isDryRun) asked.push(body);
    const list = isDryRun ? answers.dry : answers.wet;
    const changes = (list.length > 1 ? list.shift() : list[0]) ?? [];
    if (changes instanceof Error) throw changes;
    return Promise.resolve({ isDryRun, etag: "e", changes });
  });
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function open(): void {
  render(
    <NuqsTestingAdapter searchParams="?kind=shift&by=10">
      <QueryClientProvider
        client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}
      >
        <ClusterProvider name="local" admin="127.0.0.1:9644">
          <ResetPage group="readers" />
        </ClusterProvider>
      </QueryClientProvider>
    </NuqsTestingAdapter>,
  );
}

const button = (): HTMLButtonElement => screen.getByRole("button", { name: /^Reset the offsets$/ });
const enabled = (): Promise<void> =>
  waitFor(() => {
    expect(button().disabled).toBe(false);
  });

describe("ResetPage", () => {
  it("stays with the partitions that failed, and resets these alone", async () => {
    answers = {
      dry: [[change(0, 5, 15), change(1, 5, 15)], [change(1, 5, 15)]],
      wet: [[change(0, 5, 15), change(1, 5, 5, "it took too long")], [change(1, 5, 15)]],
    };
    open();
    await enabled();
    fireEvent.click(button());
    await screen.findByText("1 partition moved, 1 did not");
    expect([toasts, push.mock.calls]).toEqual([[], []]);
    await enabled();
    fireEvent.click(button());
    await waitFor(() => expect(push).toHaveBeenCalledOnce());
    expect(asked).toEqual([SHIFT, { ...SHIFT, scope: [{ topic: "orders", partitions: [1] }] }]);
    expect(toasts).toEqual(["readers goes on elsewhere in 1 partition"]);
  });

  it("moves the others only where somebody says so, and counts what moved", async () => {
    const changes = [change(0, 5, 15), change(1, null, null, "nothing is committed")];
    answers = { dry: [changes], wet: [changes] };
    open();
    const tick = await screen.findByLabelText("Move the others; 1 partition cannot be moved");
    expect(button().disabled).toBe(true);
    fireEvent.click(tick);
    await enabled();
    fireEvent.click(button());
    await waitFor(() => expect(push).toHaveBeenCalledOnce());
    expect(toasts).toEqual(["readers goes on elsewhere in 1 partition, and where it was in 1"]);
  });

  it("asks anew once the offsets have changed, and can be tried again", async () => {
    const outdated = new ApiError({
      type: "urn:runnel:problem:precondition-failed",
      title: "Outdated",
      status: 412,
      detail: "not those any more",
      remedy: "Look again.",
    } as ConstructorParameters<typeof ApiError>[0]);
    answers = {
      dry: [[change(0, 5, 15)], [change(0, 6, 16)]],
      wet: [outdated, [change(0, 6, 16)]],
    };
    open();
    await enabled();
    fireEvent.click(button());
    await screen.findByText("Not those any more.");
    await screen.findByText("16");
    await enabled();
    fireEvent.click(button());
    await waitFor(() => expect(push).toHaveBeenCalledOnce());
  });
});
