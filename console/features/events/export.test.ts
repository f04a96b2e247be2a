import type { DecodedPayload, DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import { readFile } from "@runnel/contracts/record-files.ts";
import { describe, expect, it } from "vitest";
import { exportEvents, type ReadPage } from "./export.ts";

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

const done = (cursor: string | null): EventStreamMessage =>
  ({
    event: "done",
    data: { reason: cursor === null ? "end" : "results", cursor, failure: null },
  }) as unknown as EventStreamMessage;

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
});
