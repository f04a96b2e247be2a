import { describe, expect, it } from "vitest";
import { formatBytes, formatCount, formatCounted, formatSpan, formatTime } from "./format.ts";
import { Progress } from "./progress.ts";
import { renderFields, renderTable } from "./table.ts";

describe("numbers for people", () => {
  it("groups digits and minds the plural", () => {
    expect(formatCount(1_234_567n)).toBe("1,234,567");
    expect(formatCounted(1, "record")).toBe("1 record");
    expect(formatCounted(0, "record")).toBe("0 records");
    expect(formatCounted(2_000n, "record")).toBe("2,000 records");
  });

  it.each([
    [0, "0 B"],
    [1_023, "1023 B"],
    [1_536, "1.5 KiB"],
    [327_155_712, "312 MiB"],
    [2 ** 60, "1024 PiB"],
  ])("formatBytes(%d) is %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [349.6, "350 ms"],
    [4_230, "4.2 s"],
    [42_900, "42 s"],
    [200_000, "3 min 20 s"],
    [7_500_000, "2 h 5 min"],
  ])("formatSpan(%d) is %s", (span, text) => {
    expect(formatSpan(span)).toBe(text);
  });

  it("writes times in UTC, and a dash for what is none", () => {
    expect(formatTime(1_777_636_800_000)).toBe("2026-05-01T12:00:00.000Z");
    expect(formatTime(-1)).toBe("-");
    expect(formatTime(Number.MAX_SAFE_INTEGER)).toBe("-");
  });
});

describe("renderTable()", () => {
  it("aligns columns, numbers to the right, without spaces at the end", () => {
    const columns = [{ title: "TOPIC" }, { title: "N", align: "right" }, { title: "X" }] as const;
    const rows = [
      ["a", 1, ""],
      ["längster", 1_000, "y"],
    ];
    expect(renderTable(columns, rows)).toBe(
      "TOPIC        N  X\na            1\nlängster  1000  y\n",
    );
  });

  it("escapes what names and hosts may hold", () => {
    expect(renderTable([{ title: "A" }], [["\u001b[2J"]])).toBe("A\n\\x1b[2J\n");
    expect(renderFields([["Name", "a\nb"]])).toBe("Name  a\\nb\n");
  });
});

describe("Progress", () => {
  it("changes one line on a terminal, after a second, and takes it away", () => {
    let now = 0;
    let written = "";
    const stream = { isTTY: true, write: (text: string) => (written += text) };
    const progress = new Progress(stream, () => now);
    progress.update(() => "early");
    now = 1_000;
    progress.update(() => "one");
    now = 1_100;
    progress.update(() => "too soon");
    now = 1_300;
    progress.update(() => "two");
    progress[Symbol.dispose]();
    expect(written).toBe("\r\u001b[Kone\r\u001b[Ktwo\r\u001b[K");
  });

  it("writes whole lines elsewhere, every ten seconds", () => {
    let now = 0;
    let written = "";
    const progress = new Progress({ write: (text: string) => (written += text) }, () => now);
    for (; now <= 25_000; now += 1_000) progress.update(() => `at ${now}`);
    progress[Symbol.dispose]();
    expect(written).toBe("at 10000\nat 20000\n");
  });
});
