import type { DecodedPayload, DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import { describe, expect, it } from "vitest";
import { parseExact } from "../../lib/exact-json.ts";
import { complete } from "./completion.ts";
import { parseRecord } from "./events-state.ts";
import { fieldsOf, operandOf, valueAt } from "./fields.ts";
import { versionAt } from "./keys-state.ts";
import { HELD_MAX, LIVE_ROWS_MAX, LiveBuffer } from "./live-buffer.ts";
import { recordJson, toNewRecord } from "./payload.ts";
import { readPlace } from "./range-controls.tsx";
import {
  advance,
  continued,
  isFull,
  lookedAt,
  NEW_SEARCH,
  ROWS_MAX,
  reachedAt,
  shareOf,
} from "./search.ts";
import { eventMessage, streamMessage } from "./testing-messages.ts";

describe("complete()", () => {
  const texts = (text: string, fields: readonly string[] = []): string[] =>
    complete(text, text.length, fields).suggestions.map((one) => one.text);

  it("offers fields that begin with the word first, then those that contain it", () => {
    expect(texts("val", ["value.total", "value.user.id"]).slice(0, 3)).toEqual([
      "value~",
      "valueSize",
      "value.total",
    ]);
    expect(texts("total", ["value.total"])).toEqual(["value.total"]);
  });

  it("offers operators behind a whole field", () => {
    expect(texts("value.total", ["value.total"])).toContain(">");
    expect(texts("offset")).toContain("=");
    expect(texts("key")).toContain("~");
  });

  it("completes the word at the cursor only", () => {
    const { start } = complete("key=a  par", 10, []);
    expect(start).toBe(7);
  });
});

describe("fieldsOf()", () => {
  it("finds the paths of scalars, elements of arrays together", () => {
    const samples = ['{"a":1,"b":{"c d":true},"l":[{"x":1},{"y":2}]}', "no json", '{"z":null}'];
    expect(fieldsOf(samples)).toEqual([
      "value.a",
      'value.b."c d"',
      "value.l[*].x",
      "value.l[*].y",
      "value.z",
    ]);
  });
});

describe("valueAt()", () => {
  const json = parseExact('{"a":{"b":[1,"x"]},"n":null,"id":9007199254740993}');
  it.each([
    [["a", "b", 1], "x"],
    [["a", "b"], '[1,"x"]'],
    [["n"], "null"],
    [["id"], "9007199254740993"],
    [["id", "rawJSON"], null],
    [["a", "missing"], null],
    [["toString"], null],
    [["n", "deeper"], null],
  ] as const)("%j is %j", (path, text) => expect(valueAt(json, path)).toBe(text));
});

describe("operandOf()", () => {
  it.each([
    ["12345678901234567890.10", { kind: "number", number: "12345678901234567890.10" }],
    ['"a\\"b"', { kind: "text", text: 'a"b' }],
    ["true", { kind: "boolean", boolean: true }],
    ["null", { kind: "null" }],
  ])("%s", (json, operand) => expect(operandOf(json)).toEqual(operand));
});

describe("a search", () => {
  const record = (offset: number): DecodedRecord => ({ partition: 0, offset }) as DecodedRecord;
  const progress = (records: number, bytes: number, cursor: string | null): EventStreamMessage => ({
    event: "progress",
    data: {
      records,
      bytes,
      matches: 0,
      filterErrors: 0,
      bytesInRange: 100,
      passedBytes: 0,
      dropped: 0,
      partitions: [],
      cursor,
    },
  });

  it("collects rows, and knows how far it has come and how to go on", () => {
    const after = advance(NEW_SEARCH, [
      { event: "event", data: record(1) },
      progress(10, 50, "c1"),
      { event: "event", data: record(2) },
    ]);
    expect(after.rows.map(({ offset }) => offset)).toEqual([1, 2]);
    expect(shareOf(after)).toBe(0.5);
    expect(after.cursor).toBe("c1");
  });

  it("sums up what was looked at when it goes on", () => {
    const stopped = advance(NEW_SEARCH, [
      { event: "event", data: record(1) },
      progress(10, 50, "c1"),
    ]);
    const more = advance(continued(stopped), [progress(5, 25, "c2")]);
    expect(more.rows).toHaveLength(1);
    expect(lookedAt(more)).toEqual({ records: 15, bytes: 75 });
    expect(shareOf(more)).toBe(0.5);
  });

  it("takes no row twice when it goes on before its progress covered it", () => {
    const [one, two, three] = [eventMessage(1), eventMessage(2), eventMessage(3)];
    const stopped = advance(NEW_SEARCH, [one, progress(10, 50, "c1"), two]);
    const again = advance(continued(stopped), [progress(0, 0, null), two]);
    const more = advance(continued(again), [two, three, progress(20, 60, "c2")]);
    expect(more.rows.map(({ offset }) => offset)).toEqual([1, 2, 3]);
    expect(continued(more).rows).toHaveLength(3);
  });

  it("makes room for the next rows where a page is full", () => {
    const events = Array.from({ length: ROWS_MAX }, (_, offset) => eventMessage(offset));
    const done = streamMessage("done", { reason: "results", cursor: "c" });
    const full = advance(NEW_SEARCH, [...events, done]);
    expect(isFull(full)).toBe(true);
    expect(continued(full)).toMatchObject({ rows: [], cursor: "c" });
    const all = advance(NEW_SEARCH, [...events, streamMessage("done", { reason: "end" })]);
    expect(isFull(all)).toBe(false);
  });

  it("has come as far as the partition that is next, and as its last event", () => {
    const heads = (...times: readonly (number | null)[]): EventStreamMessage => ({
      event: "progress",
      data: {
        ...(progress(1, 1, null).data as Extract<
          EventStreamMessage,
          { event: "progress" }
        >["data"]),
        partitions: times.map((timestamp, partition) => ({ partition, offset: 0, timestamp })),
      },
    });
    const found = (timestamp: number): EventStreamMessage => ({
      event: "event",
      data: { ...record(1), timestamp },
    });
    expect(reachedAt(NEW_SEARCH, "newest")).toBeNull();
    const running = advance(NEW_SEARCH, [found(900), heads(500, 800, 700)]);
    expect([reachedAt(running, "newest"), reachedAt(running, "oldest")]).toEqual([800, 900]);
    expect(reachedAt(advance(running, [heads(500, null)]), "newest")).toBe(700);
    expect(reachedAt(advance(running, [found(300)]), "newest")).toBe(300);
  });
});

describe("LiveBuffer", () => {
  const records = (count: number, start = 0): DecodedRecord[] =>
    Array.from(
      { length: count },
      (_, index) => ({ partition: 0, offset: start + index }) as DecodedRecord,
    );

  it("keeps the newest, the newest first, and counts the others", () => {
    const buffer = new LiveBuffer();
    buffer.push(records(LIVE_ROWS_MAX + 500));
    const { rows, droppedCount, totalCount } = buffer.view();
    expect(rows).toHaveLength(LIVE_ROWS_MAX);
    expect(rows[0]?.offset).toBe(LIVE_ROWS_MAX + 499);
    expect([droppedCount, totalCount]).toEqual([500, LIVE_ROWS_MAX + 500]);
  });

  it("leaves the rows alone while it is paused, and holds back no more than it may", () => {
    const buffer = new LiveBuffer();
    buffer.push(records(3));
    buffer.pause();
    buffer.push(records(HELD_MAX + 5, 3));
    expect(buffer.view()).toMatchObject({ heldCount: HELD_MAX, droppedCount: 5 });
    expect(buffer.view().rows).toHaveLength(3);
    buffer.resume();
    expect(buffer.view().rows).toHaveLength(HELD_MAX + 3);
    expect(buffer.view().heldCount).toBe(0);
  });
});

describe("places", () => {
  it("are understood in many forms, and asked for in one", () => {
    expect(readPlace("", "UTC", 0)).toBeNull();
    expect(readPlace("15m", "UTC", 1_700_000_000_000)).toBe("time:1699999100000");
    expect(readPlace("2023-11-14 22:13:20", "UTC", 0)).toBe("time:1700000000000");
    expect(readPlace("offset:42", "UTC", 0)).toBe("offset:42");
    expect(readPlace("group:a:b", "UTC", 0)).toBe("group:a:b");
    expect(readPlace("soon", "UTC", 0)).toBeUndefined();
  });

  it("a record's place comes back from the address", () => {
    expect(parseRecord("3@1042")).toEqual({ partition: 3, offset: 1_042 });
    for (const odd of ["3", "@1", "3@x", "3@99999999999999999", null])
      expect(parseRecord(odd)).toBeNull();
  });
});

describe("an event produced again", () => {
  const payload = (change: Partial<DecodedPayload>): DecodedPayload => ({
    decoder: "text",
    reason: "",
    text: "x",
    isTruncated: false,
    isExact: true,
    sizeBytes: 1,
    schemaId: null,
    notes: [],
    raw: null,
    ...change,
  });
  const event = (key: DecodedPayload, value: DecodedPayload): DecodedRecord =>
    ({
      partition: 0,
      offset: 0,
      timestamp: 7,
      key,
      value,
      headers: [],
    }) as unknown as DecodedRecord;
  const options = { hasHeaders: true, keepsTime: false };

  it("has its bytes, whatever they are", () => {
    const bytes = payload({ isExact: false, raw: { encoding: "base64", data: "AP8=" } });
    expect(toNewRecord(event(bytes, payload({ sizeBytes: null })), options)).toEqual({
      key: { encoding: "base64", data: "AP8=" },
      value: null,
    });
  });

  it("is copied as a document only where all of it is there", () => {
    const bytes = payload({ isExact: false, raw: { encoding: "base64", data: "AP8=" } });
    const json = recordJson("t", event(bytes, payload({ sizeBytes: null }))) ?? "{}";
    expect(JSON.parse(json)).toMatchObject({
      key: { encoding: "base64", data: "AP8=" },
      value: null,
    });
    const cut = payload({ isExact: false, isTruncated: true });
    expect(recordJson("t", event(payload({}), cut))).toBeNull();
  });

  it("is not made up from the begin of a value", () => {
    const cut = payload({ isExact: false, isTruncated: true });
    expect(toNewRecord(event(payload({}), cut), options)).toBeNull();
  });
});

describe("versionAt()", () => {
  const version = (offset: number, timestamp: number | null): DecodedRecord =>
    ({ partition: 0, offset, timestamp }) as DecodedRecord;
  const versions = [version(9, 300), version(5, 200), version(4, null), version(1, 100)];

  it("is the newest that was there by then", () => {
    expect(versionAt(versions, 250)?.offset).toBe(5);
    expect(versionAt(versions, 300)?.offset).toBe(9);
    expect(versionAt(versions, 99)).toBeNull();
  });
});
