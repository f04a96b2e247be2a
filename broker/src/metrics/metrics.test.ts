import type { LogFields, Logger } from "@runnel/kit/world.ts";
import { silentLogger } from "@runnel/kit/world.ts";
import { describe, expect, test } from "vitest";
import { createExposition } from "./exposition.ts";
import { LogLimiter } from "./log-limiter.ts";
import { safeText } from "./log-text.ts";
import { createLogger } from "./logger.ts";
import { Counter, Family, MetricRegistry } from "./metric.ts";

describe("MetricRegistry", () => {
  test("exposition has every kind of metric as Prometheus reads it", async () => {
    const registry = new MetricRegistry();
    registry.counter("a_total", "first").add(3);
    registry.counters("b_total", "by api", "api").get('we"ird\n').add();
    registry.gauge("c", "now", () => 7);
    registry.gauges("d", "by topic", "topic", () => new Map([["t", 1.5]]));
    registry.readings("f_total", "kept elsewhere", {
      type: "counter",
      label: "topic",
      each(visit) {
        visit("t", 1, true);
        visit("other", 2, true);
        visit("u", 4, false);
        visit(null, 8, true);
      },
    });
    const histogram = registry.histograms("e_seconds", "latency", "api", [0.1, 1]).get("Fetch");
    for (const value of [0.05, 0.1, 0.5, 9]) histogram.observe(value);
    const { text, contentType } = await createExposition(registry, silentLogger)();
    expect(contentType).toContain("text/plain");
    const lines = text.split("\n");
    for (const line of [
      "# HELP a_total first",
      "# TYPE a_total counter",
      "a_total 3",
      'b_total{api="we\\"ird\\n"} 1',
      "c 7",
      'd{topic="t"} 1.5',
      "# TYPE f_total counter",
      'f_total{topic="t"} 1',
      'f_total{topic="other"} 14',
      "# TYPE e_seconds histogram",
      'e_seconds_bucket{le="0.1",api="Fetch"} 2',
      'e_seconds_bucket{le="1",api="Fetch"} 3',
      'e_seconds_bucket{le="+Inf",api="Fetch"} 4',
      'e_seconds_sum{api="Fetch"} 9.65',
      'e_seconds_count{api="Fetch"} 4',
    ]) {
      expect(lines).toContain(line);
    }
    expect(text).toContain("process_cpu_seconds_total");
  });

  test("a name stands once, and a family ends in `other`", () => {
    const registry = new MetricRegistry();
    registry.counter("a_total", "first");
    expect(() => registry.counter("a_total", "again")).toThrow("registered twice");
    const family = new Family(() => new Counter());
    for (let i = 0; i < 1500; i += 1) family.get(`topic-${i}`).add();
    expect(family.members.size).toBe(1001);
    expect(family.get("other").value).toBe(500);
  });
});

describe("safeText()", () => {
  test("shows what would end the line, move the cursor, hide or turn the text", () => {
    expect(safeText("a\r\nb\u001b[2J\u0000")).toBe("a\\u{d}\\u{a}b\\u{1b}[2J\\u{0}");
    expect(safeText("\u009b31m \u202e \u200b \u2028")).toBe(
      "\\u{9b}31m \\u{202e} \\u{200b} \\u{2028}",
    );
    expect(safeText("\ud800 äöü 日本 🎉")).toBe("\\u{d800} äöü 日本 🎉");
    expect(safeText("x".repeat(32_768), 5)).toBe("xxxxx… (32768 characters)");
  });
});

describe("createLogger()", () => {
  const lines: string[] = [];
  const target = { write: (line: string) => void lines.push(line) };

  test("writes one JSON object a line, with errors and causes as data", async () => {
    lines.length = 0;
    const logger = await createLogger({ isTerminal: false, target });
    const cause = Object.assign(new Error("no space\n"), { code: "ENOSPC" });
    const error = new Error("write failed", { cause });
    logger.child({ node: 1 }).error({ error, id: 12n, bytes: new Uint8Array(3) }, "disk\r\nfailed");
    logger.debug({}, "not shown");
    expect(lines).toHaveLength(1);
    const line = JSON.parse(lines[0] as string) as Record<string, unknown>;
    expect(line).toMatchObject({
      level: "error",
      node: 1,
      msg: "disk\\u{d}\\u{a}failed",
      id: "12",
      bytes: "3 bytes",
      error: { message: "write failed", cause: { code: "ENOSPC", message: "no space\\u{a}" } },
    });
    expect(typeof line["time"]).toBe("string");
  });

  test("P14: on a terminal a client's text cannot leave its line", async () => {
    lines.length = 0;
    const logger = await createLogger({ isTerminal: true, target });
    logger.warn({ client: "evil\n\u001b[31mroot", nested: { deep: ["\u009b"] } }, "hello");
    const shown = lines.join("");
    expect(shown).toContain("hello");
    expect(shown).toContain("evil\\u{a}\\u{1b}[31mroot");
    expect(shown).not.toContain("\u009b");
  });
});

describe("LogLimiter", () => {
  test("lets one line of a kind through each second, and says how many it stands for", () => {
    const seen: [string, LogFields][] = [];
    const logger: Logger = {
      ...silentLogger,
      warn: (fields, message) => void seen.push([message, fields]),
      error: (fields, message) => void seen.push([message, fields]),
    };
    let nowMs = 5;
    const limiter = new LogLimiter(logger, { nowMs: () => 0, monotonicMs: () => nowMs });
    for (let i = 0; i < 10; i += 1) limiter.warn({ i }, "a");
    limiter.error({}, "b");
    nowMs += 1000;
    limiter.warn({ i: 10 }, "a");
    expect(seen).toEqual([
      ["a", { i: 0 }],
      ["b", {}],
      ["a", { i: 10, suppressed: 9 }],
    ]);
  });
});
