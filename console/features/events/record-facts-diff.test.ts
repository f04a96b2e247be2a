import type { DecodedPayload, DecodedRecord } from "@runnel/contracts/decoded.ts";
import { describe, expect, it } from "vitest";
import { type Fact, headersOf, metadataOf } from "./record-facts-diff.ts";

const payload = (text: string | null, change: Partial<DecodedPayload> = {}): DecodedPayload => ({
  decoder: "text",
  reason: "",
  text: text ?? "",
  isTruncated: false,
  isExact: true,
  sizeBytes: text?.length ?? null,
  schemaId: null,
  notes: [],
  raw: null,
  ...change,
});

const event = (change: Partial<DecodedRecord>): DecodedRecord =>
  ({
    partition: 0,
    offset: 0,
    timestamp: null,
    timestampType: "createTime",
    key: payload("k"),
    value: payload("v"),
    headers: [],
    batch: {},
    ...change,
  }) as DecodedRecord;

const header = (value: DecodedPayload | null): DecodedRecord =>
  event({ headers: value === null ? [] : [{ name: "h", value }] });

const words = ({ before, after, isSame }: Fact): readonly unknown[] => [before, after, isSame];

describe("headersOf()", () => {
  const word = (text: string): unknown => ({ kind: "word", text });
  const text = (one: string): unknown => ({ kind: "text", text: one });
  it.each([
    ["null", payload(null), payload("null"), word("null"), text("null")],
    ["empty", payload(""), payload("empty"), word("empty"), text("empty")],
    ["null and empty", payload(null), payload(""), word("null"), word("empty")],
    ["absent", null, payload("–"), word("not there"), text("–")],
    ["absent and null", null, payload(null), word("not there"), word("null")],
  ])("%s is not what reads like it", (_, before, after, left, right) => {
    const [fact] = headersOf(header(before), header(after));
    expect(words(fact as Fact)).toEqual([left, right, false]);
  });

  it("tells bytes apart that read the same", () => {
    const bytes = (data: string): DecodedPayload =>
      payload("7", { isExact: false, sizeBytes: 2, raw: { encoding: "base64", data } });
    const same = headersOf(header(bytes("AAc=")), header(bytes("AAc=")));
    const other = headersOf(header(bytes("AAc=")), header(bytes("BwA=")));
    expect([same[0]?.isSame, other[0]?.isSame]).toEqual([true, false]);
  });
});

describe("metadataOf()", () => {
  const fact = (name: string, before: DecodedRecord, after: DecodedRecord): readonly unknown[] =>
    words(metadataOf(before, after).find((one) => one.name === name) as Fact);

  it("shows sizes in full where they would look equal", () => {
    const value = (sizeBytes: number | null): DecodedRecord =>
      event({ value: payload("v", { sizeBytes }) });
    const text = (one: string): unknown => ({ kind: "text", text: one });
    const name = "Size of the value";
    expect(fact(name, value(10_240), value(10_241))).toEqual([
      text("10,240 B"),
      text("10,241 B"),
      false,
    ]);
    expect(fact(name, value(10_240), value(10_240))[2]).toBe(true);
    expect(fact(name, value(null), value(0))[2]).toBe(false);
  });

  it("shows keys from where they differ, however far on that is", () => {
    const key = (end: string): DecodedRecord =>
      event({ key: payload(`${"x".repeat(5_000)}${end}`) });
    expect(fact("Key", key("1"), key("2"))).toEqual([
      { kind: "text", text: "… xxxxxxxxxxxx1" },
      { kind: "text", text: "… xxxxxxxxxxxx2" },
      false,
    ]);
    expect(fact("Key", key("1"), key("1"))[2]).toBe(true);
  });

  it("compares what was sent of what was not sent whole", () => {
    const cut = (text: string): DecodedRecord =>
      event({ key: payload(text, { isExact: false, isTruncated: true, sizeBytes: 99 }) });
    expect(fact("Key", cut("a"), cut("a"))[2]).toBe(true);
    expect(fact("Key", cut("a"), cut("b"))[2]).toBe(false);
  });
});
