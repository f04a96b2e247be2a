import { describe, expect, it } from "vitest";
import { csvLine, parseCsv } from "./csv.ts";
import type { FileRecord } from "./file-record.ts";
import { fromBase64, payloadOfBytes } from "./payload.ts";
import { FILE_WRITERS } from "./record-file-writers.ts";
import { readFile } from "./record-files.ts";

const record: FileRecord = {
  topic: "orders",
  partition: 3,
  offset: 42,
  timestamp: Date.UTC(2026, 4, 1, 10),
  key: { encoding: "utf8", data: "o-17" },
  value: { encoding: "utf8", data: '{"total":30.50}' },
  headers: [{ name: "trace", value: { encoding: "utf8", data: "abc" } }],
};

describe("csvLine()", () => {
  it.each([
    [["a", "b"], "a,b\r\n"],
    [['a"b', "c,d", "e\nf"], '"a""b","c,d","e\nf"\r\n'],
    [["=1+1", "+1", "-1", "@a", "\ta"], "'=1+1,'+1,'-1,'@a,'\ta\r\n"],
    [["'=1", "'a", "a=1"], "''=1,'a,a=1\r\n"],
    [["=A1,B1"], '"\'=A1,B1"\r\n'],
    [["", " "], ", \r\n"],
  ])("%j", (cells, line) => {
    expect(csvLine(cells)).toBe(line);
  });
});

describe("parseCsv()", () => {
  it("takes files of others", () => {
    const rows = [
      { line: 1, cells: ["a", "b"] },
      { line: 2, cells: ["1", "x\ny"] },
      { line: 4, cells: ["", ""] },
    ];
    expect(parseCsv('\ufeffa,b\n1,"x\ny"\n,')).toEqual({ kind: "rows", rows });
    expect(parseCsv("")).toEqual({ kind: "rows", rows: [] });
  });

  it.each([
    ['a\n"b', 2],
    ['a\nb"c"', 2],
    ['"a"b', 1],
  ])("says where a quote is wrong: %j", (text, line) => {
    expect(parseCsv(text)).toMatchObject({ kind: "error", line });
  });
});

describe("a file", () => {
  it("of CSV has a line of names, and tells null from no bytes", () => {
    const { begin, write } = FILE_WRITERS.csv;
    const none = {
      ...record,
      timestamp: null,
      key: null,
      value: payloadOfBytes(new Uint8Array(0)),
    };
    expect(begin + write(record) + write({ ...none, headers: [] })).toBe(
      "topic,partition,offset,timestamp,keyEncoding,key,valueEncoding,value,headers\r\n" +
        'orders,3,42,2026-05-01T10:00:00.000Z,utf8,o-17,utf8,"{""total"":30.50}",' +
        '"[{""name"":""trace"",""value"":{""encoding"":""utf8"",""data"":""abc""}}]"\r\n' +
        "orders,3,42,,null,,utf8,,\r\n",
    );
  });

  it("of CSV has control characters as base64", () => {
    const line = FILE_WRITERS.csv.write({ ...record, key: { encoding: "utf8", data: "a\0b" } });
    expect(line).toContain(",base64,YQBi,");
  });

  it.each([
    ["ndjson", "{}\n", 1, "topic"],
    ["ndjson", `${JSON.stringify(record)}\n\n{`, 3, "not JSON"],
    ["json", "{}", 1, "no array"],
    ["json", "[", 1, "not JSON"],
    ["json", `[${JSON.stringify(record)},{}]`, 2, "topic"],
    ["csv", "a,b\r\n", 1, "the first line must be"],
    ["csv", `${FILE_WRITERS.csv.begin}orders,x,1,,null,,null,,`, 2, "not a number"],
    ["csv", `${FILE_WRITERS.csv.begin}orders,1,1,yesterday,null,,null,,`, 2, "not a time"],
    ["csv", `${FILE_WRITERS.csv.begin}orders,1,1,,utf16,,null,,`, 2, "key.encoding"],
    ["csv", `${FILE_WRITERS.csv.begin}orders,1,1,,base64,*,null,,`, 2, "not base64"],
    ["csv", `${FILE_WRITERS.csv.begin}orders,1,1`, 2, "3 cells"],
  ] as const)(
    "of %s that is wrong is refused with the place: %j",
    (format, text, place, message) => {
      const read = readFile(format, text);
      expect(read).toMatchObject({ kind: "error", place });
      expect(read.kind === "error" && read.message).toContain(message);
    },
  );
});

describe("base64", () => {
  it.each(["*", "a", "YQ", "YQ=", "YQ==\n", "Y Q==", "YQ==YQ==", "-_-_"])("is not %j", (text) => {
    expect(() => fromBase64(text)).toThrow(RangeError);
  });
});
