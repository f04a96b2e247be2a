import type { DecodedPayload, DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import { readFile } from "@runnel/contracts/record-files.ts";
import { describe, expect, it } from "vitest";
import { type ExportResult, exportEvents, exportSummary, type ReadPage } from "./export.ts";
import type { Done } from "./search.ts";
import { streamMessage } from "./testing-messages.ts";

const payload = (text: string | null): DecodedPayload => ({
  decoder: "text",
  reason: "",
  text: text ?? "",
  isTruncated: false,
  isExact: text !== null,
  sizeBytes: text === null ? null : text.length,
  schemaId: null,
  notes: [],
  raw: null,
});

const event = (
  offset: number,
  value: DecodedPayload = payload(`v${offset}`),
): EventStreamMessage => ({
  event: "event",
  data: {
    partition: 0,
    offset,
    timestamp: 1_700_000_000_000,
    key: payload(null),
    value,
    headers: [{ name: "=h", value: payload("x") }],
  } as unknown as DecodedRecord,
});

const NO_SKIPS: Done["skips"] = { count: 0, offsets: 0, listed: [] };

const done = (cursor: string | null, data: Partial<Done> = {}): EventStreamMessage =>
  streamMessage("done", {
    reason: cursor === null ? "end" : "results",
    cursor,
    coverage: null,
    skips: NO_SKIPS,
    filterErrors: 0,
    ...data,
  });

const pages: ReadPage = async function* (query) {
  if (query.cursor === undefined) yield* [event(1), event(2), done("c")];
  else yield* [event(3), done(null)];
};

const run = (format: "json" | "ndjson" | "csv", readPage: ReadPage = pages) =>
  exportEvents({
    topic: "orders",
    query: { order: "oldest" },
    format,
    readPage,
    signal: new AbortController().signal,
    onProgress: () => {},
  });

describe("exportEvents()", () => {
  it.each(["json", "ndjson", "csv"] as const)(
    "writes all pages as %s, to be read back as the same",
    async (format) => {
      const { parts, count, cutBy } = await run(format);
      expect([count, cutBy]).toEqual([3, null]);
      const read = readFile(format, parts.join(""));
      if (read.kind !== "records") throw new Error(JSON.stringify(read));
      expect(read.records.map(({ value }) => value)).toEqual([
        { encoding: "utf8", data: "v1" },
        { encoding: "utf8", data: "v2" },
        { encoding: "utf8", data: "v3" },
      ]);
      expect(read.records[0]?.headers).toEqual([
        { name: "=h", value: { encoding: "utf8", data: "x" } },
      ]);
    },
  );

  it("counts what it could not read in full, instead of writing half of it", async () => {
    const cut = { ...payload("begin"), isExact: false, isTruncated: true };
    const result = await run("ndjson", async function* () {
      yield* [event(1, cut), event(2), done(null)];
    });
    expect([result.count, result.leftOut]).toEqual([1, 1]);
  });

  it("keeps what it has when it is stopped", async () => {
    const stop = new AbortController();
    const result = await exportEvents({
      topic: "orders",
      query: {},
      format: "ndjson",
      signal: stop.signal,
      onProgress: () => {},
      readPage: async function* () {
        yield event(1);
        stop.abort();
        throw new Error("aborted");
      },
    });
    expect(result).toMatchObject({ count: 1, cutBy: "stopped" });
  });

  it("fails where the stream ends without a word", async () => {
    const cut = run("ndjson", async function* () {
      yield event(1);
    });
    await expect(cut).rejects.toThrow("before it was done");
  });

  it.each<[ExportResult["cutBy"], Partial<Done>]>([
    ["deleted", { reason: "deleted" }],
    ["partitions", { reason: "bytes", isCursorTooLong: true }],
    [null, { reason: "end" }],
  ])("is cut by %s, where the last word is %j", async (cutBy, data) => {
    const result = await run("ndjson", async function* () {
      yield* [event(1), done(null, data)];
    });
    expect(result.cutBy).toBe(cutBy);
  });

  it("names what could not be read, over all pages", async () => {
    const missing = [{ partition: 3, error: "NOT_LEADER_OR_FOLLOWER" }];
    const coverage: Done["coverage"] = {
      partitions: [0],
      partitionCount: 2,
      chosenBy: "all",
      missing,
    };
    const skips: Done["skips"] = { count: 1, offsets: 20, listed: [] };
    const result = await run("ndjson", async function* ({ cursor }) {
      if (cursor === undefined) yield* [event(1), done("c", { coverage, skips })];
      else yield* [event(2), done(null, { coverage, filterErrors: 4 })];
    });
    expect(result.unread).toEqual({ partitions: [3], offsets: 20, filterErrors: 4 });
  });
});

describe("exportSummary()", () => {
  const whole: ExportResult = {
    parts: [],
    count: 2,
    leftOut: 0,
    cutBy: null,
    unread: { partitions: [], offsets: 0, filterErrors: 0 },
  };

  it("calls it the whole result only where nothing is missing", () => {
    expect(exportSummary(whole)).toBe("2 events are in the file. That is the whole result.");
    const holes: readonly Partial<ExportResult>[] = [
      { leftOut: 1 },
      { cutBy: "deleted" },
      { unread: { ...whole.unread, partitions: [3, 4] } },
      { unread: { ...whole.unread, offsets: 20 } },
      { unread: { ...whole.unread, filterErrors: 5 } },
    ];
    for (const hole of holes) expect(exportSummary({ ...whole, ...hole })).not.toMatch(/whole/);
    expect(
      exportSummary({ ...whole, unread: { partitions: [3], offsets: 0, filterErrors: 0 } }),
    ).toBe("2 events are in the file. Partitions could not be read: 3.");
  });
});
