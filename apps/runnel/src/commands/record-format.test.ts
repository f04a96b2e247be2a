import { Buffer } from "node:buffer";
import { FILE_WRITERS } from "@runnel/contracts/record-file-writers.ts";
import { readFile } from "@runnel/contracts/record-files.ts";
import { describe, expect, it } from "vitest";
import { type ReadRecord, toJsonLine, toRawLine, toTerminalLine } from "./record-format.ts";

const RECORD: ReadRecord = {
  topic: "orders",
  partition: 2,
  offset: 41n,
  timestamp: 1_777_636_800_000n,
  key: Buffer.from("k"),
  value: Buffer.from("a\u001b[2Jb"),
  headers: [
    [Buffer.from("h"), Buffer.from([0xff])],
    [Buffer.from("n"), null],
  ],
};

describe("a record that was read", () => {
  it("is one line of JSON that loses nothing", () => {
    expect(JSON.parse(toJsonLine(RECORD))).toEqual({
      topic: "orders",
      partition: 2,
      offset: 41,
      timestamp: 1_777_636_800_000,
      key: { encoding: "utf8", data: "k" },
      value: { encoding: "utf8", data: "a\u001b[2Jb" },
      headers: [
        { name: "h", value: { encoding: "base64", data: "/w==" } },
        { name: "n", value: null },
      ],
    });
  });

  it("is a line of a file as the admin API's clients read and write it", () => {
    const lines = [RECORD, { ...RECORD, key: null, value: null, timestamp: -1n }].map(toJsonLine);
    const read = readFile("ndjson", lines.join(""));
    if (read.kind === "error") throw new Error(read.message);
    expect(read.records.map(({ timestamp }) => timestamp)).toEqual([1_777_636_800_000, null]);
    expect(read.records.map((record) => FILE_WRITERS.ndjson.write(record))).toEqual(
      lines.map((line) => line.trimEnd()),
    );
  });

  it("is harmless on a terminal", () => {
    expect(toTerminalLine(RECORD)).toBe(
      "2026-05-01T12:00:00.000Z  2:41  k  a\\x1b[2Jb  {h=(1 bytes: ff), n=(null)}\n",
    );
    expect(toTerminalLine({ ...RECORD, key: null, value: null, headers: [] })).toBe(
      "2026-05-01T12:00:00.000Z  2:41  -  (null)\n",
    );
  });

  it("is its value, byte for byte, in a pipe", () => {
    expect(toRawLine(RECORD)).toEqual(Buffer.from("a\u001b[2Jb\n"));
    expect(toRawLine({ ...RECORD, value: null })).toEqual(Buffer.from("\n"));
  });
});
