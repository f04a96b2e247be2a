import { describe, expect, it } from "vitest";
import type { FileRecord } from "./file-record.ts";
import { FILE_FORMATS, FILE_WRITERS } from "./record-file-writers.ts";
import { readImport } from "./record-import.ts";

const record: FileRecord = {
  topic: "orders",
  partition: 3,
  offset: 42,
  timestamp: Date.UTC(2026, 4, 1, 10),
  key: null,
  value: { encoding: "base64", data: "/wD+" },
  headers: [{ name: "trace", value: null }],
};

describe("readImport()", () => {
  it.each(FILE_FORMATS)("reads what an export wrote: %s", (format) => {
    const { begin, between, end, write } = FILE_WRITERS[format];
    const read = readImport(format, begin + write(record) + between + write(record) + end);
    expect(read).toMatchObject({ records: [record, record], errors: [], errorCount: 0 });
  });

  it("takes records that say no more than their value", () => {
    const text = '\ufeff{"value":null}\n\n{"value":{"encoding":"utf8","data":"x"}}';
    expect(readImport("ndjson", text)).toMatchObject({
      records: [{ value: null }, { value: { data: "x" } }],
      places: [1, 3],
    });
  });

  it("says of each line what is wrong with it", () => {
    const lines = ['{"value":null}', "{", '{"value":{"encoding":"base64","data":"?"}}', "{}", "[]"];
    const { records, errors, errorCount, unit } = readImport("ndjson", lines.join("\n"));
    expect([records.length, errorCount, unit]).toEqual([1, 4, "line"]);
    expect(errors.map(({ place }) => place)).toEqual([2, 3, 4, 5]);
    expect(errors[1]?.message).toBe("not base64: ?");
    expect(errors[2]?.message).toBe("value: is missing");
  });

  it("names the line in which JSON goes wrong, and the record that is none", () => {
    expect(readImport("json", '[\n{"value":null},\n{"value"}]')).toMatchObject({
      unit: "line",
      errors: [{ place: 3 }],
    });
    expect(readImport("json", '[{"value":null},{"key":null}]')).toMatchObject({
      unit: "record",
      errors: [{ place: 2 }],
    });
    expect(readImport("json", "{}").errors).toEqual([{ place: 1, message: "there is no array" }]);
  });

  it("counts errors that are too many to be told", () => {
    const { errors, errorCount } = readImport("ndjson", "?\n".repeat(100));
    expect([errors.length, errorCount]).toEqual([20, 100]);
  });
});
