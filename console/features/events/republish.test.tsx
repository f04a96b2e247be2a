// @vitest-environment happy-dom
import type { DecodedPayload, DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import type { ProduceResponse } from "@runnel/contracts/records.ts";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api } from "../../lib/api.ts";
import { REPUBLISH_BYTES_MAX } from "./republish.ts";
import { RepublishDialog } from "./republish-dialog.tsx";

const toasts = vi.hoisted(() => [] as string[]);
vi.mock("../../ui/toast.tsx", () => ({ toastDone: (title: string) => void toasts.push(title) }));

const payload = (text: string, sizeBytes = text.length): DecodedPayload => ({
  decoder: "text",
  reason: "",
  text,
  isTruncated: false,
  isExact: true,
  sizeBytes,
  schemaId: null,
  notes: [],
  raw: null,
});

const event = (offset: number, value = payload(`v${offset}`)): DecodedRecord => ({
  partition: 0,
  offset,
  timestamp: offset,
  timestampType: "createTime",
  key: payload("k"),
  value,
  headers: [],
  headersBytes: 0,
  batch: {
    producerId: null,
    producerEpoch: -1,
    baseSequence: -1,
    compression: "none",
    isControl: false,
    isTransactional: false,
    leaderEpoch: 0,
  },
});

interface Asked {
  readonly target: string;
  readonly isDryRun: boolean;
  readonly values: readonly string[];
}

/** Values that the broker refuses in a dry run, and only when it is to write them. */
const refused = { dry: new Set<string>(), wet: new Set<string>() };
let asked: Asked[] = [];
let readOffsets: number[] = [];
let onClose = vi.fn();

const produced = (dryRun: boolean): readonly Asked[] =>
  asked.filter(({ isDryRun }) => isDryRun === dryRun);

beforeEach(() => {
  asked = [];
  readOffsets = [];
  toasts.length = 0;
  refused.dry.clear();
  refused.wet.clear();
  onClose = vi.fn();
  vi.spyOn(api, "listTopics").mockResolvedValue({
    items: [],
    nextCursor: null,
    totalCount: 0,
  } as never);
  vi.spyOn(api, "readEvents").mockImplementation((input) => {
    const offset = Number(/\d+/.exec(input.query?.from ?? "")?.[0]);
    readOffsets.push(offset);
    async function* stream(): AsyncGenerator<EventStreamMessage, void> {
      yield await Promise.resolve({ event: "event" as const, data: event(offset) });
    }
    return stream();
  });
  vi.spyOn(api, "produce").mockImplementation(async ({ params, body, query }) => {
    const values = body.records.map(({ value }) => value?.data ?? "");
    const isDryRun = query?.dryRun === true;
    asked.push({ target: params.topic, isDryRun, values });
    const results: ProduceResponse["results"] = values.map((value) => ({
      partition: 0,
      offset: null,
      timestamp: null,
      error: refused[isDryRun ? "dry" : "wet"].has(value) ? "record too large" : null,
    }));
    return Promise.resolve({ isDryRun, results });
  });
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function open(records: readonly DecodedRecord[]): ReturnType<typeof render> {
  return render(
    <QueryClientProvider client={new QueryClient()}>
      <RepublishDialog topic="orders" records={records} onClose={onClose} />
    </QueryClientProvider>,
  );
}

const button = (): HTMLButtonElement => screen.getByRole("button", { name: /^Produce to/ });
const enabled = (): Promise<void> =>
  waitFor(() => {
    expect(button().disabled).toBe(false);
  });

describe("RepublishDialog", () => {
  it("counts what was written, and stays with what was not", async () => {
    refused.wet.add("v1");
    open([event(1), event(2)]);
    await enabled();
    fireEvent.click(button());
    await screen.findByText("1 event is produced, 1 is not");
    expect(screen.getByText("Produce 1 event again")).toBeTruthy();
    expect([toasts, onClose.mock.calls]).toEqual([[], []]);
    refused.wet.clear();
    await enabled();
    fireEvent.click(button());
    await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
    expect(produced(false).map(({ values }) => values)).toEqual([["v1", "v2"], ["v1"]]);
    expect(toasts).toEqual(["2 events are produced to orders"]);
  });

  it("goes on without what the broker refuses only where somebody says so", async () => {
    refused.dry.add("v2");
    open([event(1), event(2)]);
    const tick = await screen.findByLabelText("Go on without 1 that the broker refuses");
    expect(button().disabled).toBe(true);
    fireEvent.click(tick);
    await enabled();
    fireEvent.click(button());
    await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
    expect(produced(false).map(({ values }) => values)).toEqual([["v1"]]);
    expect(toasts).toEqual(["1 event is produced to orders, 1 left out"]);
  });

  it("reads the events once, and asks about a target once it is typed", async () => {
    open([event(1), event(2)]);
    await enabled();
    const field = screen.getByLabelText("To the topic");
    for (const value of ["a", "ag", "aga", "agai", "again"]) {
      fireEvent.change(field, { target: { value } });
      expect(button().disabled).toBe(true);
    }
    await enabled();
    expect(produced(true).map(({ target }) => target)).toEqual(["orders", "again"]);
    fireEvent.click(screen.getByLabelText("With their timestamps"));
    await enabled();
    expect(readOffsets).toEqual([1, 2]);
  });

  it("can be tried again after a failure, and elsewhere", async () => {
    open([event(1)]);
    await enabled();
    const write = vi.mocked(api.produce);
    write.mockRejectedValueOnce(new Error("nobody answers"));
    fireEvent.click(button());
    await screen.findByText("nobody answers");
    await enabled();
    fireEvent.change(screen.getByLabelText("To the topic"), { target: { value: "again" } });
    expect(screen.queryByText("nobody answers")).toBeNull();
    await enabled();
    fireEvent.click(button());
    await waitFor(() => expect(toasts).toEqual(["1 event is produced to again"]));
  });

  it("reads no more than may be held", async () => {
    open([event(1), event(2, payload("begin", REPUBLISH_BYTES_MAX))]);
    await screen.findByText(/select fewer/);
    expect([readOffsets, button().disabled]).toEqual([[], true]);
  });

  it("sends as many together as the broker takes, and nothing behind what failed", async () => {
    const large = "x".repeat(400 * 1_024);
    vi.mocked(api.readEvents).mockImplementation((input) => {
      const offset = Number(/\d+/.exec(input.query?.from ?? "")?.[0]);
      async function* stream(): AsyncGenerator<EventStreamMessage, void> {
        const data = event(offset, payload(`${offset}${large}`));
        yield await Promise.resolve({ event: "event" as const, data });
      }
      return stream();
    });
    open([1, 2, 3, 4, 5].map((offset) => event(offset)));
    await enabled();
    expect(produced(true).map(({ values }) => values.length)).toEqual([2, 2, 1]);
    const answer = vi.mocked(api.produce).getMockImplementation();
    vi.mocked(api.produce).mockImplementation(async (...call) => {
      if (call[0].body.records[0]?.value?.data.startsWith("3")) throw new Error("broke off");
      return answer?.(...call) as Promise<ProduceResponse>;
    });
    fireEvent.click(button());
    await screen.findByText("2 events are produced, 3 are not");
    expect(produced(false).map(({ values }) => values.length)).toEqual([2]);
    expect(screen.getByText("it was not sent, as one before it failed")).toBeTruthy();
  });
});
