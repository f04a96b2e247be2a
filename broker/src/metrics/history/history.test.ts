import { beforeEach, describe, expect, test, vi } from "vitest";
import { createMemoryWorld, type MemoryWorld } from "#io/memory/world.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import { HistoryBusyError, MetricsHistory } from "./history.ts";
import type { HistoryShape } from "./layout.ts";
import { Ring } from "./ring.ts";

const SHAPE: HistoryShape = { columns: 12, slotMs: 10_000, slotsPerBlock: 3, blocks: 20 };
const SLOT_MS = SHAPE.slotMs;

let world: MemoryWorld;
let registry: MetricRegistry;
let history: MetricsHistory;

async function open(shape = SHAPE): Promise<void> {
  await world.disk.makeDirectory("/data");
  const { disk, clock, scheduler, logger } = world;
  const registries = [registry] as const;
  const parts = { disk, folder: "/data", clock, scheduler, logger, registries, shape };
  history = await MetricsHistory.open(parts);
}

/** A world that stands at the turn of a slot, so that samples speak of whole slots. */
beforeEach(() => {
  world = createMemoryWorld();
  registry = new MetricRegistry();
  world.time.advance(SLOT_MS - (world.time.nowMs() % SLOT_MS));
});

/** The stored values of a series since `from`, one a slot. */
async function valuesOf(name: string, from: number): Promise<readonly (number | null)[]> {
  const to = world.time.nowMs();
  const points = (to - from) / SLOT_MS + 1;
  const answer = await history.query({ series: [name], from, to, points });
  return answer.series[0]?.mean ?? [];
}

describe("MetricsHistory", () => {
  test("keeps rates of counters, values of gauges, percentiles of histograms", async () => {
    let level = 5;
    const counter = registry.counter("c_total", "");
    registry.gauge("g", "", () => level);
    const seconds = registry.histograms("s", "", "api", [1, 2, 4]);
    counter.add(1000);
    await open();
    const from = world.time.nowMs();
    counter.add(50);
    seconds.get("Fetch").observe(1.5);
    await world.time.advanceAsync(SLOT_MS);
    counter.add(20);
    level = 7;
    await world.time.advanceAsync(2 * SLOT_MS);
    expect(await valuesOf("c_total:rate", from)).toEqual([5, 2, 0]);
    expect(await valuesOf("g:value", from)).toEqual([5, 7, 7]);
    expect(await valuesOf("s:p50{=Fetch}", from)).toEqual([1.5, null, null]);
    expect((await valuesOf("s:p99{=Fetch}", from))[0]).toBeCloseTo(1.99);
    expect(await valuesOf("nobody:value", from)).toEqual([]);
    const names = history.series.map(({ name }) => name);
    expect(names).toContain("s:p99{=Fetch}");
    await history.close();
  });

  test("goes on after a restart, in order or not, with the columns it had", async () => {
    registry.gauge("g", "", () => 3);
    await open();
    const from = world.time.nowMs();
    await world.time.advanceAsync(2 * SLOT_MS);
    for (const isOrderly of [true, false]) {
      if (isOrderly) await history.close();
      registry = new MetricRegistry();
      registry.gauge("h", "", () => 1);
      registry.gauge("g", "", () => 4);
      await open();
      await world.time.advanceAsync(2 * SLOT_MS);
    }
    expect(await valuesOf("g:value", from)).toEqual([3, 3, 4, 4, 4, 4]);
  });

  test("sums up members without a column, and gives columns to the most active", async () => {
    const topics = registry.counters("t_total", "", "topic");
    // Two counters of the history's own and the sum take three of twelve columns.
    const names = Array.from({ length: 20 }, (_, index) => `t${index}`);
    for (const name of names) topics.get(name);
    await open();
    const from = world.time.nowMs();
    for (let slot = 0; slot < 9; slot += 1) {
      for (const [index, name] of names.entries()) topics.get(name).add(10 * 2 ** index);
      await world.time.advanceAsync(SLOT_MS);
    }
    const last = async (name: string) => (await valuesOf(name, from)).at(-1);
    const shown = history.series.filter(({ metric }) => metric === "t_total");
    const members = shown.map(({ member }) => member);
    expect(new Set(members)).toEqual(new Set([null, ...names.slice(-9)]));
    expect(await last("t_total:rate{=t19}")).toBe(2 ** 19);
    expect(await last("t_total:rate{*}")).toBe(2 ** 11 - 1);
  });

  test("a member called like the sum, one with too long a name, and one that goes", async () => {
    const readings = new Map([
      ["*", 1],
      ["x".repeat(600), 2],
      ["gone", 4],
    ]);
    const each = (visit: (member: string | null, value: number, isNamed: boolean) => void) => {
      for (const [name, value] of readings) visit(name, value, true);
      visit(null, 8, true);
    };
    registry.readings("r", "", { type: "gauge", label: "group", each });
    await open();
    const from = world.time.nowMs();
    await world.time.advanceAsync(SLOT_MS);
    readings.delete("gone");
    await world.time.advanceAsync(SLOT_MS);
    expect(await valuesOf("r:value{=*}", from)).toEqual([1, 1]);
    expect(await valuesOf("r:value{*}", from)).toEqual([10, 10]);
    expect(await valuesOf("r:value{=gone}", from)).toEqual([4, null]);
  });

  test("a range without end costs what is stored, and not what it is long", async () => {
    registry.gauge("g", "", () => 3);
    await open();
    await world.time.advanceAsync(4 * SLOT_MS);
    const looked = vi.spyOn(Ring.prototype, "inMemory");
    const query = { series: ["g:value", "nobody:value"], from: 0, to: 8_640_000_000_000_000 };
    const answer = await history.query({ ...query, points: 2 });
    expect(answer.series[0]?.mean.at(0)).toBe(3);
    expect(answer.series[1]).toBeNull();
    expect(looked.mock.calls.length).toBeLessThanOrEqual(SHAPE.blocks + 2);
  });

  test("a disk that says no is counted, and the next sample is kept", async () => {
    registry.gauge("g", "", () => 3);
    await open();
    const from = world.time.nowMs();
    world.disk.fault = (operation) =>
      operation === "write" ? { kind: "fail", code: "ENOSPC" } : null;
    await world.time.advanceAsync(SLOT_MS);
    world.disk.fault = null;
    await world.time.advanceAsync(SLOT_MS);
    await history.close();
    registry = new MetricRegistry();
    await open();
    expect(await valuesOf("g:value", from)).toEqual([null, 3]);
  });

  test("turns away what asks while too many wait", async () => {
    await open();
    const query = { series: [], from: 0, to: 1, points: 2 };
    const asked = Array.from({ length: 67 }, () => history.query(query));
    const outcomes = await Promise.allSettled(asked);
    const failed = outcomes.filter((one) => one.status === "rejected");
    expect(failed).toHaveLength(1);
    expect(failed[0]?.reason).toBeInstanceOf(HistoryBusyError);
  });
});
