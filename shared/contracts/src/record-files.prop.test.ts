import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvLine, parseCsv } from "./csv.ts";
import { FileRecord } from "./file-record.ts";
import { awkwardText } from "./filter-arbitrary.ts";
import { bytesOfPayload, fromBase64, payloadOfBytes, toBase64 } from "./payload.ts";
import { FILE_FORMATS, FILE_WRITERS, type FileFormat } from "./record-file-writers.ts";
import { readFile } from "./record-files.ts";

const cell = fc.oneof(
  awkwardText,
  fc.string({ unit: fc.constantFrom(..."=+-@'\",\r\n\t a\uff1d".split("")) }),
);
const bytes = fc.oneof(
  fc.uint8Array(),
  cell.map((text) => new TextEncoder().encode(text)),
);
const payload = fc.option(bytes.map(payloadOfBytes), { nil: null });
const record: fc.Arbitrary<FileRecord> = fc.record({
  topic: fc.constantFrom("orders", "-x", "a.b_c"),
  partition: fc.nat(2 ** 31 - 1),
  offset: fc.maxSafeNat(),
  timestamp: fc.option(
    fc.oneof(
      fc.integer({ min: 0, max: 253_402_300_799_999 }),
      fc.constantFrom(8_640_000_000_000_000, 8_640_000_000_000_001, -8_640_000_000_000_001),
      fc.maxSafeInteger(),
    ),
    { nil: null },
  ),
  key: payload,
  value: payload,
  headers: fc.array(fc.record({ name: cell, value: payload }), { maxLength: 3 }),
});

function write(format: FileFormat, records: readonly FileRecord[]): string {
  const { begin, between, end, write: one } = FILE_WRITERS[format];
  return begin + records.map(one).join(between) + end;
}

/** With payloads as bytes, as they may be written in another encoding. */
function inBytes(records: readonly FileRecord[]): unknown {
  return records.map(({ key, value, headers, ...rest }) => ({
    ...rest,
    key: bytesOfPayload(key),
    value: bytesOfPayload(value),
    headers: headers.map((header) => ({ ...header, value: bytesOfPayload(header.value) })),
  }));
}

describe("files of records", () => {
  it.each(FILE_FORMATS)("as %s come back byte for byte", (format) => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), (records) => {
        const read = readFile(format, write(format, records));
        expect(read.kind === "records" && inBytes(read.records)).toEqual(inBytes(records));
      }),
      { numRuns: 300 },
    );
  });

  it.each(FILE_FORMATS)("as %s are records or an error, whatever the text", (format) => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .tuple(fc.array(record, { minLength: 1, maxLength: 3 }), fc.nat(), cell)
        .map(([records, place, patch]) => {
          const whole = write(format, records);
          const at = place % whole.length;
          return whole.slice(0, at) + patch + whole.slice(at + 1);
        }),
    );
    fc.assert(
      fc.property(text, (written) => {
        const read = readFile(format, written);
        const isSound =
          read.kind === "error"
            ? read.place >= 1 && read.message !== ""
            : read.records.every((one) => FileRecord.safeParse(one).success);
        expect(isSound).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("CSV", () => {
  it("comes back as it went", () => {
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 1 }), { minLength: 1 }), (rows) => {
        const parsed = parseCsv(rows.map(csvLine).join(""));
        expect(parsed.kind === "rows" && parsed.rows.map(({ cells }) => cells)).toEqual(rows);
      }),
    );
  });

  it("has no cell that a spreadsheet takes for a formula", () => {
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1 }), (cells) => {
        const unquoted = csvLine(cells).replace(/\r\n$/, "");
        for (const guarded of splitPlainly(unquoted)) {
          expect(guarded).not.toMatch(/^[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]/);
        }
      }),
    );
  });
});

/** Cells as a spreadsheet shows them: without quotes, with the apostrophes. */
function splitPlainly(line: string): string[] {
  return Array.from(line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g), ([, found = ""]) =>
    found.startsWith('"') ? found.slice(1, -1).replaceAll('""', '"') : found,
  );
}

describe("base64", () => {
  it("comes back as it went, and is Node's", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000, size: "max" }), (content) => {
        const text = toBase64(content);
        expect(text).toBe(Buffer.from(content).toString("base64"));
        expect(fromBase64(text)).toEqual(content);
      }),
      { numRuns: 50 },
    );
  });
});
