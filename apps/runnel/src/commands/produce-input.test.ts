import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../cli/failure.ts";
import { type LineFormat, parseLine, splitLines } from "./produce-input.ts";
import { toJsonLine } from "./record-format.ts";

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

async function linesOf(chunks: readonly Uint8Array[], max?: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of splitLines(chunksOf(chunks), max)) {
    lines.push(...some.map((line) => line.toString("latin1")));
  }
  return lines;
}

const PLAIN: LineFormat = {
  isJson: false,
  key: null,
  keySeparator: null,
  headers: [],
  partition: null,
};

describe("splitLines()", () => {
  it("finds the same lines however the bytes are cut", async () => {
    const bytes = fc.array(fc.constantFrom(0x0a, 0x0d, 0x61, 0xff), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.array(fc.nat(40), { maxLength: 6 }), async (data, cuts) => {
        const buffer = Buffer.from(data);
        const places = [0, ...cuts, buffer.length]
          .map((cut) => Math.min(cut, buffer.length))
          .sort((a, b) => a - b);
        const chunks = places.slice(1).map((end, index) => buffer.subarray(places[index], end));
        const text = buffer.toString("latin1");
        const expected = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
        expect(await linesOf(chunks)).toEqual(text === "" ? [] : expected);
      }),
    );
  });

  it("refuses a line that would not fit into memory", async () => {
    const chunks = [Buffer.alloc(60, 0x61), Buffer.alloc(60, 0x61)];
    await expect(linesOf(chunks, 100)).rejects.toThrow(/longer than 100 bytes/);
  });
});

describe("parseLine()", () => {
  it("takes the line as the value, with the key and headers of the flags", () => {
    const headers = [[Buffer.from("h"), Buffer.from("v")]] as const;
    const record = parseLine(Buffer.from("a:b"), { ...PLAIN, key: Buffer.from("k"), headers });
    expect(record).toEqual({
      key: Buffer.from("k"),
      value: Buffer.from("a:b"),
      headers,
      partition: null,
      timestamp: null,
    });
  });

  it("splits at the first separator and refuses a line without one", () => {
    const format = { ...PLAIN, keySeparator: Buffer.from("::") };
    const record = parseLine(Buffer.from("k::v::w"), format);
    expect([record.key?.toString(), record.value?.toString()]).toEqual(["k", "v::w"]);
    expect(() => parseLine(Buffer.from("k:v"), format)).toThrow(UsageError);
  });

  it("reads what consume --json prints", () => {
    const bytes = fc.option(fc.uint8Array({ maxLength: 20 }).map((each) => Buffer.from(each)));
    const headers = fc.array(
      fc.tuple(
        fc.string().map((name) => Buffer.from(name)),
        bytes,
      ),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(bytes, bytes, headers, fc.nat(), (key, value, entries, timestamp) => {
        const printed = toJsonLine({
          topic: "t",
          partition: 3,
          offset: 7n,
          timestamp: BigInt(timestamp),
          key,
          value,
          headers: entries,
        });
        const record = parseLine(Buffer.from(printed.trimEnd()), { ...PLAIN, isJson: true });
        expect(record).toEqual({ key, value, headers: entries, partition: 3, timestamp });
      }),
    );
  });

  it.each([
    ["nope", /not JSON/],
    ["[]", /not a JSON object/],
    ["{}", /no "value"/],
    ['{"value": 1}', /"value"/],
    ['{"value": "v", "headers": {}}', /not a list/],
    ['{"value": "v", "headers": [1]}', /no "name"/],
    ['{"value": "v", "headers": [{"key": "h", "value": "v"}]}', /no "name"/],
    ['{"value": "v", "partition": -1}', /"partition"/],
    ['{"value": "v", "timestamp": 1.5}', /"timestamp"/],
  ])("refuses %s", (line, message) => {
    expect(() => parseLine(Buffer.from(line), { ...PLAIN, isJson: true })).toThrow(message);
  });
});
